// SPDX-License-Identifier: GPL-2.0
/* Commands that name a stream of the connection by its channel. */
#include <string.h>

#include "native_private.h"

#define USEC 1000000U

static bool failed(const struct native_call *c)
{
	return c->r.bad || c->r.cut;
}

static void changed(struct native_stream *s)
{
	native_notify(s->client->host, native_facility(s), NATIVE_EVENT_CHANGE,
		      s->index);
}

static u32 delete_stream(struct native_call *c, struct native_stream *s)
{
	native_end_stream(s);
	native_ack(c->n, c->tag);
	return 0;
}

static u32 drain(struct native_call *c, struct native_stream *s)
{
	/* An earlier DRAIN is over; a client never waits for two. */
	if (s->is_draining)
		native_ack(c->n, s->drain_tag);
	s->is_draining = true;
	s->drain_tag = c->tag;
	native_queue_trigger(&s->queue);
	if (!s->running && !native_queue_readable(&s->queue)) {
		s->is_draining = false;
		native_ack(c->n, c->tag);
	}
	c->n->ops->changed(s);
	return 0;
}

static u32 cork(struct native_call *c, struct native_stream *s)
{
	bool corked = hvsnd_tag_get_bool(&c->r);

	if (failed(c))
		return 0;
	if (!s->record && s->corked != corked) {
		s->running = false;
		if (!corked)
			native_queue_prebuffer(&s->queue);
	}
	if (s->corked != corked)
		changed(s);
	s->corked = corked;
	native_ack(c->n, c->tag);
	c->n->ops->changed(s);
	return 0;
}

static u32 flush(struct native_call *c, struct native_stream *s)
{
	if (s->record) {
		s->sent = s->recorded;
	} else {
		native_queue_flush(&s->queue);
		native_send_request(s);
	}
	native_ack(c->n, c->tag);
	c->n->ops->changed(s);
	return 0;
}

static u32 trigger(struct native_call *c, struct native_stream *s)
{
	if (c->command == PULSE_TRIGGER_PLAYBACK_STREAM)
		native_queue_trigger(&s->queue);
	else
		native_queue_prebuffer(&s->queue);
	native_ack(c->n, c->tag);
	c->n->ops->changed(s);
	return 0;
}

static u32 latency(struct native_call *c, struct native_stream *s)
{
	u64 output_us = c->n->ops->latency(s), now = c->n->ops->wall_us();
	const u8 *echo = c->r.buf + c->r.pos + 1;
	struct hvsnd_tag_writer w;

	hvsnd_tag_skip_timeval(&c->r);
	if (failed(c))
		return 0;
	native_begin(c->n, &w, PULSE_REPLY, c->tag);
	/* A record stream has the latency of a monitor's sink first. */
	native_put_usec(&w, s->record ? 0 : output_us);
	native_put_usec(&w, s->record ? output_us : 0);
	hvsnd_tag_put_bool(&w, s->record ? !native_stream_is_stopped(s) :
					  s->running);
	hvsnd_tag_put_timeval(&w, hvsnd_get_be32(echo),
			      hvsnd_get_be32(echo + 4));
	hvsnd_tag_put_timeval(&w, now / USEC, now % USEC);
	native_put_s64(&w, s->record ? s->recorded : s->queue.write_index);
	native_put_s64(&w, s->record ? s->sent : s->queue.read_index);
	if (!s->record) {
		native_put_u64(&w, s->since_underrun);
		native_put_u64(&w, s->since_start);
	}
	native_end(c->n, &w);
	return 0;
}

static u32 set_attr(struct native_call *c, struct native_stream *s)
{
	struct native_attr a = { .prebuf = 0 };
	struct hvsnd_tag_writer w;

	a.maxlength = hvsnd_tag_get_u32(&c->r);
	a.tlength = hvsnd_tag_get_u32(&c->r);
	if (!s->record) {
		a.prebuf = hvsnd_tag_get_u32(&c->r);
		a.minreq = hvsnd_tag_get_u32(&c->r);
	}
	s->adjust_latency = hvsnd_tag_get_bool(&c->r);
	native_skip_bools(&c->r, 1);
	if (failed(c))
		return 0;
	native_attr_fix(&a, &s->spec, s->record ? 0 : s->step_us,
			s->adjust_latency && !s->record ? s->latency_us : 0);
	native_begin(c->n, &w, PULSE_REPLY, c->tag);
	hvsnd_tag_put_u32(&w, a.maxlength);
	hvsnd_tag_put_u32(&w, a.tlength);
	if (s->record) {
		s->attr = a;
	} else {
		native_queue_set_attr(&s->queue, &a);
		hvsnd_tag_put_u32(&w, a.prebuf);
		hvsnd_tag_put_u32(&w, a.minreq);
	}
	native_put_usec(&w, s->latency_us);
	native_end(c->n, &w);
	if (!s->record)
		native_send_request(s);
	c->n->ops->changed(s);
	return 0;
}

/* The output's rate is fixed, as PulseAudio's is without variable_rate. */
static u32 set_rate(struct native_call *c)
{
	u32 rate = hvsnd_tag_get_u32(&c->r);

	if (!rate || rate > SAMPLE_RATE_MAX)
		return PULSE_ERROR_INVALID;
	native_ack(c->n, c->tag);
	return 0;
}

static u32 set_props(struct native_call *c, struct native_stream *s)
{
	const char *name;
	bool is_new;

	if (c->command == PULSE_SET_PLAYBACK_STREAM_NAME ||
	    c->command == PULSE_SET_RECORD_STREAM_NAME) {
		name = native_get_string(&c->r);
		if (!name)
			return PULSE_ERROR_INVALID;
		is_new = native_props_set(&s->props, "media.name", name);
	} else {
		hvsnd_tag_get_u32(&c->r); /* mode: they are always merged */
		is_new = native_props_read(&s->props, &c->r);
	}
	if (failed(c))
		return 0;
	native_ack(c->n, c->tag);
	/* A client may set the same name again after each event. */
	if (is_new)
		changed(s);
	return 0;
}

static bool is_record(u32 command)
{
	switch (command) {
	case PULSE_DELETE_RECORD_STREAM:
	case PULSE_SET_RECORD_STREAM_NAME:
	case PULSE_GET_RECORD_LATENCY:
	case PULSE_CORK_RECORD_STREAM:
	case PULSE_FLUSH_RECORD_STREAM:
	case PULSE_SET_RECORD_STREAM_BUFFER_ATTR:
	case PULSE_UPDATE_RECORD_STREAM_SAMPLE_RATE:
	case PULSE_UPDATE_RECORD_STREAM_PROPLIST:
		return true;
	default:
		return false;
	}
}

u32 native_stream_command(struct native_call *c)
{
	u32 channel = hvsnd_tag_get_u32(&c->r);
	struct native_stream *s =
		native_find_channel(c->n, channel, is_record(c->command));

	if (failed(c))
		return 0;
	if (!s)
		return PULSE_ERROR_NOENTITY;
	/* What follows refers to what has been played up to now. */
	if (!s->record)
		c->n->ops->latency(s);
	switch (c->command) {
	case PULSE_DELETE_PLAYBACK_STREAM:
	case PULSE_DELETE_RECORD_STREAM:
		return delete_stream(c, s);
	case PULSE_DRAIN_PLAYBACK_STREAM:
		return drain(c, s);
	case PULSE_GET_PLAYBACK_LATENCY:
	case PULSE_GET_RECORD_LATENCY:
		return latency(c, s);
	case PULSE_CORK_PLAYBACK_STREAM:
	case PULSE_CORK_RECORD_STREAM:
		return cork(c, s);
	case PULSE_FLUSH_PLAYBACK_STREAM:
	case PULSE_FLUSH_RECORD_STREAM:
		return flush(c, s);
	case PULSE_TRIGGER_PLAYBACK_STREAM:
	case PULSE_PREBUF_PLAYBACK_STREAM:
		return trigger(c, s);
	case PULSE_SET_PLAYBACK_STREAM_BUFFER_ATTR:
	case PULSE_SET_RECORD_STREAM_BUFFER_ATTR:
		return set_attr(c, s);
	case PULSE_UPDATE_PLAYBACK_STREAM_SAMPLE_RATE:
	case PULSE_UPDATE_RECORD_STREAM_SAMPLE_RATE:
		return set_rate(c);
	default:
		return set_props(c, s);
	}
}
