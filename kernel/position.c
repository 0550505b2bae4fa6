// SPDX-License-Identifier: GPL-2.0
/*
 * The position of a stream: its clock and its timer, under st->lock.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <sound/pcm.h>

#include "position.h"
#include "state.h"

#define HVSND_TIMER_PAUSE_NS	(100 * NSEC_PER_USEC) /* between two expiries */

/**
 * hvsnd_stream_set_timer() - Set the timer
 * @st: stream, which is on
 * @now: time in nanoseconds
 *
 * To the next period boundary, or when more audio data is to be sent; while the
 * clock waits, to the end of the wait.
 *
 * Context: With st->lock.
 */
void hvsnd_stream_set_timer(struct hvsnd_stream *st, u64 now)
{
	const struct hvsnd_geometry *g = &st->geometry;
	u64 at = st->start_timeout_ns;

	lockdep_assert_held(&st->lock);
	WARN_ON_ONCE(HVSND_DEBUG && st->state == HVSND_PCM_RUNNING &&
		     !st->clock.running);
	if (!hvsnd_pcm_is_starting(st->state)) {
		u64 pos = hvsnd_clock_frames(&st->clock, now);
		u64 refill = pos + g->max_ahead / 2;

		if (hvsnd_is_playback(st))
			refill = hvsnd_playback_wakeup(&st->playback, g,
						       st->wakeup_interval ==
						       st->period_frames, pos);
		at = hvsnd_clock_time(&st->clock,
				      min(st->next_boundary, refill));
		/* It has passed, or is more than ktime_t can hold. */
		if (at <= now || at > KTIME_MAX)
			at = now + HVSND_TIMER_PAUSE_NS;
	}
	st->cpu = raw_smp_processor_id();
	hrtimer_start(&st->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_SOFT);
}

/**
 * hvsnd_stream_relearn() - Forget what reports told of the delay
 * @st: stream
 *
 * Context: With st->lock.
 */
void hvsnd_stream_relearn(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->lock);
	hvsnd_delay_relearn(&st->delay, &st->clock, &st->geometry,
			    hvsnd_stream_position(st));
}

/**
 * hvsnd_stream_run_clock() - Let the position advance
 * @st: stream that is starting
 * @now: time in nanoseconds
 *
 * Context: With st->lock.
 */
void hvsnd_stream_run_clock(struct hvsnd_stream *st, u64 now)
{
	hvsnd_stream_set_state(st, HVSND_PCM_RUNNING);
	hvsnd_clock_start(&st->clock, now, hvsnd_clock_frames(&st->clock, now));
	hvsnd_stream_set_timer(st, now);
}

/**
 * hvsnd_stream_stop_clock() - Stop the position
 * @st: stream; nothing happens unless it is on or paused
 *
 * Context: With st->lock.
 */
void hvsnd_stream_stop_clock(struct hvsnd_stream *st)
{
	struct hvsnd_playback *p = &st->playback;
	u64 now = ktime_get_ns();
	u64 pos;

	lockdep_assert_held(&st->lock);
	if (!hvsnd_stream_is_on(st) && !hvsnd_stream_is_paused(st))
		return;
	hvsnd_clock_stop(&st->clock, now);
	pos = hvsnd_clock_frames(&st->clock, now);
	/* Where nothing is tracked, what was passed was played. */
	if (hvsnd_is_playback(st) && hvsnd_playback_is_untracked(p, pos))
		hvsnd_playback_end_loop(p, pos);
	p->busy_until_ns = 0;
	if (hvsnd_is_playback(st) && pos >= p->appl_ptr) {
		hvsnd_stream_set_state(st, HVSND_PCM_DRAINING);
		if (hvsnd_stream_is_up(st))
			hvsnd_playback_stopped(p, &st->context, now,
					       pos - p->appl_ptr);
	} else {
		hvsnd_stream_set_state(st, HVSND_PCM_STOPPED);
		st->flush = true;
	}
	hrtimer_try_to_cancel(&st->timer);
}

/**
 * hvsnd_stream_begin_starting() - Let the clock wait for the first audio data
 * @st: stream
 * @at_ns: when linked streams start together, 0 for none
 *
 * The clock waits until the worker has sent what there is, and a little longer
 * if the host is about to answer. Otherwise the position would pass the first
 * frames, and the application write over them, before they are sent. The wait
 * ends before ALSA's core takes it for a position that stalls.
 *
 * Context: With st->lock.
 */
void hvsnd_stream_begin_starting(struct hvsnd_stream *st, u64 at_ns)
{
	u64 timeout = (u64)st->geometry.start_timeout * NSEC_PER_SEC;
	u64 now = ktime_get_ns();

	lockdep_assert_held(&st->lock);
	hvsnd_stream_relearn(st);
	if (st->conn.lost && !at_ns) {
		hvsnd_stream_run_clock(st, now);
		return;
	}
	hvsnd_stream_set_state(st, at_ns ? HVSND_PCM_STARTING_LINKED :
					 HVSND_PCM_STARTING);
	st->start_timeout_ns = at_ns ?: now + div_u64(timeout, st->params.rate);
	hvsnd_stream_set_timer(st, now);
}

/**
 * hvsnd_stream_timer() - Period boundaries, and audio data that is due
 * @timer: timer of a stream
 *
 * Context: Soft interrupt.
 * Return: HRTIMER_NORESTART; the timer is set again before.
 */
enum hrtimer_restart hvsnd_stream_timer(struct hrtimer *timer)
{
	struct hvsnd_stream *st =
		container_of(timer, struct hvsnd_stream, timer);
	struct snd_pcm_substream *elapsed = NULL;
	u64 now = ktime_get_ns();
	unsigned long flags;
	bool linked;
	u32 low;
	bool work = false;
	u64 pos;

	spin_lock_irqsave(&st->lock, flags);
	if (!hvsnd_stream_is_on(st)) {
		spin_unlock_irqrestore(&st->lock, flags);
		return HRTIMER_NORESTART;
	}
	linked = st->state == HVSND_PCM_STARTING_LINKED;
	if (hvsnd_pcm_is_starting(st->state)) {
		if (now >= st->start_timeout_ns)
			hvsnd_stream_run_clock(st, linked ?
					       st->start_timeout_ns : now);
	} else {
		pos = hvsnd_clock_frames(&st->clock, now);
		low = st->geometry.timer_low_water;
		if (pos >= st->next_boundary) {
			elapsed = READ_ONCE(st->substream);
			st->next_boundary =
				(div_u64(pos, st->wakeup_interval) + 1) *
				st->wakeup_interval;
		}
		if (hvsnd_is_playback(st))
			work = hvsnd_stream_is_up(st) &&
			       !st->remote.suspended &&
			       (hvsnd_playback_is_due(&st->playback,
						      &st->geometry, st->state,
						      pos, low) ||
				(st->conn.session.ops->timing &&
				 now >= st->delay.latest_ns));
		else
			work = st->capture.no_room;
	}
	spin_unlock_irqrestore(&st->lock, flags);

	if (work)
		hvsnd_stream_wake(st);
	if (elapsed)
		snd_pcm_period_elapsed(elapsed);

	/* ALSA may have stopped or restarted the PCM. */
	spin_lock_irqsave(&st->lock, flags);
	if (hvsnd_stream_is_on(st))
		hvsnd_stream_set_timer(st, ktime_get_ns());
	spin_unlock_irqrestore(&st->lock, flags);
	return HRTIMER_NORESTART;
}

/* Frames that the host has still to play of what was stopped. */
static s64 hvsnd_stream_busy(const struct hvsnd_stream *st)
{
	u64 end = max(st->conn.channel.busy_ns, st->playback.busy_until_ns),
	    now = ktime_get_ns();

	if (end <= now)
		return 0;
	return div_u64((end - now) * st->params.rate, NSEC_PER_SEC);
}

/**
 * hvsnd_stream_begin() - Begin a START that the host does not know of
 * @st: stream
 * @pos: playback: position in frames
 *
 * Context: With st->lock.
 */
void hvsnd_stream_begin(struct hvsnd_stream *st, u64 pos)
{
	bool fresh = st->conn.session.ops->timing || !st->conn.audio_bytes;

	lockdep_assert_held(&st->lock);
	hvsnd_remote_begin(&st->remote, st->epoch);
	hvsnd_stream_relearn(st);
	if (hvsnd_is_playback(st))
		hvsnd_playback_begin(&st->playback, &st->context, st->state,
				     pos, fresh, hvsnd_stream_busy(st));
	else
		hvsnd_capture_begin(&st->capture);
}
