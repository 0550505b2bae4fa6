// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "raw.h"
#include "raw_private.h"

#define CODES_MAX 256 /* bytes received at once; codes are rare */

static const struct connection_ops raw_ops;

/* Close and free all that the connection uses. */
static void release(struct raw *r)
{
	raw_play_free(r);
	raw_record_free(r);
	timer_free(&r->throttle_timer);
	socket_close(&r->w);
}

static void raw_close(struct connection *c)
{
	/* Streams refer to the guest, which connection_remove() may free. */
	release((struct raw *)c);
	connection_remove(c);
	free(c);
}

static void disconnect(struct raw *r, const char *reason)
{
	struct guest *g = r->connection.guest;

	log_limited(&g->log, LOG_INFO, "%s: disconnected%s%s", g->name,
		    reason ? ": " : "", reason ? reason : "");
	raw_close(&r->connection);
}

static void raw_mic_changed(struct connection *c)
{
	raw_record_update((struct raw *)c);
}

static void on_record_code(void *data, int start)
{
	struct raw *r = data;
	struct guest *g = r->connection.guest;

	r->connection.wants_mic = start;
	raw_record_update(r);
	if (start && !g->mic_allowed)
		log_limited(&g->log, LOG_NOTICE,
			    "%s: the guest wants to record, but the microphone is not allowed. Allow it: hvsndd ctl allow %s",
			    g->name, g->name);
}

/* The code arrives on the record connection and refers to the other one. */
static void on_play_code(void *data, int start)
{
	struct raw *r = data, *other;
	struct connection *c;

	for (c = r->connection.guest->connections; c; c = c->next) {
		other = (struct raw *)c;
		if (c->ops == &raw_ops && other->protocol == PROTOCOL_QUBES &&
		    other->playback)
			raw_play_set_stopped(other, !start);
	}
}

/* Returns false if the connection ends. */
static bool receive_codes(struct raw *r)
{
	uint8_t buf[CODES_MAX];
	int n = socket_receive(&r->w, buf, sizeof(buf));

	if (n == -EAGAIN)
		return true;
	if (n <= 0) {
		r->end_reason = n ? strerror(-n) : NULL;
		return false;
	}
	if (n == CODES_MAX) {
		raw_stop_receiving(r);
		timer_set(&r->throttle_timer, RAW_THROTTLE_USEC);
	}
	if (r->protocol == PROTOCOL_QUBES)
		qubes_receive(&r->codes, buf, n);
	return true;
}

static void on_ready(void *data, bool in, bool out)
{
	struct raw *r = data;
	int err;

	if (in && !(r->can_play ? raw_play_receive(r) : receive_codes(r))) {
		disconnect(r, r->end_reason);
		return;
	}
	if (!out)
		return;
	err = raw_record_send(r);
	if (err)
		disconnect(r, strerror(-err));
	else
		watch_set(&r->w, r->w.in, r->queue_len);
}

static const struct connection_ops raw_ops = {
	.mic_changed = raw_mic_changed,
	.close = raw_close,
};

/*
 * A Qubes VM has one connection for each direction. An older connection for the
 * same direction is left from before the VM's sound agent was restarted.
 */
static void close_older(const struct raw *r)
{
	struct connection *c;

	for (c = r->connection.guest->connections; c; c = c->next) {
		struct raw *old = (struct raw *)c;

		if (c->ops != &raw_ops || old == r ||
		    old->protocol != PROTOCOL_QUBES ||
		    old->can_play != r->can_play)
			continue;
		disconnect(old, "replaced by a new connection");
		return;
	}
}

static bool raw_init(struct raw *r)
{
	int err = raw_play_init(r);

	if (!err)
		err = raw_record_init(r);
	if (!err)
		err = timer_init(&r->throttle_timer, raw_receive_again, r);
	if (err)
		r->end_reason = strerror(-err);
	return !err;
}

struct connection *raw_open(struct guest *g, int fd,
			    const struct endpoint_config *e)
{
	static const struct sample_spec qubes_spec = { SAMPLE_S16LE, 44100, 2 };
	struct raw *r = calloc(1, sizeof(*r));

	if (!r) {
		socket_close(&(struct watch){ .fd = fd });
		return NULL;
	}
	r->connection.ops = &raw_ops;
	r->w = (struct watch){ .fd = fd, .ready = on_ready, .data = r };
	r->protocol = e->protocol;
	r->spec = e->protocol == PROTOCOL_QUBES ? qubes_spec :
						  config.simple_spec;
	r->can_play = e->direction != DIRECTION_RECORD;
	r->can_record = e->direction == DIRECTION_RECORD ||
			e->direction == DIRECTION_BOTH;
	r->codes = (struct qubes){
		.record = on_record_code,
		.play = on_play_code,
		.data = r,
	};
	if (r->can_play && !g->playback)
		r->end_reason = "the guest may not play";
	if (r->end_reason || !raw_init(r)) {
		log_limited(&g->log, LOG_NOTICE, "%s: refused: %s", g->name,
			    r->end_reason);
		release(r);
		free(r);
		return NULL;
	}
	connection_add(&r->connection, g);
	if (r->protocol == PROTOCOL_QUBES)
		close_older(r);
	/* simple has no codes: a connection that can record wants to record. */
	r->connection.wants_mic = r->can_record &&
				  r->protocol == PROTOCOL_SIMPLE;
	raw_record_update(r);
	watch_set(&r->w, true, false);
	return &r->connection;
}
