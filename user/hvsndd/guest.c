// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/output.h"
#include "bus.h"
#include "control.h"
#include "guest.h"

struct guest *guests;
bool guests_any = true;
struct guest guest_default = { .playback = true };

static unsigned int guests_count;

bool guest_name_ok(const char *name)
{
	const char *p;

	for (p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			return false;
	}
	return p > name && p - name < GUEST_NAME_SIZE && *name != '.';
}

struct guest *guest_by_name(const char *name)
{
	struct guest *g;

	for (g = guests; g && strcmp(g->name, name); g = g->next)
		;
	return g;
}

struct guest *guest_by_cid(uint32_t cid)
{
	struct guest *g;

	for (g = guests; g && !(g->has_cid && g->cid == cid); g = g->next)
		;
	return g;
}

struct guest *guest_add(const char *name)
{
	struct guest *g;

	if (guests_count == GUESTS_MAX)
		return NULL;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	snprintf(g->name, sizeof(g->name), "%s", name);
	g->playback = guest_default.playback;
	g->never = guest_default.never;
	g->microphone = guest_default.microphone;
	g->next = guests;
	guests = g;
	guests_count++;
	return g;
}

static void guest_free(struct guest *g)
{
	struct guest **at;

	for (at = &guests; *at != g; at = &(*at)->next)
		;
	*at = g->next;
	guests_count--;
	bus_remove(g);
	control_free(g->control);
	free(g);
}

/* What it needs to be controlled. */
static int guest_start(struct guest *g)
{
	int err = 0;

	if (!g->control && !g->never)
		err = control_guest(g);
	if (!err)
		bus_add(g);
	return err;
}

int guests_start(void)
{
	struct guest *g;
	int err = 0;

	for (g = guests; g && !err; g = g->next)
		err = guest_start(g);
	return err;
}

void guest_put(struct guest *g)
{
	if (!g->count && !g->known)
		guest_free(g);
}

bool guest_allow(struct guest *g, bool allow)
{
	struct link *l, *next;

	if (g->never)
		return false;
	if (g->microphone == allow)
		return true;
	g->microphone = allow;
	log_line(LOG_NOTICE, "%s: microphone %s", g->name, allow ? "allowed" : "denied");
	bus_changed(g);
	/* The last link's end must not take the guest along. */
	g->count++;
	for (l = g->links; l; l = next) {
		next = l->next;
		l->ops->microphone(l);
	}
	g->count--;
	guest_put(g);
	return true;
}

struct json_object *guest_status(const struct guest *g)
{
	struct json_object *o = json_object_new_object();
	bool wants = false, records = false;
	const struct link *l;

	for (l = g->links; l; l = l->next) {
		wants |= l->wants;
		records |= l->records;
	}
	output_string(o, "name", g->name);
	if (g->has_cid)
		output_number(o, "cid", g->cid);
	output_number(o, "connections", g->count);
	output_bool(o, "playback", g->playback);
	output_string(o, "microphone",
		      g->never ? "never" : g->microphone ? "allowed" : "closed");
	output_bool(o, "wants_microphone", wants);
	output_bool(o, "recording", records);
	output_number(o, "played_bytes", g->played);
	output_number(o, "recorded_bytes", g->recorded);
	output_number(o, "dropped_bytes", g->dropped);
	output_number(o, "underruns", g->underruns);
	output_number(o, "queue_us", g->queue_us);
	json_object_object_add(o, "drift_ppm", json_object_new_double(g->drift_ppm));
	return o;
}

void guests_free(void)
{
	struct guest *g, *next;

	for (g = guests; g; g = next) {
		g->known = true;
		while (g->links)
			g->links->ops->close(g->links);
		next = g->next;
		guest_free(g);
	}
}

void link_add(struct link *l, struct guest *g)
{
	l->guest = g;
	l->next = g->links;
	g->links = l;
	g->count++;
	if (guest_start(g))
		log_limited(&g->log, LOG_WARNING, "%s: it has no control socket", g->name);
}

void link_remove(struct link *l)
{
	struct guest *g = l->guest;
	struct link **at;

	for (at = &g->links; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	g->count--;
	guest_put(g);
	if (l->ended)
		l->ended(l->ended_data);
}
