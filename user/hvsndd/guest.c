// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

/* CID 0 is the hypervisor, 1 is this machine, 2 is this machine's own host. */
#define CID_FIRST_GUEST 3

struct guest *guests;
bool guests_allow_any = true;
struct guest guest_default = { .playback = true };

static unsigned int guests_count;
static struct guest_observer *observers;

void guest_observe(struct guest_observer *o)
{
	struct guest_observer **at;

	for (at = &observers; *at && *at != o; at = &(*at)->next)
		;
	*at = o;
}

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

/* Add the guest with this CID, unless another guest has its name. */
static struct guest *add_cid(uint32_t cid)
{
	char name[GUEST_NAME_SIZE];
	struct guest *g;

	snprintf(name, sizeof(name), "vm%u", cid);
	g = guest_by_name(name) ? NULL : guest_add(name);
	if (g) {
		g->cid = cid;
		g->has_cid = true;
	}
	return g;
}

struct guest *guest_from_cid(uint32_t cid)
{
	struct guest *g = guest_by_cid(cid);

	if (g && g->configured)
		return g;
	if (!guests_allow_any || cid < CID_FIRST_GUEST)
		return NULL;
	return g ? g : add_cid(cid);
}

/* Parse CID or vmCID. */
static bool parse_cid(const char *text, uint32_t *cid)
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

struct guest *guest_lookup(const char *text, bool create)
{
	struct guest *g = guest_by_name(text);
	uint32_t cid;

	if (g)
		return g;
	if (!parse_cid(text, &cid))
		return create ? guest_add(text) : NULL;
	g = guest_by_cid(cid);
	return g || !create ? g : add_cid(cid);
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
	guest_set_mic_policy(g, guest_default.mic_policy);
	g->next = guests;
	guests = g;
	guests_count++;
	return g;
}

static void guest_free(struct guest *g)
{
	struct guest_observer *o;
	struct guest **at;

	for (at = &guests; *at != g; at = &(*at)->next)
		;
	*at = g->next;
	guests_count--;
	for (o = observers; o; o = o->next) {
		if (o->removed)
			o->removed(g);
	}
	free(g);
}

static int guest_start(struct guest *g)
{
	struct guest_observer *o;
	int err = 0;

	for (o = observers; o && !err; o = o->next) {
		if (o->started)
			err = o->started(g);
	}
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

void guests_disconnect(void)
{
	struct guest *g;

	for (g = guests; g; g = g->next) {
		/* Keep the guest when its last connection is closed. */
		g->configured = true;
		while (g->connections)
			g->connections->ops->close(g->connections);
	}
}

void guests_free(void)
{
	guests_disconnect();
	while (guests)
		guest_free(guests);
}

void guest_hold(struct guest *g)
{
	g->connection_count++;
}

void guest_release(struct guest *g)
{
	g->connection_count--;
	guest_free_unused(g);
}

void guest_free_unused(struct guest *g)
{
	if (!g->connection_count && !g->configured && g->saved == SAVED_NONE)
		guest_free(g);
}

void guest_set_mic_policy(struct guest *g, enum mic_policy policy)
{
	g->mic_policy = policy;
	g->mic_allowed = policy == MIC_ALLOW;
}

void guest_restore(struct guest *g, enum saved_decision saved)
{
	g->saved = saved;
	g->mic_allowed = saved == SAVED_ALLOW && g->mic_policy != MIC_NEVER;
}

/* A saved permission must not return after somebody denied the microphone. */
static void revoke_saved(struct guest *g)
{
	struct guest_observer *o;

	if (g->saved != SAVED_ALLOW)
		return;
	g->saved = SAVED_DENY;
	for (o = observers; o; o = o->next) {
		if (o->saved_changed)
			o->saved_changed(g);
	}
}

static void mic_changed(struct guest *g)
{
	struct guest_observer *o;
	struct connection *c, *next;

	for (o = observers; o; o = o->next) {
		if (o->mic_changed)
			o->mic_changed(g);
	}
	/* Keep the guest if its last connection closes itself. */
	guest_hold(g);
	for (c = g->connections; c; c = next) {
		next = c->next;
		c->ops->mic_changed(c);
	}
	guest_release(g);
}

bool guest_set_mic(struct guest *g, bool allow)
{
	if (g->mic_policy == MIC_NEVER)
		return false;
	if (!allow)
		revoke_saved(g);
	if (g->mic_allowed == allow)
		return true;
	g->mic_allowed = allow;
	log_line(LOG_NOTICE, "%s: microphone %s", g->name,
		 allow ? "allowed" : "denied");
	mic_changed(g);
	return true;
}

void connection_add(struct connection *c, struct guest *g)
{
	c->guest = g;
	c->next = g->connections;
	g->connections = c;
	guest_hold(g);
	/* On failure, the guest can connect, but not everything controls it. */
	guest_start(g);
}

bool connection_used(struct connection *c)
{
	void (*on_used)(void *dialer) = c->on_used;

	if (!on_used)
		return false;
	c->on_closed = NULL;
	c->on_used = NULL;
	on_used(c->dialer);
	return true;
}

void connection_remove(struct connection *c)
{
	struct connection **at;

	for (at = &c->guest->connections; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	guest_release(c->guest);
	if (c->on_closed)
		c->on_closed(c->dialer);
}
