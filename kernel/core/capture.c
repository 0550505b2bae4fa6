// SPDX-License-Identifier: GPL-2.0
#include "capture.h"

#define FIRST_BYTES	64	/* taken before the first audio data */

/**
 * hvsnd_capture_jitter_frames() - Size of the jitter buffer
 * @g: geometry
 *
 * Context: Any.
 * Return: Frames that may come until the timer moves them on, at the latest.
 */
u32 hvsnd_capture_jitter_frames(const struct hvsnd_geometry *g)
{
	return g->max_delay + g->max_ahead / 2 + 2 * g->chunk;
}

/**
 * hvsnd_capture_may_take() - Whether audio data from the host is wanted
 * @state: state of the PCM
 * @flush: the host is to forget what it holds, and was not told to
 *
 * What the host recorded before a flush must not be read after it.
 *
 * Context: Any; the caller serialises.
 * Return: Whether hvsnd_capture_quota() and hvsnd_capture_deliver() may be
 * called; otherwise audio data is discarded.
 */
bool hvsnd_capture_may_take(enum hvsnd_pcm_state state, bool flush)
{
	return !flush && state == HVSND_PCM_RUNNING;
}

static void forget(struct hvsnd_capture *c)
{
	c->synced = false;
	c->late = 0;
	c->silence = 0;
	c->skip = 0;
	c->insert = 0;
}

/**
 * hvsnd_capture_begin() - Wait for the first audio data after START
 * @c: capture
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_capture_begin(struct hvsnd_capture *c)
{
	size_t part = c->partial_len % c->jitter.frame_bytes;

	forget(c);
	/* What comes next may be the rest of a frame. */
	memmove(c->partial, c->partial + c->partial_len - part, part);
	c->partial_len = part;
}

/**
 * hvsnd_capture_prepare() - Begin at position 0
 * @c: capture
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_capture_prepare(struct hvsnd_capture *c)
{
	c->appl_ptr = 0;
	c->filled_ptr = 0;
	c->jitter_in = 0;
	c->jitter_out = 0;
	c->partial_len = 0;
	/* The silence before the first audio data is not late. */
	forget(c);
}

static u32 room(const struct hvsnd_capture *c)
{
	return c->jitter.frames - (u32)(c->jitter_in - c->jitter_out);
}

/* Frames that the host is ahead of the position. */
static s64 ahead(const struct hvsnd_capture *c, u64 pos)
{
	return c->filled_ptr + (c->jitter_in - c->jitter_out) - pos;
}

static void append_silence(struct hvsnd_capture *c,
			   const struct hvsnd_silence *silence, u32 frames)
{
	hvsnd_ring_silence(&c->jitter, c->jitter_in, silence, frames);
	c->jitter_in += frames;
}

/*
 * Moves what the position has passed into the PCM buffer, whether or not it
 * holds frames that were not read: of these the oldest are lost. dsnoop never
 * tells what it has read.
 */
static void pass(struct hvsnd_capture *c, const struct hvsnd_context *x,
		 u64 pos)
{
	u64 n;

	while (c->jitter_out < c->jitter_in && c->filled_ptr < pos) {
		n = min_t(u64, c->jitter_in - c->jitter_out,
			  pos - c->filled_ptr);
		n = min_t(u64, n, x->ring->frames);
		hvsnd_ring_move(x->ring, c->filled_ptr, &c->jitter,
				c->jitter_out, n);
		c->jitter_out += n;
		c->filled_ptr += n;
	}
}

/* Fills the PCM buffer up to the position, with silence for what is missing. */
static void fill(struct hvsnd_capture *c, const struct hvsnd_context *x,
		 u64 pos)
{
	pass(c, x, pos);
	if (pos <= c->filled_ptr)
		return;
	if (pos - c->filled_ptr > x->ring->frames)
		c->filled_ptr = pos - x->ring->frames;
	hvsnd_ring_silence(x->ring, c->filled_ptr, x->silence,
			   pos - c->filled_ptr);
	c->filled_ptr = pos;
}

/* Puts what fits into the jitter buffer; the rest came too late. */
static void put(struct hvsnd_capture *c, const struct hvsnd_context *x,
		const u8 *data, u32 frames)
{
	u32 skip = min_t(u32, frames, c->skip), more;

	if (c->late) {
		more = hvsnd_delay_lengthen(x->delay, x->clock, x->geometry,
					    c->late);
		more -= min_t(u32, more, c->late);
		more = min_t(u32, more, room(c));
		append_silence(c, x->silence, more);
		x->stats->inserted += more;
		c->late = 0;
	}
	c->skip -= skip;
	x->stats->dropped += skip;
	x->stats->dropped_resync += skip;
	data += (size_t)skip * c->jitter.frame_bytes;
	frames -= skip;
	if (frames > room(c)) {
		x->stats->dropped += frames - room(c);
		x->stats->dropped_late += frames - room(c);
		frames = room(c);
	}
	hvsnd_ring_write(&c->jitter, c->jitter_in, data, frames);
	c->jitter_in += frames;
}

/**
 * hvsnd_capture_quota() - Determine how much audio data to take
 * @c: capture, running
 * @x: what it belongs to
 * @pos: position in frames
 *
 * Before the first audio data only as much as fits into @c->partial, until the
 * silence that makes the delay is in the jitter buffer.
 *
 * Context: Any; the caller serialises.
 * Return: Bytes that hvsnd_capture_deliver() may get.
 */
size_t hvsnd_capture_quota(struct hvsnd_capture *c,
			   const struct hvsnd_context *x, u64 pos)
{
	u32 frame_bytes = c->jitter.frame_bytes;
	u32 n;

	c->no_room = false;
	if (!c->synced)
		return min_t(size_t, FIRST_BYTES,
			     sizeof(c->partial) - c->partial_len);

	pass(c, x, pos);
	c->silence += c->insert;
	c->insert = 0;
	n = min_t(u32, c->silence, room(c));
	append_silence(c, x->silence, n);
	c->silence -= n;
	n = min_t(u32, c->partial_len / frame_bytes, room(c));
	if (!c->silence && n) {
		put(c, x, c->partial, n);
		n *= frame_bytes;
		c->partial_len -= n;
		memmove(c->partial, c->partial + n, c->partial_len);
	}
	if (c->silence || c->partial_len >= frame_bytes || !room(c)) {
		c->no_room = true;
		return 0;
	}
	return (size_t)room(c) * frame_bytes - c->partial_len;
}

static void keep_part(struct hvsnd_capture *c, const u8 *data, size_t len)
{
	memcpy(c->partial + c->partial_len, data, len);
	c->partial_len += len;
}

/**
 * hvsnd_capture_discard() - Note that audio data was discarded
 * @c: capture
 *
 * The rest of a frame that came in part may have been among it.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_capture_discard(struct hvsnd_capture *c)
{
	c->partial_len -= c->partial_len % c->jitter.frame_bytes;
}

/**
 * hvsnd_capture_deliver() - Take audio data from the host
 * @c: capture, running
 * @x: what it belongs to
 * @pos: position in frames
 * @data: audio data, which begins and ends anywhere in a frame
 * @len: bytes, at most as many as hvsnd_capture_quota() said
 * @phase: bytes of the first frame that came before @data
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_capture_deliver(struct hvsnd_capture *c,
			   const struct hvsnd_context *x, u64 pos,
			   const u8 *data, size_t len, u32 phase)
{
	u32 frame_bytes = c->jitter.frame_bytes;
	s64 have;
	size_t n = 0;

	/* The end of a frame whose beginning was not taken */
	if (c->partial_len % frame_bytes != phase) {
		hvsnd_capture_discard(c);
		n = phase ? frame_bytes - phase : 0;
	}
	if (n >= len)
		return;
	data += n;
	len -= n;
	if (!c->synced) {
		/* Late or not, from here on the host trails by the delay. */
		fill(c, x, pos);
		c->synced = true;
		have = min_t(u64, ahead(c, pos), x->delay->jitter);
		c->silence = x->delay->jitter - have;
	}
	if (c->silence) {
		keep_part(c, data, min_t(size_t, len, sizeof(c->partial) -
						      c->partial_len));
		return;
	}
	while (len) {
		if (!c->partial_len && len >= frame_bytes) {
			n = len / frame_bytes;
			put(c, x, data, n);
			n *= frame_bytes;
		} else {
			n = min_t(size_t, len, frame_bytes - c->partial_len);
			keep_part(c, data, n);
			if (c->partial_len == frame_bytes) {
				put(c, x, c->partial, 1);
				c->partial_len = 0;
			}
		}
		data += n;
		len -= n;
	}
}

/**
 * hvsnd_capture_advance() - Fill the PCM buffer up to the position
 * @c: capture
 * @x: what it belongs to
 * @pos: position in frames
 *
 * Counts what was not there in time.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_capture_advance(struct hvsnd_capture *c,
			   const struct hvsnd_context *x, u64 pos)
{
	u32 due, missing;

	pass(c, x, pos);
	if (c->synced && pos > c->filled_ptr) {
		missing = pos - c->filled_ptr;
		/* This silence would have been put into the jitter buffer. */
		due = min_t(u32, missing, c->silence);
		c->silence -= due;
		x->stats->inserted += missing - due;
		c->late += missing - due;
	}
	fill(c, x, pos);
}

/**
 * hvsnd_capture_resync() - Change the delay at once
 * @c: capture
 * @stats: counters
 * @frames: frames by which the delay becomes shorter; negative for longer
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_capture_resync(struct hvsnd_capture *c, struct hvsnd_stats *stats,
			  s64 frames)
{
	stats->resyncs++;
	if (frames > 0) {
		c->skip = frames;
	} else {
		c->insert = -frames;
		stats->inserted += c->insert;
	}
}

/**
 * hvsnd_capture_pending() - Frames between a position and the newest frame
 * @c: capture
 * @pos: position in frames
 *
 * Context: Any; the caller serialises.
 * Return: Frames, with the silence and without the frames that are to come.
 */
s64 hvsnd_capture_pending(const struct hvsnd_capture *c, u64 pos)
{
	return (s64)c->silence + c->insert - c->skip + ahead(c, pos);
}

/**
 * hvsnd_capture_set_appl() - Take a new application pointer
 * @c: capture
 * @x: what it belongs to
 * @appl_ptr: application pointer in frames since prepare
 *
 * One that lags by more than the buffer goes on from there.
 *
 * Context: Any; the caller serialises.
 * Return: False for a rewind to frames that were overwritten.
 */
bool hvsnd_capture_set_appl(struct hvsnd_capture *c,
			    const struct hvsnd_context *x, s64 appl_ptr)
{
	if (appl_ptr + x->ring->frames < (s64)c->filled_ptr &&
	    appl_ptr < (s64)c->appl_ptr)
		return false;
	c->appl_ptr = max_t(s64, appl_ptr, 0);
	return true;
}
