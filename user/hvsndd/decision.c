// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "../lib/common.h"
#include "config.h"
#include "decision.h"
#include "state_file.h"

#define TOO_MANY \
	"too many guests. Remove a saved decision: hvsndd ctl forget GUEST"

bool decision_parse(const char *command, enum saved_decision *decision)
{
	static const char *const commands[] = {
		[SAVED_NONE] = "forget",
		[SAVED_DENY] = "deny",
		[SAVED_ALLOW] = "allow",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i], command))
			continue;
		*decision = i;
		return true;
	}
	return false;
}

/* Find the guest of a decision, or add it. Returns NULL or an error message. */
static const char *find(const char *text, enum saved_decision decision,
			struct guest **guest)
{
	bool create = decision != SAVED_NONE;

	*guest = guest_name_ok(text) ? guest_lookup(text, create) : NULL;
	if (*guest)
		return NULL;
	return create && guest_name_ok(text) ? TOO_MANY : DECISION_NO_GUEST;
}

const char *decision_apply(const char *text, enum saved_decision decision,
			   char *name)
{
	struct guest *g;
	const char *error = find(text, decision, &g);
	bool allow = decision == SAVED_ALLOW;

	if (error)
		return error;
	if (g->mic_policy == MIC_NEVER && allow)
		return "this guest may never record: hvsndd was started with microphone=never";
	snprintf(name, GUEST_NAME_SIZE, "%s", g->name);
	if (decision == SAVED_NONE)
		allow = g->mic_policy == MIC_ALLOW;
	/* Keep the guest until the change is applied. */
	guest_hold(g);
	g->saved = decision;
	guest_set_mic(g, allow);
	guest_release(g);
	return NULL;
}

int decision_save(const char *command, const char *text)
{
	char reason[REASON_SIZE];
	enum saved_decision decision;
	const char *error;
	struct guest *g;

	if (!decision_parse(command, &decision) || state_file_start())
		return 1;
	error = find(text, decision, &g);
	if (!error) {
		g->saved = decision;
		if (state_file_save(reason, sizeof(reason)))
			error = reason;
	}
	if (error) {
		fprintf(stderr, "hvsndd: %s\n", error);
		return 1;
	}
	printf("%s: %s was saved in %s. hvsndd does not run: the decision takes effect when it starts\n",
	       g->name, command, config.state_dir);
	return 0;
}
