// SPDX-License-Identifier: GPL-2.0
/*
 * What the filter inserts between the frames of a connection: its own replies
 * to the guest, and requests to record that were held.
 */
#include "filter_private.h"

static void flush_replies(struct filter *f)
{
	struct filter_path *p = &f->path[FILTER_TO_GUEST];

	if (filter_in_frame(p) || filter_room(p) < f->replies_len)
		return;
	filter_put(p, f->replies, f->replies_len);
	f->replies_len = 0;
}

static void reply_error(struct filter *f, u32 tag, u32 error)
{
	const size_t size = FILTER_ERROR_SIZE - FILTER_DESC_SIZE;
	u8 *reply = f->replies + f->replies_len;
	struct hvsnd_tag_writer w;

	if (f->replies_len + FILTER_ERROR_SIZE > sizeof(f->replies))
		return;
	filter_put_desc(reply, size);
	hvsnd_tag_writer_init(&w, reply + FILTER_DESC_SIZE, size);
	hvsnd_tag_put_u32(&w, PULSE_ERROR);
	hvsnd_tag_put_u32(&w, tag);
	hvsnd_tag_put_u32(&w, error);
	f->replies_len += FILTER_ERROR_SIZE;
	flush_replies(f);
}

void filter_refuse(struct filter *f, u32 command, u32 tag, u32 error)
{
	f->refused_command = command;
	f->refused_count++;
	reply_error(f, tag, error);
}

static void flush_held(struct filter *f)
{
	struct filter_path *p = &f->path[FILTER_TO_SERVER];
	int i;

	if (!f->mic_allowed || filter_in_frame(p))
		return;
	for (i = 0; i < FILTER_HELD_MAX; i++) {
		struct filter_held *held = &f->held[i];

		if (!held->len || filter_room(p) < held->len ||
		    f->pending_count == FILTER_PENDING_MAX)
			continue;
		filter_put(p, held->buf, held->len);
		filter_add_pending(f, held->tag, PULSE_CREATE_RECORD_STREAM);
		held->len = 0;
	}
}

bool filter_hold(struct filter *f, size_t from, u32 tag)
{
	struct filter_path *p = &f->path[FILTER_TO_SERVER];
	size_t len = p->out_len - from;
	int i;

	p->out_len = from;
	if (len > FILTER_HELD_SIZE)
		return false;
	for (i = 0; i < FILTER_HELD_MAX; i++) {
		struct filter_held *held = &f->held[i];

		if (held->len)
			continue;
		memcpy(held->buf, p->out + from, len);
		held->len = len;
		held->tag = tag;
		return true;
	}
	return false;
}

void filter_refuse_held(struct filter *f)
{
	int i;

	for (i = 0; i < FILTER_HELD_MAX; i++) {
		if (f->held[i].len)
			reply_error(f, f->held[i].tag, PULSE_ERROR_ACCESS);
		f->held[i].len = 0;
	}
}

void filter_allow_mic(struct filter *f)
{
	f->mic_allowed = true;
	flush_held(f);
}

void filter_flush(struct filter *f, enum filter_dir dir)
{
	if (dir == FILTER_TO_SERVER)
		flush_held(f);
	else
		flush_replies(f);
}
