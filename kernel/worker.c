// SPDX-License-Identifier: GPL-2.0
/*
 * The worker of a stream. It is level triggered: whatever woke it, it compares
 * what ALSA wants, what the host was told and what can be sent, and brings them
 * together as far as that goes without waiting.
 */
#include <linux/ktime.h>
#include <uapi/linux/snd_hvsock.h>

#include "alarm.h"
#include "card.h"
#include "conn.h"
#include "core/reason.h"
#include "notify.h"
#include "position.h"
#include "rx.h"
#include "state.h"
#include "status.h"
#include "tx.h"
#include "worker.h"
#include "workqueue.h"

/*
 * Whether the host has not answered, or has taken nothing, for too long. The
 * limit grows if the device has to begin again while the worker waits, so the
 * deadline is set each time.
 */
static bool hvsnd_stream_is_unanswered(struct hvsnd_stream *st)
{
	bool begun = hvsnd_is_playback(st) ?
			     st->delay.device == HVSND_DEVICE_BEGUN :
			     st->capture.synced;
	u64 limit_ns = (u64)hvsnd_delay_answer_ms(&st->geometry, begun) *
		       NSEC_PER_MSEC;

	lockdep_assert_held(&st->work_lock);
	if (!st->conn.unanswered_ns)
		return false;
	hvsnd_stream_set_deadline(st, HVSND_DEADLINE_ANSWER,
				  st->conn.unanswered_ns + limit_ns);
	return hvsnd_stream_has_passed(st, HVSND_DEADLINE_ANSWER);
}

/* Asks for a timing report, a few times a second. */
static void hvsnd_stream_ask(struct hvsnd_stream *st)
{
	unsigned long flags;
	bool known;
	u64 now;

	lockdep_assert_held(&st->work_lock);
	/* One request at a time. */
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
	st->conn.session.ops->timing(&st->conn.session);
}

/*
 * Drains a host that does not report when it has played everything. It may drop
 * what it holds when the connection ends, and it may wait until it can take a
 * whole chunk (PipeWire: 256 frames). So it gets a chunk of silence, as late as
 * possible, because the silence delays what follows on the same connection.
 */
static void hvsnd_stream_drain_by_time(struct hvsnd_stream *st, bool padded)
{
	u32 chunk_ms = st->conn.session.ops->chunk_ms;
	u64 chunk_ns = (u64)chunk_ms * NSEC_PER_MSEC;
	u64 now = ktime_get_ns(), end = st->conn.channel.busy_ns;
	/* Another program's audio data may follow on the same connection. */
	bool awaited = hvsnd_channel_is_awaited(&st->conn.channel);
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	if (padded)
		end += chunk_ns;
	else
		end -= min(end, chunk_ns);
	if (!awaited && now < end) {
		hvsnd_stream_set_deadline(st, HVSND_DEADLINE_DRAIN, end);
		return;
	}
	spin_lock_irqsave(&st->lock, flags);
	if (!padded)
		hvsnd_remote_told(&st->remote, HVSND_COMMAND_DRAIN);
	if (padded || awaited)
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

/* What ALSA wants; @sent: all that the host may have was sent. */
static struct hvsnd_wanted hvsnd_stream_wanted(struct hvsnd_stream *st,
					       bool sent)
{
	struct hvsnd_wanted w = { .sent = sent };
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	spin_lock_irqsave(&st->lock, flags);
	w.state = st->state;
	w.epoch = st->epoch;
	w.complete = !st->tx.drain_copy &&
		     hvsnd_playback_is_complete(&st->playback, w.state);
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

/*
 * The host was told to start, and ALSA wants nothing else, which is so in
 * nearly every run of the worker. A change of state that comes now wakes the
 * worker. hvsnd_channel_want() is not needed then: the host was told that audio
 * is wanted when it was told to start, and the opposite is said only in a run
 * that has the host pause or drain.
 */
static bool hvsnd_stream_is_settled(const struct hvsnd_stream *st)
{
	return hvsnd_stream_is_on(st) && !READ_ONCE(st->flush) &&
	       hvsnd_remote_is_running(&st->remote);
}

/* Tells the host what ALSA wants, and sends what may be sent. */
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
	if (hvsnd_stream_is_up(st) && !hvsnd_stream_is_settled(st)) {
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

	/* While the connection is full, the first frames may not be out yet. */
	if (hvsnd_pcm_is_starting(READ_ONCE(st->state)) && err != -EAGAIN) {
		spin_lock_irqsave(&st->lock, flags);
		if (st->state == HVSND_PCM_STARTING)
			hvsnd_stream_run_clock(st, ktime_get_ns());
		spin_unlock_irqrestore(&st->lock, flags);
	}
	if (err && err != -EAGAIN)
		return err;

	if (!err && !hvsnd_stream_is_settled(st)) {
		w = hvsnd_stream_wanted(st, true);
		hvsnd_stream_command(st, &w);
	}
	/* Also over a full connection: the host may have stopped reading. */
	if (hvsnd_stream_is_on(st) &&
	    (hvsnd_remote_is_running(&st->remote) || err))
		hvsnd_stream_ask(st);
	if (!ops->timing && !err)
		st->conn.unanswered_ns = 0;
	else if (!ops->timing && !st->conn.unanswered_ns)
		st->conn.unanswered_ns = ktime_get_ns();
	/* Not every transport reports a host that has died. */
	if (hvsnd_stream_is_unanswered(st)) {
		st->conn.session.reason = ops->timing ? HVSND_REASON_STALLED :
							HVSND_REASON_FULL;
		return -ETIMEDOUT;
	}
	return err || !st->conn.session.tx_len ? err : hvsnd_stream_send(st);
}

/* Of a lingering stream: nothing is left to wait for. */
static bool hvsnd_stream_is_over(const struct hvsnd_stream *st)
{
	return hvsnd_stream_is_asked(st, HVSND_REQUEST_ABORT) ||
	       st->conn.lost || hvsnd_stream_is_drained(st) ||
	       !hvsnd_pcm_is_draining(READ_ONCE(st->state)) ||
	       hvsnd_stream_has_passed(st, HVSND_DEADLINE_LINGER);
}

/* Leaves the stream to the reaper, whose work item holds the card. */
static void hvsnd_stream_reap(struct hvsnd_stream *st)
{
	struct hvsnd_card *card = st->card;

	hvsnd_stream_drop_drain_copy(st);
	hvsnd_stream_set_life(st, HVSND_LIFE_DEAD);
	hvsnd_card_get(card);
	if (!queue_work(hvsnd_workqueue, &card->reap))
		hvsnd_card_put(card);
}

static enum hvsnd_conn_action hvsnd_stream_decide(struct hvsnd_stream *st)
{
	struct hvsnd_conn_view v = {
		.state = st->conn.state,
		.life = st->life,
		.requests = READ_ONCE(st->conn.requests),
	};

	lockdep_assert_held(&st->work_lock);
	/* So it is in nearly every run. */
	if (hvsnd_conn_is_made(v.state) && !v.requests &&
	    v.life == HVSND_LIFE_ATTACHED)
		return HVSND_ACTION_SERVE;
	if (v.life != HVSND_LIFE_ATTACHED)
		v.over = hvsnd_stream_is_over(st);
	if (!hvsnd_conn_is_open(v.state)) {
		/* Without create(), a connection is a stream on the host. */
		v.may_connect = hvsnd_stream_is_wanted(st) ||
				st->conn.session.ops->create;
		v.retry_passed =
			hvsnd_stream_has_passed(st, HVSND_DEADLINE_RETRY);
	} else if (!hvsnd_conn_is_made(v.state)) {
		v.may_close = hvsnd_channel_may_close(&st->conn.channel);
	}
	return hvsnd_conn_decide(&v);
}

/* Receives, sends, and ends a connection that is lost. */
static void hvsnd_stream_serve(struct hvsnd_stream *st)
{
	int ret;

	lockdep_assert_held(&st->work_lock);
	ret = hvsnd_stream_handshake(st);
	if (ret > 0 && st->params.wait && hvsnd_stream_is_wanted(st))
		hvsnd_stream_create_remote(st);
	if (ret > 0)
		ret = hvsnd_stream_receive(st);
	if (!ret && hvsnd_conn_is_made(st->conn.state))
		ret = hvsnd_stream_sync_remote(st);
	if (!ret || ret == -EAGAIN)
		ret = hvsnd_stream_check_handshake(st);
	hvsnd_stream_check_up(st);
	if (ret < 0)
		hvsnd_stream_lose(st, ret);
	/* No other event may come that would wake the worker. */
	if (!hvsnd_stream_is_attached(st) && hvsnd_stream_is_over(st))
		hvsnd_stream_wake(st);
}

static void hvsnd_stream_step(struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->work_lock);
	if (READ_ONCE(st->conn.requests)) {
		if (test_and_clear_bit(HVSND_REQUEST_RESET_BACKOFF,
				       &st->conn.requests))
			hvsnd_backoff_reset(&st->conn.backoff);
		if (test_and_clear_bit(HVSND_REQUEST_RETRY, &st->conn.requests))
			hvsnd_stream_set_deadline(st, HVSND_DEADLINE_RETRY, 0);
	}
	for (;;) {
		switch (hvsnd_stream_decide(st)) {
		case HVSND_ACTION_WAIT:
			return;
		case HVSND_ACTION_CONNECT:
			hvsnd_stream_connect(st);
			if (!hvsnd_conn_is_open(st->conn.state))
				return;
			break;
		case HVSND_ACTION_SERVE:
			hvsnd_stream_serve(st);
			return;
		case HVSND_ACTION_ABANDON:
			hvsnd_stream_abandon(st);
			return;
		case HVSND_ACTION_DISCONNECT:
			hvsnd_stream_disconnect(st);
			break;
		case HVSND_ACTION_RENEW:
			hvsnd_stream_renew(st);
			break;
		case HVSND_ACTION_REAP:
			hvsnd_stream_reap(st);
			return;
		}
	}
}

/* Reports what has changed since the last report. */
static void hvsnd_stream_report_changes(struct hvsnd_stream *st)
{
	struct hvsnd_notified *told = &st->notified;
	bool running = hvsnd_stream_is_on(st);
	u32 xruns = READ_ONCE(st->stats.xruns);
	struct hvsnd_stream_info info;
	u8 cmds[5], n = 0, i;

	lockdep_assert_held(&st->work_lock);
	if (told->state == HVSND_NOTIFIED_NOTHING) {
		cmds[n++] = SND_HVSOCK_CMD_STREAM_OPEN_NTF;
		told->state = HVSND_NOTIFIED_STOPPED;
	}
	if (told->state == HVSND_NOTIFIED_STOPPED && running) {
		cmds[n++] = SND_HVSOCK_CMD_STREAM_START_NTF;
		told->state = HVSND_NOTIFIED_RUNNING;
	} else if (told->state == HVSND_NOTIFIED_RUNNING && !running) {
		cmds[n++] = SND_HVSOCK_CMD_STREAM_STOP_NTF;
		told->state = HVSND_NOTIFIED_STOPPED;
	}
	if (told->xruns != xruns)
		cmds[n++] = SND_HVSOCK_CMD_XRUN_NTF;
	told->xruns = xruns;
	if (told->resyncs != st->stats.resyncs)
		cmds[n++] = SND_HVSOCK_CMD_RESYNC_NTF;
	told->resyncs = st->stats.resyncs;
	if (told->state == HVSND_NOTIFIED_STOPPED &&
	    !hvsnd_stream_is_attached(st)) {
		cmds[n++] = SND_HVSOCK_CMD_STREAM_CLOSE_NTF;
		told->state = HVSND_NOTIFIED_CLOSED;
	}
	if (!n || !hvsnd_notify_is_wanted())
		return;
	hvsnd_stream_get_info(st, &info);
	for (i = 0; i < n; i++)
		hvsnd_notify_stream(cmds[i], &info);
}

/**
 * hvsnd_stream_work() - The worker
 * @work: work item of a stream
 *
 * Context: Workqueue.
 */
void hvsnd_stream_work(struct work_struct *work)
{
	struct hvsnd_stream *st = container_of(work, struct hvsnd_stream, work);
	u64 since_ns;

	mutex_lock(&st->work_lock);
	since_ns = ktime_get_ns();
	if (st->life != HVSND_LIFE_DEAD)
		hvsnd_stream_step(st);
	hvsnd_stream_report_changes(st);
	if (st->life != HVSND_LIFE_DEAD)
		hvsnd_stream_set_alarm(st, since_ns);
	mutex_unlock(&st->work_lock);
}
