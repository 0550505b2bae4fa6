// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "config_parse.h"

struct endpoint_config *config_new_endpoint(void)
{
	struct endpoint_config *e = &config.endpoints[config.endpoint_count];

	if (config.endpoint_count == CONFIG_ENDPOINTS_MAX) {
		fprintf(stderr, "hvsndd: too many addresses (at most %d)\n",
			CONFIG_ENDPOINTS_MAX);
		return NULL;
	}
	config.endpoint_count++;
	*e = (struct endpoint_config){ .fd = -1, .protocol = PROTOCOL_UNSET };
	return e;
}

bool config_address_key(struct endpoint_config *e, const char *key,
			const char *value, const char *keys)
{
	static const char *const directions[] = {
		[DIRECTION_DEFAULT] = "default",
		[DIRECTION_PLAYBACK] = "playback",
		[DIRECTION_RECORD] = "record",
		[DIRECTION_BOTH] = "both",
		NULL,
	};
	int i;

	if (!strcmp(key, "protocol"))
		return config_protocol(value, &e->protocol);
	if (strcmp(key, "direction"))
		return config_invalid("key", key, keys);
	if (!config_choice("direction", value, directions, &i))
		return false;
	e->direction = i;
	return true;
}
