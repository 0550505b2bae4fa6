// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "../config_parse.h"
#include "hyperv.h"

/* WHO:PORT */
static bool set_address(struct endpoint_config *e, char *text)
{
	static const char must[] =
		"wsl:PORT, any:PORT or VMID:PORT; to connect, VMID:PORT";
	struct address *a = &e->address;
	char *colon = strrchr(text, ':');
	GUID id;

	if (!colon || !config_number("port", colon + 1, 0,
				     ADDRESS_GUID_PORT_MAX, &a->port))
		return config_invalid("address", text, must);
	*colon = '\0';
	if (hyperv_parse(text, &id)) {
		hyperv_text(&id, a->vm);
		return true;
	}
	if (e->connect || (strcmp(text, "wsl") && strcmp(text, "any")))
		return config_invalid("address", text, must);
	if (strcmp(text, "any"))
		strcpy(a->vm, text);
	return true;
}

bool config_endpoint(const char *argument, bool connect)
{
	struct endpoint_config *e = config_new_endpoint();
	char text[256], *key, *value;

	if (!e)
		return false;
	e->connect = connect;
	snprintf(text, sizeof(text), "%s", argument);
	while (config_pop_key(text, &key, &value)) {
		if (!config_address_key(e, key, value, "protocol or direction"))
			return false;
	}
	return set_address(e, text);
}

bool config_default_endpoints(void)
{
	return config.endpoint_count || (config_endpoint("wsl:4713", false) &&
					 config_endpoint("any:4713", false));
}

bool config_check_endpoint(const struct endpoint_config *e)
{
	(void)e;
	return true;
}

const char *config_endpoint_text(const struct endpoint_config *e, char *out)
{
	const struct address *a = &e->address;

	snprintf(out, ADDRESS_TEXT_SIZE, "%s:%u", *a->vm ? a->vm : "any",
		 a->port);
	return out;
}
