// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that change the sink, the source, or a stream or client that its
 * index names.
 */
#include <string.h>

#include "native_private.h"

static bool failed(const struct native_call *c)
{
	return c->r.bad || c->r.cut;
}

static bool is_own(const char *name, bool record)
{
	return name &&
	       (!strcmp(name, record ? NATIVE_SOURCE : NATIVE_SINK) ||
		!strcmp(name, record ? "@DEFAULT_SOURCE@" : "@DEFAULT_SINK@"));
}

/* Whether a sink or source with this index or name exists. */
static bool is_device(u32 index, const char *name, bool record)
{
	return index == NATIVE_NONE ? !name || is_own(name, record) : !index;
}

static bool read_device(struct native_call *c, bool record)
{
	u32 index = hvsnd_tag_get_u32(&c->r);
	const char *name = native_get_string(&c->r);

	return is_device(index, name, record);
}

/*
 * Read a volume or a mute. Returns 0 or an error, and sets *@is_new if the
 * value differs.
 */
static u32 change(struct native_call *c, struct native_volume *v, bool mute,
		  bool *is_new)
{
	const struct native_volume old = *v;

	if (mute)
		v->mute = hvsnd_tag_get_bool(&c->r);
	else if (!native_volume_read(&c->r, v))
		return PULSE_ERROR_INVALID;
	if (failed(c))
		return 0;
	native_ack(c->n, c->tag);
	*is_new = old.mute != v->mute ||
		  memcmp(old.level, v->level, sizeof(old.level));
	return 0;
}

static u32 change_device(struct native_call *c, bool record, bool mute)
{
	struct native_host *h = c->n->host;
	bool is_new = false;
	u32 error;

	if (!read_device(c, record))
		return PULSE_ERROR_NOENTITY;
	error = change(c, record ? &h->source : &h->sink, mute, &is_new);
	if (is_new)
		native_notify(h,
			      record ? NATIVE_FACILITY_SOURCE :
				       NATIVE_FACILITY_SINK,
			      NATIVE_EVENT_CHANGE, 0);
	return error;
}

static u32 change_stream(struct native_call *c, bool record, bool mute)
{
	u32 index = hvsnd_tag_get_u32(&c->r), error;
	struct native_stream *s = native_find_index(c->n->host, index, record);
	bool is_new = false;

	if (failed(c) || !s)
		return PULSE_ERROR_NOENTITY;
	error = change(c, &s->volume, mute, &is_new);
	if (is_new) {
		s->client->ops->volume(s);
		native_notify(c->n->host, native_facility(s),
			      NATIVE_EVENT_CHANGE, index);
	}
	return error;
}

void native_volume_changed(struct native_stream *s, float gain, bool mute)
{
	if (native_volume_set(s, gain, mute) && s->state == NATIVE_OPEN)
		native_notify(s->client->host, native_facility(s),
			      NATIVE_EVENT_CHANGE, s->index);
}

static u32 set_default(struct native_call *c, bool record)
{
	const char *name = native_get_string(&c->r);

	if (failed(c) || !is_own(name, record))
		return PULSE_ERROR_NOENTITY;
	native_ack(c->n, c->tag);
	return 0;
}

/* There is nowhere else to move a stream to. */
static u32 move(struct native_call *c, bool record)
{
	u32 index = hvsnd_tag_get_u32(&c->r);
	bool exists = read_device(c, record);

	if (failed(c) || !exists ||
	    !native_find_index(c->n->host, index, record))
		return PULSE_ERROR_NOENTITY;
	native_ack(c->n, c->tag);
	return 0;
}

static void each_stream(struct native_host *h, bool record,
			void (*call)(struct native_stream *s))
{
	struct native_stream *s;
	struct native *n;

	for (n = h->clients; n; n = n->next) {
		for (s = n->streams; s < n->streams + NATIVE_STREAMS_MAX; s++) {
			if (s->state == NATIVE_OPEN && s->record == record)
				call(s);
		}
	}
}

static void take_played(struct native_stream *s)
{
	s->client->ops->latency(s);
}

static void tell_suspended(struct native_stream *s)
{
	const struct native_host *h = s->client->host;
	struct hvsnd_tag_writer w;

	native_begin(s->client, &w,
		     s->record ? PULSE_RECORD_STREAM_SUSPENDED :
				 PULSE_PLAYBACK_STREAM_SUSPENDED,
		     NATIVE_NONE);
	hvsnd_tag_put_u32(&w, s->channel);
	hvsnd_tag_put_bool(&w, s->record ? h->source_suspended :
					   h->sink_suspended);
	native_end(s->client, &w);
	s->client->ops->changed(s);
}

/* What plays, or records, stands still until the device is resumed. */
static void set_suspended(struct native_host *h, bool record, bool suspended)
{
	bool *state = record ? &h->source_suspended : &h->sink_suspended;

	if (*state == suspended)
		return;
	if (!record)
		each_stream(h, record, take_played);
	*state = suspended;
	each_stream(h, record, tell_suspended);
	native_notify(h, record ? NATIVE_FACILITY_SOURCE : NATIVE_FACILITY_SINK,
		      NATIVE_EVENT_CHANGE, 0);
}

static u32 suspend(struct native_call *c, bool record)
{
	u32 index = hvsnd_tag_get_u32(&c->r);
	const char *name = native_get_string(&c->r);
	bool suspended = hvsnd_tag_get_bool(&c->r);

	/* Without a name: all of them */
	if (failed(c) || !is_device(index, name && *name ? name : NULL, record))
		return PULSE_ERROR_NOENTITY;
	set_suspended(c->n->host, record, suspended);
	native_ack(c->n, c->tag);
	return 0;
}

static u32 kill_stream(struct native_call *c, bool record)
{
	u32 index = hvsnd_tag_get_u32(&c->r);
	struct native_stream *s = native_find_index(c->n->host, index, record);

	if (failed(c) || !s)
		return PULSE_ERROR_NOENTITY;
	native_stream_kill(s);
	native_ack(c->n, c->tag);
	return 0;
}

static u32 kill_client(struct native_call *c)
{
	u32 index = hvsnd_tag_get_u32(&c->r);
	struct native *n;

	for (n = c->n->host->clients; n && n->index != index; n = n->next)
		;
	if (failed(c) || !n)
		return PULSE_ERROR_NOENTITY;
	native_ack(c->n, c->tag);
	n->reason = "another connection of the guest has ended it";
	n->ops->output(n);
	return 0;
}

u32 native_object_command(struct native_call *c)
{
	const bool mute_output = c->command == PULSE_SET_SOURCE_OUTPUT_MUTE;

	switch (c->command) {
	case PULSE_SET_SINK_VOLUME:
	case PULSE_SET_SINK_MUTE:
		return change_device(c, false,
				     c->command == PULSE_SET_SINK_MUTE);
	case PULSE_SET_SOURCE_VOLUME:
	case PULSE_SET_SOURCE_MUTE:
		return change_device(c, true,
				     c->command == PULSE_SET_SOURCE_MUTE);
	case PULSE_SET_SINK_INPUT_VOLUME:
	case PULSE_SET_SINK_INPUT_MUTE:
		return change_stream(c, false,
				     c->command == PULSE_SET_SINK_INPUT_MUTE);
	case PULSE_SET_SOURCE_OUTPUT_VOLUME:
	case PULSE_SET_SOURCE_OUTPUT_MUTE:
		return change_stream(c, true, mute_output);
	case PULSE_SET_DEFAULT_SINK:
	case PULSE_SET_DEFAULT_SOURCE:
		return set_default(c, c->command == PULSE_SET_DEFAULT_SOURCE);
	case PULSE_SUSPEND_SINK:
	case PULSE_SUSPEND_SOURCE:
		return suspend(c, c->command == PULSE_SUSPEND_SOURCE);
	case PULSE_MOVE_SINK_INPUT:
	case PULSE_MOVE_SOURCE_OUTPUT:
		return move(c, c->command == PULSE_MOVE_SOURCE_OUTPUT);
	case PULSE_KILL_SINK_INPUT:
	case PULSE_KILL_SOURCE_OUTPUT:
		return kill_stream(c, c->command == PULSE_KILL_SOURCE_OUTPUT);
	default:
		return kill_client(c);
	}
}
