// SPDX-License-Identifier: GPL-2.0
/*
 * The connection to the host, from the first attempt to its end.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/random.h>
#include <linux/string.h>

#include "alarm.h"
#include "card.h"
#include "conn.h"
#include "core/reason.h"
#include "outage.h"
#include "position.h"
#include "state.h"
#include "tx.h"

static void hvsnd_stream_channel_wake(struct hvsnd_channel *channel)
{
	struct hvsnd_stream *st = container_of(channel, struct hvsnd_stream,
					       conn.channel);

	hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_init_conn() - Begin without a connection
 * @st: new stream
 *
 * Context: Process.
 */
void hvsnd_stream_init_conn(struct hvsnd_stream *st)
{
	INIT_DELAYED_WORK(&st->conn.alarm, hvsnd_stream_alarm);
	st->conn.channel.wake = hvsnd_stream_channel_wake;
	hvsnd_channel_init(&st->conn.channel, &st->card->shared,
			   &st->card->pool, st->params.direction);
	hvsnd_backoff_init(&st->conn.backoff);
}

static void hvsnd_stream_set_retry(struct hvsnd_stream *st)
{
	u32 ms;

	lockdep_assert_held(&st->work_lock);
	ms = hvsnd_backoff_next(&st->conn.backoff, hvsnd_stream_is_on(st),
				get_random_u32());
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_RETRY,
				  ktime_get_ns() + ms * NSEC_PER_MSEC);
}

/**
 * hvsnd_stream_disconnect() - End the connection, or an attempt
 * @st: stream
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_disconnect(struct hvsnd_stream *st)
{
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	hvsnd_channel_close(&st->conn.channel, !st->conn.unanswered_ns &&
			    !(st->tx.body_left % st->frame_bytes));
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_HANDSHAKE, 0);
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_ANSWER, 0);
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_DRAIN, 0);
	if (hvsnd_stream_is_attached(st))
		hvsnd_stream_set_retry(st);
	hvsnd_stream_drop_drain_copy(st);
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
	if (st->conn.state != HVSND_CONN_TERMINATED)
		hvsnd_stream_set_conn(st, HVSND_CONN_BACKOFF);
	st->conn.lost = true;
	st->playback.busy_until_ns = 0;
	hvsnd_remote_reset(&st->remote, st->epoch);
	if (st->state == HVSND_PCM_STARTING)
		hvsnd_stream_run_clock(st, ktime_get_ns());
	spin_unlock_irqrestore(&st->lock, flags);
}

/**
 * hvsnd_stream_connect() - Begin to connect
 * @st: stream without a connection
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_connect(struct hvsnd_stream *st)
{
	struct hvsnd_card_config config;
	const char *reason;
	u32 ms;
	int err;

	lockdep_assert_held(&st->work_lock);
	hvsnd_card_get_config(st->card, &config);
	ms = hvsnd_backoff_connect_ms(&st->conn.backoff,
				      config.connect_timeout_ms);
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

/**
 * hvsnd_stream_create_remote() - Ask for the stream
 * @st: stream
 *
 * Does nothing if the connection was not made without one.
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_create_remote(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->work_lock);
	if (!hvsnd_conn_is_made(st->conn.state) || !st->params.wait)
		return;
	st->params.wait = false;
	st->conn.since_ns = ktime_get_ns();
	/* The host has let the guest in, but its device may be slow. */
	if (st->conn.state == HVSND_CONN_ADMITTED) {
		hvsnd_backoff_allow_device(&st->conn.backoff);
		spin_lock_irq(&st->lock);
		hvsnd_stream_set_conn(st, HVSND_CONN_HANDSHAKE);
		spin_unlock_irq(&st->lock);
	}
	memset(&st->conn.volume_seen, 0, sizeof(st->conn.volume_seen));
	hvsnd_mixer_get_volume(&st->card->mixer, st->params.direction,
			       &st->conn.volume_seen, &st->params.volume);
	st->conn.session.ops->create(&st->conn.session, &st->params);
}

/**
 * hvsnd_stream_handshake() - Begin the session once the transport has connected
 * @st: stream
 *
 * Context: Process, with st->work_lock.
 * Return: 1 when the session has begun, 0 when not yet, or why not.
 */
int hvsnd_stream_handshake(struct hvsnd_stream *st)
{
	u8 cookie[HVSND_COOKIE_SIZE];
	int ret;

	lockdep_assert_held(&st->work_lock);
	if (hvsnd_conn_is_made(st->conn.state))
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
	/* Another stream may have received part of a frame. */
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

/**
 * hvsnd_stream_answered() - Note that the host has answered
 * @st: stream
 *
 * Context: With st->work_lock and st->lock.
 */
void hvsnd_stream_answered(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->lock);
	if (st->conn.lost)
		st->stats.reconnects++;
	st->conn.lost = false;
	hvsnd_backoff_answered(&st->conn.backoff);
}

static const char *hvsnd_stream_silence(bool waiting)
{
	return waiting ? HVSND_REASON_NOT_CONNECTED : HVSND_REASON_SILENT;
}

/* Tells of a host that does not connect, or does not answer. */
static void hvsnd_stream_complain(struct hvsnd_stream *st, bool waiting)
{
	const char *reason = hvsnd_stream_silence(waiting);
	int err = waiting ? -ENOTCONN : -ETIMEDOUT;

	lockdep_assert_held(&st->work_lock);
	if (waiting)
		hvsnd_host_failed(&st->card->host, err, reason);
	else
		hvsnd_host_refused(&st->card->host, err, reason);
	hvsnd_stream_warn(st, err, reason);
}

/**
 * hvsnd_stream_check_handshake() - Check how long the host takes to answer
 * @st: stream
 *
 * With role=listen, a host that has not connected does not answer.
 *
 * Context: Process, with st->work_lock.
 * Return: 0, -ETIMEDOUT, or -ENOTCONN.
 */
int hvsnd_stream_check_handshake(struct hvsnd_stream *st)
{
	enum hvsnd_patience patience;
	bool waiting;
	u32 next_ms;
	u64 ms;

	lockdep_assert_held(&st->work_lock);
	/* The transport limits the time for connecting. */
	waiting = !hvsnd_conn_is_made(st->conn.state);
	if (waiting && !hvsnd_channel_is_waiting(&st->conn.channel))
		return 0;
	/* A host that was not asked for a stream does not answer. */
	if (hvsnd_stream_is_up(st) || st->conn.state == HVSND_CONN_ADMITTED ||
	    !hvsnd_stream_is_attached(st)) {
		hvsnd_stream_set_deadline(st, HVSND_DEADLINE_HANDSHAKE, 0);
		return 0;
	}
	ms = div_u64(ktime_get_ns() - st->conn.since_ns, NSEC_PER_MSEC);
	patience = hvsnd_backoff_check(&st->conn.backoff, ms,
				       hvsnd_stream_may_fail(st), &next_ms);
	if (patience == HVSND_PATIENCE_END) {
		st->conn.session.reason = hvsnd_stream_silence(waiting);
		return waiting ? -ENOTCONN : -ETIMEDOUT;
	}
	if (patience == HVSND_PATIENCE_WARN)
		hvsnd_stream_complain(st, waiting);
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_HANDSHAKE,
				  st->conn.since_ns +
					  next_ms * NSEC_PER_MSEC);
	return 0;
}

/**
 * hvsnd_stream_set_geometry() - Determine the sizes of a connection
 * @st: stream
 *
 * Context: With st->lock, or before the stream is used.
 */
void hvsnd_stream_set_geometry(struct hvsnd_stream *st)
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

/**
 * hvsnd_stream_abandon() - End an attempt to connect when that is possible
 * @st: stream that connects
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_abandon(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->work_lock);
	spin_lock_irq(&st->lock);
	hvsnd_stream_set_conn(st, HVSND_CONN_CLOSING);
	spin_unlock_irq(&st->lock);
}

/**
 * hvsnd_stream_renew() - Begin with the card's present host and latency
 * @st: stream without a connection
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_renew(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->work_lock);
	clear_bit(HVSND_REQUEST_REMAKE, &st->conn.requests);
	spin_lock_irq(&st->lock);
	st->conn.lost = false;
	if (st->conn.state != HVSND_CONN_TERMINATED)
		hvsnd_stream_set_conn(st, HVSND_CONN_DOWN);
	hvsnd_stream_set_geometry(st);
	st->clock.target = st->delay.jitter;
	spin_unlock_irq(&st->lock);
	st->conn.warned = false;
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_RETRY, 0);
}

/*
 * Whether the host takes the stream. A host that reports nothing may only have
 * let the buffers of the connection fill.
 */
static bool hvsnd_stream_is_accepted(const struct hvsnd_stream *st)
{
	if (st->conn.state == HVSND_CONN_ADMITTED)
		return true;
	return hvsnd_stream_is_up(st) &&
	       (st->conn.session.ops->timing || !hvsnd_is_playback(st) ||
		st->conn.audio_bytes > (u64)hvsnd_ms(st, HVSND_ANSWER_MS) *
				    st->frame_bytes);
}

/**
 * hvsnd_stream_check_up() - Tell the card's host of a connection that was made
 * @st: stream
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_check_up(struct hvsnd_stream *st)
{
	struct hvsnd_host *host = &st->card->host;

	lockdep_assert_held(&st->work_lock);
	if (!st->conn.counted && hvsnd_conn_is_admitted(st->conn.state)) {
		st->conn.counted = true;
		hvsnd_host_connected(host);
	}
	if (st->conn.warned && hvsnd_stream_is_accepted(st)) {
		hvsnd_host_note_back(host);
		st->conn.warned = false;
	}
}

/**
 * hvsnd_stream_lose() - End a connection that was lost or failed
 * @st: stream
 * @err: negative errno
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_lose(struct hvsnd_stream *st, int err)
{
	struct hvsnd_host *host = &st->card->host;
	const char *reason = st->conn.session.reason;
	/* A host that refuses the stream is reachable. */
	bool refused = hvsnd_conn_is_made(st->conn.state) && reason;

	lockdep_assert_held(&st->work_lock);
	reason = reason ?: HVSND_REASON_LOST;
	hvsnd_stream_disconnect(st);
	if (st->conn.state == HVSND_CONN_TERMINATED) {
		hvsnd_host_note_terminated(host, reason,
					   st->params.application);
	} else {
		if (refused)
			hvsnd_host_refused(host, err, reason);
		else
			hvsnd_host_failed(host, err, reason);
		hvsnd_stream_warn(st, err, reason);
	}
	hvsnd_stream_fail(st);
}
