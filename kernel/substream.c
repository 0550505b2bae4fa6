// SPDX-License-Identifier: GPL-2.0
/*
 * One substream between two hw_params: what ALSA's callbacks do to a stream.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <sound/core.h>
#include <sound/pcm.h>

#include "alarm.h"
#include "card.h"
#include "conn.h"
#include "position.h"
#include "rx.h"
#include "state.h"
#include "streams.h"
#include "substream.h"
#include "tx.h"
#include "worker.h"

#define LINGERING_MAX	32	/* streams of one card; more are cut off */
#define LINGER_MS	3000	/* beyond what the drain takes */

/**
 * hvsnd_stream_create() - Create a stream for one set of hw_params
 * @card: card
 * @substream: ALSA's substream
 * @params: direction, format, rate, channels and names; the byte counts are
 *	computed here
 * @period_frames: frames per period
 * @ring_frames: frames in the PCM buffer
 * @ring: PCM buffer
 *
 * Context: Process.
 * Return: Stream, which hvsnd_stream_detach() ends, or NULL if memory is short.
 */
struct hvsnd_stream *
hvsnd_stream_create(struct hvsnd_card *card,
		    struct snd_pcm_substream *substream,
		    const struct hvsnd_session_params *params,
		    u32 period_frames, u32 ring_frames, u8 *ring)
{
	snd_pcm_format_t format = params->format;
	struct hvsnd_stream *st;

	st = kzalloc(sizeof(*st), GFP_KERNEL);
	if (!st)
		return NULL;

	st->card = card;
	st->substream = substream;
	st->params = *params;
	st->frame_bytes = snd_pcm_format_physical_width(format) / 8 *
			  params->channels;
	st->ring.data = ring;
	st->ring.frames = ring_frames;
	st->ring.frame_bytes = st->frame_bytes;
	st->period_frames = period_frames;
	st->conn.session.ops = hvsnd_config_protocol(&card->config);
	hvsnd_stream_set_geometry(st);
	if (!hvsnd_is_playback(st)) {
		st->capture.jitter.frame_bytes = st->frame_bytes;
		st->capture.jitter.frames =
			hvsnd_capture_jitter_frames(&st->geometry);
		st->capture.jitter.data =
			kvmalloc_array(st->capture.jitter.frames,
				       st->frame_bytes,
				       GFP_KERNEL | __GFP_NOWARN);
		if (!st->capture.jitter.data) {
			kfree(st);
			return NULL;
		}
	}
	st->silence.frames = HVSND_SILENCE_BLOCK / st->frame_bytes;
	snd_pcm_format_set_silence(format, st->silence.block,
				   HVSND_SILENCE_BLOCK * 8 /
				   snd_pcm_format_physical_width(format));
	st->context.geometry = &st->geometry;
	st->context.ring = &st->ring;
	st->context.silence = &st->silence;
	st->context.clock = &st->clock;
	st->context.delay = &st->delay;
	st->context.stats = &st->stats;

	spin_lock_init(&st->lock);
	mutex_init(&st->work_lock);
	INIT_WORK(&st->work, hvsnd_stream_work);
	hrtimer_setup(&st->timer, hvsnd_stream_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
	hvsnd_stream_init_conn(st);
	st->conn.session.event = hvsnd_stream_event;
	hvsnd_remote_reset(&st->remote, st->epoch);
	hvsnd_delay_init(&st->delay, &st->geometry);
	hvsnd_clock_init(&st->clock, params->rate, st->delay.jitter);
	st->wakeup_interval = period_frames;
	st->next_boundary = period_frames;

	get_task_comm(st->comm, current->group_leader);
	st->number = substream->number;
	hvsnd_card_get(card);
	mutex_lock(&card->lock);
	st->id = ++card->next_id;
	/* A card may be deleted while a program opens it. */
	if (card->gone)
		set_bit(HVSND_REQUEST_ABORT, &st->conn.requests);
	list_add_tail(&st->entry, &card->streams);
	mutex_unlock(&card->lock);
	atomic_inc(&hvsnd_streams_generation);
	return st;
}

/**
 * hvsnd_stream_stop() - Stop the position
 * @st: stream
 *
 * If the position has passed all that was written (after a drain, or an xrun),
 * the host plays what it holds. Otherwise the host is to forget it.
 *
 * Context: Atomic; also from the stream's own timer.
 */
void hvsnd_stream_stop(struct hvsnd_stream *st)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	hvsnd_stream_stop_clock(st);
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_prepare() - Prepare for START at position 0
 * @st: stream
 *
 * Begins to connect if there is no connection. Where a connection is a stream
 * on the host, connecting waits for START, or for the first write. Does not
 * wait for the connection.
 *
 * ALSA's core lets another thread of the program start the PCM in the meantime,
 * and then takes it for prepared.
 *
 * Context: Process, after hvsnd_stream_sync_stop().
 */
void hvsnd_stream_prepare(struct hvsnd_stream *st)
{
	u64 now = ktime_get_ns();

	/* The worker may be ending a stream that the host has terminated. */
	mutex_lock(&st->work_lock);
	spin_lock_irq(&st->lock);
	if (st->conn.state == HVSND_CONN_TERMINATED)
		hvsnd_stream_set_conn(st, HVSND_CONN_BACKOFF);
	hvsnd_stream_stop_clock(st);
	/* hvsnd_clock_init() would forget what is known of the host's rate. */
	hvsnd_clock_start(&st->clock, now, 0);
	hvsnd_clock_stop(&st->clock, now);
	st->reported_ptr = 0;
	hvsnd_playback_prepare(&st->playback);
	hvsnd_capture_prepare(&st->capture);
	spin_unlock_irq(&st->lock);
	mutex_unlock(&st->work_lock);
	set_bit(HVSND_REQUEST_RETRY, &st->conn.requests);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_start() - Let the position advance
 * @st: stream, prepared; for its being on, see hvsnd_stream_prepare()
 * @freewheel: the application does not report its application pointer
 * @loops: the PCM does not stop where what was written ends
 * @wakeups: the application is to be woken at each period
 * @at_ns: time in nanoseconds at which linked streams start together, or 0
 *
 * Context: Atomic, with the PCM stream lock.
 */
void hvsnd_stream_start(struct hvsnd_stream *st, bool freewheel, bool loops,
			bool wakeups, u64 at_ns)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	hvsnd_stream_stop_clock(st);
	st->playback.tracking = freewheel ? HVSND_TRACKING_NONE :
				loops ? HVSND_TRACKING_LOOP :
					HVSND_TRACKING_APPL;
	st->wakeup_interval = st->period_frames;
	if (!wakeups)
		st->wakeup_interval *=
			DIV_ROUND_UP(hvsnd_ms(st, 100), st->period_frames);
	st->next_boundary = st->wakeup_interval;
	st->epoch++;
	hvsnd_stream_begin_starting(st, at_ns);
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_start_time() - When a stream starts that is linked
 * @st: stream
 *
 * Context: Atomic, with the PCM stream lock.
 * Return: Time in nanoseconds, 0 if it does not wait for such a time.
 */
u64 hvsnd_stream_start_time(struct hvsnd_stream *st)
{
	unsigned long flags;
	u64 at_ns = 0;

	spin_lock_irqsave(&st->lock, flags);
	if (st->state == HVSND_PCM_STARTING_LINKED)
		at_ns = st->start_timeout_ns;
	spin_unlock_irqrestore(&st->lock, flags);
	return at_ns;
}

/**
 * hvsnd_stream_drain() - Note that the position is to stop at the end
 * @st: stream, running
 *
 * Context: Atomic, with the PCM stream lock.
 */
void hvsnd_stream_drain(struct hvsnd_stream *st)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	hvsnd_playback_drain(&st->playback, hvsnd_stream_is_on(st));
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_pause() - Stop the position, and have the host pause
 * @st: stream, running
 *
 * Context: Atomic, with the PCM stream lock.
 */
void hvsnd_stream_pause(struct hvsnd_stream *st)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	hvsnd_clock_stop(&st->clock, ktime_get_ns());
	hvsnd_stream_set_state(st, HVSND_PCM_PAUSED);
	hrtimer_try_to_cancel(&st->timer);
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_resume() - Go on after hvsnd_stream_pause()
 * @st: stream
 * @at_ns: as in hvsnd_stream_start()
 *
 * Context: Atomic, with the PCM stream lock.
 */
void hvsnd_stream_resume(struct hvsnd_stream *st, u64 at_ns)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	/* A host that cannot pause has run dry. */
	if (!st->conn.session.ops->timing)
		st->epoch++;
	/* A host that was not told of the pause yet plays on. */
	if (!at_ns && hvsnd_stream_is_up(st) &&
	    hvsnd_remote_is_running(&st->remote) &&
	    !hvsnd_remote_is_stale(&st->remote, st->epoch)) {
		hvsnd_stream_relearn(st);
		hvsnd_stream_set_state(st, HVSND_PCM_STARTING);
		hvsnd_stream_run_clock(st, ktime_get_ns());
	} else {
		hvsnd_stream_begin_starting(st, at_ns);
	}
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_pointer() - Determine the hardware pointer
 * @st: stream
 * @most: frames by which the pointer may advance since the last call
 * @delay: set to the frames between the position and the host's loudspeaker
 *	or microphone
 *
 * Context: Atomic, with the PCM stream lock.
 * Return: Frame within the PCM buffer, or -1 if the position has advanced by
 * more than the buffer since the last call, for instance while the machine was
 * paused.
 */
s64 hvsnd_stream_pointer(struct hvsnd_stream *st, u64 most, u32 *delay)
{
	unsigned long flags;
	u32 at;
	u64 pos;

	spin_lock_irqsave(&st->lock, flags);
	/* A correction holds from when its report was asked for. */
	pos = max(hvsnd_stream_position(st), st->reported_ptr);
	if (pos - st->reported_ptr > most)
		pos = st->reported_ptr + most;
	if (pos - st->reported_ptr >= st->ring.frames) {
		spin_unlock_irqrestore(&st->lock, flags);
		return -1;
	}
	if (!hvsnd_is_playback(st))
		hvsnd_capture_advance(&st->capture, &st->context, pos);
	/*
	 * For dmix, ALSA's core silences what is behind the pointer, and
	 * programs write over it: it must have been sent.
	 */
	if (hvsnd_is_playback(st) &&
	    hvsnd_playback_is_untracked(&st->playback, pos) &&
	    hvsnd_stream_is_up(st) && !st->remote.suspended)
		pos = max(st->reported_ptr,
			  min(pos, READ_ONCE(st->playback.sent_ptr)));
	if (hvsnd_is_playback(st))
		st->stats.played += pos - st->reported_ptr;
	else
		st->stats.recorded += pos - st->reported_ptr;
	st->reported_ptr = pos;
	*delay = st->delay.now;
	spin_unlock_irqrestore(&st->lock, flags);
	div_u64_rem(pos, st->ring.frames, &at);
	return at;
}

/**
 * hvsnd_stream_ack() - Take a new application pointer
 * @st: stream
 * @ahead: frames by which it is ahead of the last hvsnd_stream_pointer();
 *	negative if it is behind
 *
 * Context: Atomic, with the PCM stream lock.
 * Return: 0, or -EINVAL for a rewind to frames that were sent or overwritten.
 */
int hvsnd_stream_ack(struct hvsnd_stream *st, s64 ahead)
{
	s64 appl_ptr = st->reported_ptr + ahead;
	struct hvsnd_playback *p = &st->playback;
	bool on = hvsnd_stream_is_on(st);
	unsigned long flags;
	bool work = false;
	bool taken;

	spin_lock_irqsave(&st->lock, flags);
	if (hvsnd_is_playback(st)) {
		work = hvsnd_stream_is_up(st) && !st->remote.suspended && on &&
		       (p->tracking == HVSND_TRACKING_NONE ||
			p->queued_ptr <= st->reported_ptr +
						 st->geometry.write_low_water);
		/* At the first write the host is asked for a stream. */
		work |= !p->appl_ptr && appl_ptr > 0;
		taken = hvsnd_playback_set_appl(p, &st->context, on,
						appl_ptr);
	} else {
		taken = hvsnd_capture_set_appl(&st->capture, &st->context,
					       appl_ptr);
	}
	/* The timer wakes the program: it is to fire on this processor. */
	if (hvsnd_stream_is_on(st) && st->cpu != raw_smp_processor_id())
		hvsnd_stream_set_timer(st, ktime_get_ns());
	spin_unlock_irqrestore(&st->lock, flags);
	if (work && taken)
		hvsnd_stream_wake(st);
	return taken ? 0 : -EINVAL;
}

/**
 * hvsnd_stream_reset() - Drop what the application has written
 * @st: stream
 *
 * Each prepare does this too, with nothing to drop.
 *
 * Context: Atomic, with the PCM stream lock.
 */
void hvsnd_stream_reset(struct hvsnd_stream *st)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	if (hvsnd_stream_is_on(st) || st->state == HVSND_PCM_PAUSED) {
		if (!hvsnd_is_playback(st)) {
			st->capture.appl_ptr = st->reported_ptr;
		} else {
			hvsnd_playback_reset(&st->playback, st->reported_ptr,
					     hvsnd_stream_position(st));
			st->flush = true;
			st->epoch++;
		}
	}
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_detach() - Take the stream away from ALSA
 * @st: stream; the caller must not use it afterwards
 *
 * Context: Process. Does not wait for the host.
 */
void hvsnd_stream_detach(struct hvsnd_stream *st)
{
	const struct hvsnd_stats *stats = &st->stats;
	struct hvsnd_card *card = st->card;
	struct hvsnd_stream *other;
	unsigned int lingering = 0;
	u64 frames, linger_ms;

	/* ALSA's core may not know that it is on. */
	hvsnd_stream_stop(st);
	hvsnd_stream_sync_stop(st);
	dev_dbg(card->dev,
		"%.15s closed: %llu frames, dropped %llu, inserted %llu, underflows %u, overflows %u, reconnects %u, resyncs %u, unrequested %llu, delay %u of %u, %d ppb\n",
		st->params.application, st->reported_ptr, stats->dropped,
		stats->inserted, stats->underflows, stats->overflows,
		stats->reconnects, stats->resyncs,
		st->conn.session.unrequested_bytes, st->delay.now,
		st->clock.target, st->clock.ppb);
	mutex_lock(&st->work_lock);
	frames = (u64)st->geometry.max_ahead +
		 max(st->delay.now, st->delay.jitter + st->delay.latency);
	linger_ms = div_u64(frames * MSEC_PER_SEC, st->params.rate) + LINGER_MS;
	if (st->delay.device != HVSND_DEVICE_BEGUN &&
	    st->conn.session.ops->timing)
		linger_ms += HVSND_LATE_DEVICE_MS;
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_LINGER,
				  ktime_get_ns() + linger_ms * NSEC_PER_MSEC);
	mutex_unlock(&st->work_lock);

	/* From here on the worker may end the stream, the reaper free it. */
	mutex_lock(&card->lock);
	list_for_each_entry(other, &card->streams, entry)
		lingering += !hvsnd_stream_is_attached(other);
	if (lingering >= LINGERING_MAX)
		set_bit(HVSND_REQUEST_ABORT, &st->conn.requests);
	mutex_lock(&st->work_lock);
	hvsnd_stream_set_life(st, HVSND_LIFE_LINGERING);
	mutex_unlock(&st->work_lock);
	hvsnd_stream_wake(st);
	mutex_unlock(&card->lock);
	atomic_inc(&hvsnd_streams_generation);
}
