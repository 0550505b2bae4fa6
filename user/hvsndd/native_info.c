// SPDX-License-Identifier: GPL-2.0
/*
 * Introspection: the server, its sink and source, the guest's clients and
 * streams. There are no modules, cards and samples. The layouts are those of
 * PulseAudio's src/pulsecore/protocol-native.c, version 32.
 */
#include <string.h>

#include "native_private.h"

#define FLAG_LATENCY 0x2
#define FLAG_DECIBEL_VOLUME 0x20
#define STATE_RUNNING 0
#define STATE_IDLE 1
#define STATE_SUSPENDED 2
#define VOLUME_STEPS (NATIVE_VOLUME_NORM + 1)
#define DRIVER "hvsndd"

typedef void (*put_stream)(struct hvsnd_tag_writer *w,
			   const struct native_stream *s);

static void put_server(struct hvsnd_tag_writer *w, struct native_host *h)
{
	u8 map[NATIVE_CHANNELS_MAX];

	native_default_map(map, h->spec.channels);
	hvsnd_tag_put_string(w, "hvsndd");
	hvsnd_tag_put_string(w, h->version);
	hvsnd_tag_put_string(w, h->name); /* user */
	hvsnd_tag_put_string(w, "host");
	hvsnd_tag_put_sample_spec(w, h->spec.format, h->spec.channels,
				  h->spec.rate);
	hvsnd_tag_put_string(w, NATIVE_SINK);
	hvsnd_tag_put_string(w, NATIVE_SOURCE);
	hvsnd_tag_put_u32(w, 0); /* cookie of this server */
	hvsnd_tag_put_channel_map(w, map, h->spec.channels);
}

static bool is_used(struct native_host *h, bool record)
{
	struct native_stream *s;
	struct native *n;

	for (n = h->clients; n; n = n->next) {
		for (s = n->streams; s < n->streams + NATIVE_STREAMS_MAX; s++) {
			if (s->state == NATIVE_OPEN && s->record == record &&
			    !s->corked)
				return true;
		}
	}
	return false;
}

static u32 state_of(struct native_host *h, bool record)
{
	if (record ? h->source_suspended : h->sink_suspended)
		return STATE_SUSPENDED;
	return is_used(h, record) ? STATE_RUNNING : STATE_IDLE;
}

static void put_device(struct hvsnd_tag_writer *w, struct native_host *h,
		       bool record)
{
	const struct native_volume *v = record ? &h->source : &h->sink;
	u8 map[NATIVE_CHANNELS_MAX];

	native_default_map(map, h->spec.channels);
	hvsnd_tag_put_u32(w, 0);
	hvsnd_tag_put_string(w, record ? NATIVE_SOURCE : NATIVE_SINK);
	hvsnd_tag_put_string(w, record ? "Microphone of the host" :
					 "Output of the host");
	hvsnd_tag_put_sample_spec(w, h->spec.format, h->spec.channels,
				  h->spec.rate);
	hvsnd_tag_put_channel_map(w, map, h->spec.channels);
	hvsnd_tag_put_u32(w, NATIVE_NONE); /* module */
	hvsnd_tag_put_cvolume(w, v->level, v->channels);
	hvsnd_tag_put_bool(w, v->mute);
	hvsnd_tag_put_u32(w, NATIVE_NONE); /* monitor */
	hvsnd_tag_put_string(w, NULL);
	native_put_usec(w, 0); /* latency */
	hvsnd_tag_put_string(w, DRIVER);
	hvsnd_tag_put_u32(w, FLAG_LATENCY | FLAG_DECIBEL_VOLUME);
	hvsnd_tag_begin_proplist(w);
	hvsnd_tag_put_prop(w, "device.class", "sound");
	hvsnd_tag_end_proplist(w);
	native_put_usec(w, 0); /* requested latency */
	native_put_volume(w, NATIVE_VOLUME_NORM);
	hvsnd_tag_put_u32(w, state_of(h, record));
	hvsnd_tag_put_u32(w, VOLUME_STEPS);
	hvsnd_tag_put_u32(w, NATIVE_NONE); /* card */
	hvsnd_tag_put_u32(w, 0); /* ports */
	hvsnd_tag_put_string(w, NULL);
	hvsnd_tag_put_u8(w, 1);
	native_put_format(w, &h->spec, map);
}

static void put_client(struct hvsnd_tag_writer *w, const struct native *n)
{
	const char *name = native_props_get(&n->props, "application.name");

	hvsnd_tag_put_u32(w, n->index);
	hvsnd_tag_put_string(w, name ? name : "");
	hvsnd_tag_put_u32(w, NATIVE_NONE); /* module */
	hvsnd_tag_put_string(w, DRIVER);
	native_props_put(&n->props, w);
}

/* The stream's own properties, and those of its client that identify it. */
static void put_props(struct hvsnd_tag_writer *w, const struct native_stream *s)
{
	static const char *const inherited[] = {
		"application.name",
		"application.process.binary",
		"application.process.id",
		"application.process.host",
	};
	struct native_props all = s->props;
	const char *value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(inherited); i++) {
		value = native_props_get(&s->client->props, inherited[i]);
		if (value && !native_props_get(&all, inherited[i]))
			native_props_set(&all, inherited[i], value);
	}
	native_props_put(&all, w);
}

/* What a sink input and a source output have in common. */
static void put_stream_begin(struct hvsnd_tag_writer *w,
			     const struct native_stream *s)
{
	const char *name = native_props_get(&s->props, "media.name");

	hvsnd_tag_put_u32(w, s->index);
	hvsnd_tag_put_string(w, name ? name : "");
	hvsnd_tag_put_u32(w, NATIVE_NONE); /* module */
	hvsnd_tag_put_u32(w, s->client->index);
	hvsnd_tag_put_u32(w, 0); /* sink or source */
	hvsnd_tag_put_sample_spec(w, s->spec.format, s->spec.channels,
				  s->spec.rate);
	hvsnd_tag_put_channel_map(w, s->map, s->spec.channels);
}

static void put_sink_input(struct hvsnd_tag_writer *w,
			   const struct native_stream *s)
{
	const struct native_queue *q = &s->queue;
	u64 queued = q->write_index > q->read_index ?
			     q->write_index - q->read_index :
			     0;

	put_stream_begin(w, s);
	hvsnd_tag_put_cvolume(w, s->volume.level, s->volume.channels);
	native_put_usec(w, sample_usec(queued, &s->spec));
	native_put_usec(w, s->latency_us);
	hvsnd_tag_put_string(w, NULL); /* resampler */
	hvsnd_tag_put_string(w, DRIVER);
	hvsnd_tag_put_bool(w, s->volume.mute);
	put_props(w, s);
	hvsnd_tag_put_bool(w, s->corked);
	hvsnd_tag_put_bool(w, true); /* has a volume */
	hvsnd_tag_put_bool(w, true); /* that can be changed */
	native_put_format(w, &s->spec, s->map);
}

static void put_source_output(struct hvsnd_tag_writer *w,
			      const struct native_stream *s)
{
	put_stream_begin(w, s);
	native_put_usec(w, 0);
	native_put_usec(w, s->latency_us);
	hvsnd_tag_put_string(w, NULL); /* resampler */
	hvsnd_tag_put_string(w, DRIVER);
	put_props(w, s);
	hvsnd_tag_put_bool(w, s->corked);
	hvsnd_tag_put_cvolume(w, s->volume.level, s->volume.channels);
	hvsnd_tag_put_bool(w, s->volume.mute);
	hvsnd_tag_put_bool(w, true); /* has a volume */
	hvsnd_tag_put_bool(w, true); /* that can be changed */
	native_put_format(w, &s->spec, s->map);
}

/*
 * Begin a reply about an object. Returns false, after an error, if the command
 * is malformed or the object does not exist.
 */
static bool begin(struct native_call *c, struct hvsnd_tag_writer *w, bool found)
{
	if (c->r.bad || c->r.cut)
		return false;
	if (!found) {
		native_error(c->n, c->tag, PULSE_ERROR_NOENTITY);
		return false;
	}
	native_begin(c->n, w, PULSE_REPLY, c->tag);
	return true;
}

static bool is_device(const char *name, bool record)
{
	if (!name || !strcmp(name, record ? NATIVE_SOURCE : NATIVE_SINK))
		return true;
	return !strcmp(name, record ? "@DEFAULT_SOURCE@" : "@DEFAULT_SINK@");
}

static void device_info(struct native_call *c, bool record)
{
	u32 index = hvsnd_tag_get_u32(&c->r);
	const char *name = native_get_string(&c->r);
	struct hvsnd_tag_writer w;

	if (!begin(c, &w,
		   index == NATIVE_NONE ? is_device(name, record) : !index))
		return;
	put_device(&w, c->n->host, record);
	native_end(c->n, &w);
}

static void lookup(struct native_call *c, bool record)
{
	const char *name = native_get_string(&c->r);
	struct hvsnd_tag_writer w;

	if (!begin(c, &w, is_device(name, record)))
		return;
	hvsnd_tag_put_u32(&w, 0);
	native_end(c->n, &w);
}

static void client_info(struct native_call *c)
{
	u32 index = hvsnd_tag_get_u32(&c->r);
	struct hvsnd_tag_writer w;
	const struct native *n;

	for (n = c->n->host->clients; n && n->index != index; n = n->next)
		;
	if (!begin(c, &w, n))
		return;
	put_client(&w, n);
	native_end(c->n, &w);
}

static void client_list(struct native_call *c)
{
	struct hvsnd_tag_writer w;
	const struct native *n;

	native_begin(c->n, &w, PULSE_REPLY, c->tag);
	for (n = c->n->host->clients; n; n = n->next)
		put_client(&w, n);
	native_end(c->n, &w);
}

static void stream_info(struct native_call *c, bool record)
{
	u32 index = hvsnd_tag_get_u32(&c->r);
	struct native_stream *s = native_find_index(c->n->host, index, record);
	struct hvsnd_tag_writer w;

	if (!begin(c, &w, s))
		return;
	if (record)
		put_source_output(&w, s);
	else
		put_sink_input(&w, s);
	native_end(c->n, &w);
}

static void stream_list(struct native_call *c, bool record)
{
	put_stream put = record ? put_source_output : put_sink_input;
	struct hvsnd_tag_writer w;
	const struct native *n;
	size_t i;

	native_begin(c->n, &w, PULSE_REPLY, c->tag);
	for (n = c->n->host->clients; n; n = n->next) {
		for (i = 0; i < NATIVE_STREAMS_MAX; i++) {
			if (n->streams[i].state == NATIVE_OPEN &&
			    n->streams[i].record == record)
				put(&w, &n->streams[i]);
		}
	}
	native_end(c->n, &w);
}

static void one(struct native_call *c,
		void (*put)(struct hvsnd_tag_writer *w, struct native_host *h))
{
	struct hvsnd_tag_writer w;

	native_begin(c->n, &w, PULSE_REPLY, c->tag);
	put(&w, c->n->host);
	native_end(c->n, &w);
}

static void put_sink(struct hvsnd_tag_writer *w, struct native_host *h)
{
	put_device(w, h, false);
}

static void put_source(struct hvsnd_tag_writer *w, struct native_host *h)
{
	put_device(w, h, true);
}

u32 native_info_command(struct native_call *c)
{
	switch (c->command) {
	case PULSE_GET_SERVER_INFO:
		one(c, put_server);
		return 0;
	case PULSE_LOOKUP_SINK:
	case PULSE_LOOKUP_SOURCE:
		lookup(c, c->command == PULSE_LOOKUP_SOURCE);
		return 0;
	case PULSE_GET_SINK_INFO:
	case PULSE_GET_SOURCE_INFO:
		device_info(c, c->command == PULSE_GET_SOURCE_INFO);
		return 0;
	case PULSE_GET_SINK_INFO_LIST:
		one(c, put_sink);
		return 0;
	case PULSE_GET_SOURCE_INFO_LIST:
		one(c, put_source);
		return 0;
	case PULSE_GET_CLIENT_INFO:
		client_info(c);
		return 0;
	case PULSE_GET_CLIENT_INFO_LIST:
		client_list(c);
		return 0;
	case PULSE_GET_SINK_INPUT_INFO:
	case PULSE_GET_SOURCE_OUTPUT_INFO:
		stream_info(c, c->command == PULSE_GET_SOURCE_OUTPUT_INFO);
		return 0;
	case PULSE_GET_SINK_INPUT_INFO_LIST:
	case PULSE_GET_SOURCE_OUTPUT_INFO_LIST:
		stream_list(c, c->command == PULSE_GET_SOURCE_OUTPUT_INFO_LIST);
		return 0;
	case PULSE_GET_MODULE_INFO_LIST:
	case PULSE_GET_SAMPLE_INFO_LIST:
	case PULSE_GET_CARD_INFO_LIST:
		native_ack(c->n, c->tag);
		return 0;
	default:
		/* A module, a sample or a card */
		return PULSE_ERROR_NOENTITY;
	}
}
