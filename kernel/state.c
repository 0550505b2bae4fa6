// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a stream: that of the PCM, that of the connection, and who uses
 * the stream. Nothing else writes them.
 */
#include "state.h"
#include "workqueue.h"

/**
 * hvsnd_stream_wake() - Wake the worker
 * @st: stream
 *
 * Context: Any.
 */
void hvsnd_stream_wake(struct hvsnd_stream *st)
{
	queue_work(hvsnd_workqueue, &st->work);
}

/**
 * hvsnd_stream_set_conn() - Change the state of the connection
 * @st: stream
 * @state: state to enter
 *
 * Context: With st->work_lock and st->lock.
 */
void hvsnd_stream_set_conn(struct hvsnd_stream *st, enum hvsnd_conn_state state)
{
	lockdep_assert_held(&st->work_lock);
	lockdep_assert_held(&st->lock);
	WARN_ON_ONCE(HVSND_DEBUG &&
		     !hvsnd_conn_may_follow(st->conn.state, state));
	WRITE_ONCE(st->conn.state, state);
}

/**
 * hvsnd_stream_set_life() - Change who uses a stream
 * @st: stream
 * @life: LINGERING after ATTACHED, or DEAD after LINGERING
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_set_life(struct hvsnd_stream *st, enum hvsnd_life life)
{
	lockdep_assert_held(&st->work_lock);
	WARN_ON_ONCE(HVSND_DEBUG && life != st->life + 1);
	WRITE_ONCE(st->substream, NULL);
	WRITE_ONCE(st->life, life);
}

/**
 * hvsnd_stream_set_state() - Change the state of the PCM
 * @st: stream
 * @state: state to enter
 *
 * Context: With st->lock.
 */
void hvsnd_stream_set_state(struct hvsnd_stream *st, enum hvsnd_pcm_state state)
{
	lockdep_assert_held(&st->lock);
	WARN_ON_ONCE(HVSND_DEBUG && !hvsnd_pcm_may_follow(st->state, state));
	WRITE_ONCE(st->state, state);
}

/**
 * hvsnd_stream_is_idle() - Whether ALSA wants nothing of a stream
 * @st: stream
 *
 * Context: Any.
 * Return: Whether nothing runs, is paused or drained.
 */
bool hvsnd_stream_is_idle(const struct hvsnd_stream *st)
{
	return hvsnd_pcm_is_idle(READ_ONCE(st->state));
}

/**
 * hvsnd_stream_is_wanted() - Whether the host is to have the stream
 * @st: stream
 *
 * The program plays or records, or has written what it will play. A program
 * that only looks at the card, as sound servers do at each login, must leave no
 * stream on the host: a record stream alone wakes a microphone.
 *
 * Context: Any.
 * Return: Whether it is.
 */
bool hvsnd_stream_is_wanted(const struct hvsnd_stream *st)
{
	return !hvsnd_stream_is_idle(st) ||
	       (hvsnd_is_playback(st) && READ_ONCE(st->playback.appl_ptr));
}
