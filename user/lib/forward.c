// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "flow.h"
#include "forward.h"

#define TICK_MS 1000
/* Entries of poll(): signals, the listener, and 4 for each connection. */
#define FIXED_FDS 2
#define FDS_PER_CONNECTION 4

/**
 * struct forward_connection - a connection with one or two directions
 * @next: next connection in the list
 * @connecting: the connection to the target is not established yet
 * @owned: the descriptors are closed with the connection
 * @error: the first error, a negative errno
 * @n: number of directions
 * @flow: the directions
 */
struct forward_connection {
	struct forward_connection *next;
	bool connecting;
	bool owned;
	int error;
	int n;
	struct flow flow[2];
};

static struct forward_connection *add(struct forwarder *fw, int from, int to,
				      int back_from, int back_to)
{
	struct forward_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	flow_init(&c->flow[0], from, to);
	c->n = 1;
	if (back_from >= 0) {
		flow_init(&c->flow[1], back_from, back_to);
		c->n = 2;
	}
	c->next = fw->connections;
	fw->connections = c;
	fw->count++;
	return c;
}

bool forwarder_add(struct forwarder *fw, int from, int to, int back_from,
		   int back_to)
{
	return add(fw, from, to, back_from, back_to);
}

static void print_failure(const struct forwarder *fw, int err)
{
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];

	fprintf(stderr, "hvsnd: %s: %s\n", address_text(fw->target, text),
		endpoint_hint(fw->target, err, hint));
}

/* The connection to the target is established, or has failed. */
static void connection_connected(struct forwarder *fw,
				 struct forward_connection *c)
{
	int err = endpoint_result(c->flow[0].to);

	c->connecting = false;
	if (!err)
		return;
	print_failure(fw, err);
	c->error = err;
	c->flow[0].done = true;
	c->flow[1].done = true;
}

static bool connection_is_done(const struct forward_connection *c)
{
	return c->flow[0].done && (c->n == 1 || c->flow[1].done);
}

/*
 * Tell a sender whose data cannot be written that it need not send. Not if both
 * directions are done: a vsock that was shut down in two steps sends nothing
 * when it is closed, and some hosts then keep it for 8 seconds.
 */
static void connection_refuse_data(struct forward_connection *c)
{
	int i;

	for (i = 0; i < c->n && !connection_is_done(c); i++) {
		if (c->flow[i].done && !c->flow[i].eof)
			shutdown(c->flow[i].from, SHUT_RD);
	}
}

/* After one direction has ended, check whether the peer closed the other. */
static void connection_check_peer(struct forward_connection *c)
{
	int i;

	for (i = 0; i < c->n && c->n == 2; i++) {
		struct flow *f = &c->flow[i], *back = &c->flow[!i];

		if (f->done || !(back->eof || back->done) ||
		    !flow_peer_is_closed(f))
			continue;
		if (f->len && !c->error)
			c->error = -EPIPE;
		flow_break(f);
	}
}

static void connection_step(struct forwarder *fw, struct forward_connection *c,
			    const struct pollfd *fds)
{
	int i, err;

	if (c->connecting) {
		if (fds[1].revents)
			connection_connected(fw, c);
		return;
	}
	for (i = 0; i < c->n; i++) {
		err = flow_step(&c->flow[i], fds[2 * i].revents,
				fds[2 * i + 1].revents);
		if (err && !c->error)
			c->error = err;
	}
	connection_check_peer(c);
	connection_refuse_data(c);
}

static void connection_set_poll(const struct forward_connection *c,
				struct pollfd *fds)
{
	int i;

	for (i = 0; i < 2; i++) {
		const struct flow *f = &c->flow[i];
		bool live = i < c->n && !f->done && !c->connecting;
		bool in = live && !f->eof && f->len < FLOW_BUFFER_SIZE;

		/* poll() reports a hang-up even if no events are requested. */
		fds[2 * i].fd = in ? f->from : -1;
		fds[2 * i].events = POLLIN;
		fds[2 * i + 1].fd = live && f->len ? f->to : -1;
		fds[2 * i + 1].events = POLLOUT;
	}
	if (c->connecting)
		fds[1].fd = c->flow[0].to;
}

static bool connection_half_closed(const struct forward_connection *c)
{
	return c->n == 2 && (c->flow[0].eof || c->flow[1].eof);
}

static void connection_free(struct forward_connection *c)
{
	if (c->owned) {
		close(c->flow[0].from);
		if (c->flow[0].to != c->flow[0].from)
			close(c->flow[0].to);
	}
	free(c);
}

static void add_accepted(struct forwarder *fw, int fd)
{
	struct forward_connection *c;
	int target = fd;

	if (fw->target)
		target = endpoint_open(fw->target, fw->timeout_ms);
	if (target < 0) {
		print_failure(fw, target);
		close(fd);
		return;
	}
	c = fw->target ? add(fw, fd, target, target, fd) :
			 add(fw, fd, fd, -1, -1);
	if (!c) {
		close(target);
		if (target != fd)
			close(fd);
		return;
	}
	c->owned = true;
	c->connecting = fw->target;
}

/* Returns false if no more connections can be accepted for now. */
static bool accept_one(struct forwarder *fw)
{
	int fd =
		accept4(fw->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		add_accepted(fw, fd);
		return true;
	}
	return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Step all connections, and free those that have ended. */
static void step(struct forwarder *fw, const struct pollfd *fds)
{
	struct forward_connection **at = &fw->connections, *c;

	while ((c = *at)) {
		connection_step(fw, c, fds);
		fds += FDS_PER_CONNECTION;
		if (!connection_is_done(c)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		fw->count--;
		fw->error = c->error;
		connection_free(c);
	}
}

/* Set the entries of poll(). Returns their number. */
static size_t set_poll(const struct forwarder *fw, struct pollfd *fds,
		       bool accepts, int *timeout_ms)
{
	struct forward_connection *c;
	size_t n = FIXED_FDS;

	fds[1].fd = accepts ? fw->listener : -1;
	fds[1].events = POLLIN;
	*timeout_ms = accepts ? -1 : TICK_MS;
	for (c = fw->connections; c; c = c->next) {
		connection_set_poll(c, &fds[n]);
		n += FDS_PER_CONNECTION;
		if (connection_half_closed(c))
			*timeout_ms = TICK_MS;
	}
	return n;
}

static int run(struct forwarder *fw, struct pollfd **fds)
{
	bool accepts = true;
	struct pollfd *more;
	int timeout_ms;
	size_t n;

	while (fw->listener >= 0 || fw->connections) {
		n = FIXED_FDS + FDS_PER_CONNECTION * fw->count;
		more = realloc(*fds, n * sizeof(**fds));
		if (!more)
			return -ENOMEM;
		*fds = more;
		n = set_poll(fw, *fds, accepts, &timeout_ms);
		if (poll(*fds, n, timeout_ms) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if ((*fds)[0].revents)
			return 0;
		accepts = true;
		step(fw, *fds + FIXED_FDS);
		/* After the step, as a new connection has no entries yet. */
		if ((*fds)[1].revents)
			accepts = accept_one(fw);
	}
	return 0;
}

int forwarder_run(struct forwarder *fw)
{
	struct forward_connection *c;
	struct pollfd *fds;
	int err, signals;

	raise_descriptor_limit();
	fds = calloc(FIXED_FDS, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	signals = open_signals();
	fds[0].fd = signals;
	fds[0].events = POLLIN;
	err = run(fw, &fds);
	close(signals);
	free(fds);
	while ((c = fw->connections)) {
		fw->connections = c->next;
		connection_free(c);
	}
	fw->count = 0;
	return err;
}
