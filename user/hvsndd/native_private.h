/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the native protocol share. */
#ifndef HVSNDD_NATIVE_PRIVATE_H
#define HVSNDD_NATIVE_PRIVATE_H

#include "native.h"
#include "pulse_command.h"

#define NATIVE_VERSION 32
#define NATIVE_NONE 0xffffffffU
#define NATIVE_CONTROL_CHANNEL 0xffffffffU
#define NATIVE_SINK "hvsndd"
#define NATIVE_SOURCE "hvsndd.microphone"

/* Facilities and kinds of the events of SUBSCRIBE */
enum native_facility {
	NATIVE_FACILITY_SINK = 0,
	NATIVE_FACILITY_SOURCE = 1,
	NATIVE_FACILITY_SINK_INPUT = 2,
	NATIVE_FACILITY_SOURCE_OUTPUT = 3,
	NATIVE_FACILITY_CLIENT = 5,
};

enum native_event {
	NATIVE_EVENT_NEW = 0,
	NATIVE_EVENT_CHANGE = 0x10,
	NATIVE_EVENT_REMOVE = 0x20,
};

/* Messages (native_send.c) */

/* Begin a message; the command and the tag are written. */
void native_begin(struct native *n, struct hvsnd_tag_writer *w, u32 command,
		  u32 tag);

/* Queue the message. */
void native_end(struct native *n, struct hvsnd_tag_writer *w);

/* Queue a reply without values, or an error. */
void native_ack(struct native *n, u32 tag);
void native_error(struct native *n, u32 tag, u32 code);

/* Queue a message about a stream that has only its channel. */
void native_tell(struct native_stream *s, u32 command);

/* Tell the subscribed clients of a guest about an object. */
void native_notify(struct native_host *h, enum native_facility facility,
		   enum native_event event, u32 index);

/* Queue audio data of a record stream. Returns false if there is no room. */
bool native_put_audio(struct native_stream *s, const u8 *buf, size_t len);

/* Commands (native_command.c) */

/* Execute n->message, of @len bytes. */
void native_command(struct native *n, size_t len);

/**
 * struct native_call - a command that is being executed
 * @n: the connection
 * @command: the command
 * @tag: its tag
 * @r: its values
 *
 * A handler returns 0 if it has answered, or an error to answer with. If it
 * could not read the values, its return value does not matter.
 */
struct native_call {
	struct native *n;
	u32 command;
	u32 tag;
	struct hvsnd_tag_reader r;
};

/* Set up a stream (native_create.c) */
u32 native_create_playback(struct native_call *c);
u32 native_create_record(struct native_call *c);

/* Streams (native_stream.c) */
struct native_stream *native_find_channel(struct native *n, u32 channel,
					  bool record);
struct native_stream *native_find_index(struct native_host *h, u32 index,
					bool record);

/* A free entry, or NULL. */
struct native_stream *native_new_stream(struct native *n, bool record);

/* Close a stream and tell the subscribed clients. */
void native_end_stream(struct native_stream *s);

/* Send what is to be requested. */
void native_send_request(struct native_stream *s);

/* Commands that name a stream by its channel (native_control.c) */
u32 native_stream_command(struct native_call *c);

/* Introspection (native_info.c), volume and objects (native_object.c) */
u32 native_info_command(struct native_call *c);
u32 native_object_command(struct native_call *c);

static inline enum native_facility
native_facility(const struct native_stream *s)
{
	return s->record ? NATIVE_FACILITY_SOURCE_OUTPUT :
			   NATIVE_FACILITY_SINK_INPUT;
}

/* Formats (native_format.c) */

/* Whether a sample format is possible. */
bool native_spec_ok(const struct sample_spec *spec);

/**
 * native_read_formats() - Read the list of formats that a client offers
 * @r: the reader
 * @spec: set to the first format that is possible, unless it is valid already
 * @map: positions, likewise
 * @h: the host, whose format replaces what a client leaves open
 *
 * Return: False if none is possible, or the data is malformed.
 */
bool native_read_formats(struct hvsnd_tag_reader *r, struct sample_spec *spec,
			 u8 *map, const struct native_host *h);
void native_put_format(struct hvsnd_tag_writer *w,
		       const struct sample_spec *spec, const u8 *map);

/* Order of channels (native_map.c) */

/* The positions of a number of channels of an output. */
void native_default_map(u8 *map, u8 channels);

/* Determine the order of the stream's channels on the output. */
void native_map_init(struct native_stream *s);

/* Change the order: of playback to the output, of recording to the stream. */
void native_map_apply(const struct native_stream *s, u8 *buf, size_t len);

/* Volume (native_volume.c) */
void native_volume_init(struct native_volume *v, u8 channels);

/**
 * native_volume_read() - Read a volume
 * @r: the reader
 * @v: set, unless the volume is not possible
 *
 * Return: False if the number of channels is neither 1 nor that of @v.
 */
bool native_volume_read(struct hvsnd_tag_reader *r, struct native_volume *v);

/* As native_volume_changed(). Returns whether something has changed. */
bool native_volume_set(struct native_stream *s, float gain, bool mute);

#endif /* HVSNDD_NATIVE_PRIVATE_H */
