// SPDX-License-Identifier: GPL-2.0
/*
 * The native protocol lets a client do all that a user can do: load modules,
 * record what other clients play, end their streams, read files by way of
 * samples. The filter lets a guest have streams of its own and look at devices.
 * All other commands are refused.
 *
 * This file takes the frames apart. Messages of the guest are decoded
 * completely. Of the server's messages, only the header is decoded.
 */
#include "filter_private.h"

#define FRAME_LENGTH_MAX (16 << 20)
#define CONTROL_LENGTH_MIN 10
/* The other flags of an audio frame announce shared memory. */
#define SEEK_MASK 0xffU
#define REWRITE_GROWTH_MAX 512 /* by which rewriting may extend a message */

static void set_state(struct filter_path *p, enum filter_rx_state state,
		      size_t left)
{
	p->state = left || state == FILTER_RX_MESSAGE ? state : FILTER_RX_DESC;
	p->left = left;
}

static int begin_audio(struct filter *f, enum filter_dir dir, u32 length)
{
	struct filter_path *p = &f->path[dir];

	p->desc_len = 0;
	if (dir == FILTER_TO_GUEST && !f->mic_allowed) {
		f->dropped_bytes += length;
		set_state(p, FILTER_RX_DISCARD, length);
	} else {
		filter_put(p, p->desc, FILTER_DESC_SIZE);
		set_state(p, FILTER_RX_AUDIO, length);
	}
	return 0;
}

/* A descriptor was received. */
static int begin_frame(struct filter *f, enum filter_dir dir)
{
	struct filter_path *p = &f->path[dir];
	u32 length = hvsnd_get_be32(p->desc);
	u32 channel = hvsnd_get_be32(p->desc + 4);
	u32 flags = hvsnd_get_be32(p->desc + 16);

	if (!length || length > FRAME_LENGTH_MAX)
		return filter_fail(f, "invalid length of a frame");
	if (channel != FILTER_CONTROL_CHANNEL) {
		if (flags & ~SEEK_MASK)
			return filter_fail(f, "shared memory is not supported");
		return begin_audio(f, dir, length);
	}
	if (flags || length < CONTROL_LENGTH_MIN)
		return filter_fail(f, "invalid flags or length of a control frame");
	p->msg_size = length;
	if (dir == FILTER_TO_SERVER && length > FILTER_CONTROL_MAX)
		return filter_fail(f, "a command is too long");
	if (dir == FILTER_TO_GUEST && length > FILTER_HEADER_MAX)
		p->msg_size = FILTER_HEADER_MAX;
	p->msg_len = 0;
	set_state(p, FILTER_RX_MESSAGE, 0);
	return 0;
}

/* A guest's message, or the header of a server's message was received. */
static int finish_message(struct filter *f, enum filter_dir dir)
{
	struct filter_path *p = &f->path[dir];
	size_t rest = hvsnd_get_be32(p->desc) - p->msg_len;
	int pass;

	p->desc_len = 0;
	set_state(p, FILTER_RX_DESC, 0);
	if (dir == FILTER_TO_SERVER)
		return filter_command(f);
	pass = filter_server_message(f);
	if (pass < 0)
		return pass;
	if (pass) {
		filter_put(p, p->desc, FILTER_DESC_SIZE);
		filter_put(p, p->msg, p->msg_len);
	}
	set_state(p, pass ? FILTER_RX_REST : FILTER_RX_DISCARD, rest);
	return 0;
}

static size_t append(u8 *to, size_t *to_len, size_t to_size, const u8 *buf,
		     size_t len)
{
	size_t n = to_size - *to_len < len ? to_size - *to_len : len;

	memcpy(to + *to_len, buf, n);
	*to_len += n;
	return n;
}

static size_t pass_or_discard(struct filter_path *p, const u8 *buf, size_t len)
{
	size_t n = p->left < len ? p->left : len;

	if (p->state != FILTER_RX_DISCARD) {
		if (n > filter_room(p))
			n = filter_room(p);
		filter_put(p, buf, n);
	}
	if (p->state == FILTER_RX_AUDIO)
		p->audio_bytes += n;
	set_state(p, p->state, p->left - n);
	return n;
}

/* Whether all that the next message can produce fits into the buffers. */
static bool has_room(const struct filter *f, enum filter_dir dir)
{
	size_t room = filter_room(&f->path[dir]);

	if (dir == FILTER_TO_GUEST)
		return room >= FILTER_DESC_SIZE + FILTER_HEADER_MAX;
	return room >= FILTER_DESC_SIZE + FILTER_CONTROL_MAX +
			       REWRITE_GROWTH_MAX &&
	       f->replies_len + FILTER_ERROR_SIZE * (1 + FILTER_HELD_MAX) <=
		       sizeof(f->replies);
}

/* Returns the number of bytes taken, 0 without room, or -EPROTO. */
static ssize_t take(struct filter *f, enum filter_dir dir, const u8 *buf,
		    size_t len)
{
	struct filter_path *p = &f->path[dir];
	int err = 0;
	size_t n;

	if (p->left)
		return pass_or_discard(p, buf, len);
	if (!has_room(f, dir))
		return 0;
	if (p->state == FILTER_RX_DESC) {
		n = append(p->desc, &p->desc_len, FILTER_DESC_SIZE, buf, len);
		if (p->desc_len == FILTER_DESC_SIZE)
			err = begin_frame(f, dir);
	} else {
		n = append(p->msg, &p->msg_len, p->msg_size, buf, len);
		if (p->msg_len == p->msg_size)
			err = finish_message(f, dir);
	}
	return err ? err : (ssize_t)n;
}

ssize_t filter_push(struct filter *f, enum filter_dir dir, const u8 *buf,
		    size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = take(f, dir, buf + done, len - done);
		if (n > 0 && !f->path[dir].left)
			filter_flush(f, dir);
		if (n < 0)
			return n;
		if (!n)
			break;
		done += n;
	}
	return done;
}

void filter_sent(struct filter *f, enum filter_dir dir, size_t len)
{
	struct filter_path *p = &f->path[dir];

	p->out_len -= len;
	memmove(p->out, p->out + len, p->out_len);
	filter_flush(f, dir);
}
