// SPDX-License-Identifier: GPL-2.0
#include "tracking.h"

/**
 * hvsnd_playback_is_untracked() - Whether the application pointer says nothing
 * @p: playback
 * @pos: position in frames
 *
 * A program that never stops, and has not moved its pointer since START, has
 * the buffer played as the position passes it.
 *
 * Context: Any; the caller serialises.
 * Return: Whether what the position passes is sent, and nothing before.
 */
bool hvsnd_playback_is_untracked(const struct hvsnd_playback *p, u64 pos)
{
	return p->tracking == HVSND_TRACKING_NONE ||
	       (p->tracking == HVSND_TRACKING_LOOP && pos >= p->appl_ptr);
}

/**
 * hvsnd_playback_prepare() - Begin at position 0
 * @p: playback
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_prepare(struct hvsnd_playback *p)
{
	p->appl_ptr = 0;
	p->written_ptr = 0;
	p->queued_ptr = 0;
}

/**
 * hvsnd_playback_drop() - Drop frames that cannot be sent any more
 * @p: playback
 * @stats: counters
 * @to: first frame that is kept
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_drop(struct hvsnd_playback *p, struct hvsnd_stats *stats,
			 u64 to)
{
	stats->dropped += to - p->queued_ptr;
	stats->dropped_late += to - p->queued_ptr;
	p->queued_ptr = to;
}

/**
 * hvsnd_playback_reset() - Forget what the application has written
 * @p: playback
 * @reported_ptr: position that ALSA knows of, in frames
 * @pos: position in frames
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_reset(struct hvsnd_playback *p, u64 reported_ptr, u64 pos)
{
	/* Without tracking, what the position has passed is forgotten. */
	p->queued_ptr = hvsnd_playback_is_untracked(p, pos) ?
				max_t(u64, pos, reported_ptr) : reported_ptr;
	p->appl_ptr = reported_ptr;
	p->busy_until_ns = 0;
}

/**
 * hvsnd_playback_end_loop() - Stop a buffer that is played again and again
 * @p: playback, untracked
 * @pos: position in frames, which has stopped
 *
 * What the position has passed was written.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_end_loop(struct hvsnd_playback *p, u64 pos)
{
	p->appl_ptr = pos;
	p->written_ptr = max_t(u64, p->written_ptr, pos);
}

/**
 * hvsnd_playback_drain() - End a buffer that is played again and again
 * @p: playback
 * @on: whether the position advances
 *
 * A drain ends where what was written ends. If the application has not moved
 * its pointer, as with OSS, which moves the pointer itself, the buffer goes on.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_playback_drain(struct hvsnd_playback *p, bool on)
{
	if (on && p->appl_ptr && p->tracking == HVSND_TRACKING_LOOP)
		p->tracking = HVSND_TRACKING_APPL;
}

/**
 * hvsnd_playback_was_overwritten() - Whether framed frames are gone
 * @p: playback
 * @x: what it belongs to
 * @pos: position in frames
 * @from: first frame that has not gone out
 *
 * Context: Any; the caller serialises.
 * Return: Whether the application has written over frames from @from on.
 */
bool hvsnd_playback_was_overwritten(const struct hvsnd_playback *p,
				    const struct hvsnd_context *x,
				    u64 pos, u64 from)
{
	u64 newest = hvsnd_playback_is_untracked(p, pos) ? pos : p->written_ptr;

	return (s64)(newest - x->ring->frames) > (s64)from;
}

/**
 * hvsnd_playback_set_appl() - Take a new application pointer
 * @p: playback
 * @x: what it belongs to
 * @on: whether the position advances
 * @appl_ptr: application pointer in frames since prepare
 *
 * A late application may be behind what was dropped. One that rewinds has
 * written over what the host did not get for as long as the buffer.
 *
 * Context: Any; the caller serialises.
 * Return: False for a rewind to frames that were sent.
 */
bool hvsnd_playback_set_appl(struct hvsnd_playback *p,
			     const struct hvsnd_context *x, bool on,
			     s64 appl_ptr)
{
	s64 oldest = p->appl_ptr - x->ring->frames;

	if (p->tracking != HVSND_TRACKING_NONE &&
	    appl_ptr < (s64)p->queued_ptr && appl_ptr < (s64)p->appl_ptr)
		return false;
	oldest = min_t(s64, oldest, appl_ptr);
	if (p->tracking == HVSND_TRACKING_APPL &&
	    appl_ptr < (s64)p->appl_ptr && oldest > (s64)p->queued_ptr)
		hvsnd_playback_drop(p, x->stats, oldest);
	if (on && appl_ptr != (s64)p->appl_ptr &&
	    p->tracking == HVSND_TRACKING_LOOP)
		p->tracking = HVSND_TRACKING_APPL;
	p->appl_ptr = max_t(s64, appl_ptr, 0);
	p->written_ptr = max_t(u64, p->written_ptr, p->appl_ptr);
	return true;
}
