// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "../lib/common.h"
#include "../lib/output.h"
#include "config.h"
#include "control_command.h"
#include "guest_status.h"
#include "state_file.h"

#define TOO_MANY \
	"too many guests. Remove a saved decision: hvsndd ctl forget GUEST"
#define NO_GUEST "no such guest. List the guests: hvsndd ctl list"

struct json_object *control_error(const char *message)
{
	struct json_object *o = json_object_new_object();

	output_string(o, "error", message);
	return o;
}

static struct json_object *status(const char *name)
{
	struct json_object *list, *o;
	struct guest *g, *named = guest_lookup(name, false);

	if (*name && !named)
		return control_error(NO_GUEST);
	list = json_object_new_array();
	for (g = guests; g; g = g->next) {
		if (!*name || g == named)
			json_object_array_add(list, guest_status(g));
	}
	o = json_object_new_object();
	json_object_object_add(o, "guests", list);
	return o;
}

/* The guest's status after a change, and whether the change was saved. */
static struct json_object *save(const char *name)
{
	char reason[REASON_SIZE];
	int err = state_file_save(reason, sizeof(reason));
	struct guest *g = guest_by_name(name);
	struct json_object *o = g ? guest_status(g) : json_object_new_object();

	if (err)
		output_string(o, *config.state_dir ? "error" : "warning",
			      reason);
	return o;
}

static struct json_object *decide(const char *text,
				  enum saved_decision decision)
{
	bool create = decision != SAVED_NONE;
	char name[GUEST_NAME_SIZE];
	struct guest *g;
	bool allow;

	g = guest_name_ok(text) ? guest_lookup(text, create) : NULL;
	if (!g)
		return control_error(create ? TOO_MANY : NO_GUEST);
	if (g->mic_policy == MIC_NEVER && decision == SAVED_ALLOW)
		return control_error("this guest may never record: hvsndd was started with microphone=never");
	snprintf(name, sizeof(name), "%s", g->name);
	/* Keep the guest until the change is applied. */
	guest_hold(g);
	g->saved = decision;
	if (decision == SAVED_NONE)
		allow = g->mic_policy == MIC_ALLOW;
	else
		allow = decision == SAVED_ALLOW;
	guest_set_mic(g, allow);
	guest_release(g);
	return save(name);
}

struct json_object *control_command(char *line)
{
	char *name = strchr(line, ' ');

	if (name)
		*name++ = '\0';
	else
		name = line + strlen(line);
	if (!strcmp(line, "status"))
		return status(name);
	if (!strcmp(line, "allow"))
		return decide(name, SAVED_ALLOW);
	if (!strcmp(line, "deny"))
		return decide(name, SAVED_DENY);
	if (!strcmp(line, "forget"))
		return decide(name, SAVED_NONE);
	return control_error("no such command: must be status, allow, deny or forget");
}
