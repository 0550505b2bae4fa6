// SPDX-License-Identifier: GPL-2.0
/*
 * CREATE_PLAYBACK_STREAM and CREATE_RECORD_STREAM. The layouts are those of
 * PulseAudio's src/pulsecore/protocol-native.c, version 32.
 */
#include <string.h>

#include "native_private.h"

#define POSITION_MAX 50
#define LEVEL_MAX 0x7fffffffU

/**
 * struct request - what both requests have, beside the stream's properties
 * @has_spec: the sample format is given, so the list of formats does not matter
 * @fix_format: use the sample format of the device
 * @fix_rate: use its rate
 * @fix_channels: use its channels
 * @map_channels: number of channels of the map
 * @device: index of the sink or source
 * @name: its name
 * @volume: the volume
 * @volume_channels: number of channels of the volume
 * @passthrough: the audio is not PCM
 */
struct request {
	bool has_spec;
	bool fix_format;
	bool fix_rate;
	bool fix_channels;
	u8 map_channels;
	u32 device;
	const char *name;
	u32 volume[NATIVE_CHANNELS_MAX];
	u8 volume_channels;
	bool passthrough;
};

static void read_spec(struct native_stream *s, struct request *q,
		      struct hvsnd_tag_reader *r)
{
	u8 format;

	hvsnd_tag_get_sample_spec(r, &format, &s->spec.channels, &s->spec.rate);
	s->spec.format = format < SAMPLE_FORMATS ? format : SAMPLE_INVALID;
	q->has_spec = native_spec_ok(&s->spec);
	q->map_channels = native_get_map(r, s->map);
	q->device = hvsnd_tag_get_u32(r);
	q->name = native_get_string(r);
}

/* no_remap to variable_rate */
static void read_fixes(struct request *q, struct hvsnd_tag_reader *r)
{
	native_skip_bools(r, 2);
	q->fix_format = hvsnd_tag_get_bool(r);
	q->fix_rate = hvsnd_tag_get_bool(r);
	q->fix_channels = hvsnd_tag_get_bool(r);
	native_skip_bools(r, 2);
}

static void read_volume(struct request *q, struct hvsnd_tag_reader *r)
{
	q->volume_channels =
		hvsnd_tag_get_cvolume(r, q->volume, NATIVE_CHANNELS_MAX);
}

/* Returns 0, or the error of a request for a device that does not exist. */
static u32 check_device(const struct request *q, bool record)
{
	const char *name = record ? NATIVE_SOURCE : NATIVE_SINK;
	const char *usual = record ? "@DEFAULT_SOURCE@" : "@DEFAULT_SINK@";

	if (q->device != NATIVE_NONE)
		return q->device ? PULSE_ERROR_NOENTITY : 0;
	if (!q->name || !strcmp(q->name, name) || !strcmp(q->name, usual))
		return 0;
	return PULSE_ERROR_NOENTITY;
}

/* Determine the volume. Returns 0 or an error. */
static u32 set_volume(struct native_stream *s, const struct request *q)
{
	u8 n = q->volume_channels, i;

	native_volume_init(&s->volume, s->spec.channels);
	if (!s->gives_level)
		return 0;
	if (n != 1 && n != s->spec.channels)
		return PULSE_ERROR_INVALID;
	for (i = 0; i < s->spec.channels; i++) {
		s->volume.level[i] = q->volume[n == 1 ? 0 : i];
		if (s->volume.level[i] > LEVEL_MAX)
			return PULSE_ERROR_INVALID;
	}
	return 0;
}

/* Determine the sample format and the map. Returns 0 or an error. */
static u32 set_format(struct native_stream *s, const struct request *q)
{
	const struct sample_spec *device = &s->client->host->spec;
	u8 i;

	if (q->passthrough)
		return PULSE_ERROR_NOTSUPPORTED;
	if (q->has_spec && q->map_channels != s->spec.channels)
		return PULSE_ERROR_INVALID;
	if (q->fix_format)
		s->spec.format = device->format;
	if (q->fix_rate)
		s->spec.rate = device->rate;
	if (q->fix_channels) {
		s->spec.channels = device->channels;
		native_default_map(s->map, device->channels);
	}
	for (i = 0; i < s->spec.channels; i++) {
		if (s->map[i] > POSITION_MAX)
			return PULSE_ERROR_INVALID;
	}
	native_map_init(s);
	return 0;
}

/* Returns 0 or an error. */
static u32 read_playback(struct native_stream *s, struct hvsnd_tag_reader *r,
			 struct native_attr *a)
{
	struct request q = { 0 };
	bool muted, has_format;
	u32 error;

	read_spec(s, &q, r);
	a->maxlength = hvsnd_tag_get_u32(r);
	s->corked = hvsnd_tag_get_bool(r);
	a->tlength = hvsnd_tag_get_u32(r);
	a->prebuf = hvsnd_tag_get_u32(r);
	a->minreq = hvsnd_tag_get_u32(r);
	hvsnd_tag_get_u32(r); /* syncid: streams are not linked */
	read_volume(&q, r);
	read_fixes(&q, r);
	muted = hvsnd_tag_get_bool(r);
	s->adjust_latency = hvsnd_tag_get_bool(r);
	native_props_read(&s->props, r);
	s->gives_level = hvsnd_tag_get_bool(r);
	native_skip_bools(r, 1); /* early_requests: they always are */
	s->gives_mute = hvsnd_tag_get_bool(r);
	native_skip_bools(r, 3); /* to relative_volume */
	q.passthrough = hvsnd_tag_get_bool(r);
	has_format = native_read_formats(r, &s->spec, s->map, s->client->host);
	error = has_format ? set_format(s, &q) : PULSE_ERROR_INVALID;
	if (!error)
		error = set_volume(s, &q);
	s->volume.mute = muted && s->gives_mute;
	return error ? error : check_device(&q, false);
}

/* Returns 0 or an error. */
static u32 read_record(struct native_stream *s, struct hvsnd_tag_reader *r,
		       struct native_attr *a)
{
	struct request q = { 0 };
	bool muted, has_format;
	u32 error;

	read_spec(s, &q, r);
	a->maxlength = hvsnd_tag_get_u32(r);
	s->corked = hvsnd_tag_get_bool(r);
	a->tlength = hvsnd_tag_get_u32(r);
	read_fixes(&q, r);
	native_skip_bools(r, 2); /* peak_detect, adjust_latency */
	native_props_read(&s->props, r);
	hvsnd_tag_get_u32(r); /* direct_on_input: there are no monitors */
	native_skip_bools(r, 3);
	has_format = native_read_formats(r, &s->spec, s->map, s->client->host);
	read_volume(&q, r);
	muted = hvsnd_tag_get_bool(r);
	s->gives_level = hvsnd_tag_get_bool(r);
	s->gives_mute = hvsnd_tag_get_bool(r);
	native_skip_bools(r, 1); /* relative_volume */
	q.passthrough = hvsnd_tag_get_bool(r);
	error = has_format ? set_format(s, &q) : PULSE_ERROR_INVALID;
	if (!error)
		error = set_volume(s, &q);
	s->volume.mute = muted && s->gives_mute;
	return error ? error : check_device(&q, true);
}

/* The end of both replies, and what else has changed. */
static void answer_end(struct native_stream *s, struct hvsnd_tag_writer *w)
{
	struct native *n = s->client;

	hvsnd_tag_put_sample_spec(w, s->spec.format, s->spec.channels,
				  s->spec.rate);
	hvsnd_tag_put_channel_map(w, s->map, s->spec.channels);
	hvsnd_tag_put_u32(w, 0); /* sink or source */
	hvsnd_tag_put_string(w, s->record ? NATIVE_SOURCE : NATIVE_SINK);
	hvsnd_tag_put_bool(w, s->record ? n->host->source_suspended :
					  n->host->sink_suspended);
	native_put_usec(w, s->latency_us);
	native_put_format(w, &s->spec, s->map);
	native_end(n, w);
	native_notify(n->host, native_facility(s), NATIVE_EVENT_NEW, s->index);
}

static void begin_stream(struct native_stream *s)
{
	struct native *n = s->client;

	s->state = NATIVE_OPEN;
	s->channel = n->next_channel++ & 0x7fffffff;
	s->index = n->host->next_index++;
}

u32 native_create_playback(struct native_call *c)
{
	struct native *n = c->n;
	struct native_stream *s = native_new_stream(n, false);
	struct native_attr attr;
	struct hvsnd_tag_writer w;
	u32 error;

	if (!n->ops->may_play(n))
		return PULSE_ERROR_ACCESS;
	if (!s)
		return PULSE_ERROR_TOOLARGE;
	error = read_playback(s, &c->r, &attr);
	if (error || c->r.bad || c->r.cut)
		return error;
	if (!n->ops->open(s))
		return PULSE_ERROR_NOENTITY;
	native_attr_fix(&attr, &s->spec, s->step_us,
			s->adjust_latency ? s->latency_us : 0);
	native_queue_init(&s->queue, &s->spec, &attr, &n->host->queue_bytes);
	s->since_underrun = ~0ULL;
	begin_stream(s);
	native_begin(n, &w, PULSE_REPLY, c->tag);
	hvsnd_tag_put_u32(&w, s->channel);
	hvsnd_tag_put_u32(&w, s->index);
	hvsnd_tag_put_u32(&w, attr.tlength); /* missing */
	hvsnd_tag_put_u32(&w, attr.maxlength);
	hvsnd_tag_put_u32(&w, attr.tlength);
	hvsnd_tag_put_u32(&w, attr.prebuf);
	hvsnd_tag_put_u32(&w, attr.minreq);
	answer_end(s, &w);
	n->ops->changed(s);
	return 0;
}

static void create_held(struct native_stream *s)
{
	struct native *n = s->client;
	struct hvsnd_tag_writer w;

	if (!n->ops->open(s)) {
		s->state = NATIVE_UNUSED;
		native_error(n, s->tag, PULSE_ERROR_NOENTITY);
		return;
	}
	begin_stream(s);
	native_begin(n, &w, PULSE_REPLY, s->tag);
	hvsnd_tag_put_u32(&w, s->channel);
	hvsnd_tag_put_u32(&w, s->index);
	hvsnd_tag_put_u32(&w, s->attr.maxlength);
	hvsnd_tag_put_u32(&w, s->attr.tlength);
	answer_end(s, &w);
	n->ops->changed(s);
}

u32 native_create_record(struct native_call *c)
{
	struct native *n = c->n;
	struct native_stream *s = native_new_stream(n, true);
	enum native_mic mic = n->ops->may_record(n);
	u32 error;

	if (mic == NATIVE_MIC_NEVER)
		return PULSE_ERROR_ACCESS;
	if (!s)
		return PULSE_ERROR_TOOLARGE;
	error = read_record(s, &c->r, &s->attr);
	if (error || c->r.bad || c->r.cut)
		return error;
	s->attr.prebuf = 0;
	s->attr.minreq = 0;
	native_attr_fix(&s->attr, &s->spec, 0, 0);
	s->tag = c->tag;
	s->state = NATIVE_HELD;
	if (mic == NATIVE_MIC_ALLOWED)
		create_held(s);
	return 0;
}

static bool is_recording(const struct native_stream *s)
{
	return s->state == NATIVE_HELD ||
	       (s->state == NATIVE_OPEN && s->record &&
		!native_stream_is_stopped(s));
}

bool native_wants_mic(const struct native *n)
{
	size_t i;

	for (i = 0; i < NATIVE_STREAMS_MAX; i++) {
		if (is_recording(&n->streams[i]))
			return true;
	}
	return false;
}

bool native_is_held(const struct native *n)
{
	size_t i;

	for (i = 0; i < NATIVE_STREAMS_MAX; i++) {
		if (n->streams[i].state == NATIVE_HELD)
			return true;
	}
	return false;
}

void native_allow_mic(struct native *n)
{
	size_t i;

	for (i = 0; i < NATIVE_STREAMS_MAX; i++) {
		if (n->streams[i].state == NATIVE_HELD)
			create_held(&n->streams[i]);
	}
}

void native_refuse_held(struct native *n)
{
	struct native_stream *s;

	for (s = n->streams; s < n->streams + NATIVE_STREAMS_MAX; s++) {
		if (s->state != NATIVE_HELD)
			continue;
		s->state = NATIVE_UNUSED;
		native_error(n, s->tag, PULSE_ERROR_ACCESS);
	}
}
