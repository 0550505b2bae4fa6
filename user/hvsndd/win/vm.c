// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "../config_parse.h"
#include "hyperv.h"
#include "vm.h"

#define NAMES_MAX 64
#define WSL "wsl"

/* Names that --guest gives to virtual machines. */
static struct {
	GUID id;
	char name[GUEST_NAME_SIZE];
} names[NAMES_MAX];

static unsigned int name_count;
static bool any_given;
static GUID wsl;

static const char *name_of(const GUID *id)
{
	unsigned int i;

	if (!memcmp(id, &wsl, sizeof(wsl)) && memcmp(id, &hyperv_any, 16))
		return WSL;
	for (i = 0; i < name_count; i++) {
		if (!memcmp(id, &names[i].id, sizeof(*id)))
			return names[i].name;
	}
	return NULL;
}

static struct guest *configure_id(const char *text, const GUID *id,
				  const char *name)
{
	char own[HYPERV_ID_SIZE];

	if (name_count == NAMES_MAX) {
		config_invalid("guest", text, "one of at most 64 VM ids");
		return NULL;
	}
	if (!*name)
		name = hyperv_text(id, own);
	if (name_of(id) || guest_by_name(name)) {
		config_invalid("guest", text, "named only once");
		return NULL;
	}
	names[name_count].id = *id;
	strcpy(names[name_count++].name, name);
	guests_allow_any = false;
	return guest_add(name);
}

static struct guest *configure(const char *text, const char *name)
{
	struct guest *g;
	GUID id;

	if (!strcmp(text, "any")) {
		any_given = true;
		return &guest_default;
	}
	if (hyperv_parse(text, &id))
		return configure_id(text, &id, name);
	if (*name) {
		config_invalid("guest", text, "a VM id, if name= follows");
		return NULL;
	}
	if (!guest_name_ok(text)) {
		config_invalid("guest", text, "a VM id, a name, wsl or any");
		return NULL;
	}
	g = guest_by_name(text);
	return g ? g : guest_add(text);
}

bool vm_configure(const char *argument)
{
	static const char *const policies[] = {
		[MIC_ASK] = "ask",
		[MIC_ALLOW] = "allow",
		[MIC_NEVER] = "never",
		NULL,
	};
	static const char *const off_on[] = { "off", "on", NULL };
	char text[256], name[GUEST_NAME_SIZE] = "", *key, *value;
	int playback = true, policy = MIC_ASK;
	struct guest *g;
	bool ok;

	snprintf(text, sizeof(text), "%s", argument);
	while (config_pop_key(text, &key, &value)) {
		if (!strcmp(key, "name"))
			ok = config_name(value, name);
		else if (!strcmp(key, "playback"))
			ok = config_choice(key, value, off_on, &playback);
		else if (!strcmp(key, "microphone"))
			ok = config_choice(key, value, policies, &policy);
		else
			ok = config_invalid("key", key,
					    "name, playback or microphone");
		if (!ok)
			return false;
	}
	g = configure(text, name);
	if (!g)
		return false;
	g->configured = g != &guest_default;
	g->playback = playback;
	guest_set_mic_policy(g, policy);
	return true;
}

void vm_configure_finish(void)
{
	guests_allow_any |= any_given;
}

void vm_set_wsl(const GUID *id)
{
	wsl = *id;
}

struct guest *vm_guest(const GUID *id)
{
	const char *name = name_of(id);
	char own[HYPERV_ID_SIZE];
	struct guest *g;

	if (!name && !guests_allow_any)
		return NULL;
	if (!name)
		name = hyperv_text(id, own);
	g = guest_by_name(name);
	return g ? g : guest_add(name);
}
