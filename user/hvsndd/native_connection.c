// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "loop.h"
#include "native_connection.h"
#include "native_output.h"
#include "pulse_command.h"
#include "socket.h"

#define RX_SIZE 65536
#define HANDSHAKE_USEC (10 * USEC_PER_SEC)
/* A held request is answered before libpulse's own timeout of 30 s. */
#define HOLD_USEC (25 * USEC_PER_SEC)
/* Pause in receiving, so that a flooding guest does not take all CPU time. */
#define THROTTLE_USEC (2 * USEC_PER_MSEC)

/**
 * struct guest_server - the audio server that a guest sees
 * @next: the next guest's
 * @guest: the guest
 * @host: its state
 */
struct guest_server {
	struct guest_server *next;
	struct guest *guest;
	struct native_host host;
};

/**
 * enum client_state - state of a connection
 * @CLIENT_HANDSHAKE: the client has not authenticated yet
 * @CLIENT_UP: the client has authenticated
 * @CLIENT_HOLDING: as CLIENT_UP, and a request to record is held until the
 *                  microphone is allowed
 */
enum client_state {
	CLIENT_HANDSHAKE,
	CLIENT_UP,
	CLIENT_HOLDING,
};

/**
 * struct client - a connection
 * @connection: the guest's connection, must be the first member
 * @w: the socket
 * @timer: deadline of the handshake, or of a held request
 * @throttle: ends a pause in receiving
 * @state: only changed by set_state()
 * @logged_unsupported: number of unsupported commands that were logged
 * @rx_len: number of received bytes that the protocol has not taken
 * @rx: these bytes
 * @native: the protocol
 */
struct client {
	struct connection connection;
	struct watch w;
	struct timer timer;
	struct timer throttle;
	enum client_state state;
	unsigned int logged_unsupported;
	size_t rx_len;
	uint8_t rx[RX_SIZE];
	struct native native;
};

static struct guest_server *servers;

static void on_guest_removed(struct guest *g)
{
	struct guest_server **at, *s;

	for (at = &servers; *at && (*at)->guest != g; at = &(*at)->next)
		;
	s = *at;
	if (!s)
		return;
	*at = s->next;
	free(s);
}

/* The guest's server, which exists as long as the guest. */
static struct native_host *host_of(struct guest *g)
{
	static struct guest_observer observer = { .removed = on_guest_removed };
	struct guest_server *s;

	guest_observe(&observer);
	for (s = servers; s && s->guest != g; s = s->next)
		;
	if (s)
		return &s->host;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->guest = g;
	s->host.name = g->name;
	s->host.cookie = config.check_cookie ? config.cookie : NULL;
	s->host.spec = config.simple_spec;
	s->host.version = HVSND_VERSION;
	native_host_init(&s->host);
	s->next = servers;
	servers = s;
	return &s->host;
}

static void client_close(struct connection *conn)
{
	struct client *c = (struct client *)conn;

	native_close(&c->native);
	timer_free(&c->timer);
	timer_free(&c->throttle);
	socket_close(&c->w);
	connection_remove(conn);
	free(c);
}

static void disconnect(struct client *c, const char *reason)
{
	struct guest *g = c->connection.guest;

	log_limited(&g->log, reason ? LOG_NOTICE : LOG_INFO,
		    "%s: disconnected%s%s", g->name, reason ? ": " : "",
		    reason ? reason : "");
	client_close(&c->connection);
}

static void log_unsupported(struct client *c)
{
	struct guest *g = c->connection.guest;

	if (c->logged_unsupported == c->native.unsupported_count)
		return;
	c->logged_unsupported = c->native.unsupported_count;
	log_limited(&g->log, LOG_NOTICE,
		    "%s: refused: PulseAudio's command %s (%u) is not supported",
		    g->name, pulse_command_name(c->native.unsupported),
		    c->native.unsupported);
}

static bool is_recording(const struct native *n)
{
	size_t i;

	for (i = 0; i < NATIVE_STREAMS_MAX; i++) {
		if (n->streams[i].state == NATIVE_OPEN &&
		    n->streams[i].record &&
		    !native_stream_is_stopped(&n->streams[i]))
			return true;
	}
	return false;
}

static void set_state(struct client *c, enum client_state state)
{
	struct guest *g = c->connection.guest;

	if (c->state == state)
		return;
	c->state = state;
	if (state == CLIENT_UP) {
		timer_stop(&c->timer);
		return;
	}
	log_limited(&g->log, LOG_NOTICE,
		    "%s: a request to record waits: the microphone is not allowed. Allow it: hvsndd ctl allow %s",
		    g->name, g->name);
	timer_set(&c->timer, HOLD_USEC);
}

/* Update what the status shows. */
static void update(struct client *c)
{
	struct native *n = &c->native;

	c->connection.guest->played_bytes += n->played_bytes;
	n->played_bytes = 0;
	c->connection.wants_mic = native_wants_mic(n);
	c->connection.recording = is_recording(n);
	if (n->authorized)
		set_state(c, native_is_held(n) ? CLIENT_HOLDING : CLIENT_UP);
	log_unsupported(c);
}

/*
 * Pass on received bytes and send what can be sent. Returns false if the
 * connection was closed.
 */
static bool step(struct client *c)
{
	struct native *n = &c->native;
	size_t taken = native_receive(n, c->rx, c->rx_len);
	int sent = 0;

	c->rx_len -= taken;
	memmove(c->rx, c->rx + taken, c->rx_len);
	if (n->tx_len)
		sent = socket_send(&c->w, n->tx, n->tx_len);
	if (sent > 0)
		native_sent(n, sent);
	update(c);
	if (sent < 0 && sent != -EAGAIN) {
		disconnect(c, strerror(-sent));
		return false;
	}
	if (n->reason) {
		disconnect(c, n->reason);
		return false;
	}
	/* What was received waits until replies were sent. */
	watch_set(&c->w, c->w.in && !c->rx_len, n->tx_len || c->rx_len);
	return true;
}

/* Receive again, if nothing that was received has to wait. */
static void receive_again(void *data)
{
	struct client *c = data;

	if (step(c) && !c->rx_len)
		watch_set(&c->w, true, c->w.out);
}

/* Returns false if the connection was closed. */
static bool receive(struct client *c)
{
	size_t room = sizeof(c->rx) - c->rx_len;
	int n = socket_receive(&c->w, c->rx + c->rx_len, room);

	if (n > 0) {
		if (connection_used(&c->connection))
			timer_set(&c->timer, HANDSHAKE_USEC);
		c->rx_len += n;
		if ((size_t)n == room) {
			watch_set(&c->w, false, c->w.out);
			timer_set(&c->throttle, THROTTLE_USEC);
		}
		return true;
	}
	if (n == -EAGAIN)
		return true;
	disconnect(c, n ? strerror(-n) : NULL);
	return false;
}

static void on_ready(void *data, bool in, bool out)
{
	struct client *c = data;
	bool waited = c->rx_len;

	if (in && !receive(c))
		return;
	if (!step(c))
		return;
	/* There is room again for the replies to what has waited. */
	if (out && waited && !c->rx_len)
		watch_set(&c->w, true, c->w.out);
}

static void on_timer(void *data)
{
	struct client *c = data;

	if (c->state == CLIENT_HANDSHAKE) {
		disconnect(c, "the guest did not authenticate in time");
		return;
	}
	native_refuse_held(&c->native);
	step(c);
}

static enum native_mic may_record(struct native *n)
{
	const struct guest *g = ((struct client *)n->owner)->connection.guest;

	if (g->mic_policy == MIC_NEVER)
		return NATIVE_MIC_NEVER;
	return g->mic_allowed ? NATIVE_MIC_ALLOWED : NATIVE_MIC_ASK;
}

static bool may_play(struct native *n)
{
	return ((struct client *)n->owner)->connection.guest->playback;
}

static u64 wall_us(void)
{
	return loop_wall();
}

/* What waits is sent when the loop finds the socket writable. */
static void output(struct native *n)
{
	struct client *c = n->owner;

	watch_set(&c->w, c->w.in, true);
}

static void mic_changed(struct connection *conn)
{
	struct client *c = (struct client *)conn;

	if (conn->guest->mic_allowed) {
		native_allow_mic(&c->native);
		step(c);
	} else if (is_recording(&c->native)) {
		/* Ends the record stream even against the guest's will. */
		disconnect(c,
			   "the guest was recording when the microphone was denied");
	}
}

static const struct connection_ops client_ops = {
	.mic_changed = mic_changed,
	.close = client_close,
};

struct connection *native_connection_open(struct guest *g, int fd,
					  bool dialled)
{
	static const struct native_ops ops = {
		.may_record = may_record,
		.may_play = may_play,
		.open = native_output_open,
		.close = native_output_close,
		.changed = native_output_changed,
		.latency = native_output_latency,
		.volume = native_output_volume,
		.wall_us = wall_us,
		.output = output,
	};
	struct native_host *h = host_of(g);
	struct client *c = h ? calloc(1, sizeof(*c)) : NULL;

	if (!c || timer_init(&c->timer, on_timer, c) ||
	    timer_init(&c->throttle, receive_again, c)) {
		log_limited(&g->log, LOG_WARNING, "%s: refused: %s", g->name,
			    strerror(errno));
		if (c)
			timer_free(&c->timer);
		free(c);
		socket_close(&(struct watch){ .fd = fd });
		return NULL;
	}
	c->connection.ops = &client_ops;
	c->w = (struct watch){ .fd = fd, .ready = on_ready, .data = c };
	c->native.host = h;
	c->native.ops = &ops;
	c->native.owner = c;
	connection_add(&c->connection, g);
	native_open(&c->native);
	if (!dialled)
		timer_set(&c->timer, HANDSHAKE_USEC);
	watch_set(&c->w, true, c->native.tx_len);
	return &c->connection;
}
