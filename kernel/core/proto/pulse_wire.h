/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The messages of PulseAudio's native protocol, version 32, that a client of
 * one stream builds and reads.
 */
#ifndef HVSOCK_PROTO_PULSE_WIRE_H
#define HVSOCK_PROTO_PULSE_WIRE_H

#include "session.h"
#include "tagstruct.h"

#define PULSE_VERSION		32
#define PULSE_DESC_SIZE		20
#define PULSE_CONTROL		0xffffffffU	/* channel of commands */
#define PULSE_NONE		0xffffffffU	/* no index, no tag, default */

enum pulse_command {
	PULSE_ERROR = 0,
	PULSE_REPLY = 2,
	PULSE_CREATE_PLAYBACK_STREAM = 3,
	PULSE_CREATE_RECORD_STREAM = 5,
	PULSE_AUTH = 8,
	PULSE_SET_CLIENT_NAME = 9,
	PULSE_DRAIN_PLAYBACK_STREAM = 12,
	PULSE_GET_PLAYBACK_LATENCY = 14,
	PULSE_GET_SINK_INPUT_INFO = 29,
	PULSE_GET_SOURCE_OUTPUT_INFO = 31,
	PULSE_SUBSCRIBE = 35,
	PULSE_SET_SINK_INPUT_VOLUME = 37,
	PULSE_CORK_PLAYBACK_STREAM = 41,
	PULSE_FLUSH_PLAYBACK_STREAM = 42,
	PULSE_GET_RECORD_LATENCY = 57,
	PULSE_CORK_RECORD_STREAM = 58,
	PULSE_FLUSH_RECORD_STREAM = 59,
	PULSE_REQUEST = 61,
	PULSE_OVERFLOW = 62,
	PULSE_UNDERFLOW = 63,
	PULSE_PLAYBACK_STREAM_KILLED = 64,
	PULSE_RECORD_STREAM_KILLED = 65,
	PULSE_SUBSCRIBE_EVENT = 66,
	PULSE_SET_SINK_INPUT_MUTE = 69,
	PULSE_PLAYBACK_STREAM_SUSPENDED = 76,
	PULSE_RECORD_STREAM_SUSPENDED = 77,
	PULSE_PLAYBACK_STREAM_MOVED = 78,
	PULSE_RECORD_STREAM_MOVED = 79,
	PULSE_STARTED = 86,
	PULSE_PLAYBACK_BUFFER_ATTR_CHANGED = 94,
	PULSE_SET_SOURCE_OUTPUT_VOLUME = 98,
	PULSE_SET_SOURCE_OUTPUT_MUTE = 99,
	PULSE_ENABLE_SRBCHANNEL = 101,
	PULSE_DISABLE_SRBCHANNEL = 102,
	PULSE_REGISTER_MEMFD_SHMID = 103,
};

static inline bool hvsnd_pulse_is_playback(const struct hvsnd_session *s)
{
	return s->params.direction == SNDRV_PCM_STREAM_PLAYBACK;
}

int hvsnd_pulse_format(snd_pcm_format_t format, u32 sample_bytes);
void hvsnd_pulse_put_descriptor(u8 *p, u32 length, u32 channel);

u32 hvsnd_pulse_begin(struct hvsnd_session *s, struct hvsnd_tag_writer *w,
		      u32 command);
void hvsnd_pulse_end(struct hvsnd_session *s, struct hvsnd_tag_writer *w);
void hvsnd_pulse_put_volume(struct hvsnd_tag_writer *w, const u32 *level,
			    u32 channels);

u32 hvsnd_pulse_send_auth(struct hvsnd_session *s, const u8 *cookie);
u32 hvsnd_pulse_send_name(struct hvsnd_session *s);
u32 hvsnd_pulse_send_create(struct hvsnd_session *s);
u32 hvsnd_pulse_send_command(struct hvsnd_session *s, u32 command);
void hvsnd_pulse_send_cork(struct hvsnd_session *s, bool cork);
u32 hvsnd_pulse_send_timing(struct hvsnd_session *s);

void hvsnd_pulse_read_attr(struct hvsnd_session *s, struct hvsnd_tag_reader *r);

#endif /* HVSOCK_PROTO_PULSE_WIRE_H */
