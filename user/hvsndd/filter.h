/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of PulseAudio's native protocol a guest may say to the host's server,
 * and hear from it. Bytes come in and go out; there is no I/O here.
 */
#ifndef HVSNDD_FILTER_H
#define HVSNDD_FILTER_H

#include "core/pure.h"

#define FILTER_DESC_SIZE 20
#define FILTER_CONTROL_MAX 16384 /* of what a guest says at once */
#define FILTER_HEAD_MAX \
	64 /* of what the server says: as much as is looked at */
#define FILTER_OUT_SIZE 40960
#define FILTER_INJECT_SIZE 512
#define FILTER_PENDING_MAX 16
#define FILTER_STREAMS_MAX 32
#define FILTER_HELD_MAX 2
#define FILTER_HELD_SIZE 4096
#define FILTER_COOKIE_SIZE 256
#define FILTER_NAME_SIZE 192

enum filter_way {
	FILTER_UP, /* from the guest to the server */
	FILTER_DOWN, /* and back */
};

/**
 * struct filter_half - one way
 * @desc: the descriptor of the frame being taken,
 * @desc_have: so many bytes of it
 * @msg: the beginning of a control message being taken,
 * @msg_have: so many bytes of it
 * @msg_len: of so many
 * @left: bytes of the frame that pass as they are,
 * @drop: or do not
 * @is_sound: they are sound
 * @sound: bytes of sound that passed
 * @out: what is to be sent on
 * @out_len: so many bytes
 */
struct filter_half {
	u8 desc[FILTER_DESC_SIZE];
	size_t desc_have;
	u8 msg[FILTER_CONTROL_MAX];
	size_t msg_have;
	size_t msg_len;
	size_t left;
	bool drop;
	bool is_sound;
	u64 sound;
	u8 out[FILTER_OUT_SIZE];
	size_t out_len;
};

/* A stream of this connection, as the server numbers it. */
struct filter_stream {
	u32 channel;
	u32 index;
};

struct filter_streams {
	struct filter_stream of[FILTER_STREAMS_MAX];
	unsigned int count;
};

/**
 * struct filter - one connection
 * @guest: the name that its clients' names begin with
 * @cookie: FILTER_COOKIE_SIZE bytes, given to the server in place of the
 * guest's
 * @playback: it may play
 * @never: it may never record
 * @microphone: it may record now
 * @client: its name as the server knows it, "" before it has one
 * @reason: why filter_push() failed
 * @refused: the last command that was refused, of @refusals; for the log
 * @refusals: how many were
 * @dropped: bytes of recorded sound that were not passed on
 * @authorized: the server has let it in
 * @half: both ways
 * @inject: answers of our own, for the guest, that wait for the end of a frame
 * @inject_len: so many bytes
 * @pending: commands whose answers are of interest
 * @pending_count: how many
 * @playing: its playback streams
 * @recording: its record streams
 * @held: requests for the microphone that wait for it to be allowed
 * @held_len: so many bytes, 0 for none
 * @held_tag: and the answers' tags
 */
struct filter {
	const char *guest;
	const u8 *cookie;
	bool playback;
	bool never;
	bool microphone;
	char client[FILTER_NAME_SIZE];
	const char *reason;
	u32 refused;
	unsigned int refusals;
	u64 dropped;
	bool authorized;
	struct filter_half half[2];
	u8 inject[FILTER_INJECT_SIZE];
	size_t inject_len;
	struct {
		u32 tag;
		u32 command;
	} pending[FILTER_PENDING_MAX];
	unsigned int pending_count;
	struct filter_streams playing;
	struct filter_streams recording;
	u8 held[FILTER_HELD_MAX][FILTER_HELD_SIZE];
	size_t held_len[FILTER_HELD_MAX];
	u32 held_tag[FILTER_HELD_MAX];
};

/**
 * filter_push - take bytes
 * @f: the filter
 * @way: where they go
 * @buf: the bytes, cut anywhere
 * @len: how many
 *
 * Return: how many were taken; the others are to come again once some of what
 * is to be sent is sent. -EPROTO if the connection must end, with @f->reason
 * set.
 */
ssize_t filter_push(struct filter *f, enum filter_way way, const u8 *buf,
		    size_t len);

/* So many bytes of what is to be sent that way were. */
void filter_sent(struct filter *f, enum filter_way way, size_t len);

/* The microphone is allowed from now on: what waits for it goes on. */
void filter_allow(struct filter *f);

/* What waits for the microphone is refused. */
void filter_refuse_held(struct filter *f);

/* Whether it wants to record, and whether it does, or is about to. */
bool filter_wants(const struct filter *f);
bool filter_records(const struct filter *f);

#endif /* HVSNDD_FILTER_H */
