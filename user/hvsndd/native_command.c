// SPDX-License-Identifier: GPL-2.0
/* Dispatch of commands, and those that concern the connection. */
#include <string.h>

#include "native_private.h"

#define VERSION_MASK 0xffffU
#define MASK_ALL 0x2ffU

static const char malformed[] =
	"a command of the guest is malformed (PulseAudio's protocol)";

static u32 auth(struct native_call *c)
{
	struct native *n = c->n;
	u32 version = hvsnd_tag_get_u32(&c->r) & VERSION_MASK, len;
	const u8 *cookie = native_get_arbitrary(&c->r, &len), *own;
	struct hvsnd_tag_writer w;
	u8 differs = 0;
	u32 i;

	if (!cookie)
		return 0;
	if (version < NATIVE_VERSION)
		return PULSE_ERROR_VERSION;
	own = n->host->cookie;
	if (own && len != NATIVE_COOKIE_SIZE)
		return PULSE_ERROR_ACCESS;
	/* The time that this takes tells nothing about the cookie. */
	for (i = 0; own && i < len; i++)
		differs |= cookie[i] ^ own[i];
	if (differs)
		return PULSE_ERROR_ACCESS;
	n->authorized = true;
	native_begin(n, &w, PULSE_REPLY, c->tag);
	/* Without the bits that offer shared memory */
	hvsnd_tag_put_u32(&w, NATIVE_VERSION);
	native_end(n, &w);
	return 0;
}

static void client_changed(struct native *n)
{
	native_notify(n->host, NATIVE_FACILITY_CLIENT, NATIVE_EVENT_CHANGE,
		      n->index);
}

static u32 set_client_name(struct native_call *c)
{
	struct native *n = c->n;
	struct hvsnd_tag_writer w;

	native_props_read(&n->props, &c->r);
	if (c->r.bad || c->r.cut)
		return 0;
	native_begin(n, &w, PULSE_REPLY, c->tag);
	hvsnd_tag_put_u32(&w, n->index);
	native_end(n, &w);
	client_changed(n);
	return 0;
}

static u32 update_client(struct native_call *c)
{
	bool is_new;

	hvsnd_tag_get_u32(&c->r); /* mode: properties are always merged */
	is_new = native_props_read(&c->n->props, &c->r);
	if (c->r.bad || c->r.cut)
		return 0;
	native_ack(c->n, c->tag);
	if (is_new)
		client_changed(c->n);
	return 0;
}

static u32 subscribe(struct native_call *c)
{
	u32 mask = hvsnd_tag_get_u32(&c->r);

	if (mask & ~MASK_ALL)
		return PULSE_ERROR_INVALID;
	if (c->r.bad || c->r.cut)
		return 0;
	c->n->mask = mask;
	native_ack(c->n, c->tag);
	return 0;
}

/* Sample cache: always empty */
static u32 stat(struct native_call *c)
{
	struct hvsnd_tag_writer w;
	int i;

	native_begin(c->n, &w, PULSE_REPLY, c->tag);
	for (i = 0; i < 5; i++)
		hvsnd_tag_put_u32(&w, 0);
	native_end(c->n, &w);
	return 0;
}

static u32 unsupported(struct native_call *c)
{
	c->n->unsupported = c->command;
	c->n->unsupported_count++;
	return PULSE_ERROR_NOTSUPPORTED;
}

static u32 execute(struct native_call *c)
{
	switch (c->command) {
	case PULSE_SET_CLIENT_NAME:
		return set_client_name(c);
	case PULSE_UPDATE_CLIENT_PROPLIST:
		return update_client(c);
	case PULSE_SUBSCRIBE:
		return subscribe(c);
	case PULSE_STAT:
		return stat(c);
	case PULSE_CREATE_PLAYBACK_STREAM:
		return native_create_playback(c);
	case PULSE_CREATE_RECORD_STREAM:
		return native_create_record(c);
	case PULSE_DELETE_PLAYBACK_STREAM:
	case PULSE_DELETE_RECORD_STREAM:
	case PULSE_DRAIN_PLAYBACK_STREAM:
	case PULSE_GET_PLAYBACK_LATENCY:
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
	case PULSE_UPDATE_PLAYBACK_STREAM_PROPLIST:
	case PULSE_UPDATE_RECORD_STREAM_PROPLIST:
		return native_stream_command(c);
	case PULSE_LOOKUP_SINK:
	case PULSE_LOOKUP_SOURCE:
	case PULSE_GET_SERVER_INFO:
	case PULSE_GET_SINK_INFO:
	case PULSE_GET_SINK_INFO_LIST:
	case PULSE_GET_SOURCE_INFO:
	case PULSE_GET_SOURCE_INFO_LIST:
	case PULSE_GET_MODULE_INFO:
	case PULSE_GET_MODULE_INFO_LIST:
	case PULSE_GET_CLIENT_INFO:
	case PULSE_GET_CLIENT_INFO_LIST:
	case PULSE_GET_SINK_INPUT_INFO:
	case PULSE_GET_SINK_INPUT_INFO_LIST:
	case PULSE_GET_SOURCE_OUTPUT_INFO:
	case PULSE_GET_SOURCE_OUTPUT_INFO_LIST:
	case PULSE_GET_SAMPLE_INFO:
	case PULSE_GET_SAMPLE_INFO_LIST:
	case PULSE_GET_CARD_INFO:
	case PULSE_GET_CARD_INFO_LIST:
		return native_info_command(c);
	case PULSE_SET_SINK_VOLUME:
	case PULSE_SET_SINK_INPUT_VOLUME:
	case PULSE_SET_SOURCE_VOLUME:
	case PULSE_SET_SINK_MUTE:
	case PULSE_SET_SOURCE_MUTE:
	case PULSE_SET_SINK_INPUT_MUTE:
	case PULSE_SET_SOURCE_OUTPUT_VOLUME:
	case PULSE_SET_SOURCE_OUTPUT_MUTE:
	case PULSE_SET_DEFAULT_SINK:
	case PULSE_SET_DEFAULT_SOURCE:
	case PULSE_SUSPEND_SINK:
	case PULSE_SUSPEND_SOURCE:
	case PULSE_MOVE_SINK_INPUT:
	case PULSE_MOVE_SOURCE_OUTPUT:
	case PULSE_KILL_CLIENT:
	case PULSE_KILL_SINK_INPUT:
	case PULSE_KILL_SOURCE_OUTPUT:
		return native_object_command(c);
	case PULSE_EXTENSION:
		return PULSE_ERROR_NOEXTENSION;
	default:
		return unsupported(c);
	}
}

void native_command(struct native *n, size_t len)
{
	struct native_call c = { .n = n };
	u32 error;

	hvsnd_tag_reader_init(&c.r, n->message, len);
	c.command = hvsnd_tag_get_u32(&c.r);
	c.tag = hvsnd_tag_get_u32(&c.r);
	if (c.r.bad || c.r.cut) {
		n->reason = malformed;
		return;
	}
	if (c.command == PULSE_AUTH)
		error = auth(&c);
	else if (!n->authorized)
		error = PULSE_ERROR_ACCESS;
	else
		error = execute(&c);
	if (c.r.bad || c.r.cut)
		n->reason = malformed;
	else if (error)
		native_error(n, c.tag, error);
}
