// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "config.h"
#include "filter.h"
#include "loop.h"
#include "pulse_command.h"
#include "relay.h"
#include "server.h"

#define RX_SIZE 16384
#define HANDSHAKE_USEC (10 * USEC_PER_SEC)
/* A held request is answered before libpulse's own timeout of 30 s. */
#define HOLD_USEC (25 * USEC_PER_SEC)
#define STEPS_PER_WAKEUP 4

/**
 * enum relay_state - state of a connection
 * @RELAY_UNUSED: the guest, to which hvsndd has connected, has sent nothing
 *                yet; there is no socket to the server
 * @RELAY_CONNECTING: the socket to the server is being connected
 * @RELAY_HANDSHAKE: the server has not accepted the guest's AUTH yet
 * @RELAY_UP: the server has accepted the guest
 * @RELAY_HOLDING: as RELAY_UP, and a request to record is held until the
 *                 microphone is allowed
 *
 * In RELAY_CONNECTING and RELAY_HANDSHAKE, relay.timer is the deadline of the
 * handshake; in RELAY_HOLDING, it is the deadline of the held request.
 */
enum relay_state {
	RELAY_UNUSED,
	RELAY_CONNECTING,
	RELAY_HANDSHAKE,
	RELAY_UP,
	RELAY_HOLDING,
};

/**
 * struct relay_socket - one of the two sockets of a relay
 * @w: the socket
 * @dir: direction of the data that this socket receives
 * @rx_len: number of received bytes that the filter has not taken
 * @rx: these bytes
 */
struct relay_socket {
	struct watch w;
	enum filter_dir dir;
	size_t rx_len;
	uint8_t rx[RX_SIZE];
};

/**
 * struct relay - a connection
 * @connection: the guest's connection, must be the first member
 * @guest: socket to the guest
 * @server: socket to the server
 * @server_index: index of the server's address
 * @state: only changed by set_state()
 * @credentials_sent: the server has received this process's credentials
 * @timer: see enum relay_state
 * @logged_refusals: number of refused commands that were logged
 * @filter: the filter
 */
struct relay {
	struct connection connection;
	struct relay_socket guest;
	struct relay_socket server;
	unsigned int server_index;
	enum relay_state state;
	bool credentials_sent;
	struct timer timer;
	unsigned int logged_refusals;
	struct filter filter;
};

static struct guest *guest_of(const struct relay *r)
{
	return r->connection.guest;
}

static void set_state(struct relay *r, enum relay_state state)
{
	struct guest *g = guest_of(r);

	if (r->state == state)
		return;
	r->state = state;
	if (state == RELAY_HOLDING) {
		log_limited(&g->log, LOG_NOTICE,
			    "%s: a request to record waits: the microphone is not allowed. Allow it: hvsndd ctl allow %s",
			    g->name, g->name);
		timer_set(&r->timer, HOLD_USEC);
	} else if (state == RELAY_UP) {
		timer_stop(&r->timer);
	}
}

/* Move the filter's counters to the guest. */
static void count(struct relay *r)
{
	struct filter_path *up = &r->filter.path[FILTER_TO_SERVER];
	struct filter_path *down = &r->filter.path[FILTER_TO_GUEST];
	struct guest *g = guest_of(r);

	g->played_bytes += up->audio_bytes;
	g->recorded_bytes += down->audio_bytes;
	g->dropped_bytes += r->filter.dropped_bytes;
	up->audio_bytes = 0;
	down->audio_bytes = 0;
	r->filter.dropped_bytes = 0;
}

static void relay_close(struct connection *c)
{
	struct relay *r = (struct relay *)c;

	timer_free(&r->timer);
	watch_set(&r->guest.w, false, false);
	close(r->guest.w.fd);
	if (r->state != RELAY_UNUSED) {
		watch_set(&r->server.w, false, false);
		close(r->server.w.fd);
	}
	count(r);
	connection_remove(c);
	free(r);
}

static void disconnect(struct relay *r, const char *reason)
{
	struct guest *g = guest_of(r);

	log_limited(&g->log, reason ? LOG_NOTICE : LOG_INFO,
		    "%s: disconnected%s%s", g->name, reason ? ": " : "",
		    reason ? reason : "");
	relay_close(&r->connection);
}

static bool is_temporary(int err)
{
	return err == EAGAIN || err == EINTR;
}

/*
 * PulseAudio accepts the credentials of a client on its own UNIX socket if they
 * come with the first bytes.
 */
static ssize_t send_with_credentials(int fd, const void *buf, size_t len)
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
	struct ucred own = { .pid = getpid(),
			     .uid = getuid(),
			     .gid = getgid() };

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(own));
	memcpy(CMSG_DATA(c), &own, sizeof(own));
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Send what the filter passed on. Returns the number of bytes, or -1. */
static ssize_t send_filtered(struct relay *r, const struct relay_socket *from,
			     const struct relay_socket *to)
{
	struct filter_path *path = &r->filter.path[from->dir];
	bool to_server = to == &r->server;
	ssize_t n;

	if (!path->out_len || (to_server && r->state == RELAY_CONNECTING))
		return 0;
	if (to_server && !r->credentials_sent &&
	    server_is_unix(r->server_index))
		n = send_with_credentials(to->w.fd, path->out, path->out_len);
	else
		n = send(to->w.fd, path->out, path->out_len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return is_temporary(errno) ? 0 : -1;
	r->credentials_sent |= to_server;
	filter_sent(&r->filter, from->dir, n);
	return n;
}

/*
 * Pass received bytes through the filter and send the result. Returns the
 * number of bytes moved, or -1; if the filter failed, filter.reason is set.
 */
static ssize_t forward(struct relay *r, struct relay_socket *from,
		       struct relay_socket *to)
{
	ssize_t sent, n = 0;

	if (from->rx_len) {
		n = filter_push(&r->filter, from->dir, from->rx, from->rx_len);
		if (n < 0)
			return -1;
		from->rx_len -= n;
		memmove(from->rx, from->rx + n, from->rx_len);
	}
	sent = send_filtered(r, from, to);
	return sent < 0 ? -1 : n + sent;
}

static void log_refusals(struct relay *r)
{
	struct guest *g = guest_of(r);

	if (r->logged_refusals == r->filter.refused_count)
		return;
	r->logged_refusals = r->filter.refused_count;
	log_limited(&g->log, LOG_NOTICE,
		    "%s: refused: the guest may not send PulseAudio's command %s (%u)",
		    g->name, pulse_command_name(r->filter.refused_command),
		    r->filter.refused_command);
}

static void update(struct relay *r)
{
	struct connection *c = &r->connection;

	count(r);
	c->wants_mic = filter_wants_mic(&r->filter);
	c->recording = filter_is_recording(&r->filter);
	/* Requests to record are only held after the handshake. */
	if (c->wants_mic && !r->filter.mic_allowed)
		set_state(r, RELAY_HOLDING);
	else if (r->filter.authorized)
		set_state(r, RELAY_UP);
	log_refusals(r);
}

static void set_watches(struct relay *r)
{
	const struct filter_path *path = r->filter.path;
	bool connecting = r->state == RELAY_CONNECTING;

	watch_set(&r->guest.w, !r->guest.rx_len, path[FILTER_TO_GUEST].out_len);
	if (r->state == RELAY_UNUSED)
		return;
	watch_set(&r->server.w, !connecting && !r->server.rx_len,
		  connecting || path[FILTER_TO_SERVER].out_len);
}

/* Move all data that can be moved. Returns false if the relay was closed. */
static bool step(struct relay *r)
{
	ssize_t up = 1, down = 1;
	int i;

	/* Data in one direction may have waited for the other direction. */
	for (i = 0; i < STEPS_PER_WAKEUP && (up > 0 || down > 0); i++) {
		up = forward(r, &r->guest, &r->server);
		down = up < 0 ? -1 : forward(r, &r->server, &r->guest);
		if (up < 0 || down < 0) {
			log_refusals(r);
			disconnect(r, r->filter.reason ? r->filter.reason :
							 strerror(errno));
			return false;
		}
	}
	update(r);
	set_watches(r);
	return true;
}

/* Returns false if the relay was closed. */
static bool receive(struct relay *r, struct relay_socket *s)
{
	ssize_t n = recv(s->w.fd, s->rx + s->rx_len, RX_SIZE - s->rx_len, 0);

	if (n < 0 && is_temporary(errno))
		return true;
	if (n > 0) {
		s->rx_len += n;
		return true;
	}
	if (s == &r->guest) {
		/* Some kernels report the end of a hv_sock as EIO. */
		disconnect(r, n && errno != EIO ? strerror(errno) : NULL);
		return false;
	}
	/* Pass on what the server sent last: it may contain the reason. */
	forward(r, &r->server, &r->guest);
	disconnect(r, "the host's server closed the connection");
	return false;
}

/* Start to connect to the server. Returns 0 or a negative errno. */
static int open_server(struct relay *r)
{
	unsigned int index = 0;
	int fd = server_open(&index);

	if (fd < 0)
		return fd;
	r->server.w.fd = fd;
	r->server_index = index;
	set_state(r, RELAY_CONNECTING);
	timer_set(&r->timer, HANDSHAKE_USEC);
	return 0;
}

static void on_guest(void *data, bool in, bool out)
{
	struct relay *r = data;
	char hint[SERVER_HINT_SIZE];
	int err;

	(void)out;
	if (in && !receive(r, &r->guest))
		return;
	err = r->guest.rx_len && connection_used(&r->connection) ?
		      open_server(r) :
		      0;
	if (err)
		disconnect(r, server_hint(err, hint));
	else
		step(r);
}

/* Try the server's next address. Returns false if there is none. */
static bool try_next_address(struct relay *r)
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
	if (r->state == RELAY_CONNECTING) {
		err = endpoint_result(r->server.w.fd);
		if (err && try_next_address(r))
			return;
		if (err) {
			disconnect(r, server_hint(err, hint));
			return;
		}
		set_state(r, RELAY_HANDSHAKE);
	}
	if (!in || receive(r, &r->server))
		step(r);
}

static void on_timer(void *data)
{
	struct relay *r = data;

	if (r->state == RELAY_CONNECTING || r->state == RELAY_HANDSHAKE) {
		disconnect(r, "handshake with the host's server timed out");
		return;
	}
	filter_refuse_held(&r->filter);
	step(r);
}

static void relay_mic_changed(struct connection *c)
{
	struct relay *r = (struct relay *)c;

	r->filter.mic_allowed = c->guest->mic_allowed;
	if (c->guest->mic_allowed) {
		filter_allow_mic(&r->filter);
		step(r);
	} else if (filter_is_recording(&r->filter)) {
		/* Ends the record stream even against the guest's will. */
		disconnect(r,
			   "the guest was recording when the microphone was denied");
	}
}

static const struct connection_ops relay_ops = {
	.mic_changed = relay_mic_changed,
	.close = relay_close,
};

struct connection *relay_open(struct guest *g, int fd, bool dialled)
{
	struct relay *r = calloc(1, sizeof(*r));
	char hint[SERVER_HINT_SIZE];
	int err;

	if (!r || timer_init(&r->timer, on_timer, r)) {
		log_limited(&g->log, LOG_WARNING, "%s: refused: %s", g->name,
			    strerror(errno));
		goto fail;
	}
	r->connection.ops = &relay_ops;
	r->guest.w = (struct watch){ .fd = fd, .ready = on_guest, .data = r };
	r->guest.dir = FILTER_TO_SERVER;
	r->server.w =
		(struct watch){ .fd = -1, .ready = on_server, .data = r };
	r->server.dir = FILTER_TO_GUEST;
	r->filter.guest = g->name;
	r->filter.cookie = config.cookie;
	r->filter.may_play = g->playback;
	r->filter.may_record = g->mic_policy != MIC_NEVER;
	r->filter.mic_allowed = g->mic_allowed;
	err = dialled ? 0 : open_server(r);
	if (err) {
		log_limited(&g->log, LOG_WARNING, "%s: refused: %s", g->name,
			    server_hint(err, hint));
		timer_free(&r->timer);
		goto fail;
	}
	connection_add(&r->connection, g);
	set_watches(r);
	return &r->connection;

fail:
	free(r);
	close(fd);
	return NULL;
}
