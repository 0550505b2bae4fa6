/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Filter for connections in PulseAudio's native protocol between a guest and
 * the host's server. Bytes come in and go out; there is no I/O here.
 */
#ifndef HVSNDD_FILTER_H
#define HVSNDD_FILTER_H

#include "core/pure.h"

#define FILTER_DESC_SIZE 20
#define FILTER_CONTROL_MAX 16384 /* maximum size of a guest's message */
#define FILTER_HEADER_MAX 64 /* inspected part of a server's message */
#define FILTER_OUT_SIZE 40960
#define FILTER_REPLIES_SIZE 512
#define FILTER_PENDING_MAX 16
#define FILTER_STREAMS_MAX 32
#define FILTER_HELD_MAX 2
#define FILTER_HELD_SIZE 4096
#define FILTER_COOKIE_SIZE 256
#define FILTER_NAME_SIZE 192

enum filter_dir {
	FILTER_TO_SERVER,
	FILTER_TO_GUEST,
};

/**
 * enum filter_rx_state - what is being received in one direction
 * @FILTER_RX_DESC: the descriptor of a frame
 * @FILTER_RX_MESSAGE: a guest's message, or the header of a server's message
 * @FILTER_RX_AUDIO: the data of an audio frame, which is passed on
 * @FILTER_RX_REST: the rest of a server's message, which is passed on
 * @FILTER_RX_DISCARD: the rest of a frame that is discarded
 */
enum filter_rx_state {
	FILTER_RX_DESC,
	FILTER_RX_MESSAGE,
	FILTER_RX_AUDIO,
	FILTER_RX_REST,
	FILTER_RX_DISCARD,
};

/**
 * struct filter_path - one direction
 * @state: what is being received
 * @desc: descriptor of the current frame
 * @desc_len: number of bytes in @desc
 * @msg: the current control message, or its header
 * @msg_len: number of bytes in @msg
 * @msg_size: number of bytes that @msg will have
 * @left: FILTER_RX_AUDIO, _REST, _DISCARD: number of bytes left in the frame
 * @audio_bytes: counter of audio data that was passed on
 * @out: data to send
 * @out_len: number of bytes in @out
 */
struct filter_path {
	enum filter_rx_state state;
	u8 desc[FILTER_DESC_SIZE];
	size_t desc_len;
	u8 msg[FILTER_CONTROL_MAX];
	size_t msg_len;
	size_t msg_size;
	size_t left;
	u64 audio_bytes;
	u8 out[FILTER_OUT_SIZE];
	size_t out_len;
};

/**
 * struct filter_stream - a stream of this connection
 * @channel: number of the stream on this connection
 * @index: number of the sink input or source output on the server
 */
struct filter_stream {
	u32 channel;
	u32 index;
};

struct filter_streams {
	struct filter_stream list[FILTER_STREAMS_MAX];
	unsigned int count;
};

/**
 * struct filter_pending - a request whose reply the filter needs
 * @tag: tag of the request
 * @command: command of the request
 */
struct filter_pending {
	u32 tag;
	u32 command;
};

/**
 * struct filter_held - a request to record that waits for the microphone
 * @tag: tag of the request
 * @len: length of the request, 0 if the entry is unused
 * @buf: the request, ready to send
 */
struct filter_held {
	u32 tag;
	size_t len;
	u8 buf[FILTER_HELD_SIZE];
};

/**
 * struct filter - one connection
 * @guest: name of the guest; a prefix of the names of its clients
 * @cookie: FILTER_COOKIE_SIZE bytes; replaces the guest's cookie
 * @may_play: the guest may create playback streams
 * @may_record: the guest may ask for record streams
 * @mic_allowed: the guest may record now
 * @client: name of the client that the server knows; "" if none
 * @reason: why filter_push() failed
 * @refused_command: the last command that was refused
 * @refused_count: number of refused commands
 * @dropped_bytes: counter of recorded audio that was discarded
 * @authorized: the server has accepted the AUTH command
 * @path: both directions
 * @replies: the filter's own replies to the guest; sent between two frames
 * @replies_len: number of bytes in @replies
 * @pending: requests whose replies the filter needs
 * @pending_count: number of entries in @pending
 * @playback_streams: playback streams of this connection
 * @record_streams: record streams of this connection
 * @held: requests to record that wait for the microphone
 */
struct filter {
	const char *guest;
	const u8 *cookie;
	bool may_play;
	bool may_record;
	bool mic_allowed;
	char client[FILTER_NAME_SIZE];
	const char *reason;
	u32 refused_command;
	unsigned int refused_count;
	u64 dropped_bytes;
	bool authorized;
	struct filter_path path[2];
	u8 replies[FILTER_REPLIES_SIZE];
	size_t replies_len;
	struct filter_pending pending[FILTER_PENDING_MAX];
	unsigned int pending_count;
	struct filter_streams playback_streams;
	struct filter_streams record_streams;
	struct filter_held held[FILTER_HELD_MAX];
};

/**
 * filter_push() - Filter received bytes
 * @f: the filter
 * @dir: direction of the bytes
 * @buf: the bytes; frames may be split anywhere
 * @len: number of bytes
 *
 * Return: Number of bytes taken. The caller passes the others again after it
 * has called filter_sent(). -EPROTO if the connection must be closed; then
 * @f->reason is set.
 */
ssize_t filter_push(struct filter *f, enum filter_dir dir, const u8 *buf,
		    size_t len);

/* @len bytes of f->path[dir].out were sent. */
void filter_sent(struct filter *f, enum filter_dir dir, size_t len);

/* The microphone is allowed from now on: send the held requests. */
void filter_allow_mic(struct filter *f);

/* Refuse the held requests. */
void filter_refuse_held(struct filter *f);

/* Whether there is a record stream, or a request for one is held or pending. */
bool filter_wants_mic(const struct filter *f);

/* Whether there is a record stream, or a request for one is pending. */
bool filter_is_recording(const struct filter *f);

#endif /* HVSNDD_FILTER_H */
