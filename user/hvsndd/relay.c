// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "command.h"
#include "config.h"
#include "filter.h"
#include "loop.h"
#include "relay.h"
#include "server.h"

#define IN_SIZE 16384
#define HELLO_USEC \
	(10 * USEC_PER_SEC) /* in which the server must let the guest in */
/* That it waits for the microphone: libpulse waits for 30 s. */
#define HOLD_USEC (25 * USEC_PER_SEC)
#define MOVES_AT_ONCE 4

/* One end: what comes from it, and could not go on yet. */
struct end {
	struct watch w;
	enum filter_way way;
	size_t in_len;
	uint8_t in[IN_SIZE];
};

/**
 * struct relay - one connection
 * @link: for the guest
 * @guest: its end
 * @server: the host's server's
 * @server_index: which of its addresses is tried or was taken
 * @connected: that is there
 * @introduced: it knows who we are
 * @timer: see HELLO_USEC and HOLD_USEC
 * @waits: for the microphone; @timer is for that
 * @told: refusals that the log knows of
 * @filter: what passes
 */
struct relay {
	struct connection link;
	struct end guest;
	struct end server;
	unsigned int server_index;
	bool connected;
	bool introduced;
	struct timer timer;
	bool waits;
	unsigned int told;
	struct filter filter;
};

/* What came since the last time. */
static void count(struct relay *r)
{
	struct filter_half *up = &r->filter.half[FILTER_UP],
			   *down = &r->filter.half[FILTER_DOWN];
	struct guest *g = r->link.guest;

	g->played_bytes += up->sound;
	g->recorded_bytes += down->sound;
	g->dropped_bytes += r->filter.dropped;
	up->sound = 0;
	down->sound = 0;
	r->filter.dropped = 0;
}

static void relay_close(struct connection *l)
{
	struct relay *r = (struct relay *)l;

	timer_free(&r->timer);
	watch_set(&r->guest.w, false, false);
	watch_set(&r->server.w, false, false);
	close(r->guest.w.fd);
	close(r->server.w.fd);
	count(r);
	connection_remove(l);
	free(r);
}

static void end(struct relay *r, const char *why)
{
	struct guest *g = r->link.guest;

	log_limited(&g->log, why ? LOG_NOTICE : LOG_INFO,
		    "%s: disconnected%s%s", g->name, why ? ": " : "",
		    why ? why : "");
	relay_close(&r->link);
}

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* The server's answer to "who is there" is the kernel's word, if it comes with the first bytes. */
static ssize_t send_first(int fd, const void *buf, size_t len)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct ucred us = { .pid = getpid(), .uid = getuid(), .gid = getgid() };

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(us));
	memcpy(CMSG_DATA(c), &us, sizeof(us));
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Sends on what has come from @from. Returns bytes, 0 for none now, or -1. */
static ssize_t send_on(struct relay *r, const struct end *from,
		       const struct end *to)
{
	struct filter_half *h = &r->filter.half[from->way];
	ssize_t n;

	if (!h->out_len || (to == &r->server && !r->connected))
		return 0;
	if (to == &r->server && !r->introduced &&
	    server_is_unix(r->server_index))
		n = send_first(to->w.fd, h->out, h->out_len);
	else
		n = send(to->w.fd, h->out, h->out_len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return again() ? 0 : -1;
	r->introduced |= to == &r->server;
	filter_sent(&r->filter, from->way, n);
	return n;
}

/*
 * Through the filter, and out of it. Returns bytes moved, or -1, @reason set
 * for the filter's verdict.
 */
static ssize_t move(struct relay *r, struct end *from, struct end *to)
{
	ssize_t sent, n = 0;

	if (from->in_len) {
		n = filter_push(&r->filter, from->way, from->in, from->in_len);
		if (n < 0)
			return -1;
		from->in_len -= n;
		memmove(from->in, from->in + n, from->in_len);
	}
	sent = send_on(r, from, to);
	return sent < 0 ? -1 : n + sent;
}

static void tell_refusals(struct relay *r)
{
	struct guest *g = r->link.guest;

	if (r->told == r->filter.refusals)
		return;
	r->told = r->filter.refusals;
	log_limited(&g->log, LOG_NOTICE,
		    "%s: refused: it may not do PulseAudio's command %s (%u)",
		    g->name, command_name(r->filter.refused),
		    r->filter.refused);
}

/* What the guest's status tells, and what is waited for. */
static void update(struct relay *r)
{
	struct connection *l = &r->link;
	bool waits;

	count(r);
	l->wants_mic = filter_wants(&r->filter);
	l->recording = filter_records(&r->filter);
	waits = l->wants_mic && !r->filter.microphone;
	if (waits && !r->waits) {
		log_limited(&l->guest->log, LOG_NOTICE,
			    "%s: wants the microphone, which is closed for it",
			    l->guest->name);
		timer_set(&r->timer, HOLD_USEC);
	} else if (r->filter.authorized && !waits) {
		timer_stop(&r->timer);
	}
	r->waits = waits;
	tell_refusals(r);
}

static void set_watches(struct relay *r)
{
	watch_set(&r->guest.w, !r->guest.in_len,
		  r->filter.half[FILTER_DOWN].out_len);
	watch_set(&r->server.w, r->connected && !r->server.in_len,
		  !r->connected || r->filter.half[FILTER_UP].out_len);
}

/* Moves what can be moved. Returns false if the link is gone. */
static bool step(struct relay *r)
{
	ssize_t up = 1, down = 1;
	int i;

	/* One way may have had to wait for the other. */
	for (i = 0; i < MOVES_AT_ONCE && (up > 0 || down > 0); i++) {
		up = move(r, &r->guest, &r->server);
		down = up < 0 ? -1 : move(r, &r->server, &r->guest);
		if (up < 0 || down < 0) {
			tell_refusals(r);
			end(r, r->filter.reason ? r->filter.reason :
						  strerror(errno));
			return false;
		}
	}
	update(r);
	set_watches(r);
	return true;
}

/* Returns false if the link is gone. */
static bool receive(struct relay *r, struct end *from)
{
	ssize_t n = recv(from->w.fd, from->in + from->in_len,
			 IN_SIZE - from->in_len, 0);

	if (n < 0 && again())
		return true;
	if (n > 0) {
		from->in_len += n;
		return true;
	}
	/* The guest may still hear why, if it takes that now. */
	if (from == &r->server)
		move(r, &r->server, &r->guest);
	if (from == &r->guest)
		end(r, n && errno != EIO ? strerror(errno) : NULL);
	else
		end(r, "the host's server ended the connection");
	return false;
}

static void on_guest(void *data, bool in, bool out)
{
	struct relay *r = data;

	(void)out;
	if (!in || receive(r, &r->guest))
		step(r);
}

/* The next of the server's addresses. Returns false if there is none. */
static bool try_next(struct relay *r)
{
	unsigned int index = r->server_index + 1;
	int fd = server_open(&index);

	if (fd < 0)
		return false;
	watch_set(&r->server.w, false, false);
	close(r->server.w.fd);
	r->server.w.fd = fd;
	r->server_index = index;
	set_watches(r);
	return true;
}

static void on_server(void *data, bool in, bool out)
{
	struct relay *r = data;
	char hint[SERVER_HINT_SIZE];
	int err;

	(void)out;
	if (!r->connected) {
		err = endpoint_result(r->server.w.fd);
		if (err && try_next(r))
			return;
		if (err) {
			end(r, server_hint(err, hint));
			return;
		}
		r->connected = true;
	}
	if (!in || receive(r, &r->server))
		step(r);
}

static void on_timer(void *data)
{
	struct relay *r = data;

	if (!r->filter.authorized) {
		end(r, "it was not let in by the host's server in time");
		return;
	}
	filter_refuse_held(&r->filter);
	step(r);
}

static void relay_mic_changed(struct connection *l)
{
	struct relay *r = (struct relay *)l;

	r->filter.microphone = l->guest->mic_allowed;
	if (l->guest->mic_allowed) {
		filter_allow(&r->filter);
		step(r);
	} else if (filter_records(&r->filter)) {
		/* Only so is the stream gone from the host at once, whatever the guest does. */
		end(r, "it recorded, which it may not any more");
	}
}

static const struct connection_ops relay_ops = {
	.mic_changed = relay_mic_changed,
	.close = relay_close,
};

struct connection *relay_open(struct guest *g, int fd)
{
	unsigned int index = 0;
	int server = server_open(&index);
	struct relay *r = server < 0 ? NULL : calloc(1, sizeof(*r));
	char hint[SERVER_HINT_SIZE];

	if (!r || timer_init(&r->timer, on_timer, r)) {
		log_limited(&g->log, LOG_WARNING, "%s: refused: %s", g->name,
			    server < 0 ? server_hint(server, hint) :
					 strerror(errno));
		free(r);
		if (server >= 0)
			close(server);
		close(fd);
		return NULL;
	}
	r->link.ops = &relay_ops;
	r->guest.w = (struct watch){ .fd = fd, .ready = on_guest, .data = r };
	r->guest.way = FILTER_UP;
	r->server.w =
		(struct watch){ .fd = server, .ready = on_server, .data = r };
	r->server.way = FILTER_DOWN;
	r->server_index = index;
	r->filter.guest = g->name;
	r->filter.cookie = config.cookie;
	r->filter.playback = g->playback;
	r->filter.never = g->mic_policy == MIC_NEVER;
	r->filter.microphone = g->mic_allowed;
	connection_add(&r->link, g);
	timer_set(&r->timer, HELLO_USEC);
	set_watches(r);
	return &r->link;
}
