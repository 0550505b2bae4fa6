// SPDX-License-Identifier: GPL-2.0
/* Decisions about the guest's commands and the server's messages. */
#include "filter_private.h"

#define FACILITY_MASK 0xfU
#define FACILITY_SINK_INPUT 2
#define FACILITY_SOURCE_OUTPUT 3

#define NOT_PULSE "the host's server does not speak PulseAudio's protocol"

/**
 * enum verdict - what is done with a command
 * @REFUSE: the guest receives an error
 * @PASS: the command is harmless, or names a stream by its channel
 * @OWN_INPUT: passed on if the named sink input is the guest's
 * @OWN_OUTPUT: passed on if the named source output is the guest's
 * @CONNECT: see connect_command()
 * @DELETE: the stream is removed from the list of streams
 */
enum verdict {
	REFUSE,
	PASS,
	OWN_INPUT,
	OWN_OUTPUT,
	CONNECT,
	DELETE,
};

static enum verdict verdict_of(u32 command)
{
	switch (command) {
	case PULSE_LOOKUP_SINK:
	case PULSE_DRAIN_PLAYBACK_STREAM:
	case PULSE_STAT:
	case PULSE_GET_PLAYBACK_LATENCY:
	case PULSE_GET_SERVER_INFO:
	case PULSE_GET_SINK_INFO:
	case PULSE_GET_SINK_INFO_LIST:
	case PULSE_GET_SOURCE_INFO:
	case PULSE_GET_SOURCE_INFO_LIST:
	case PULSE_SUBSCRIBE:
	case PULSE_CORK_PLAYBACK_STREAM:
	case PULSE_FLUSH_PLAYBACK_STREAM:
	case PULSE_TRIGGER_PLAYBACK_STREAM:
	case PULSE_SET_PLAYBACK_STREAM_NAME:
	case PULSE_SET_RECORD_STREAM_NAME:
	case PULSE_GET_RECORD_LATENCY:
	case PULSE_CORK_RECORD_STREAM:
	case PULSE_FLUSH_RECORD_STREAM:
	case PULSE_PREBUF_PLAYBACK_STREAM:
	case PULSE_SET_PLAYBACK_STREAM_BUFFER_ATTR:
	case PULSE_SET_RECORD_STREAM_BUFFER_ATTR:
	case PULSE_UPDATE_PLAYBACK_STREAM_SAMPLE_RATE:
	case PULSE_UPDATE_RECORD_STREAM_SAMPLE_RATE:
	case PULSE_UPDATE_RECORD_STREAM_PROPLIST:
	case PULSE_UPDATE_PLAYBACK_STREAM_PROPLIST:
	case PULSE_UPDATE_CLIENT_PROPLIST:
	case PULSE_SET_CLIENT_NAME:
		return PASS;
	case PULSE_GET_SINK_INPUT_INFO:
	case PULSE_SET_SINK_INPUT_VOLUME:
	case PULSE_SET_SINK_INPUT_MUTE:
		return OWN_INPUT;
	case PULSE_GET_SOURCE_OUTPUT_INFO:
	case PULSE_SET_SOURCE_OUTPUT_VOLUME:
	case PULSE_SET_SOURCE_OUTPUT_MUTE:
		return OWN_OUTPUT;
	case PULSE_AUTH:
	case PULSE_CREATE_PLAYBACK_STREAM:
	case PULSE_CREATE_RECORD_STREAM:
		return CONNECT;
	case PULSE_DELETE_PLAYBACK_STREAM:
	case PULSE_DELETE_RECORD_STREAM:
		return DELETE;
	default:
		return REFUSE;
	}
}

static bool has_too_many(const struct filter *f, const struct filter_streams *s,
			 u32 command)
{
	return s->count + filter_count_pending(f, command) >=
	       FILTER_STREAMS_MAX;
}

/* The error with which the guest's request is refused, 0 if it is not. */
static u32 connect_error(const struct filter *f, u32 command, u32 first)
{
	switch (command) {
	case PULSE_AUTH:
		if ((first & FILTER_VERSION_MASK) < FILTER_VERSION_MIN)
			return PULSE_ERROR_VERSION;
		break;
	case PULSE_CREATE_PLAYBACK_STREAM:
		if (!f->may_play)
			return PULSE_ERROR_ACCESS;
		if (has_too_many(f, &f->playback_streams, command))
			return PULSE_ERROR_TOOLARGE;
		break;
	case PULSE_CREATE_RECORD_STREAM:
		if (!f->may_record || !f->authorized)
			return PULSE_ERROR_ACCESS;
		if (has_too_many(f, &f->record_streams, command))
			return PULSE_ERROR_TOOLARGE;
		break;
	}
	return f->pending_count == FILTER_PENDING_MAX ? PULSE_ERROR_TOOLARGE :
							0;
}

/*
 * AUTH, and requests to create streams: the filter needs the server's reply. A
 * request to record is held until the microphone is allowed.
 */
static int connect_command(struct filter *f, u32 command, u32 tag, u32 first)
{
	u32 error = connect_error(f, command, first);
	size_t from = f->path[FILTER_TO_SERVER].out_len;
	int err;

	if (error) {
		filter_refuse(f, command, tag, error);
		return 0;
	}
	err = filter_rewrite(f, command);
	if (err)
		return err;
	if (command != PULSE_CREATE_RECORD_STREAM || f->mic_allowed)
		filter_add_pending(f, tag, command);
	else if (!filter_hold(f, from, tag))
		filter_refuse(f, command, tag, PULSE_ERROR_TOOLARGE);
	return 0;
}

static struct filter_streams *streams_of(struct filter *f, u32 command)
{
	return command == PULSE_CREATE_RECORD_STREAM ||
			       command == PULSE_DELETE_RECORD_STREAM ?
		       &f->record_streams :
		       &f->playback_streams;
}

int filter_command(struct filter *f)
{
	struct filter_path *p = &f->path[FILTER_TO_SERVER];
	struct hvsnd_tag_reader r;
	bool pass = false, has_number;
	u32 command, tag, first;

	hvsnd_tag_reader_init(&r, p->msg, p->msg_len);
	command = hvsnd_tag_get_u32(&r);
	tag = hvsnd_tag_get_u32(&r);
	if (r.bad || r.cut)
		return filter_fail(f, "a command is malformed");
	/* Not every command begins with a number. */
	first = hvsnd_tag_get_u32(&r);
	has_number = !r.bad && !r.cut;
	if (!has_number)
		first = FILTER_NONE;
	switch (verdict_of(command)) {
	case REFUSE:
		break;
	case PASS:
		pass = true;
		break;
	case OWN_INPUT:
		pass = has_number &&
		       filter_has_stream(&f->playback_streams, first);
		break;
	case OWN_OUTPUT:
		pass = has_number &&
		       filter_has_stream(&f->record_streams, first);
		break;
	case CONNECT:
		return connect_command(f, command, tag, first);
	case DELETE:
		filter_remove_stream(streams_of(f, command), first);
		pass = true;
		break;
	}
	if (pass)
		return filter_rewrite(f, command);
	filter_refuse(f, command, tag, PULSE_ERROR_ACCESS);
	return 0;
}

/* The reply to a pending request. */
static int connect_reply(struct filter *f, u32 command,
			 struct hvsnd_tag_reader *r)
{
	u8 *value = f->path[FILTER_TO_GUEST].msg + r->pos + 1;
	u32 first = hvsnd_tag_get_u32(r), index = 0;

	if (command != PULSE_AUTH)
		index = hvsnd_tag_get_u32(r);
	if (r->bad || r->cut)
		return filter_fail(f, NOT_PULSE);
	if (command != PULSE_AUTH) {
		filter_add_stream(streams_of(f, command), first, index);
		return 1;
	}
	f->authorized = true;
	first &= FILTER_VERSION_MASK;
	if (first > FILTER_VERSION_MAX)
		first = FILTER_VERSION_MAX;
	hvsnd_put_be32(value, first);
	return 1;
}

/* Whether the guest may see an event about an object on the server. */
static bool event_is_visible(const struct filter *f, u32 event, u32 index)
{
	switch (event & FACILITY_MASK) {
	case FACILITY_SINK_INPUT:
		return filter_has_stream(&f->playback_streams, index);
	case FACILITY_SOURCE_OUTPUT:
		return filter_has_stream(&f->record_streams, index);
	default:
		return true;
	}
}

int filter_server_message(struct filter *f)
{
	struct filter_path *p = &f->path[FILTER_TO_GUEST];
	struct hvsnd_tag_reader r;
	u32 command, tag, first, second;

	hvsnd_tag_reader_init(&r, p->msg, p->msg_len);
	command = hvsnd_tag_get_u32(&r);
	tag = hvsnd_tag_get_u32(&r);
	if (r.bad || r.cut)
		return filter_fail(f, NOT_PULSE);
	switch (command) {
	case PULSE_ERROR:
		filter_take_pending(f, tag);
		return 1;
	case PULSE_REPLY:
		command = filter_take_pending(f, tag);
		return command == FILTER_NONE ? 1 :
						connect_reply(f, command, &r);
	case PULSE_ENABLE_SRBCHANNEL:
	case PULSE_DISABLE_SRBCHANNEL:
	case PULSE_REGISTER_MEMFD_SHMID:
		return filter_fail(f,
				   "the host's server wants to share memory");
	}
	first = hvsnd_tag_get_u32(&r);
	second = hvsnd_tag_get_u32(&r);
	switch (command) {
	case PULSE_PLAYBACK_STREAM_KILLED:
		filter_remove_stream(&f->playback_streams, first);
		break;
	case PULSE_RECORD_STREAM_KILLED:
		filter_remove_stream(&f->record_streams, first);
		break;
	case PULSE_SUBSCRIBE_EVENT:
		return event_is_visible(f, first, second);
	}
	return 1;
}
