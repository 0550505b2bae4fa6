// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/common.h"
#include "../lib/output.h"
#include "bus.h"
#include "control.h"
#include "guest.h"
#include "state.h"

struct guest *guests;
bool guests_any = true;
struct guest guest_default = { .playback = true };

#define CID_GUESTS 3 /* the first that is a guest's */

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

static void cid_name(uint32_t cid, char *name)
{
	snprintf(name, GUEST_NAME_SIZE, "vm%u", cid);
}

struct guest *guest_of_cid(uint32_t cid)
{
	struct guest *g = guest_by_cid(cid);
	char name[GUEST_NAME_SIZE];

	if (g && g->known)
		return g;
	/* Below are the hypervisor, this machine itself, and a host of its own. */
	if (!guests_any || cid < CID_GUESTS)
		return NULL;
	if (g)
		return g;
	cid_name(cid, name);
	g = guest_by_name(name) ? NULL : guest_add(name);
	if (g) {
		g->cid = cid;
		g->has_cid = true;
	}
	return g;
}

/* Reads CID or vmCID. */
static bool read_cid(const char *text, uint32_t *cid)
{
	unsigned long long v;
	char *end;

	if (!strncmp(text, "vm", 2))
		text += 2;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	*cid = v;
	return !*end && !errno && v < UINT32_MAX;
}

struct guest *guest_meant(const char *text, bool make)
{
	struct guest *g = guest_by_name(text);
	char name[GUEST_NAME_SIZE];
	uint32_t cid = 0;
	bool is_cid;

	if (g)
		return g;
	is_cid = read_cid(text, &cid);
	g = is_cid ? guest_by_cid(cid) : NULL;
	if (g || !make)
		return g;
	if (is_cid)
		cid_name(cid, name);
	else
		snprintf(name, sizeof(name), "%s", text);
	g = guest_by_name(name) ? NULL : guest_add(name);
	if (g && is_cid) {
		g->cid = cid;
		g->has_cid = true;
	}
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
	g->first = guest_default.first;
	g->microphone = g->first;
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
	int err = state_load();
	struct guest *g;

	for (g = guests; g && !err; g = g->next)
		err = guest_start(g);
	return err;
}

void guest_put(struct guest *g)
{
	if (!g->count && !g->known && !g->kept)
		guest_free(g);
}

bool guest_allow(struct guest *g, bool allow)
{
	char reason[REASON_SIZE];
	struct link *l, *next;

	if (g->never)
		return false;
	/* What was allowed for good must not come back. */
	if (!allow && g->kept == KEPT_ALLOW) {
		g->kept = KEPT_DENY;
		if (state_save(reason, sizeof(reason)))
			log_line(LOG_WARNING, "%s: %s", g->name, reason);
	}
	if (g->microphone == allow)
		return true;
	g->microphone = allow;
	log_line(LOG_NOTICE, "%s: microphone %s", g->name,
		 allow ? "allowed" : "denied");
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
	static const char *const kept[] = { NULL, "deny", "allow" };
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
		      g->never	    ? "never" :
		      g->microphone ? "allowed" :
				      "closed");
	output_string(o, "kept", kept[g->kept]);
	output_bool(o, "wants_microphone", wants);
	output_bool(o, "recording", records);
	output_number(o, "played_bytes", g->played);
	output_number(o, "recorded_bytes", g->recorded);
	output_number(o, "dropped_bytes", g->dropped);
	output_number(o, "underruns", g->underruns);
	output_number(o, "queue_us", g->queue_us);
	json_object_object_add(o, "drift_ppm",
			       json_object_new_double(g->drift_ppm));
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
		log_limited(&g->log, LOG_WARNING,
			    "%s: it has no control socket", g->name);
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
