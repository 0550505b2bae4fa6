// SPDX-License-Identifier: GPL-2.0
#include "admit.h"
#include "native_connection.h"
#include "raw.h"
#include "socket.h"

struct connection *(*admit_pulse)(struct guest *g, int fd, bool dialled) =
	native_connection_open;

static unsigned int connection_count(void)
{
	const struct guest *g;
	unsigned int n = 0;

	for (g = guests; g; g = g->next)
		n += g->connection_count;
	return n;
}

static const char *refusal(const struct guest *g)
{
	if (!g)
		return "the guest may not connect";
	if (connection_count() >= config.max_connections)
		return "too many connections. Raise --max-connections";
	if (g->connection_count >= config.max_guest_connections)
		return "too many connections of this guest. Raise --max-guest-connections";
	return NULL;
}

struct connection *admit(const struct endpoint_config *e, int fd,
			 struct guest *g, const char *peer,
			 struct log_limit *log)
{
	const char *reason = refusal(g);
	struct watch w = { .fd = fd };
	struct connection *c = NULL;

	if (reason) {
		log_limited(g ? &g->log : log, LOG_WARNING, "%s: refused: %s",
			    peer, reason);
		socket_close(&w);
	} else if (e->protocol == PROTOCOL_PULSE) {
		c = admit_pulse(g, fd, e->connect);
	} else {
		c = raw_open(g, fd, e);
	}
	if (c)
		log_line(LOG_DEBUG, "%s: connected", g->name);
	else if (g)
		guest_free_unused(g);
	return c;
}
