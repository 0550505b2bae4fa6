// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "config_parse.h"

static bool any_given;

bool config_guest(const char *argument)
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
	if (!strcmp(text, "any")) {
		g = &guest_default;
		any_given = true;
	} else {
		g = config_guest_id(text, name);
	}
	if (!g)
		return false;
	g->playback = playback;
	guest_set_mic_policy(g, policy);
	return true;
}

void config_finish_guests(void)
{
	guests_allow_any |= any_given;
}
