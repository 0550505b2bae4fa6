// SPDX-License-Identifier: GPL-2.0
/*
 * What goes to the host: control messages, audio data from the PCM buffer, and
 * the copy of what a drain left in the buffer.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "position.h"
#include "state.h"
#include "tx.h"

#define DRAIN_BYTES	SZ_1M	/* of drained audio data not yet sent */

/* Frames the next block of audio data. Returns whether there is one. */
static bool hvsnd_stream_next(struct hvsnd_stream *st)
{
	size_t left = st->tx.drain_len - st->tx.drain_framed;
	enum hvsnd_source source = HVSND_SOURCE_NONE;
	struct hvsnd_playback *p = &st->playback;
	unsigned long flags;
	u64 pos, frames;
	size_t n = 0;

	lockdep_assert_held(&st->work_lock);
	if (!hvsnd_is_playback(st) || !hvsnd_stream_is_up(st) ||
	    st->remote.suspended)
		return false;
	spin_lock_irqsave(&st->lock, flags);
	pos = hvsnd_stream_position(st);
	st->conn.session.allow_unrequested =
		hvsnd_delay_trails(&st->delay, &st->clock, pos);
	if (left) {
		n = st->conn.session.ops->frame(&st->conn.session, left,
						st->tx.head, &st->tx.head_len);
		source = HVSND_SOURCE_DRAIN_COPY;
		st->tx.drain_framed += n;
	} else if (hvsnd_playback_may_send(st->state, st->flush)) {
		if (hvsnd_remote_is_stale(&st->remote, st->epoch))
			hvsnd_stream_begin(st, pos);
		source = hvsnd_playback_next(p, &st->context, st->state, pos,
					     &frames);
	}
	if (source == HVSND_SOURCE_RING || source == HVSND_SOURCE_SILENCE) {
		n = st->conn.session.ops->frame(&st->conn.session,
						frames * st->frame_bytes,
						st->tx.head, &st->tx.head_len);
		st->tx.body_pos = p->queued_ptr * st->frame_bytes;
		hvsnd_playback_queue(p, source, n / st->frame_bytes);
	}
	st->tx.source = source;
	spin_unlock_irqrestore(&st->lock, flags);
	st->tx.head_off = 0;
	if (!n)
		st->tx.head_len = 0;
	st->tx.body_left = n;
	st->conn.audio_bytes += n;
	if (n && !st->conn.session.ops->timing)
		st->conn.channel.busy_ns = max_t(u64, st->conn.channel.busy_ns,
						 ktime_get_ns()) +
				      div_u64((u64)n * NSEC_PER_SEC,
					      st->params.rate *
						      st->frame_bytes);
	return n;
}

/**
 * hvsnd_stream_free_drain_copy() - Free the copy for a drain once it was sent
 * @st: stream
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_free_drain_copy(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->work_lock);
	if (st->tx.drain_off < st->tx.drain_len)
		return;
	kvfree(st->tx.drain_copy);
	st->tx.drain_copy = NULL;
	st->tx.drain_len = 0;
	st->tx.drain_framed = 0;
	st->tx.drain_off = 0;
}

/**
 * hvsnd_stream_drop_drain_copy() - Drop what was not sent of drains
 * @st: stream
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_drop_drain_copy(struct hvsnd_stream *st)
{
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	spin_lock_irqsave(&st->lock, flags);
	st->stats.dropped += DIV_ROUND_UP(st->tx.drain_len - st->tx.drain_off,
					  st->frame_bytes);
	spin_unlock_irqrestore(&st->lock, flags);
	st->tx.drain_len = st->tx.drain_off;
	hvsnd_stream_free_drain_copy(st);
}

/**
 * hvsnd_stream_cut_drain_copy() - Drop what the host is to forget of a drain
 * @st: stream
 *
 * The host gets no rest of what it has in part. What was drained before, and
 * did not begin to go out, the host gets.
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_cut_drain_copy(struct hvsnd_stream *st)
{
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	if (!st->tx.drain_framed)
		return;
	spin_lock_irqsave(&st->lock, flags);
	st->stats.dropped +=
		(st->tx.drain_len - st->tx.drain_framed) / st->frame_bytes;
	spin_unlock_irqrestore(&st->lock, flags);
	st->tx.drain_len = st->tx.drain_framed;
	hvsnd_stream_free_drain_copy(st);
}

/*
 * While the connection was full, the application may have written over the
 * rest of a framed block. The host must get that many bytes, and gets silence.
 */
static void hvsnd_stream_check_body(struct hvsnd_stream *st)
{
	u64 at = div_u64(st->tx.body_pos, st->frame_bytes);
	/* A frame that went out in part is spoilt. */
	u64 frames = DIV_ROUND_UP(st->tx.body_left, st->frame_bytes);
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	if (!st->tx.body_left || st->tx.source != HVSND_SOURCE_RING)
		return;
	spin_lock_irqsave(&st->lock, flags);
	if (hvsnd_playback_was_overwritten(&st->playback, &st->context,
					   hvsnd_stream_position(st), at)) {
		st->tx.source = HVSND_SOURCE_SILENCE;
		st->stats.dropped += frames;
		st->stats.dropped_late += frames;
		st->stats.inserted += frames;
		WRITE_ONCE(st->playback.sent_ptr, at + frames);
	}
	spin_unlock_irqrestore(&st->lock, flags);
}

/* Sends the framed block without copying it. */
static int hvsnd_stream_send_frame(struct hvsnd_stream *st)
{
	size_t ring_bytes = (size_t)st->ring.frames * st->frame_bytes;
	size_t head = st->tx.head_len - st->tx.head_off;
	struct kvec vec[10];
	size_t n = 0, len = head;
	u64 at;
	u32 off;
	int ret;

	lockdep_assert_held(&st->work_lock);
	hvsnd_stream_check_body(st);
	if (head) {
		vec[n].iov_base = st->tx.head + st->tx.head_off;
		vec[n++].iov_len = head;
	}
	switch (st->tx.source) {
	case HVSND_SOURCE_RING:
		at = st->tx.body_pos;
		while (len < head + st->tx.body_left) {
			div_u64_rem(at, ring_bytes, &off);
			vec[n].iov_base = st->ring.data + off;
			vec[n].iov_len = min_t(size_t, ring_bytes - off,
					       head + st->tx.body_left - len);
			at += vec[n].iov_len;
			len += vec[n++].iov_len;
		}
		break;
	case HVSND_SOURCE_DRAIN_COPY:
		vec[n].iov_base = st->tx.drain_copy + st->tx.drain_off;
		vec[n++].iov_len = st->tx.body_left;
		len += st->tx.body_left;
		break;
	case HVSND_SOURCE_SILENCE:
		while (len < head + st->tx.body_left && n < ARRAY_SIZE(vec)) {
			vec[n].iov_base = st->silence.block;
			vec[n].iov_len = min_t(size_t, HVSND_SILENCE_BLOCK,
					       head + st->tx.body_left - len);
			len += vec[n++].iov_len;
		}
		break;
	case HVSND_SOURCE_NONE:
		break;
	}

	ret = hvsnd_channel_send(&st->conn.channel, vec, n, len);
	if (ret < 0)
		return ret;
	/* The host takes what is sent, even if the connection stays full. */
	if (!st->conn.session.ops->timing)
		st->conn.unanswered_ns = 0;
	if (ret < head) {
		st->tx.head_off += ret;
		return 0;
	}
	st->tx.head_off = st->tx.head_len;
	ret -= head;
	st->tx.body_left -= ret;
	if (st->tx.source == HVSND_SOURCE_RING) {
		st->tx.body_pos += ret;
		WRITE_ONCE(st->playback.sent_ptr,
			   div_u64(st->tx.body_pos, st->frame_bytes));
	} else if (st->tx.source == HVSND_SOURCE_DRAIN_COPY) {
		st->tx.drain_off += ret;
	}
	hvsnd_stream_free_drain_copy(st);
	return 0;
}

/**
 * hvsnd_stream_send() - Send until nothing is left, or the connection is full
 * @st: stream
 *
 * Context: Process, with st->work_lock.
 * Return: 0, -EAGAIN if the connection is full, or why it is lost.
 */
int hvsnd_stream_send(struct hvsnd_stream *st)
{
	int ret = 0;

	lockdep_assert_held(&st->work_lock);
	while (ret >= 0) {
		if (st->tx.head_off < st->tx.head_len || st->tx.body_left) {
			ret = hvsnd_stream_send_frame(st);
		} else if (st->conn.session.tx_len) {
			struct kvec vec = {
				.iov_base = st->conn.session.tx,
				.iov_len = st->conn.session.tx_len,
			};

			ret = hvsnd_channel_send(&st->conn.channel, &vec, 1,
						 vec.iov_len);
			if (ret > 0)
				hvsnd_session_sent(&st->conn.session, ret);
		} else if (!hvsnd_stream_next(st)) {
			return 0;
		}
	}
	return ret;
}

/*
 * Appends bytes of the PCM buffer, from @from on, to the copy of what was
 * drained. Returns whether there was room and memory.
 */
static bool hvsnd_stream_keep(struct hvsnd_stream *st, u64 from, size_t len)
{
	size_t ring_bytes = (size_t)st->ring.frames * st->frame_bytes;
	size_t had = st->tx.drain_len - st->tx.drain_off, done = 0, n;
	u8 *p;
	u32 off;

	lockdep_assert_held(&st->work_lock);
	if (had + len > max_t(size_t, DRAIN_BYTES, ring_bytes))
		return false;
	p = kvmalloc(had + len, GFP_KERNEL);
	if (!p)
		return false;
	if (had)
		memcpy(p, st->tx.drain_copy + st->tx.drain_off, had);
	for (; done < len; done += n) {
		div_u64_rem(from + done, ring_bytes, &off);
		n = min_t(size_t, len - done, ring_bytes - off);
		memcpy(p + had + done, st->ring.data + off, n);
	}
	kvfree(st->tx.drain_copy);
	st->tx.drain_copy = p;
	st->tx.drain_len = had + len;
	st->tx.drain_framed -= st->tx.drain_off;
	st->tx.drain_off = 0;
	return true;
}

/**
 * hvsnd_stream_sync_stop() - Stop using the PCM buffer
 * @st: stream, stopped
 *
 * Copies what a drain has not sent yet.
 *
 * Context: Process. Waits for the timer and the worker, never for the host.
 */
void hvsnd_stream_sync_stop(struct hvsnd_stream *st)
{
	size_t ring_bytes = (size_t)st->ring.frames * st->frame_bytes;
	struct hvsnd_playback *p = &st->playback;
	size_t body = 0;
	u64 from, to;
	bool keep;

	hrtimer_cancel(&st->timer);
	mutex_lock(&st->work_lock);
	hvsnd_stream_check_body(st);
	/* Another thread of the program may still move its pointer. */
	spin_lock_irq(&st->lock);
	/* The connection may have been full for longer than the buffer. */
	if (hvsnd_pcm_is_draining(st->state) &&
	    p->appl_ptr > p->queued_ptr + st->ring.frames) {
		u64 oldest = p->appl_ptr - st->ring.frames;

		st->stats.dropped += oldest - p->queued_ptr;
		st->stats.dropped_late += oldest - p->queued_ptr;
		p->queued_ptr = oldest;
	}
	to = p->appl_ptr * st->frame_bytes;
	from = p->queued_ptr * st->frame_bytes;
	keep = st->state == HVSND_PCM_DRAINING && !st->conn.lost;
	spin_unlock_irq(&st->lock);
	if (st->tx.body_left && st->tx.source == HVSND_SOURCE_RING) {
		from = st->tx.body_pos;
		body = st->tx.body_left;
	}
	/* After a reset, a block sent in part may end beyond the rest. */
	if (keep && from + body <= to && from < to && to - from <= ring_bytes &&
	    hvsnd_stream_keep(st, from, to - from)) {
		if (body) {
			st->tx.drain_framed = body;
			st->tx.source = HVSND_SOURCE_DRAIN_COPY;
		}
		from = to;
	}
	if (st->tx.source == HVSND_SOURCE_RING)
		st->tx.source = HVSND_SOURCE_SILENCE;
	spin_lock_irq(&st->lock);
	if (hvsnd_pcm_is_draining(READ_ONCE(st->state)) && from < to)
		st->stats.dropped += DIV_ROUND_UP_ULL(to - from,
						      st->frame_bytes);
	p->queued_ptr = p->appl_ptr;
	st->capture.filled_ptr = st->capture.appl_ptr;
	if (st->state == HVSND_PCM_STOPPED)
		hvsnd_stream_set_state(st, HVSND_PCM_SETUP);
	else if (st->state == HVSND_PCM_DRAINING)
		hvsnd_stream_set_state(st, HVSND_PCM_DRAINING_COPY);
	spin_unlock_irq(&st->lock);
	mutex_unlock(&st->work_lock);
	hvsnd_stream_wake(st);
}
