// SPDX-License-Identifier: GPL-2.0
/* --output pulse: streams on the host's PulseAudio or PipeWire, named after their guests. */
#include <pulse/context.h>
#include <pulse/error.h>
#include <pulse/introspect.h>
#include <pulse/proplist.h>
#include <pulse/stream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "drift.h"
#include "outputs.h"
#include "softclock.h"
#include "server.h"

#define RETRY_USEC \
	(500 * USEC_PER_MSEC) /* between attempts to reach the server */
#define LINGER_USEC \
	(2 * USEC_PER_SEC) /* after what is queued, until it counts as heard */
#define HOLD_USEC \
	(2 * USEC_PER_SEC) /* that the server may take when all begins */
#define RECORD_MS 10 /* of sound at a time */

/**
 * struct pulse_stream - a stream
 * @stream: for its user
 * @next: the next of them
 * @remote: the server's; NULL while it is away
 * @ready: it can be written
 * @corking: it is to sleep once all is played
 * @closing: it is to go once all is played
 * @draining: the server will answer when all is played
 * @clock: playback: clock that consumes data while there is no server
 * @tick: playback: once a second, and once for all when @closing; recording: to
 * try again
 * @drift: of the guest's clock
 * @full: no room was left since the last @tick
 */
struct pulse_stream {
	struct stream stream;
	struct pulse_stream *next;
	pa_stream *remote;
	bool ready;
	bool corking;
	bool closing;
	pa_operation *draining;
	struct softclock clock;
	struct timer tick;
	struct drift drift;
	bool full;
};

static pa_context *context;
static bool connected;
static bool told_away;
static uint64_t hold_until;
static struct timer retry;
static struct pulse_stream *streams;

/* The operation outlives the stream, and its callback must not find the stream freed. */
static void forget_drain(struct pulse_stream *p)
{
	if (!p->draining)
		return;
	pa_operation_cancel(p->draining);
	pa_operation_unref(p->draining);
	p->draining = NULL;
}

static void forget(struct pulse_stream *p)
{
	forget_drain(p);
	if (!p->remote)
		return;
	pa_stream_set_state_callback(p->remote, NULL, NULL);
	pa_stream_set_write_callback(p->remote, NULL, NULL);
	pa_stream_set_read_callback(p->remote, NULL, NULL);
	pa_stream_set_underflow_callback(p->remote, NULL, NULL);
	pa_stream_disconnect(p->remote);
	pa_stream_unref(p->remote);
	p->remote = NULL;
	p->ready = false;
}

static void stream_free(struct pulse_stream *p)
{
	struct pulse_stream **at;

	for (at = &streams; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	forget(p);
	softclock_stop(&p->clock);
	timer_free(&p->tick);
	free(p);
}

/* A playing stream counts as its guest's connection until its tail was heard. */
static void finish(struct pulse_stream *p)
{
	struct guest *g = p->stream.guest;

	stream_free(p);
	guest_release(g);
}

static size_t queued(struct pulse_stream *p)
{
	const pa_buffer_attr *attr = pa_stream_get_buffer_attr(p->remote);
	size_t room = pa_stream_writable_size(p->remote);

	return attr && room <= attr->tlength ? attr->tlength - room : 0;
}

static void measure(struct pulse_stream *p)
{
	if (config.follow_drift && !p->corking)
		drift_measure(&p->drift,
			      pa_bytes_to_usec(queued(p), &p->stream.spec),
			      loop_now());
}

static void on_request(pa_stream *s, size_t bytes, void *data)
{
	struct pulse_stream *p = data;

	(void)s;
	(void)bytes;
	if (!p->ready || p->closing)
		return;
	measure(p);
	p->stream.on_room(p->stream.data);
}

static void on_underflow(pa_stream *s, void *data)
{
	struct pulse_stream *p = data;

	(void)s;
	if (!p->corking && !p->closing)
		p->stream.guest->underruns++;
}

static void on_sound(pa_stream *s, size_t bytes, void *data)
{
	struct pulse_stream *p = data;
	unsigned char silence[STREAM_BLOCK_SIZE];
	const void *buf;
	size_t len, n;

	(void)bytes;
	while (pa_stream_readable_size(s) > 0 &&
	       !pa_stream_peek(s, &buf, &len) && len) {
		/* A hole is silence. */
		for (n = 0; !buf && n < len; n += sizeof(silence)) {
			size_t part = len - n < sizeof(silence) ?
					      len - n :
					      sizeof(silence);

			stream_silence(&p->stream, silence, part);
			p->stream.on_data(p->stream.data, silence, part);
		}
		if (buf)
			p->stream.on_data(p->stream.data, buf, len);
		pa_stream_drop(s);
	}
}

static void on_state(pa_stream *s, void *data)
{
	struct pulse_stream *p = data;
	struct guest *g = p->stream.guest;

	switch (pa_stream_get_state(s)) {
	case PA_STREAM_READY:
		p->ready = true;
		drift_start(&p->drift, p->stream.spec.rate, config.latency_us);
		if (!p->stream.record && !p->closing) {
			timer_set(&p->tick, USEC_PER_SEC);
			p->stream.on_room(p->stream.data);
		}
		break;
	case PA_STREAM_FAILED:
	case PA_STREAM_TERMINATED:
		p->ready = false;
		if (connected)
			log_limited(&g->log, LOG_WARNING,
				    "%s: the host's server ended its stream: %s",
				    g->name,
				    pa_strerror(pa_context_errno(context)));
		timer_set(&p->tick, p->closing ? 0 : USEC_PER_SEC);
		break;
	default:
		break;
	}
}

static void playback_attributes(const struct stream *s, pa_buffer_attr *attr)
{
	attr->maxlength = -1;
	/* The guest's sound lies in the middle, with as much room for more as for less. */
	attr->tlength = pa_usec_to_bytes(2 * config.latency_us, &s->spec);
	attr->prebuf = pa_usec_to_bytes(config.latency_us, &s->spec);
	attr->minreq = pa_usec_to_bytes(config.latency_us / 4, &s->spec);
	attr->fragsize = -1;
}

static bool remote_connect(struct pulse_stream *p)
{
	const struct stream *s = &p->stream;
	pa_buffer_attr attr;

	pa_stream_set_state_callback(p->remote, on_state, p);
	if (s->record) {
		memset(&attr, 0xff, sizeof(attr));
		attr.fragsize =
			pa_usec_to_bytes(RECORD_MS * USEC_PER_MSEC, &s->spec);
		pa_stream_set_read_callback(p->remote, on_sound, p);
		return !pa_stream_connect_record(p->remote, NULL, &attr,
						 PA_STREAM_ADJUST_LATENCY);
	}
	playback_attributes(s, &attr);
	pa_stream_set_write_callback(p->remote, on_request, p);
	pa_stream_set_underflow_callback(p->remote, on_underflow, p);
	return !pa_stream_connect_playback(p->remote, NULL, &attr,
					   PA_STREAM_EARLY_REQUESTS |
						   (config.follow_drift ? PA_STREAM_VARIABLE_RATE : 0),
					   NULL, NULL);
}

static void remote_open(struct pulse_stream *p)
{
	const struct stream *s = &p->stream;
	pa_proplist *properties;
	pa_channel_map map;

	if (!connected || p->remote || p->closing)
		return;
	properties = pa_proplist_new();
	pa_proplist_sets(properties, PA_PROP_APPLICATION_NAME, s->guest->name);
	pa_proplist_sets(properties, PA_PROP_MEDIA_NAME, s->guest->name);
	pa_channel_map_init_extend(&map, s->spec.channels, PA_CHANNEL_MAP_ALSA);
	p->remote = pa_stream_new_with_proplist(context, s->guest->name,
						&s->spec, &map, properties);
	pa_proplist_free(properties);
	if (p->remote && !remote_connect(p))
		forget(p);
	p->corking = false;
	if (!p->remote)
		timer_set(&p->tick, USEC_PER_SEC);
}

static void on_tick(void *data)
{
	struct pulse_stream *p = data;
	uint32_t rate;

	if (p->closing) {
		finish(p);
		return;
	}
	if (!p->ready) {
		forget(p);
		remote_open(p);
		if (!p->remote && !p->stream.record)
			p->stream.on_room(p->stream.data);
		return;
	}
	timer_set(&p->tick, USEC_PER_SEC);
	rate = config.follow_drift && !p->corking ?
		       drift_step(&p->drift, p->full) :
		       0;
	p->full = false;
	p->stream.guest->queue_usec = p->drift.mean * 1e6;
	p->stream.guest->drift_ppm = p->drift.drift * 1e6;
	if (rate)
		pa_operation_unref(pa_stream_update_sample_rate(p->remote, rate,
								NULL, NULL));
}

/* The server */

/* Once until it is there again. */
static void tell_away(bool gone)
{
	const char *why = pa_strerror(pa_context_errno(context));
	const char *server = server_text();

	if (told_away)
		return;
	told_away = true;
	if (gone)
		log_line(LOG_WARNING,
			 "the host's sound server is gone: %s. Guests' sound is dropped until it is back at %s",
			 why, server);
	else
		log_line(LOG_WARNING,
			 "no sound server answers at %s: %s. Guests' sound is dropped until one does: start PulseAudio or PipeWire as its user, or give --server ADDRESS",
			 server, why);
}

static void on_context(pa_context *c, void *data)
{
	struct pulse_stream *p;

	(void)data;
	switch (pa_context_get_state(c)) {
	case PA_CONTEXT_READY:
		connected = true;
		hold_until = 0;
		told_away = false;
		log_line(LOG_NOTICE, "connected with the host's sound server");
		for (p = streams; p; p = p->next)
			remote_open(p);
		break;
	case PA_CONTEXT_FAILED:
	case PA_CONTEXT_TERMINATED:
		tell_away(connected);
		connected = false;
		for (p = streams; p; p = p->next)
			p->ready = false;
		timer_set(&retry, RETRY_USEC);
		break;
	default:
		break;
	}
}

static void context_drop(void)
{
	struct pulse_stream *p;

	for (p = streams; p; p = p->next)
		forget(p);
	if (!context)
		return;
	pa_context_set_state_callback(context, NULL, NULL);
	pa_context_disconnect(context);
	pa_context_unref(context);
	context = NULL;
	connected = false;
}

static void context_open(void *data)
{
	(void)data;
	context_drop();
	context = pa_context_new(loop_api, "hvsndd");
	if (!context)
		return;
	pa_context_set_state_callback(context, on_context, NULL);
	if (config.cookie_file)
		pa_context_load_cookie_from_file(context, config.cookie_file);
	if (pa_context_connect(context, server_text(), PA_CONTEXT_NOAUTOSPAWN,
			       NULL) < 0) {
		tell_away(false);
		timer_set(&retry, RETRY_USEC);
	}
}

static bool pulse_start(const char *argument)
{
	if (argument) {
		log_line(LOG_ERR,
			 "output pulse takes no argument: see --server");
		return false;
	}
	if (timer_init(&retry, context_open, NULL))
		return false;
	hold_until = loop_now() + HOLD_USEC;
	context_open(NULL);
	return context;
}

/* The streams */

static struct stream *pulse_open(const struct stream *s)
{
	struct pulse_stream *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->stream = *s;
	p->stream.output = &output_pulse;
	if (timer_init(&p->tick, on_tick, p) ||
	    (!s->record && softclock_start(&p->clock, &p->stream))) {
		timer_free(&p->tick);
		free(p);
		return NULL;
	}
	p->next = streams;
	streams = p;
	timer_set(&p->tick, HOLD_USEC);
	remote_open(p);
	return &p->stream;
}

/* While the server is away, the guest plays to nobody, rather than hear itself late. */
static bool is_away(const struct pulse_stream *p)
{
	return !p->remote || !PA_STREAM_IS_GOOD(pa_stream_get_state(p->remote));
}

static size_t pulse_room(struct stream *s)
{
	struct pulse_stream *p = (struct pulse_stream *)s;
	size_t room;

	if (is_away(p))
		return loop_now() < hold_until ? 0 : softclock_room(&p->clock);
	room = p->ready ? pa_stream_writable_size(p->remote) : 0;
	if (room == (size_t)-1)
		room = 0;
	room -= room % pa_frame_size(&s->spec);
	p->full |= !room;
	return room;
}

static void pulse_write(struct stream *s, const void *buf, size_t len)
{
	struct pulse_stream *p = (struct pulse_stream *)s;

	if (is_away(p)) {
		softclock_consume(&p->clock, len);
		s->guest->dropped_bytes += len;
		return;
	}
	if (pa_stream_write(p->remote, buf, len, NULL, 0, PA_SEEK_RELATIVE) < 0)
		s->guest->dropped_bytes += len;
	measure(p);
}

static void on_drained(pa_stream *s, int success, void *data)
{
	struct pulse_stream *p = data;

	pa_operation_unref(p->draining);
	p->draining = NULL;
	if (p->closing)
		timer_set(&p->tick, 0);
	else if (p->corking && success)
		pa_operation_unref(pa_stream_cork(s, 1, NULL, NULL));
}

static void drain(struct pulse_stream *p)
{
	forget_drain(p);
	p->draining = pa_stream_drain(p->remote, on_drained, p);
	if (!p->draining && p->closing)
		timer_set(&p->tick, 0);
}

static void pulse_cork(struct stream *s, bool cork)
{
	struct pulse_stream *p = (struct pulse_stream *)s;

	if (!p->ready || p->corking == cork)
		return;
	p->corking = cork;
	if (cork) {
		drain(p);
	} else {
		drift_start(&p->drift, 0, config.latency_us);
		pa_operation_unref(pa_stream_cork(p->remote, 0, NULL, NULL));
	}
}

static void pulse_close(struct stream *s)
{
	struct pulse_stream *p = (struct pulse_stream *)s;

	if (s->record || !p->ready || p->corking) {
		stream_free(p);
		return;
	}
	p->closing = true;
	guest_hold(s->guest);
	softclock_stop(&p->clock);
	timer_set(&p->tick, 2 * config.latency_us + LINGER_USEC);
	drain(p);
}

static void pulse_stop(void)
{
	while (streams)
		stream_free(streams);
	context_drop();
	timer_free(&retry);
}

const struct output output_pulse = {
	.name = "pulse",
	.start = pulse_start,
	.open = pulse_open,
	.room = pulse_room,
	.write = pulse_write,
	.cork = pulse_cork,
	.close = pulse_close,
	.stop = pulse_stop,
};
