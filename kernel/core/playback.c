// SPDX-License-Identifier: GPL-2.0
#include "playback.h"

#define SILENCE_BYTES	65536	/* examined at a time, interrupts disabled */
#define BLOCK_MS	2	/* sent at least, where nothing is tracked */
#define STEP_MS		5	/* by which an untracked position is seen */
#define BEGIN_MS	20	/* in which the application may overwrite */
#define NSEC		1000000000

/**
 * hvsnd_playback_limit() - How far audio data may be sent
 * @p: playback
 * @g: geometry
 * @state: state of the PCM
 * @pos: position in frames
 *
 * Context: Any; the caller serialises.
 * Return: Number of the first frame that may not be sent.
 */
u64 hvsnd_playback_limit(const struct hvsnd_playback *p,
			 const struct hvsnd_geometry *g,
			 enum hvsnd_pcm_state state, u64 pos)
{
	if (hvsnd_pcm_is_draining(state))
		return p->appl_ptr;
	if (hvsnd_playback_is_untracked(p, pos))
		return pos;
	return min_t(u64, p->appl_ptr, pos + g->max_ahead);
}

/**
 * hvsnd_playback_is_due() - Whether audio data is to be sent now
 * @p: playback
 * @g: geometry
 * @state: state of the PCM
 * @pos: position in frames
 * @low_water: frames ahead of the position that are enough
 *
 * A message costs far more than what is in it. So what is written is sent at
 * once only if the host would soon have nothing, and not frame by frame as the
 * position advances.
 *
 * Context: Any; the caller serialises.
 * Return: Whether there is something, and it is time.
 */
bool hvsnd_playback_is_due(const struct hvsnd_playback *p,
			   const struct hvsnd_geometry *g,
			   enum hvsnd_pcm_state state, u64 pos, u32 low_water)
{
	u64 limit = hvsnd_playback_limit(p, g, state, pos);

	if (hvsnd_pcm_is_draining(state))
		return p->queued_ptr < limit;
	if (hvsnd_playback_is_untracked(p, pos))
		return p->queued_ptr + hvsnd_geometry_ms(g, BLOCK_MS) <= limit;
	return p->queued_ptr < limit && p->queued_ptr <= pos + low_water;
}

/**
 * hvsnd_playback_wakeup() - When to send more
 * @p: playback, running
 * @g: geometry
 * @period_wakeups: whether the timer fires at the end of each period
 * @pos: position in frames
 *
 * Context: Any; the caller serialises.
 * Return: Position in frames.
 */
u64 hvsnd_playback_wakeup(const struct hvsnd_playback *p,
			  const struct hvsnd_geometry *g, bool period_wakeups,
			  u64 pos)
{
	if (p->tracking == HVSND_TRACKING_NONE)
		return pos + g->chunk;
	/* What is seen of the position comes in steps of this. */
	if (p->tracking == HVSND_TRACKING_LOOP)
		return pos + min_t(u32, g->chunk,
				   hvsnd_geometry_ms(g, STEP_MS));
	/*
	 * When what was sent will no longer be enough ahead, which is at the
	 * end of a period; where they do not count it is often enough anyway.
	 */
	if (period_wakeups && p->queued_ptr > pos + g->timer_low_water)
		return p->queued_ptr - g->timer_low_water;
	return pos + g->max_ahead / 2;
}

/**
 * hvsnd_playback_may_send() - Whether the host may get audio data
 * @state: state of the PCM
 * @flush: the host is to forget what it holds, and was not told to
 *
 * What is older than a flush must not be sent after it, nor what is newer
 * before it.
 *
 * Context: Any; the caller serialises.
 * Return: Whether hvsnd_playback_next() may be called.
 */
bool hvsnd_playback_may_send(enum hvsnd_pcm_state state, bool flush)
{
	return !flush && !hvsnd_pcm_is_idle(state) &&
	       state != HVSND_PCM_PAUSED;
}

/**
 * hvsnd_playback_begin() - Begin a START that the host does not know of
 * @p: playback
 * @x: what it belongs to
 * @state: state of the PCM
 * @pos: position in frames
 * @fresh: whether the host has got nothing of this stream, or has forgotten it
 * @busy: frames that the host has still to play of what was stopped
 *
 * The host is to trail the position by the delay. So silence goes first, less
 * what has passed since START.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_begin(struct hvsnd_playback *p,
			  const struct hvsnd_context *x,
			  enum hvsnd_pcm_state state, u64 pos, bool fresh,
			  u32 busy)
{
	const struct hvsnd_geometry *g = x->geometry;
	s64 oldest = pos - x->ring->frames;
	u64 from = p->queued_ptr;
	s64 silence;
	u32 soon = 0;

	if (!hvsnd_pcm_is_starting(state))
		soon = min_t(u32, g->chunk, hvsnd_geometry_ms(g, BEGIN_MS));
	p->skip = 0;
	p->insert = 0;
	/*
	 * A fresh host has nothing, also of what another was sent ahead of
	 * @pos. Of what is behind @pos, the application has written over all
	 * but @oldest. A period that it was told is free, which goes on while
	 * this is sent, it may be writing over now.
	 */
	if (!hvsnd_playback_is_untracked(p, pos))
		oldest = min_t(s64, pos + soon, p->appl_ptr - x->ring->frames +
						g->params.period);
	/* Nor is there what the application wrote over before a rewind. */
	oldest = max_t(s64, oldest, min_t(s64, p->queued_ptr, p->written_ptr -
							  x->ring->frames));
	if (fresh)
		from = min_t(u64, from, pos);
	if (hvsnd_pcm_is_on(state)) {
		if (pos > from + x->delay->jitter)
			from = pos - x->delay->jitter;
		if (oldest > (s64)from)
			from = oldest;
	}
	if (from > p->queued_ptr)
		hvsnd_playback_drop(p, x->stats, from);
	p->queued_ptr = from;
	p->sent_ptr = from;
	silence = (s64)(from - pos) + x->delay->jitter - busy;
	p->silence = max_t(s64, silence, 0);
	/* Until reports tell. */
	if (g->params.timed)
		x->delay->now = x->delay->jitter + x->delay->latency +
				max_t(s64, -silence, 0);
}

/*
 * A host that trails by more than it needs catches up by the silence that is
 * next.
 */
static void skip_silence(struct hvsnd_playback *p,
			 const struct hvsnd_context *x, u64 limit)
{
	u32 most = SILENCE_BYTES / x->ring->frame_bytes;
	u64 from = p->queued_ptr;

	while (x->clock->excess && p->queued_ptr < limit &&
	       p->queued_ptr - from < most) {
		u64 frames = min_t(u64, x->silence->frames, x->clock->excess);
		u8 *data;
		u32 n;

		frames = min_t(u64, frames, limit - p->queued_ptr);
		n = hvsnd_ring_piece(x->ring, p->queued_ptr, frames, &data);
		if (memcmp(data, x->silence->block,
			   (size_t)n * x->ring->frame_bytes))
			break;
		hvsnd_clock_reduce(x->clock, n);
		x->delay->now -= min_t(u32, x->delay->now, n);
		p->queued_ptr += n;
	}
	if (p->queued_ptr != from)
		p->sent_ptr = p->queued_ptr;
}

/**
 * hvsnd_playback_next() - Determine what to send next
 * @p: playback
 * @x: what it belongs to
 * @state: state of the PCM
 * @pos: position in frames
 * @frames: set to how many frames may be sent
 *
 * Drops frames that are too late. hvsnd_playback_queue() takes what is sent.
 *
 * Context: Any; the caller serialises.
 * Return: Where the frames come from; of the PCM buffer, from @p->queued_ptr
 * on.
 */
enum hvsnd_source hvsnd_playback_next(struct hvsnd_playback *p,
				      const struct hvsnd_context *x,
				      enum hvsnd_pcm_state state, u64 pos,
				      u64 *frames)
{
	const struct hvsnd_geometry *g = x->geometry;
	bool untracked = hvsnd_playback_is_untracked(p, pos);
	bool on = hvsnd_pcm_is_on(state);
	s64 oldest;
	u64 limit;
	u32 n;

	p->silence += p->insert;
	p->insert = 0;
	*frames = p->silence;
	if (p->silence)
		return HVSND_SOURCE_SILENCE;
	if (state == HVSND_PCM_DRAINING_COPY)
		return HVSND_SOURCE_NONE;
	/*
	 * The application has written over older frames, or is so late that
	 * even the host has passed them.
	 */
	oldest = (untracked ? pos : p->appl_ptr) - x->ring->frames;
	if (!untracked && on)
		oldest = max_t(s64, oldest, pos - x->delay->jitter -
					    x->clock->excess);
	if (oldest > (s64)p->queued_ptr)
		hvsnd_playback_drop(p, x->stats, oldest);
	limit = hvsnd_playback_limit(p, g, state, pos);
	n = min_t(u64, p->skip,
		  limit > p->queued_ptr ? limit - p->queued_ptr : 0);
	p->skip -= n;
	x->stats->dropped += n;
	x->stats->dropped_resync += n;
	p->queued_ptr += n;
	if (!untracked && on && x->delay->reports >= HVSND_REPORTS_FIRST)
		skip_silence(p, x, limit);
	if (!hvsnd_playback_is_due(p, g, state, pos, g->write_low_water))
		return HVSND_SOURCE_NONE;
	*frames = limit - p->queued_ptr;
	return HVSND_SOURCE_RING;
}

/**
 * hvsnd_playback_queue() - Take what is sent
 * @p: playback
 * @source: what hvsnd_playback_next() returned
 * @frames: how many of its frames were framed
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_queue(struct hvsnd_playback *p, enum hvsnd_source source,
			  u32 frames)
{
	if (source == HVSND_SOURCE_SILENCE)
		p->silence -= frames;
	else if (source == HVSND_SOURCE_RING)
		p->queued_ptr += frames;
}

/**
 * hvsnd_playback_stopped() - Note how long the host plays on
 * @p: playback, whose position has stopped
 * @x: what it belongs to
 * @now_ns: time in nanoseconds
 * @ago: frames since the position passed the end of what was written
 *
 * The host trails the position. What begins before the host has caught up is
 * late by that much already.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_stopped(struct hvsnd_playback *p,
			    const struct hvsnd_context *x, u64 now_ns,
			    u64 ago)
{
	u64 known = x->delay->latency + ago;

	p->busy_until_ns = 0;
	if (x->geometry->params.timed && x->delay->now > known)
		p->busy_until_ns = now_ns + div64_u64((x->delay->now - known) *
						      NSEC,
						      x->geometry->params.rate);
}

/**
 * hvsnd_playback_is_complete() - Whether a drain is queued to its last frame
 * @p: playback
 * @state: state of the PCM
 *
 * Context: Any; the caller serialises.
 * Return: Whether nothing of the PCM buffer, and no silence, is left to queue.
 */
bool hvsnd_playback_is_complete(const struct hvsnd_playback *p,
				enum hvsnd_pcm_state state)
{
	return !p->silence && (state == HVSND_PCM_DRAINING_COPY ||
			       p->queued_ptr == p->appl_ptr);
}

/**
 * hvsnd_playback_resync() - Change the delay at once
 * @p: playback
 * @stats: counters
 * @frames: frames by which the delay becomes shorter; negative for longer
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_resync(struct hvsnd_playback *p, struct hvsnd_stats *stats,
			   s64 frames)
{
	stats->resyncs++;
	if (frames > 0) {
		p->skip = frames;
	} else {
		p->insert = -frames;
		stats->inserted += p->insert;
	}
}

/**
 * hvsnd_playback_pending() - Frames between the newest frame and a position
 * @p: playback
 * @pos: position in frames
 *
 * Context: Any; the caller serialises.
 * Return: Frames by which the position is ahead, with the silence and without
 * the frames that are to come.
 */
s64 hvsnd_playback_pending(const struct hvsnd_playback *p, u64 pos)
{
	return (s64)p->silence + p->insert - p->skip -
	       ((s64)p->queued_ptr - (s64)pos);
}
