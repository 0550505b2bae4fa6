// SPDX-License-Identifier: GPL-2.0
/*
 * What comes from the host: audio data, timing reports and events.
 */
#include <linux/ktime.h>
#include <linux/math64.h>

#include "alarm.h"
#include "card.h"
#include "conn.h"
#include "core/reason.h"
#include "position.h"
#include "rx.h"
#include "state.h"

#define RECEIVES	64	/* in one run of the worker */

/*
 * Determines how many of the received bytes the session may take now. While a
 * capture stream wants no audio data, it takes all and discards the audio data.
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
	st->rx.discard = !hvsnd_capture_may_take(st->state, st->flush);
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
	/* Audio data begins and ends anywhere within a frame. */
	div_u64_rem(st->conn.audio_bytes, st->frame_bytes, &phase);
	st->conn.audio_bytes += len;

	spin_lock_irqsave(&st->lock, flags);
	if (st->rx.discard || !data)
		hvsnd_capture_discard(&st->capture);
	else
		hvsnd_capture_deliver(&st->capture, &st->context,
				      hvsnd_stream_position(st), data, len,
				      phase);
	spin_unlock_irqrestore(&st->lock, flags);
}

/*
 * Computes the delay between the position and the host's loudspeaker or
 * microphone at @at_ns, in frames. The host's count of bytes begins anywhere.
 * But the connection keeps the order, so the host's count and ours can be
 * compared where the request, or its answer, stood among the audio data.
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

/* Has the clock follow the host. */
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
	if (!resync)
		return;
	if (hvsnd_is_playback(st))
		hvsnd_playback_resync(&st->playback, &st->stats, resync);
	else
		hvsnd_capture_resync(&st->capture, &st->stats, resync);
}

/*
 * A device that sleeps consumes nothing. What the host holds for it is old when
 * it wakes: the stream begins again then.
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

/* The stream is on another device, whose delay is not known yet. */
static void hvsnd_stream_moved(struct hvsnd_stream *st,
			       const struct hvsnd_event *ev)
{
	u64 now = ktime_get_ns();

	lockdep_assert_held(&st->lock);
	hvsnd_delay_set_latency(&st->delay, &st->geometry, ev->latency_us);
	hvsnd_stream_set_suspended(st, ev->suspended);
	hvsnd_stream_relearn(st);
	/* A recording begins again: the gap has shortened its delay. */
	if (!hvsnd_is_playback(st))
		hvsnd_remote_set_stale(&st->remote, st->epoch);
	if (st->clock.running)
		hvsnd_clock_start(&st->clock, now,
				  hvsnd_clock_frames(&st->clock, now));
}

/**
 * hvsnd_stream_event() - Take an event from the session
 * @s: session of a stream
 * @ev: event
 *
 * Context: Process, with st->work_lock, from the session's receive().
 */
void hvsnd_stream_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
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
		/* A drain ends with an underflow. */
		if (!hvsnd_stream_is_on(st))
			break;
		st->stats.underflows++;
		hvsnd_delay_lengthen(&st->delay, &st->clock, &st->geometry, 0);
		/* The host needs a little more than was thought. */
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
	case HVSND_EVENT_TERMINATED:
		hvsnd_stream_set_conn(st, HVSND_CONN_TERMINATED);
		break;
	default:
		break;
	}
	spin_unlock_irqrestore(&st->lock, flags);
}

/**
 * hvsnd_stream_receive() - Receive what the host sends
 * @st: stream
 *
 * Context: Process, with st->work_lock.
 * Return: 0, or why the connection is to end.
 */
int hvsnd_stream_receive(struct hvsnd_stream *st)
{
	int budget = RECEIVES;
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
			if (st->conn.state == HVSND_CONN_TERMINATED) {
				st->conn.session.reason =
					HVSND_REASON_TERMINATED;
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
