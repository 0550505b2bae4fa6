// SPDX-License-Identifier: GPL-2.0
/*
 * The pump: one running substream, between ring, clock, session and link.
 *
 * The worker is level triggered: whatever woke it, it looks at what ALSA
 * wants (@state, @epoch, @flush), what the host knows (host_*) and what can be
 * sent, and brings them together as far as that goes without waiting.
 */
#include <linux/bits.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <sound/core.h>
#include <sound/pcm.h>
#include <uapi/linux/snd_hvsock.h>

#include "card.h"
#include "notify.h"
#include "stream.h"

#define HVSND_RECEIVES		64	/* then let others work */
#define HVSND_RECONNECT_MS	500
#define HVSND_RETRY_MIN_MS	100
#define HVSND_RETRY_ON_MS	400	/* while the application runs */
#define HVSND_RETRY_MAX_MS	2000
#define HVSND_SILENT_MS		2000	/* a host this quiet is told of */
#define HVSND_UNANSWERED_MS	2000	/* a host this quiet is gone */
#define HVSND_GIVE_UP_MS	35000U	/* PulseAudio's clients wait 30 s */
#define HVSND_LATE_DEVICE_MS	5000	/* no device begins later */
#define HVSND_LINGERING_MAX	32	/* of one card; more are cut off */
#define HVSND_LINGER_MS		3000	/* over what the tail takes */
#define HVSND_DRAIN_BYTES	SZ_1M	/* of drained sounds not yet sent */

static u32 hvsnd_ms(const struct hvsnd_stream *st, u32 ms)
{
	return st->params.rate * ms / 1000;
}

static bool hvsnd_is_playback(const struct hvsnd_stream *st)
{
	return st->params.direction == SNDRV_PCM_STREAM_PLAYBACK;
}

static u64 hvsnd_stream_position(const struct hvsnd_stream *st)
{
	return hvsnd_clock_frames(&st->clock, ktime_get_ns());
}

/**
 * hvsnd_stream_wake - have the worker look at the stream
 * @st: the stream
 *
 * Context: any.
 */
void hvsnd_stream_wake(struct hvsnd_stream *st)
{
	queue_work(hvsnd_workqueue, &st->work);
}

static void hvsnd_stream_channel_wake(struct hvsnd_channel *channel)
{
	struct hvsnd_stream *st = container_of(channel, struct hvsnd_stream,
					       conn.channel);

	hvsnd_stream_wake(st);
}

/*
 * Jiffies may have lagged behind when it was set, on a machine that is itself
 * kept waiting; it then comes early, and what it is for would not be due yet.
 */
static void hvsnd_stream_alarm(struct work_struct *work)
{
	struct hvsnd_stream *st = container_of(to_delayed_work(work),
					       struct hvsnd_stream, conn.alarm);
	s64 left = READ_ONCE(st->conn.alarm_ns) - ktime_get_ns();

	if (left > 0)
		queue_delayed_work(hvsnd_workqueue, &st->conn.alarm,
				   nsecs_to_jiffies(left) + 1);
	else
		hvsnd_stream_wake(st);
}

static void hvsnd_stream_set_deadline(struct hvsnd_stream *st,
				      enum hvsnd_deadline which, u64 at_ns)
{
	lockdep_assert_held(&st->work_lock);
	WRITE_ONCE(st->conn.deadlines[which], at_ns);
}

static bool hvsnd_stream_has_passed(const struct hvsnd_stream *st,
				    enum hvsnd_deadline which)
{
	return ktime_get_ns() >= READ_ONCE(st->conn.deadlines[which]);
}

/*
 * Has the alarm come at the earliest deadline that was still to come at
 * @since_ns, when the worker began to look.
 */
static void hvsnd_stream_set_alarm(struct hvsnd_stream *st, u64 since_ns)
{
	u64 earliest = hvsnd_deadline_next(st->conn.deadlines, since_ns);
	u64 now = ktime_get_ns();

	lockdep_assert_held(&st->work_lock);
	if (earliest == st->conn.alarm_ns)
		return;
	WRITE_ONCE(st->conn.alarm_ns, earliest);
	if (earliest == U64_MAX)
		cancel_delayed_work(&st->conn.alarm);
	else
		mod_delayed_work(hvsnd_workqueue, &st->conn.alarm,
				 earliest <= now ? 0 :
				 nsecs_to_jiffies(earliest - now) + 1);
}

/* ------------------------------------------------------------------------ */
/* The PCM's state, under st->lock                                          */

static const u8 hvsnd_conn_next[] = {
	[HVSND_CONN_DOWN] = BIT(HVSND_CONN_DOWN) | BIT(HVSND_CONN_CONNECTING) |
			    BIT(HVSND_CONN_BACKOFF),
	[HVSND_CONN_BACKOFF] = BIT(HVSND_CONN_DOWN) |
			       BIT(HVSND_CONN_CONNECTING) |
			       BIT(HVSND_CONN_BACKOFF),
	[HVSND_CONN_CONNECTING] = BIT(HVSND_CONN_HANDSHAKE) |
				  BIT(HVSND_CONN_BACKOFF),
	[HVSND_CONN_HANDSHAKE] = BIT(HVSND_CONN_ADMITTED) |
				 BIT(HVSND_CONN_UP) | BIT(HVSND_CONN_BACKOFF),
	[HVSND_CONN_ADMITTED] = BIT(HVSND_CONN_HANDSHAKE) |
				BIT(HVSND_CONN_BACKOFF),
	[HVSND_CONN_UP] = BIT(HVSND_CONN_BACKOFF),
};

static void hvsnd_stream_set_conn(struct hvsnd_stream *st,
				  enum hvsnd_conn_state state)
{
	lockdep_assert_held(&st->work_lock);
	lockdep_assert_held(&st->lock);
	WARN_ON_ONCE(HVSND_DEBUG &&
		     !(hvsnd_conn_next[st->conn.state] & BIT(state)));
	WRITE_ONCE(st->conn.state, state);
}

/* The host has the stream. */
static bool hvsnd_stream_is_up(const struct hvsnd_stream *st)
{
	return READ_ONCE(st->conn.state) == HVSND_CONN_UP;
}

static bool hvsnd_stream_is_asked(const struct hvsnd_stream *st,
				  enum hvsnd_request request)
{
	return test_bit(request, &st->conn.requests);
}

static void hvsnd_stream_set_state(struct hvsnd_stream *st,
				   enum hvsnd_pcm_state state)
{
	lockdep_assert_held(&st->lock);
	WARN_ON_ONCE(HVSND_DEBUG && !hvsnd_pcm_may_follow(st->state, state));
	WRITE_ONCE(st->state, state);
}

static bool hvsnd_stream_is_on(const struct hvsnd_stream *st)
{
	return hvsnd_pcm_is_on(READ_ONCE(st->state));
}

/**
 * hvsnd_stream_is_idle() - Whether ALSA wants nothing of a stream
 * @st: the stream
 *
 * Context: Any.
 * Return: Whether nothing runs, is paused or drained.
 */
bool hvsnd_stream_is_idle(const struct hvsnd_stream *st)
{
	return hvsnd_pcm_is_idle(READ_ONCE(st->state));
}

/* ------------------------------------------------------------------------ */
/* The position, under st->lock                                             */

static void hvsnd_stream_set_timer(struct hvsnd_stream *st, u64 now)
{
	const struct hvsnd_geometry *g = &st->geometry;
	u64 at = st->start_timeout_ns;

	lockdep_assert_held(&st->lock);
	if (!hvsnd_pcm_is_starting(st->state)) {
		u64 pos = hvsnd_clock_frames(&st->clock, now);
		u64 refill = pos + g->max_ahead / 2;

		if (hvsnd_is_playback(st))
			refill = hvsnd_playback_wakeup(&st->playback, g,
						       st->wakeup_interval ==
						       st->period_frames, pos);
		at = hvsnd_clock_time(&st->clock,
				      min(st->next_boundary, refill));
	}
	st->cpu = raw_smp_processor_id();
	hrtimer_start(&st->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_SOFT);
}

/* What reports told of the host's delay does not hold any more. */
static void hvsnd_stream_relearn(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->lock);
	hvsnd_delay_relearn(&st->delay, &st->clock, &st->geometry,
			    hvsnd_stream_position(st));
}

static void hvsnd_stream_run_clock(struct hvsnd_stream *st, u64 now)
{
	hvsnd_stream_set_state(st, HVSND_PCM_RUNNING);
	hvsnd_clock_start(&st->clock, now, hvsnd_clock_frames(&st->clock, now));
	hvsnd_stream_set_timer(st, now);
}

/*
 * The clock waits until the worker has sent what there is: a moment, and a
 * little longer if the host is about to answer. Otherwise the position would
 * pass the first frames, and the application write over them, before they are
 * sent. The wait ends before ALSA's core takes it for a position that stalls.
 */
static void hvsnd_stream_begin_starting(struct hvsnd_stream *st, u64 at_ns)
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

static enum hrtimer_restart hvsnd_stream_timer(struct hrtimer *timer)
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

	/* Stopped, and even started again, in the meantime? */
	spin_lock_irqsave(&st->lock, flags);
	if (hvsnd_stream_is_on(st))
		hvsnd_stream_set_timer(st, ktime_get_ns());
	spin_unlock_irqrestore(&st->lock, flags);
	return HRTIMER_NORESTART;
}

/* ------------------------------------------------------------------------ */
/* The worker: to the host                                                  */

/* Frames of what was stopped that the host has still to play. */
static s64 hvsnd_stream_busy(const struct hvsnd_stream *st)
{
	u64 end = max(st->conn.channel.busy_ns, st->playback.busy_until_ns),
	    now = ktime_get_ns();

	if (end <= now)
		return 0;
	return div_u64((end - now) * st->params.rate, NSEC_PER_SEC);
}

/* Begins a START that the host does not know of. */
static void hvsnd_stream_begin(struct hvsnd_stream *st, u64 pos)
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

/*
 * Under st->lock: what is drained ends where what was written does. Where
 * nothing was told, as by OSS, which moves the pointer itself, it goes on.
 */
static void hvsnd_stream_check_drain(struct hvsnd_stream *st)
{
	struct snd_pcm_substream *substream = st->substream;

	lockdep_assert_held(&st->lock);
	if (st->playback.tracking == HVSND_TRACKING_LOOP &&
	    st->playback.appl_ptr && hvsnd_stream_is_on(st) &&
	    substream->runtime->status->state == SNDRV_PCM_STATE_DRAINING)
		st->playback.tracking = HVSND_TRACKING_APPL;
}

/* Frames the next audio to be sent. Returns whether there is any. */
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
	st->conn.session.unasked =
		hvsnd_delay_trails(&st->delay, &st->clock, pos);
	if (left) {
		n = st->conn.session.ops->frame(&st->conn.session, left,
						st->tx.head, &st->tx.head_len);
		source = HVSND_SOURCE_DRAIN_COPY;
		st->tx.drain_framed += n;
	} else if (!st->flush && !hvsnd_pcm_is_idle(st->state) &&
		   st->state != HVSND_PCM_PAUSED) {
		/* The host is to forget first what is older than a flush. */
		hvsnd_stream_check_drain(st);
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

/* Lets go of the tail once all of it that is framed went out. */
static void hvsnd_stream_free_drain_copy(struct hvsnd_stream *st)
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

/*
 * The host forgets what it has, and is not to get the rest of what it has in
 * part. Of what was drained before, and did not begin to go out, it gets all.
 */
static void hvsnd_stream_cut_drain_copy(struct hvsnd_stream *st)
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
 * rest of a block that is framed. The host must get as many bytes: it gets
 * silence.
 */
static void hvsnd_stream_check_body(struct hvsnd_stream *st)
{
	u64 at = div_u64(st->tx.body_pos, st->frame_bytes);
	u64 frames = st->tx.body_left / st->frame_bytes;
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

/* Sends what is framed: head and audio, straight from where they are. */
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
	/* However full it stays, the host takes what is sent. */
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

/*
 * Sends until nothing is left that may be sent, or the connection is full.
 * Returns 0, -EAGAIN if it is full, or why the connection is lost.
 */
static int hvsnd_stream_send(struct hvsnd_stream *st)
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

/* ------------------------------------------------------------------------ */
/* The worker: from the host                                                */

/*
 * Capture: how many of the received bytes the session may take now. Audio data
 * that nobody wants is taken and thrown away.
 */
static size_t hvsnd_stream_rx_quota(struct hvsnd_stream *st)
{
	size_t left = st->rx.len - st->rx.off;
	unsigned long flags;
	size_t quota = left;

	lockdep_assert_held(&st->work_lock);
	if (hvsnd_is_playback(st))
		return left;

	spin_lock_irqsave(&st->lock, flags);
	st->capture.no_room = false;
	st->rx.discard = st->state != HVSND_PCM_RUNNING;
	if (!st->rx.discard) {
		if (hvsnd_remote_is_stale(&st->remote, st->epoch))
			hvsnd_stream_begin(st, 0);
		quota = hvsnd_capture_quota(&st->capture, &st->context,
					    hvsnd_stream_position(st));
	}
	spin_unlock_irqrestore(&st->lock, flags);
	return min(quota, left);
}

static void hvsnd_stream_on_data(struct hvsnd_stream *st, const u8 *data,
				 size_t len)
{
	unsigned long flags;
	u32 phase;

	lockdep_assert_held(&st->work_lock);
	/* The host cuts its bytes anywhere, we stop taking them anywhere. */
	div_u64_rem(st->conn.audio_bytes, st->frame_bytes, &phase);
	st->conn.audio_bytes += len;
	if (st->rx.discard)
		return;

	spin_lock_irqsave(&st->lock, flags);
	hvsnd_capture_deliver(&st->capture, &st->context,
			      hvsnd_stream_position(st), data, len, phase);
	spin_unlock_irqrestore(&st->lock, flags);
}

/*
 * Under st->lock: what the report says of the delay between the position and
 * the host's loudspeaker or microphone at a moment, in frames. The host counts
 * bytes from some moment of its own. But the connection keeps the order, so
 * its count and ours can be compared where the request stood among the audio
 * data, or the answer.
 */
static s64 hvsnd_stream_report(const struct hvsnd_stream *st,
			       const struct hvsnd_event *ev, u64 at_ns)
{
	u64 pos = hvsnd_clock_frames(&st->clock, at_ns);
	s64 bytes = ev->timing.write_index - ev->timing.read_index;
	s64 pending;

	lockdep_assert_held(&st->lock);
	if (hvsnd_is_playback(st)) {
		bytes += st->conn.audio_bytes - st->delay.asked_total;
		pending = hvsnd_playback_pending(&st->playback, pos);
	} else {
		bytes += st->capture.partial_len;
		pending = hvsnd_capture_pending(&st->capture, pos);
	}
	return div64_s64(bytes, st->frame_bytes) + pending +
	       hvsnd_delay_latency(&st->geometry, ev->latency_us);
}

/* Under st->lock: the delay is made shorter by so many frames, or longer. */
static void hvsnd_stream_resync(struct hvsnd_stream *st, s64 frames)
{
	u32 skip = max_t(s64, frames, 0), insert = max_t(s64, -frames, 0);

	lockdep_assert_held(&st->lock);
	st->stats.resyncs++;
	if (hvsnd_is_playback(st)) {
		st->playback.skip = skip ?: st->playback.skip;
		st->playback.insert = insert ?: st->playback.insert;
		st->stats.inserted += st->playback.insert;
	} else {
		st->capture.skip = skip ?: st->capture.skip;
		st->capture.insert = insert ?: st->capture.insert;
		st->stats.inserted += st->capture.insert;
	}
}

/* Under st->lock: the clock follows the host. */
static void hvsnd_stream_follow(struct hvsnd_stream *st,
				const struct hvsnd_event *ev)
{
	struct hvsnd_report report = {
		.now_ns = ktime_get_ns(),
		.latency_us = ev->latency_us,
		.read_index = ev->timing.read_index,
	};
	u64 at_ns = hvsnd_delay_report_ns(&st->delay, &st->geometry,
					  report.now_ns);
	s64 resync;

	lockdep_assert_held(&st->lock);
	if (!ev->timing.playing || st->remote.suspended ||
	    st->state != HVSND_PCM_RUNNING ||
	    (!hvsnd_is_playback(st) && !st->capture.synced) ||
	    st->delay.asked_epoch != st->remote.epoch ||
	    hvsnd_remote_is_stale(&st->remote, st->epoch) || !st->clock.running)
		return;
	report.delay = hvsnd_stream_report(st, ev, at_ns);
	resync = hvsnd_delay_follow(&st->delay, &st->clock, &st->geometry,
				    &report);
	if (resync)
		hvsnd_stream_resync(st, resync);
}

/*
 * Under st->lock. A device that sleeps consumes nothing, and what the host
 * holds for it is old when it wakes: it is to begin again then.
 */
static void hvsnd_stream_set_suspended(struct hvsnd_stream *st, bool suspended)
{
	lockdep_assert_held(&st->lock);
	if (hvsnd_remote_suspend(&st->remote, suspended) &&
	    hvsnd_stream_is_on(st)) {
		st->flush = true;
		hvsnd_remote_set_stale(&st->remote, st->epoch);
	}
}

/* Under st->lock: another device, with a delay of its own to be learnt. */
static void hvsnd_stream_moved(struct hvsnd_stream *st,
			       const struct hvsnd_event *ev)
{
	u64 now = ktime_get_ns();

	lockdep_assert_held(&st->lock);
	hvsnd_delay_set_latency(&st->delay, &st->geometry,
				ev->latency_us);
	hvsnd_stream_set_suspended(st, ev->suspended);
	hvsnd_stream_relearn(st);
	/* What the gap takes of the delay while recording is to come back. */
	if (!hvsnd_is_playback(st))
		hvsnd_remote_set_stale(&st->remote, st->epoch);
	if (st->clock.running)
		hvsnd_clock_start(&st->clock, now,
				  hvsnd_clock_frames(&st->clock, now));
}

/* Under st->lock: the host is there. */
static void hvsnd_stream_answered(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->lock);
	if (st->conn.lost)
		st->stats.reconnects++;
	st->conn.lost = false;
	st->conn.backoff_ms = 0;
	st->conn.handshake_timeout_ms = HVSND_SILENT_MS;
}

static void hvsnd_stream_event(struct hvsnd_session *s,
			       const struct hvsnd_event *ev)
{
	struct hvsnd_stream *st = container_of(s, struct hvsnd_stream,
					       conn.session);
	unsigned long flags;

	if (ev->type == HVSND_EVENT_DATA) {
		hvsnd_stream_on_data(st, ev->data, ev->len);
		return;
	}
	if (ev->type == HVSND_EVENT_VOLUME) {
		hvsnd_mixer_report(&st->card->mixer, st->params.direction,
				   &st->conn.volume_seen, st->params.channels,
				   ev->volume);
		return;
	}

	spin_lock_irqsave(&st->lock, flags);
	switch (ev->type) {
	case HVSND_EVENT_ADMITTED:
		hvsnd_stream_set_conn(st, HVSND_CONN_ADMITTED);
		hvsnd_stream_answered(st);
		break;
	case HVSND_EVENT_READY:
		hvsnd_stream_set_conn(st, HVSND_CONN_UP);
		hvsnd_stream_answered(st);
		hvsnd_delay_set_latency(&st->delay, &st->geometry,
					ev->latency_us);
		break;
	case HVSND_EVENT_TIMING:
		st->conn.unanswered_ns = 0;
		hvsnd_stream_set_deadline(st, HVSND_DEADLINE_ANSWER, 0);
		hvsnd_stream_follow(st, ev);
		break;
	case HVSND_EVENT_MOVED:
		hvsnd_stream_moved(st, ev);
		break;
	case HVSND_EVENT_SUSPENDED:
		hvsnd_stream_set_suspended(st, ev->suspended);
		break;
	case HVSND_EVENT_UNDERFLOW:
		/* Running dry is how a drain ends. */
		if (!hvsnd_stream_is_on(st))
			break;
		st->stats.underflows++;
		hvsnd_delay_lengthen(&st->delay, &st->clock, &st->geometry, 0);
		/* It shows that it needs a little more than it should. */
		st->clock.excess -= min(st->clock.excess, st->geometry.chunk);
		break;
	case HVSND_EVENT_OVERFLOW:
		st->stats.overflows++;
		break;
	case HVSND_EVENT_DRAINED:
		hvsnd_remote_drained(&st->remote);
		if (st->remote.state == HVSND_REMOTE_DRAINED)
			st->playback.busy_until_ns = 0;
		break;
	case HVSND_EVENT_KILLED:
		WRITE_ONCE(st->conn.terminated, true);
		break;
	default:
		break;
	}
	spin_unlock_irqrestore(&st->lock, flags);
}

/* Returns 0, or why the connection must go. */
static int hvsnd_stream_receive(struct hvsnd_stream *st)
{
	int budget = HVSND_RECEIVES;
	size_t n;
	int ret;

	lockdep_assert_held(&st->work_lock);
	st->rx.received = false;
	for (;;) {
		if (st->rx.off < st->rx.len) {
			n = hvsnd_stream_rx_quota(st);
			if (!n)
				return 0;
			ret = st->conn.session.ops->receive(&st->conn.session,
					st->rx.data + st->rx.off, n);
			if (ret < 0)
				return ret;
			st->rx.off += n;
			if (st->conn.terminated) {
				st->conn.session.reason =
					"its user, or its policy, ended the stream";
				return -ENODEV;
			}
			continue;
		}
		if (!budget--) {
			hvsnd_stream_wake(st);
			return 0;
		}
		ret = hvsnd_channel_receive(&st->conn.channel, st->rx.data,
					    sizeof(st->rx.data));
		if (ret == -EAGAIN)
			return 0;
		if (ret < 0)
			return ret;
		st->rx.len = ret;
		st->rx.off = 0;
		st->rx.received = true;
	}
}

/* ------------------------------------------------------------------------ */
/* The worker: the connection's life                                        */

static const char *hvsnd_stream_explain(const struct hvsnd_stream *st, int err)
{
	switch (err) {
	case -ECONNRESET:
	case -ECONNREFUSED:
		/* It never changes. */
		if (hvsnd_config_listens(&st->card->config))
			return "the host called, and hung up at once";
		return "nobody listens there; start the host's audio server";
	case -ETIMEDOUT:
		/* On Hyper-V any of three things: README.md has the remedies. */
		return "no answer; does a server listen there, registered, and for WSL2?";
	case -ENODEV:
	case -EAFNOSUPPORT:
		return "no vsock transport; load hv_sock or vmw_vsock_virtio_transport";
	case -ENOTCONN:
		return "the host has not called yet, as it is to with role=listen";
	case -ENETUNREACH:
		return "no such machine; the host is cid=2";
	default:
		return "cannot connect";
	}
}

static void hvsnd_stream_warn(struct hvsnd_stream *st, int err,
			      const char *reason)
{
	lockdep_assert_held(&st->work_lock);
	if (!st->conn.warned)	/* once, however often it is tried again */
		hvsnd_host_warn(&st->card->host, err, reason,
				st->params.application);
	st->conn.warned = true;
}

/* When to try again: soon, then ever less often, not all streams at once. */
static void hvsnd_stream_set_retry(struct hvsnd_stream *st)
{
	u32 most = hvsnd_stream_is_on(st) ? HVSND_RETRY_ON_MS :
						      HVSND_RETRY_MAX_MS;
	u32 ms;

	lockdep_assert_held(&st->work_lock);
	st->conn.backoff_ms =
		clamp_t(u32, 2 * st->conn.backoff_ms, HVSND_RETRY_MIN_MS, most);
	ms = st->conn.backoff_ms * 3 / 4 +
	     get_random_u32() % (st->conn.backoff_ms / 4 + 1);
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_RETRY,
				  ktime_get_ns() + ms * NSEC_PER_MSEC);
}

/* The attempt is over, one way or another. */
static void hvsnd_stream_disconnect(struct hvsnd_stream *st)
{
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	hvsnd_channel_close(&st->conn.channel, !st->conn.unanswered_ns &&
			    !(st->tx.body_left % st->frame_bytes));
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_HANDSHAKE, 0);
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_ANSWER, 0);
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_DRAIN, 0);
	if (READ_ONCE(st->substream))
		hvsnd_stream_set_retry(st);
	st->tx.drain_len = 0;
	hvsnd_stream_free_drain_copy(st);
	if (st->conn.counted)
		hvsnd_host_disconnected(&st->card->host);
	st->conn.counted = false;
	st->params.wait = false;
	st->conn.unanswered_ns = 0;
	st->tx.head_len = 0;
	st->tx.head_off = 0;
	st->tx.body_left = 0;
	st->rx.len = 0;
	st->rx.off = 0;
	st->conn.audio_bytes = 0;

	spin_lock_irqsave(&st->lock, flags);
	hvsnd_stream_set_conn(st, HVSND_CONN_BACKOFF);
	st->conn.lost = true;
	st->playback.busy_until_ns = 0;
	hvsnd_remote_reset(&st->remote, st->epoch);
	if (st->state == HVSND_PCM_STARTING)
		hvsnd_stream_run_clock(st, ktime_get_ns());
	spin_unlock_irqrestore(&st->lock, flags);
}

/*
 * How many milliseconds the host may take to answer. A device that is slow to
 * begin, as a headset that has to be connected, may keep it from that.
 */
static u32 hvsnd_stream_answer_ms(const struct hvsnd_stream *st)
{
	bool begun = hvsnd_is_playback(st) ?
			     st->delay.device == HVSND_DEVICE_BEGUN :
			     st->capture.synced;

	return begun || !st->conn.session.ops->timing ? HVSND_UNANSWERED_MS :
						   HVSND_LATE_DEVICE_MS;
}

/* Asks for a timing report, a few times a second. */
static void hvsnd_stream_ask(struct hvsnd_stream *st)
{
	unsigned long flags;
	bool known;
	u64 now;

	lockdep_assert_held(&st->work_lock);
	/* While one is open, another would not be sent. */
	if (!st->conn.session.ops->timing || st->conn.unanswered_ns ||
	    !hvsnd_delay_is_due(&st->delay, ktime_get_ns(), st->rx.received))
		return;
	/* A START or a pause that comes now makes the answer worthless. */
	spin_lock_irqsave(&st->lock, flags);
	now = ktime_get_ns();
	known = !hvsnd_remote_is_stale(&st->remote, st->epoch);
	if (known)
		hvsnd_delay_ask(&st->delay, now, st->conn.audio_bytes,
				st->epoch);
	spin_unlock_irqrestore(&st->lock, flags);
	if (!known)
		return;
	st->conn.unanswered_ns = now;
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_ANSWER,
				  now + hvsnd_stream_answer_ms(st) *
						NSEC_PER_MSEC);
	st->conn.session.ops->timing(&st->conn.session);
}

/*
 * All is sent to a host that does not tell when it has played it, and may
 * throw away what it has when the connection ends. Before that it may wait for
 * more of what it takes at a time (PipeWire for 256 frames): it gets that much
 * silence, but no sooner than it needs it, lest it delay what may follow.
 */
static void hvsnd_stream_drain_by_time(struct hvsnd_stream *st, bool padded)
{
	u32 chunk_ms = st->conn.session.ops->chunk_ms;
	u64 chunk_ns = (u64)chunk_ms * NSEC_PER_MSEC;
	u64 now = ktime_get_ns(), end = st->conn.channel.busy_ns;
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	if (padded)
		end += chunk_ns;
	else
		end -= min(end, chunk_ns);
	if (!hvsnd_channel_is_awaited(&st->conn.channel) && now < end) {
		hvsnd_stream_set_deadline(st, HVSND_DEADLINE_DRAIN, end);
		return;
	}
	spin_lock_irqsave(&st->lock, flags);
	if (!padded)
		hvsnd_remote_told(&st->remote, HVSND_COMMAND_DRAIN);
	/* Another program's audio data may follow on the same connection. */
	if (padded || hvsnd_channel_is_awaited(&st->conn.channel))
		hvsnd_remote_drained(&st->remote);
	else if (hvsnd_pcm_is_draining(st->state) &&
		 !hvsnd_remote_is_stale(&st->remote, st->epoch))
		st->playback.silence = hvsnd_ms(st, chunk_ms);
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/* Under st->lock, or after detach */
static bool hvsnd_stream_is_drained(const struct hvsnd_stream *st)
{
	return hvsnd_remote_is_drained(&st->remote, READ_ONCE(st->state),
				       st->epoch);
}

/* What ALSA wants of the host, where @sent says that all it may have is sent */
static struct hvsnd_wanted hvsnd_stream_wanted(struct hvsnd_stream *st,
					       bool sent)
{
	struct hvsnd_wanted w = { .sent = sent };
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	spin_lock_irqsave(&st->lock, flags);
	w.state = st->state;
	w.epoch = st->epoch;
	w.complete = !st->playback.silence && !st->tx.drain_copy &&
		     (w.state == HVSND_PCM_DRAINING_COPY ||
		      st->playback.queued_ptr == st->playback.appl_ptr);
	if (!sent && hvsnd_stream_is_up(st)) {
		w.flush = st->flush;
		st->flush = false;
	}
	spin_unlock_irqrestore(&st->lock, flags);
	return w;
}

/* Tells the host to do what ALSA wants. */
static void hvsnd_stream_command(struct hvsnd_stream *st,
				 struct hvsnd_wanted *w)
{
	const struct hvsnd_session_ops *ops = st->conn.session.ops;
	enum hvsnd_command command;

	lockdep_assert_held(&st->work_lock);
	while ((command = hvsnd_remote_next(&st->remote, w))) {
		switch (command) {
		case HVSND_COMMAND_STOP:
			hvsnd_stream_cut_drain_copy(st);
			ops->stop(&st->conn.session);
			w->flush = false;
			break;
		case HVSND_COMMAND_PAUSE:
			ops->pause(&st->conn.session);
			break;
		case HVSND_COMMAND_START:
			ops->start(&st->conn.session);
			break;
		case HVSND_COMMAND_DRAIN:
			if (!ops->drain) {
				hvsnd_stream_drain_by_time(st, false);
				return;
			}
			ops->drain(&st->conn.session);
			break;
		case HVSND_COMMAND_NONE:
			break;
		}
		hvsnd_remote_told(&st->remote, command);
	}
	if (!ops->drain && w->sent && w->complete &&
	    hvsnd_pcm_is_draining(w->state) &&
	    st->remote.state == HVSND_REMOTE_DRAINING)
		hvsnd_stream_drain_by_time(st, true);
}

/* Lets the host know what ALSA wants, and sends what there is. */
static int hvsnd_stream_sync_remote(struct hvsnd_stream *st)
{
	const struct hvsnd_session_ops *ops = st->conn.session.ops;
	struct hvsnd_volume volume;
	struct hvsnd_wanted w;
	unsigned long flags;
	int err;

	lockdep_assert_held(&st->work_lock);
	if (hvsnd_stream_is_up(st) && ops->set_volume &&
	    hvsnd_mixer_get_volume(&st->card->mixer, st->params.direction,
				   &st->conn.volume_seen, &volume))
		ops->set_volume(&st->conn.session, &volume);
	if (hvsnd_stream_is_up(st)) {
		w = hvsnd_stream_wanted(st, false);
		hvsnd_stream_command(st, &w);
		hvsnd_channel_want(&st->conn.channel,
				   hvsnd_remote_is_unfinished(&st->remote,
							      w.state,
							      w.epoch));
	}
	err = hvsnd_stream_send(st);
	if (!hvsnd_stream_is_up(st))
		return err;

	spin_lock_irqsave(&st->lock, flags);
	/* While the connection is full, the first frames may not be out yet. */
	if (st->state == HVSND_PCM_STARTING && err != -EAGAIN)
		hvsnd_stream_run_clock(st, ktime_get_ns());
	spin_unlock_irqrestore(&st->lock, flags);
	if (err && err != -EAGAIN)
		return err;

	if (!err) {
		w = hvsnd_stream_wanted(st, true);
		hvsnd_stream_command(st, &w);
	}
	/* Also over a full link: perhaps the host has ceased to read. */
	if (hvsnd_stream_is_on(st) &&
	    (hvsnd_remote_is_running(&st->remote) || err))
		hvsnd_stream_ask(st);
	if (!ops->timing && !err)
		st->conn.unanswered_ns = 0;
	else if (!ops->timing && !st->conn.unanswered_ns)
		st->conn.unanswered_ns = ktime_get_ns();
	/* Not every transport tells of a host that is gone. */
	if (st->conn.unanswered_ns && ktime_get_ns() - st->conn.unanswered_ns >
				 hvsnd_stream_answer_ms(st) * NSEC_PER_MSEC) {
		st->conn.session.reason = ops->timing ? "stopped answering" :
						   "takes no more sound";
		return -ETIMEDOUT;
	}
	return err ? err : hvsnd_stream_send(st);
}

/* There are those who want the error rather than silence. */
static bool hvsnd_stream_may_fail(const struct hvsnd_stream *st)
{
	return READ_ONCE(st->card->config.on_lost) ==
	       SND_HVSOCK_ON_LOST_ERROR;
}

static void hvsnd_stream_fail(struct hvsnd_stream *st)
{
	struct snd_pcm_substream *substream = st->substream;
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	if (!substream || !hvsnd_stream_may_fail(st))
		return;
	snd_pcm_stream_lock_irqsave(substream, flags);
	/*
	 * Linked streams stop together, but only this one is disconnected.
	 * snd_pcm_stop() on a stream that does not run would put the whole
	 * group into SETUP, also those that were disconnected before.
	 */
	if (snd_pcm_running(substream))
		snd_pcm_stop(substream, SNDRV_PCM_STATE_SETUP);
	__snd_pcm_set_state(substream->runtime, SNDRV_PCM_STATE_DISCONNECTED);
	wake_up(&substream->runtime->sleep);
	wake_up(&substream->runtime->tsleep);
	snd_pcm_stream_unlock_irqrestore(substream, flags);
}

static void hvsnd_stream_connect(struct hvsnd_stream *st)
{
	struct hvsnd_card_config config;
	const char *reason;
	u32 ms;
	int err;

	lockdep_assert_held(&st->work_lock);
	hvsnd_card_get_config(st->card, &config);
	ms = config.connect_timeout_ms;
	if (st->conn.backoff_ms)
		ms = min_t(u32, ms, HVSND_RECONNECT_MS);
	st->conn.since_ns = ktime_get_ns();
	err = hvsnd_channel_connect(&st->conn.channel, config.cid, config.port,
				    ms);
	spin_lock_irq(&st->lock);
	hvsnd_stream_set_conn(st, HVSND_CONN_CONNECTING);
	spin_unlock_irq(&st->lock);
	if (err) {
		reason = hvsnd_stream_explain(st, err);
		hvsnd_host_failed(&st->card->host, err, reason);
		hvsnd_stream_warn(st, err, reason);
		hvsnd_stream_disconnect(st);
		hvsnd_stream_fail(st);
		return;
	}
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_HANDSHAKE,
				  st->conn.since_ns +
					  HVSND_SILENT_MS * NSEC_PER_MSEC);
}

/*
 * Whether the program plays or records, or has written what it will play. A
 * program that only looks at the card, as sound servers do at each login, must
 * leave no stream on the host: a record stream alone wakes a microphone.
 */
static bool hvsnd_stream_is_wanted(struct hvsnd_stream *st)
{
	unsigned long flags;
	bool wanted;

	spin_lock_irqsave(&st->lock, flags);
	wanted = !hvsnd_stream_is_idle(st) ||
		 (hvsnd_is_playback(st) && st->playback.appl_ptr);
	spin_unlock_irqrestore(&st->lock, flags);
	return wanted;
}

/* Asks for the stream, if the connection was made without one. */
static void hvsnd_stream_create_remote(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->work_lock);
	if (st->conn.state < HVSND_CONN_HANDSHAKE || !st->params.wait)
		return;
	st->params.wait = false;
	st->conn.since_ns = ktime_get_ns();
	/* A host that let the guest in is one; its device may take long. */
	if (st->conn.state == HVSND_CONN_ADMITTED) {
		st->conn.handshake_timeout_ms = HVSND_GIVE_UP_MS;
		spin_lock_irq(&st->lock);
		hvsnd_stream_set_conn(st, HVSND_CONN_HANDSHAKE);
		spin_unlock_irq(&st->lock);
	}
	memset(&st->conn.volume_seen, 0, sizeof(st->conn.volume_seen));
	hvsnd_mixer_get_volume(&st->card->mixer, st->params.direction,
			       &st->conn.volume_seen, &st->params.volume);
	st->conn.session.ops->create(&st->conn.session, &st->params);
}

/* Returns 1 when connected, 0 when not yet, or why not. */
static int hvsnd_stream_handshake(struct hvsnd_stream *st)
{
	u8 cookie[HVSND_COOKIE_SIZE];
	int ret;

	lockdep_assert_held(&st->work_lock);
	if (st->conn.state >= HVSND_CONN_HANDSHAKE)
		return 1;
	ret = hvsnd_channel_state(&st->conn.channel);
	if (ret <= 0) {
		if (ret < 0)
			st->conn.session.reason = hvsnd_stream_explain(st, ret);
		return ret;
	}
	spin_lock_irq(&st->lock);
	hvsnd_stream_set_conn(st, HVSND_CONN_HANDSHAKE);
	spin_unlock_irq(&st->lock);
	/* Others may have received part of a frame. */
	if (!hvsnd_is_playback(st))
		st->conn.audio_bytes =
			hvsnd_channel_received(&st->conn.channel);
	st->conn.since_ns = ktime_get_ns();
	st->conn.session.reason = NULL;
	memset(&st->conn.volume_seen, 0, sizeof(st->conn.volume_seen));
	hvsnd_mixer_get_volume(&st->card->mixer, st->params.direction,
			       &st->conn.volume_seen, &st->params.volume);
	if (hvsnd_card_get_cookie(st->card, cookie))
		st->params.cookie = cookie;
	st->params.wait = st->conn.session.ops->create &&
			  !hvsnd_stream_is_wanted(st);
	ret = st->conn.session.ops->open(&st->conn.session, &st->params);
	st->params.cookie = NULL;
	memzero_explicit(cookie, sizeof(cookie));
	return ret < 0 ? ret : 1;
}

/*
 * One that has been there answers at once when it is back; if not, it may be
 * that this connection was never its.
 */
static int hvsnd_stream_check_handshake(struct hvsnd_stream *st)
{
	u64 ms = div_u64(ktime_get_ns() - st->conn.since_ns, NSEC_PER_MSEC);
	u32 most = hvsnd_stream_may_fail(st) ? HVSND_SILENT_MS :
					       st->conn.handshake_timeout_ms;
	u64 deadline_ms = HVSND_SILENT_MS;
	const char *reason;

	lockdep_assert_held(&st->work_lock);
	/* How long connecting may take is the transport's affair. */
	if (st->conn.state < HVSND_CONN_HANDSHAKE)
		return 0;
	/* A host that was not asked for a stream has nothing to say. */
	if (hvsnd_stream_is_up(st) || st->conn.state == HVSND_CONN_ADMITTED ||
	    !READ_ONCE(st->substream)) {
		hvsnd_stream_set_deadline(st, HVSND_DEADLINE_HANDSHAKE, 0);
		return 0;
	} else if (ms >= most) {
		st->conn.handshake_timeout_ms = min(2 * most, HVSND_GIVE_UP_MS);
		st->conn.session.reason = "never answered";
		return -ETIMEDOUT;
	} else if (ms >= HVSND_SILENT_MS) {
		reason = "took the connection but does not answer; is that a PulseAudio server?";
		hvsnd_host_refused(&st->card->host, -ETIMEDOUT, reason);
		hvsnd_stream_warn(st, -ETIMEDOUT, reason);
		deadline_ms = most;
	}
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_HANDSHAKE,
				  st->conn.since_ns +
					  deadline_ms * NSEC_PER_MSEC);
	return 0;
}

/* Detached: is there anything left to wait for? */
static bool hvsnd_stream_is_over(struct hvsnd_stream *st)
{
	return hvsnd_stream_is_asked(st, HVSND_REQUEST_ABORT) ||
	       st->conn.lost || hvsnd_stream_is_drained(st) ||
	       !hvsnd_pcm_is_draining(READ_ONCE(st->state)) ||
	       hvsnd_stream_has_passed(st, HVSND_DEADLINE_LINGER);
}

/* What follows from the geometry and the delay asked for. */
static void hvsnd_stream_set_geometry(struct hvsnd_stream *st)
{
	const struct hvsnd_geometry_params params = {
		.rate = st->params.rate,
		.frame_bytes = st->frame_bytes,
		.period = st->period_frames,
		.buffer = st->ring.frames,
		.latency_us = min_t(u32, READ_ONCE(st->card->config.latency_us),
				    HVSND_LATENCY_MAX_US),
		.min_chunk_ms = st->conn.session.ops->chunk_ms,
		.capture = !hvsnd_is_playback(st),
		.timed = st->conn.session.ops->timing,
	};
	struct hvsnd_session_params *p = &st->params;

	hvsnd_geometry_set(&st->geometry, &params);
	st->delay.jitter = st->geometry.delay;
	p->frame_bytes = st->frame_bytes;
	p->chunk = st->geometry.chunk * st->frame_bytes;
	p->prebuf = st->geometry.delay * st->frame_bytes;
	p->queue = st->geometry.queue * st->frame_bytes;
}

/* The machine goes to sleep, or the connection is to be made anew. */
static void hvsnd_stream_reconnect(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->work_lock);
	if (hvsnd_channel_is_open(&st->conn.channel)) {
		if (st->conn.state < HVSND_CONN_HANDSHAKE &&
		    !hvsnd_channel_may_close(&st->conn.channel))
			return;
		hvsnd_stream_disconnect(st);
		hvsnd_stream_wake(st);
	}
	if (hvsnd_stream_is_asked(st, HVSND_REQUEST_SUSPEND) ||
	    hvsnd_stream_is_asked(st, HVSND_REQUEST_ABORT))
		return;
	spin_lock_irq(&st->lock);
	clear_bit(HVSND_REQUEST_REMAKE, &st->conn.requests);
	st->conn.lost = false;
	hvsnd_stream_set_conn(st, HVSND_CONN_DOWN);
	hvsnd_stream_set_geometry(st);
	st->clock.target = st->delay.jitter;
	spin_unlock_irq(&st->lock);
	st->conn.warned = false;
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_RETRY, 0);
	hvsnd_stream_wake(st);
}

/* Nothing is left to do. The card must outlive its work as well. */
static void hvsnd_stream_reap(struct hvsnd_stream *st)
{
	struct hvsnd_card *card = st->card;

	WRITE_ONCE(st->dead, true);
	hvsnd_card_get(card);
	if (!queue_work(hvsnd_workqueue, &card->reap))
		hvsnd_card_put(card);
}

/*
 * Does the host take the stream? One that tells nothing may only have let the
 * connection's buffers be filled.
 */
static bool hvsnd_stream_is_accepted(const struct hvsnd_stream *st)
{
	if (st->conn.state == HVSND_CONN_ADMITTED)
		return true;
	return hvsnd_stream_is_up(st) &&
	       (st->conn.session.ops->timing || !hvsnd_is_playback(st) ||
		st->conn.audio_bytes > (u64)hvsnd_ms(st, HVSND_UNANSWERED_MS) *
				    st->frame_bytes);
}

/* Tells the card's host of a connection that was made. */
static void hvsnd_stream_check_up(struct hvsnd_stream *st)
{
	struct hvsnd_host *host = &st->card->host;

	lockdep_assert_held(&st->work_lock);
	if (!st->conn.counted && st->conn.state >= HVSND_CONN_ADMITTED) {
		st->conn.counted = true;
		hvsnd_host_connected(host);
	}
	if (st->conn.warned && hvsnd_stream_is_accepted(st)) {
		hvsnd_host_note_back(host);
		st->conn.warned = false;
	}
}

/* Ends a connection that was lost or failed. */
static void hvsnd_stream_lose(struct hvsnd_stream *st, int err)
{
	struct hvsnd_host *host = &st->card->host;
	const char *reason = st->conn.session.reason;
	/* A host that refuses the stream is there. */
	bool refused = st->conn.state >= HVSND_CONN_HANDSHAKE && reason;

	lockdep_assert_held(&st->work_lock);
	reason = reason ?:
		 "connection lost; its audio server ended or was restarted";
	hvsnd_stream_disconnect(st);
	if (st->conn.terminated) {
		hvsnd_host_note_killed(host, reason, st->params.application);
	} else {
		if (refused)
			hvsnd_host_refused(host, err, reason);
		else
			hvsnd_host_failed(host, err, reason);
		hvsnd_stream_warn(st, err, reason);
	}
	hvsnd_stream_fail(st);
}

static void hvsnd_stream_step(struct hvsnd_stream *st)
{
	bool wanted = hvsnd_stream_is_wanted(st);
	int ret;

	lockdep_assert_held(&st->work_lock);
	/* Once detached, nobody but the worker changes what ALSA wants. */
	if (!READ_ONCE(st->substream) && hvsnd_stream_is_over(st)) {
		if (st->conn.state < HVSND_CONN_HANDSHAKE &&
		    !hvsnd_channel_may_close(&st->conn.channel))
			return;
		hvsnd_stream_disconnect(st);
		hvsnd_stream_reap(st);
		return;
	}
	if (hvsnd_stream_is_asked(st, HVSND_REQUEST_SUSPEND) ||
	    ((hvsnd_stream_is_asked(st, HVSND_REQUEST_ABORT) ||
	      hvsnd_stream_is_asked(st, HVSND_REQUEST_REMAKE)) &&
	     READ_ONCE(st->substream))) {
		hvsnd_stream_reconnect(st);
		return;
	}
	if (test_and_clear_bit(HVSND_REQUEST_RESET_BACKOFF,
			       &st->conn.requests))
		st->conn.backoff_ms = 0;
	if (test_and_clear_bit(HVSND_REQUEST_RETRY, &st->conn.requests))
		hvsnd_stream_set_deadline(st, HVSND_DEADLINE_RETRY, 0);
	if (!hvsnd_channel_is_open(&st->conn.channel)) {
		if (READ_ONCE(st->conn.terminated))
			return;
		/* There the connection is the stream. */
		if (!wanted && !st->conn.session.ops->create)
			return;
		if (!hvsnd_stream_has_passed(st, HVSND_DEADLINE_RETRY))
			return;
		hvsnd_stream_connect(st);
		if (!hvsnd_channel_is_open(&st->conn.channel))
			return;
	}
	ret = hvsnd_stream_handshake(st);
	if (ret > 0 && wanted)
		hvsnd_stream_create_remote(st);
	if (ret > 0)
		ret = hvsnd_stream_receive(st);
	if (!ret && st->conn.state >= HVSND_CONN_HANDSHAKE)
		ret = hvsnd_stream_sync_remote(st);
	if (!ret || ret == -EAGAIN)
		ret = hvsnd_stream_check_handshake(st);
	hvsnd_stream_check_up(st);
	if (ret < 0)
		hvsnd_stream_lose(st, ret);
	/* It may just have become so, and there is no other event to come. */
	if (!READ_ONCE(st->substream) && hvsnd_stream_is_over(st))
		hvsnd_stream_wake(st);
}

/* Reports what has changed since the last report. */
static void hvsnd_stream_report_changes(struct hvsnd_stream *st)
{
	bool running = hvsnd_stream_is_on(st);
	bool closed = !READ_ONCE(st->substream);
	u32 xruns = READ_ONCE(st->stats.xruns);
	struct hvsnd_stream_info info;
	u8 cmds[5], n = 0, i;

	lockdep_assert_held(&st->work_lock);
	if (!st->notified.opened)
		cmds[n++] = SND_HVSOCK_CMD_STREAM_OPEN_NTF;
	st->notified.opened = true;
	if (st->notified.running != running)
		cmds[n++] = running ? SND_HVSOCK_CMD_STREAM_START_NTF :
				      SND_HVSOCK_CMD_STREAM_STOP_NTF;
	st->notified.running = running;
	if (st->notified.xruns != xruns)
		cmds[n++] = SND_HVSOCK_CMD_XRUN_NTF;
	st->notified.xruns = xruns;
	if (st->notified.resyncs != st->stats.resyncs)
		cmds[n++] = SND_HVSOCK_CMD_RESYNC_NTF;
	st->notified.resyncs = st->stats.resyncs;
	if (!st->notified.closed && closed)
		cmds[n++] = SND_HVSOCK_CMD_STREAM_CLOSE_NTF;
	st->notified.closed = closed;
	if (!n || !hvsnd_notify_is_wanted())
		return;
	hvsnd_stream_get_info(st, &info);
	for (i = 0; i < n; i++)
		hvsnd_notify_stream(cmds[i], &info);
}

static void hvsnd_stream_work(struct work_struct *work)
{
	struct hvsnd_stream *st = container_of(work, struct hvsnd_stream, work);
	u64 since_ns;

	mutex_lock(&st->work_lock);
	since_ns = ktime_get_ns();
	if (!st->dead)
		hvsnd_stream_step(st);
	hvsnd_stream_report_changes(st);
	if (!st->dead)
		hvsnd_stream_set_alarm(st, since_ns);
	mutex_unlock(&st->work_lock);
}

/* ------------------------------------------------------------------------ */
/* What pcm.c calls                                                         */

/**
 * hvsnd_stream_create - a pump for one set of hw_params
 * @card: the card
 * @substream: ALSA's part
 * @params: direction, format, rate, channels, names; the byte counts are
 *          worked out here
 * @period_frames: frames per period
 * @ring_frames: frames per buffer
 * @ring: the buffer
 *
 * Context: process.
 * Return: the stream, or NULL without memory. hvsnd_stream_detach() ends it.
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
				       st->frame_bytes, GFP_KERNEL);
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
	INIT_DELAYED_WORK(&st->conn.alarm, hvsnd_stream_alarm);
	hrtimer_setup(&st->timer, hvsnd_stream_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
	st->conn.channel.wake = hvsnd_stream_channel_wake;
	hvsnd_channel_init(&st->conn.channel, &card->shared, params->direction);
	st->conn.session.event = hvsnd_stream_event;
	hvsnd_remote_reset(&st->remote, st->epoch);
	hvsnd_delay_init(&st->delay, &st->geometry);
	hvsnd_clock_init(&st->clock, params->rate, st->delay.jitter);
	st->conn.handshake_timeout_ms = HVSND_GIVE_UP_MS;
	st->wakeup_interval = period_frames;
	st->next_boundary = period_frames;

	get_task_comm(st->comm, current->group_leader);
	st->number = substream->number;
	hvsnd_card_get(card);
	mutex_lock(&card->lock);
	st->id = ++card->next_id;
	/* It may be opened in the very moment in which the card is deleted. */
	if (card->gone)
		set_bit(HVSND_REQUEST_ABORT, &st->conn.requests);
	list_add_tail(&st->entry, &card->streams);
	mutex_unlock(&card->lock);
	atomic_inc(&hvsnd_streams_generation);
	return st;
}

/**
 * hvsnd_stream_prepare - be ready for START, at position 0
 * @st: the stream
 *
 * Begins to connect if there is no connection, unless the connection would be
 * the stream on the host: that waits for START, or for what is to be played.
 * Does not wait for it.
 *
 * Context: process, the PCM not running, after hvsnd_stream_sync_stop().
 */
void hvsnd_stream_prepare(struct hvsnd_stream *st)
{
	u64 now = ktime_get_ns();

	/* Not while the worker is between the host's word and what follows. */
	mutex_lock(&st->work_lock);
	WRITE_ONCE(st->conn.terminated, false);
	mutex_unlock(&st->work_lock);
	spin_lock_irq(&st->lock);
	/* Not hvsnd_clock_init(): what it learnt of the host still holds. */
	hvsnd_clock_start(&st->clock, now, 0);
	hvsnd_clock_stop(&st->clock, now);
	st->reported_ptr = 0;
	hvsnd_playback_prepare(&st->playback);
	hvsnd_capture_prepare(&st->capture);
	spin_unlock_irq(&st->lock);
	set_bit(HVSND_REQUEST_RETRY, &st->conn.requests);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_start - let the position run
 * @st: the stream, prepared
 * @freewheel: the application does not tell what it wrote
 * @loops: it does not stop where what it wrote ends
 * @wakeups: it wants to be woken at every period
 * @at_ns: when, the same for all that are to start together; 0 for as soon as
 *         possible
 *
 * Context: atomic, PCM stream lock held.
 */
void hvsnd_stream_start(struct hvsnd_stream *st, bool freewheel, bool loops,
			bool wakeups, u64 at_ns)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
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
 * hvsnd_stream_stop - stop the position
 * @st: the stream
 *
 * If it has passed all that was written (after a drain, or an xrun), the host
 * plays what it has; otherwise it forgets it.
 *
 * Context: atomic, PCM stream lock held. Also from the stream's own timer.
 */
void hvsnd_stream_stop(struct hvsnd_stream *st)
{
	struct hvsnd_playback *p = &st->playback;
	u64 now = ktime_get_ns();
	unsigned long flags;
	u64 pos;

	spin_lock_irqsave(&st->lock, flags);
	if (hvsnd_stream_is_on(st) || st->state == HVSND_PCM_PAUSED) {
		hvsnd_clock_stop(&st->clock, now);
		pos = hvsnd_clock_frames(&st->clock, now);
		hvsnd_stream_check_drain(st);
		/* All of it that the position passed was played. */
		if (hvsnd_is_playback(st) &&
		    hvsnd_playback_is_untracked(p, pos))
			p->appl_ptr = pos;
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
	}
	hrtimer_try_to_cancel(&st->timer);
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_pause - let position and host stand still
 * @st: the stream, running
 *
 * Context: atomic, PCM stream lock held.
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
 * hvsnd_stream_resume - go on after hvsnd_stream_pause()
 * @st: the stream
 * @at_ns: as in hvsnd_stream_start()
 *
 * Context: atomic, PCM stream lock held.
 */
void hvsnd_stream_resume(struct hvsnd_stream *st, u64 at_ns)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	/* A host that did not wait has run dry. */
	if (!st->conn.session.ops->timing)
		st->epoch++;
	hvsnd_stream_begin_starting(st, at_ns);
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_pointer - where the position is
 * @st: the stream
 * @most: frames that it may have passed since the last call, as far as the
 *        caller is to know
 * @delay: set to the frames between the position and the host's loudspeaker
 *         or microphone
 *
 * Context: atomic, PCM stream lock held.
 * Return: frame within the ring, or -1 if more than the whole ring has passed
 * since the last call, as after a machine was paused.
 */
s64 hvsnd_stream_pointer(struct hvsnd_stream *st, u64 most, u32 *delay)
{
	unsigned long flags;
	u32 at;
	u64 pos;

	spin_lock_irqsave(&st->lock, flags);
	/* A new trim holds from when its report was asked for: it may step back. */
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
	 * Of dmix's ring the core makes silence of what this is beyond, and
	 * others may write over it.
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
 * hvsnd_stream_ack - the application moved its pointer
 * @st: the stream
 * @ahead: how far it is ahead of the position that hvsnd_stream_pointer() gave
 *         last, in frames; negative if behind
 *
 * Context: atomic, PCM stream lock held.
 * Return: 0, or -EINVAL for a rewind into what was sent, or captured over.
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
		/* The first write is when the host is asked for a stream. */
		work |= !p->appl_ptr && appl_ptr > 0;
		taken = hvsnd_playback_set_appl(p, on, appl_ptr);
	} else {
		taken = hvsnd_capture_set_appl(&st->capture, &st->context,
					       appl_ptr);
	}
	/* The timer wakes the program: not from another processor's sleep. */
	if (hvsnd_stream_is_on(st) && st->cpu != raw_smp_processor_id())
		hvsnd_stream_set_timer(st, ktime_get_ns());
	spin_unlock_irqrestore(&st->lock, flags);
	if (work && taken)
		hvsnd_stream_wake(st);
	return taken ? 0 : -EINVAL;
}

/**
 * hvsnd_stream_reset - the application threw away what it wrote
 * @st: the stream
 *
 * Also part of every prepare, where there is nothing to throw away.
 *
 * Context: atomic, PCM stream lock held.
 */
void hvsnd_stream_reset(struct hvsnd_stream *st)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	if (hvsnd_stream_is_on(st) || st->state == HVSND_PCM_PAUSED) {
		if (!hvsnd_is_playback(st)) {
			st->capture.appl_ptr = st->reported_ptr;
		} else {
			st->playback.appl_ptr = st->reported_ptr;
			st->playback.queued_ptr = st->reported_ptr;
			st->playback.busy_until_ns = 0;
			st->flush = true;
			st->epoch++;
		}
	}
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
}

/*
 * Copies bytes of the ring, from @from on, behind what is kept of earlier
 * sounds, as far as there is room. Returns whether there was.
 */
static bool hvsnd_stream_keep(struct hvsnd_stream *st, u64 from, size_t len)
{
	size_t ring_bytes = (size_t)st->ring.frames * st->frame_bytes;
	size_t had = st->tx.drain_len - st->tx.drain_off, done = 0, n;
	u8 *p;
	u32 off;

	lockdep_assert_held(&st->work_lock);
	if (had + len > max_t(size_t, HVSND_DRAIN_BYTES, ring_bytes))
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
 * hvsnd_stream_sync_stop - let go of the ring
 * @st: the stream, stopped
 *
 * What of a drained sound the host has not got yet is kept aside.
 *
 * Context: process. Waits for the timer and the worker, never for the host.
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
	/* The link may have been full for longer than the ring lasts. */
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
	/* A block that is half out may, after a reset, end beyond the rest. */
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
		st->stats.dropped += div_u64(to - from, st->frame_bytes);
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

/**
 * hvsnd_stream_detach - take the stream away from ALSA
 * @st: the stream, stopped; not to be used by the caller any more
 *
 * Context: process. Does not wait for the host.
 */
void hvsnd_stream_detach(struct hvsnd_stream *st)
{
	const struct hvsnd_stats *stats = &st->stats;
	struct hvsnd_card *card = st->card;
	struct hvsnd_stream *other;
	unsigned int tails = 0;
	u64 tail;

	hvsnd_stream_sync_stop(st);
	dev_dbg(card->dev,
		"%.15s closed: %llu frames, dropped %llu, inserted %llu, underflows %u, overflows %u, reconnects %u, resyncs %u, unasked %llu, delay %u of %u, %d ppb\n",
		st->params.application, st->reported_ptr, stats->dropped,
		stats->inserted, stats->underflows, stats->overflows,
		stats->reconnects, stats->resyncs, st->conn.session.beyond,
		st->delay.now, st->clock.target, st->clock.ppb);
	mutex_lock(&st->work_lock);
	tail = (u64)st->geometry.max_ahead +
	       max(st->delay.now, st->delay.jitter + st->delay.latency);
	tail = div_u64(tail * MSEC_PER_SEC, st->params.rate) + HVSND_LINGER_MS;
	if (st->delay.device != HVSND_DEVICE_BEGUN &&
	    st->conn.session.ops->timing)
		tail += HVSND_LATE_DEVICE_MS;
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_LINGER,
				  ktime_get_ns() + tail * NSEC_PER_MSEC);
	mutex_unlock(&st->work_lock);

	/* From here on the worker may end the stream, and the reaper free it. */
	mutex_lock(&card->lock);
	list_for_each_entry(other, &card->streams, entry)
		tails += !other->substream;
	if (tails >= HVSND_LINGERING_MAX)
		set_bit(HVSND_REQUEST_ABORT, &st->conn.requests);
	mutex_lock(&st->work_lock);
	WRITE_ONCE(st->substream, NULL);
	mutex_unlock(&st->work_lock);
	hvsnd_stream_wake(st);
	mutex_unlock(&card->lock);
	atomic_inc(&hvsnd_streams_generation);
}

/**
 * hvsnd_streams_wake - there is something to tell the host
 * @card: the card
 *
 * Context: process.
 */
void hvsnd_streams_wake(struct hvsnd_card *card)
{
	struct hvsnd_stream *st;

	mutex_lock(&card->lock);
	list_for_each_entry(st, &card->streams, entry)
		hvsnd_stream_wake(st);
	mutex_unlock(&card->lock);
}

/**
 * hvsnd_streams_reconnect - make all connections anew
 * @card: the card, whose host or delay is another now
 *
 * What runs goes on, in silence until the host is there.
 *
 * Context: process. Does not wait for the host.
 */
void hvsnd_streams_reconnect(struct hvsnd_card *card)
{
	struct hvsnd_stream *st;

	hvsnd_shared_reset(&card->shared);
	mutex_lock(&card->lock);
	list_for_each_entry(st, &card->streams, entry) {
		set_bit(HVSND_REQUEST_REMAKE, &st->conn.requests);
		hvsnd_stream_wake(st);
	}
	mutex_unlock(&card->lock);
}

/**
 * hvsnd_streams_suspend - end all connections, the machine goes to sleep
 * @card: the card, with no stream running
 *
 * No transport keeps them over a hibernation, and the host should not hold
 * streams of a machine that sleeps.
 *
 * Context: process. Does not wait for the host.
 */
void hvsnd_streams_suspend(struct hvsnd_card *card)
{
	struct hvsnd_stream *st;

	mutex_lock(&card->lock);
	list_for_each_entry(st, &card->streams, entry) {
		set_bit(HVSND_REQUEST_SUSPEND, &st->conn.requests);
		hvsnd_stream_wake(st);
		flush_work(&st->work);
	}
	mutex_unlock(&card->lock);
	hvsnd_shared_reset(&card->shared);
}

/**
 * hvsnd_streams_resume - connect again after hvsnd_streams_suspend()
 * @card: the card
 *
 * Context: process. Does not wait for the host.
 */
void hvsnd_streams_resume(struct hvsnd_card *card)
{
	struct hvsnd_stream *st;

	mutex_lock(&card->lock);
	list_for_each_entry(st, &card->streams, entry)
		clear_bit(HVSND_REQUEST_SUSPEND, &st->conn.requests);
	mutex_unlock(&card->lock);
	hvsnd_streams_retry(card);
}

/**
 * hvsnd_streams_retry - let those without a connection try again at once
 * @card: the card
 *
 * Context: process. Does not wait for the host.
 */
void hvsnd_streams_retry(struct hvsnd_card *card)
{
	struct hvsnd_stream *st;

	mutex_lock(&card->lock);
	list_for_each_entry(st, &card->streams, entry) {
		set_bit(HVSND_REQUEST_RESET_BACKOFF, &st->conn.requests);
		set_bit(HVSND_REQUEST_RETRY, &st->conn.requests);
		hvsnd_stream_wake(st);
	}
	mutex_unlock(&card->lock);
}

/**
 * hvsnd_streams_reap - free the streams that are done
 * @work: a card's @reap
 *
 * Context: process, a work item of its own: a stream cannot wait for itself.
 */
void hvsnd_streams_reap(struct work_struct *work)
{
	struct hvsnd_card *card = container_of(work, struct hvsnd_card, reap);
	struct hvsnd_stream *st, *next;
	struct hvsnd_stream_info info;
	unsigned int n = 1;

	mutex_lock(&card->lock);
	list_for_each_entry_safe(st, next, &card->streams, entry) {
		if (!READ_ONCE(st->dead))
			continue;
		list_del(&st->entry);
		cancel_delayed_work_sync(&st->conn.alarm);
		cancel_work_sync(&st->work);
		hvsnd_stream_get_info(st, &info);
		hvsnd_stats_add(&card->past, &info.stats);
		/* What was sent of the cookie may still lie there. */
		kvfree(st->capture.jitter.data);
		kfree_sensitive(st);
		n++;
	}
	mutex_unlock(&card->lock);
	/* The streams', and the one that came with @work. */
	while (n--)
		hvsnd_card_put(card);
}

/**
 * hvsnd_streams_abort - end all connections for good, the card is going
 * @card: the card
 *
 * Context: process. Does not wait for the host.
 */
void hvsnd_streams_abort(struct hvsnd_card *card)
{
	struct hvsnd_stream *st;

	hvsnd_host_end(&card->host);
	hvsnd_shared_end(&card->shared);
	mutex_lock(&card->lock);
	card->gone = true;
	list_for_each_entry(st, &card->streams, entry) {
		set_bit(HVSND_REQUEST_ABORT, &st->conn.requests);
		hvsnd_stream_wake(st);
	}
	mutex_unlock(&card->lock);
}

/* ------------------------------------------------------------------------ */
/* What is told of streams                                                  */

/* Counts streams opened and closed, for dumps to see that they missed one. */
atomic_t hvsnd_streams_generation = ATOMIC_INIT(0);

/**
 * hvsnd_stream_xrun - the program came too late
 * @st: the stream
 *
 * Context: atomic, PCM stream lock held.
 */
void hvsnd_stream_xrun(struct hvsnd_stream *st)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	WRITE_ONCE(st->stats.xruns, st->stats.xruns + 1);
	spin_unlock_irqrestore(&st->lock, flags);
}

static u32 hvsnd_stream_info_state(const struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->lock);
	if (hvsnd_stream_is_on(st))
		return SND_HVSOCK_STATE_RUNNING;
	if (st->state == HVSND_PCM_PAUSED)
		return SND_HVSOCK_STATE_PAUSED;
	if (hvsnd_pcm_is_draining(READ_ONCE(st->state)))
		return SND_HVSOCK_STATE_TAIL;
	return SND_HVSOCK_STATE_IDLE;
}

/**
 * hvsnd_stream_get_info - the stream as it is now
 * @st: the stream
 * @info: set to that
 *
 * Context: process, with something that keeps the stream: the card's lock, or
 * the worker.
 */
void hvsnd_stream_get_info(struct hvsnd_stream *st,
			   struct hvsnd_stream_info *info)
{
	memset(info, 0, sizeof(*info));
	strscpy(info->card, st->card->config.id, sizeof(info->card));
	info->card_index = st->card->card->number;
	info->id = st->id;
	info->substream = st->number;
	info->direction = st->params.direction;
	memcpy(info->application, st->comm, sizeof(info->application));
	info->pid = st->params.pid;
	info->format = st->params.format;
	info->rate = st->params.rate;
	info->channels = st->params.channels;
	info->period = st->period_frames;
	info->buffer = st->ring.frames;

	spin_lock_irq(&st->lock);
	info->state = hvsnd_stream_info_state(st);
	info->connected = hvsnd_stream_is_up(st);
	info->closed = !READ_ONCE(st->substream);
	info->position = hvsnd_stream_position(st);
	info->delay = st->delay.now;
	info->target_delay = st->clock.target;
	info->jitter_delay = st->delay.jitter;
	info->device_delay = st->delay.reported_latency;
	info->round_trip_us = st->delay.round_trip_us;
	info->ppb = st->clock.ppb;
	info->stats = st->stats;
	info->stats.worst_delay_us =
		div_u64((u64)st->delay.worst * USEC_PER_SEC, st->params.rate);
	spin_unlock_irq(&st->lock);
}

/**
 * hvsnd_streams_next - one open stream after the other
 * @card: the card
 * @after: the last one's id, 0 to begin with
 * @info: set to the next one
 *
 * Context: process.
 * Return: whether there is one.
 */
bool hvsnd_streams_next(struct hvsnd_card *card, u32 after,
			struct hvsnd_stream_info *info)
{
	struct hvsnd_stream *st;
	bool found = false;

	mutex_lock(&card->lock);
	list_for_each_entry(st, &card->streams, entry) {
		if (st->id <= after || !READ_ONCE(st->substream))
			continue;
		hvsnd_stream_get_info(st, info);
		found = true;
		break;
	}
	mutex_unlock(&card->lock);
	return found;
}

/**
 * hvsnd_streams_stats - what happened to all streams of a card
 * @card: the card
 * @sum: set to that, with those that are closed
 *
 * Context: process.
 * Return: how many are open.
 */
u32 hvsnd_streams_stats(struct hvsnd_card *card, struct hvsnd_stats *sum)
{
	struct hvsnd_stream_info info;
	struct hvsnd_stream *st;
	u32 n = 0;

	mutex_lock(&card->lock);
	*sum = card->past;
	list_for_each_entry(st, &card->streams, entry) {
		hvsnd_stream_get_info(st, &info);
		hvsnd_stats_add(sum, &info.stats);
		n += !info.closed;
	}
	mutex_unlock(&card->lock);
	return n;
}
