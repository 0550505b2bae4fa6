// SPDX-License-Identifier: GPL-2.0
#include <pulse/introspect.h>
#include <pulse/proplist.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "pulse_context.h"
#include "pulse_stream.h"

/* After the start, the server may take so long to accept the connection. */
#define START_USEC (2 * USEC_PER_SEC)
#define RECORD_FRAG_MS 10

static struct pulse_stream *streams;
static uint64_t start_deadline;

/* A stream that is closing does not come back. */
void pulse_stream_set_state(struct pulse_stream *p, enum pulse_state state)
{
	if (p->state != PULSE_CLOSING)
		p->state = state;
}

bool pulse_stream_is_open(const struct pulse_stream *p)
{
	return p->state == PULSE_RUNNING || p->state == PULSE_CORKED;
}

/* The operation outlives the stream: its callback must not use the stream. */
static void cancel_drain(struct pulse_stream *p)
{
	if (!p->drain)
		return;
	pa_operation_cancel(p->drain);
	pa_operation_unref(p->drain);
	p->drain = NULL;
}

static void free_remote(struct pulse_stream *p)
{
	cancel_drain(p);
	if (!p->remote)
		return;
	pa_stream_set_state_callback(p->remote, NULL, NULL);
	pa_stream_set_write_callback(p->remote, NULL, NULL);
	pa_stream_set_read_callback(p->remote, NULL, NULL);
	pa_stream_set_underflow_callback(p->remote, NULL, NULL);
	pa_stream_disconnect(p->remote);
	pa_stream_unref(p->remote);
	p->remote = NULL;
	pulse_stream_set_state(p, PULSE_AWAY);
}

void pulse_stream_free(struct pulse_stream *p)
{
	struct pulse_stream **at;

	for (at = &streams; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	free_remote(p);
	softclock_stop(&p->clock);
	timer_free(&p->timer);
	free(p);
}

/* A closed playback stream counts as a connection until it was played. */
static void finish_close(struct pulse_stream *p)
{
	struct guest *g = p->stream.guest;

	pulse_stream_free(p);
	guest_release(g);
}

void pulse_stream_measure(struct pulse_stream *p)
{
	const pa_buffer_attr *attr = pa_stream_get_buffer_attr(p->remote);
	size_t room = pa_stream_writable_size(p->remote), queued = 0;

	if (!config.follow_drift || p->state == PULSE_CORKED)
		return;
	if (attr && room <= attr->tlength)
		queued = attr->tlength - room;
	drift_measure(&p->drift, sample_usec(queued, &p->stream.spec),
		      loop_now());
}

static void on_request(pa_stream *s, size_t bytes, void *data)
{
	struct pulse_stream *p = data;

	(void)s;
	(void)bytes;
	if (!pulse_stream_is_open(p))
		return;
	pulse_stream_measure(p);
	p->stream.on_room(p->stream.data);
}

static void on_underflow(pa_stream *s, void *data)
{
	struct pulse_stream *p = data;

	(void)s;
	if (p->state == PULSE_RUNNING)
		p->stream.guest->underruns++;
}

/* libpulse reports missing data as a hole: the guest gets silence. */
static void fill_hole(const struct stream *s, size_t len)
{
	unsigned char silence[STREAM_BLOCK_SIZE];
	size_t n;

	sample_silence(s->spec.format, silence, sizeof(silence));
	for (; len; len -= n) {
		n = len < sizeof(silence) ? len : sizeof(silence);
		s->on_data(s->data, silence, n);
	}
}

static void on_recorded(pa_stream *remote, size_t bytes, void *data)
{
	struct pulse_stream *p = data;
	struct stream *s = &p->stream;
	const void *buf;
	size_t len;

	(void)bytes;
	while (pa_stream_readable_size(remote) > 0 &&
	       !pa_stream_peek(remote, &buf, &len) && len) {
		if (buf)
			s->on_data(s->data, buf, len);
		else
			fill_hole(s, len);
		pa_stream_drop(remote);
	}
}

static void on_stream_state(pa_stream *remote, void *data)
{
	struct pulse_stream *p = data;
	struct stream *s = &p->stream;

	switch (pa_stream_get_state(remote)) {
	case PA_STREAM_READY:
		pulse_stream_set_state(p, PULSE_RUNNING);
		drift_start(&p->drift, s->spec.rate, config.latency_us);
		if (!s->record) {
			timer_set(&p->timer, USEC_PER_SEC);
			s->on_room(s->data);
		}
		break;
	case PA_STREAM_FAILED:
	case PA_STREAM_TERMINATED:
		pulse_stream_set_state(p, PULSE_AWAY);
		if (pulse_context())
			log_limited(&s->guest->log, LOG_WARNING,
				    "%s: the host's server closed the stream: %s",
				    s->guest->name, pulse_context_error());
		timer_set(&p->timer,
			  p->state == PULSE_CLOSING ? 0 : USEC_PER_SEC);
		break;
	default:
		break;
	}
}

static bool connect_record(struct pulse_stream *p)
{
	pa_buffer_attr attr;

	memset(&attr, 0xff, sizeof(attr));
	attr.fragsize = sample_bytes(RECORD_FRAG_MS * USEC_PER_MSEC,
				     &p->stream.spec);
	pa_stream_set_read_callback(p->remote, on_recorded, p);
	return !pa_stream_connect_record(p->remote, NULL, &attr,
					 PA_STREAM_ADJUST_LATENCY);
}

static bool connect_playback(struct pulse_stream *p)
{
	const struct sample_spec *spec = &p->stream.spec;
	pa_stream_flags_t flags = PA_STREAM_EARLY_REQUESTS;
	/*
	 * The server requests data until @tlength is queued. The target of the
	 * drift control is half of it: the queue can grow as much as shrink.
	 */
	pa_buffer_attr attr = {
		.maxlength = -1,
		.tlength = sample_bytes(2 * config.latency_us, spec),
		.prebuf = sample_bytes(config.latency_us, spec),
		.minreq = sample_bytes(config.latency_us / 4, spec),
		.fragsize = -1,
	};

	if (config.follow_drift)
		flags |= PA_STREAM_VARIABLE_RATE;
	pa_stream_set_write_callback(p->remote, on_request, p);
	pa_stream_set_underflow_callback(p->remote, on_underflow, p);
	return !pa_stream_connect_playback(p->remote, NULL, &attr, flags, NULL,
					   NULL);
}

static bool connect_remote(struct pulse_stream *p)
{
	pa_stream_set_state_callback(p->remote, on_stream_state, p);
	return p->stream.record ? connect_record(p) : connect_playback(p);
}

static void open_remote(struct pulse_stream *p)
{
	const struct stream *s = &p->stream;
	const char *name = s->guest->name;
	/* Sample formats have the same numbers. */
	const pa_sample_spec spec = {
		.format = (pa_sample_format_t)s->spec.format,
		.rate = s->spec.rate,
		.channels = s->spec.channels,
	};
	pa_context *context = pulse_context();
	pa_proplist *properties;
	pa_channel_map map;

	if (!context || p->remote || p->state == PULSE_CLOSING)
		return;
	properties = pa_proplist_new();
	pa_proplist_sets(properties, PA_PROP_APPLICATION_NAME, name);
	pa_proplist_sets(properties, PA_PROP_MEDIA_NAME, name);
	pa_channel_map_init_extend(&map, s->spec.channels, PA_CHANNEL_MAP_ALSA);
	p->remote = pa_stream_new_with_proplist(context, name, &spec, &map,
						properties);
	pa_proplist_free(properties);
	if (p->remote) {
		pulse_stream_set_state(p, PULSE_CONNECTING);
		if (!connect_remote(p))
			free_remote(p);
	}
	if (!p->remote)
		timer_set(&p->timer, USEC_PER_SEC);
}

static void on_second(struct pulse_stream *p)
{
	struct guest *g = p->stream.guest;
	uint32_t rate = 0;

	timer_set(&p->timer, USEC_PER_SEC);
	if (config.follow_drift && p->state != PULSE_CORKED)
		rate = drift_step(&p->drift, p->was_full);
	p->was_full = false;
	g->queue_usec = p->drift.mean_s * 1e6;
	g->drift_ppm = p->drift.drift * 1e6;
	if (rate)
		pa_operation_unref(pa_stream_update_sample_rate(p->remote, rate,
								NULL, NULL));
}

static void on_timer(void *data)
{
	struct pulse_stream *p = data;

	switch (p->state) {
	case PULSE_CLOSING:
		finish_close(p);
		break;
	case PULSE_RUNNING:
	case PULSE_CORKED:
		/* The host's clock determines the rate of a recording. */
		if (!p->stream.record)
			on_second(p);
		break;
	case PULSE_AWAY:
	case PULSE_CONNECTING:
		free_remote(p);
		open_remote(p);
		if (!p->remote && !p->stream.record)
			p->stream.on_room(p->stream.data);
		break;
	}
}

static void on_context_up(void)
{
	struct pulse_stream *p;

	start_deadline = 0;
	for (p = streams; p; p = p->next)
		open_remote(p);
}

static void on_context_down(void)
{
	struct pulse_stream *p;

	for (p = streams; p; p = p->next)
		pulse_stream_set_state(p, PULSE_AWAY);
}

static void on_context_drop(void)
{
	struct pulse_stream *p;

	for (p = streams; p; p = p->next)
		free_remote(p);
}

static void on_drained(pa_stream *remote, int success, void *data)
{
	struct pulse_stream *p = data;

	pa_operation_unref(p->drain);
	p->drain = NULL;
	if (p->state == PULSE_CLOSING)
		timer_set(&p->timer, 0);
	else if (p->state == PULSE_CORKED && success)
		pa_operation_unref(pa_stream_cork(remote, 1, NULL, NULL));
}

void pulse_stream_drain(struct pulse_stream *p)
{
	cancel_drain(p);
	p->drain = pa_stream_drain(p->remote, on_drained, p);
	if (!p->drain && p->state == PULSE_CLOSING)
		timer_set(&p->timer, 0);
}

bool pulse_stream_is_starting(void)
{
	return loop_now() < start_deadline;
}

bool pulse_stream_start(void)
{
	static const struct pulse_context_ops ops = {
		.up = on_context_up,
		.down = on_context_down,
		.drop = on_context_drop,
	};

	start_deadline = loop_now() + START_USEC;
	return pulse_context_start(&ops);
}

void pulse_stream_stop(void)
{
	while (streams)
		pulse_stream_free(streams);
	pulse_context_stop();
}

struct pulse_stream *pulse_stream_new(const struct stream *s)
{
	struct pulse_stream *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->stream = *s;
	if (timer_init(&p->timer, on_timer, p) ||
	    (!s->record && softclock_start(&p->clock, &p->stream))) {
		timer_free(&p->timer);
		free(p);
		return NULL;
	}
	p->next = streams;
	streams = p;
	timer_set(&p->timer, START_USEC);
	open_remote(p);
	return p;
}
