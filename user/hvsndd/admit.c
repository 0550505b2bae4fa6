// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* after sys/socket.h, which it needs */
#include <linux/vm_sockets.h>

#include "admit.h"
#include "native_connection.h"
#include "output_select.h"
#include "raw.h"
#include "relay.h"

static unsigned int connection_count(void)
{
	const struct guest *g;
	unsigned int n = 0;

	for (g = guests; g; g = g->next)
		n += g->connection_count;
	return n;
}

/* Find or add the guest at the other end. Set @text to its description. */
static struct guest *identify(const struct endpoint_config *e, int fd,
			      char *text)
{
	union {
		struct sockaddr any;
		struct sockaddr_vm vm;
		struct sockaddr_storage storage;
	} peer = { 0 };
	socklen_t len = sizeof(peer);
	struct guest *g;

	if (getpeername(fd, &peer.any, &len)) {
		strcpy(text, "a closed connection");
		return NULL;
	}
	if (peer.any.sa_family == AF_VSOCK) {
		snprintf(text, ADDRESS_TEXT_SIZE, "CID %u", peer.vm.svm_cid);
		return guest_from_cid(peer.vm.svm_cid);
	}
	if (!*e->name) {
		strcpy(text, "a guest without a name");
		return NULL;
	}
	snprintf(text, ADDRESS_TEXT_SIZE, "%s", e->name);
	g = guest_by_name(e->name);
	return g ? g : guest_add(e->name);
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
			 struct log_limit *log)
{
	char text[ADDRESS_TEXT_SIZE];
	struct guest *g = identify(e, fd, text);
	const char *reason = refusal(g);
	struct connection *c = NULL;

	if (reason) {
		log_limited(g ? &g->log : log, LOG_WARNING, "%s: refused: %s",
			    text, reason);
		close(fd);
	} else if (e->protocol == PROTOCOL_PULSE) {
		c = selected_output && selected_output != &output_pulse ?
			    native_connection_open(g, fd, e->connect) :
			    relay_open(g, fd, e->connect);
	} else {
		c = raw_open(g, fd, e);
	}
	if (c)
		log_line(LOG_DEBUG, "%s: connected", g->name);
	else if (g)
		guest_free_unused(g);
	return c;
}
