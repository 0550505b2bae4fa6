// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../lib/common.h"
#include "../decision.h"
#include "../state_file.h"
#include "control_text.h"

static void add(char *out, size_t size, const char *format, ...)
	__attribute__((format(gnu_printf, 3, 4)));

static void add(char *out, size_t size, const char *format, ...)
{
	size_t len = strlen(out);
	va_list args;

	va_start(args, format);
	vsnprintf(out + len, size - len, format, args);
	va_end(args);
}

static const char *microphone(const struct guest *g)
{
	if (g->mic_policy == MIC_NEVER)
		return "never";
	return g->mic_allowed ? "allowed" : "closed";
}

static void add_status(const struct guest *g, char *out, size_t size)
{
	bool wants = false, records = false;
	const struct connection *c;
	const char *what = "";

	for (c = g->connections; c; c = c->next) {
		wants |= c->wants_mic;
		records |= c->recording;
	}
	if (records)
		what = ", recording";
	else if (wants)
		what = ", wants to record";
	add(out, size,
	    "%s: connections %u, microphone %s%s, played %llu bytes, recorded %llu, dropped %llu, underruns %llu, queue %llu us, drift %.0f ppm\n",
	    g->name, g->connection_count, microphone(g), what,
	    (unsigned long long)g->played_bytes,
	    (unsigned long long)g->recorded_bytes,
	    (unsigned long long)g->dropped_bytes,
	    (unsigned long long)g->underruns,
	    (unsigned long long)g->queue_usec, g->drift_ppm);
}

static void show(const char *name, bool names_only, char *out, size_t size)
{
	struct guest *g, *named = *name ? guest_by_name(name) : NULL;

	if (*name && !named) {
		add(out, size, CONTROL_ERROR DECISION_NO_GUEST "\n");
		return;
	}
	for (g = guests; g; g = g->next) {
		if (named && g != named)
			continue;
		if (names_only)
			add(out, size, "%s\n", g->name);
		else
			add_status(g, out, size);
	}
}

static void decide(const char *text, enum saved_decision decision, char *out,
		   size_t size)
{
	char name[GUEST_NAME_SIZE], reason[REASON_SIZE];
	const char *error = decision_apply(text, decision, name);
	struct guest *g;

	if (!error && state_file_save(reason, sizeof(reason)))
		error = reason;
	g = error ? NULL : guest_by_name(name);
	if (error)
		add(out, size, CONTROL_ERROR "%s\n", error);
	else if (g)
		add_status(g, out, size);
}

void control_text(char *line, char *out, size_t size)
{
	char *name = strchr(line, ' ');
	enum saved_decision decision;

	*out = '\0';
	if (name)
		*name++ = '\0';
	else
		name = line + strlen(line);
	if (!strcmp(line, "list"))
		show("", true, out, size);
	else if (!strcmp(line, "status"))
		show(name, false, out, size);
	else if (decision_parse(line, &decision))
		decide(name, decision, out, size);
	else
		add(out, size, CONTROL_ERROR "no such command\n");
}
