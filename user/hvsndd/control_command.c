// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "../lib/common.h"
#include "../lib/output.h"
#include "config.h"
#include "control_command.h"
#include "decision.h"
#include "guest_status.h"
#include "state_file.h"

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
		return control_error(DECISION_NO_GUEST);
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
	char name[GUEST_NAME_SIZE];
	const char *error = decision_apply(text, decision, name);

	return error ? control_error(error) : save(name);
}

struct json_object *control_command(char *line)
{
	char *name = strchr(line, ' ');
	enum saved_decision decision;

	if (name)
		*name++ = '\0';
	else
		name = line + strlen(line);
	if (!strcmp(line, "status"))
		return status(name);
	if (decision_parse(line, &decision))
		return decide(name, decision);
	return control_error("no such command: must be status, allow, deny or forget");
}
