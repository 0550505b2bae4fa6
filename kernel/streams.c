// SPDX-License-Identifier: GPL-2.0
/*
 * All streams of a card, and the reaper that frees them.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "card.h"
#include "status.h"
#include "state.h"
#include "streams.h"

/**
 * hvsnd_streams_wake() - Wake the workers of all streams
 * @card: card
 *
 * Context: Process.
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
 * hvsnd_streams_reconnect() - Replace all connections
 * @card: card whose host or latency has changed
 *
 * Running streams go on, in silence until the host has answered.
 *
 * Context: Process. Does not wait for the host.
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
 * hvsnd_streams_suspend() - End all connections before the machine sleeps
 * @card: card, with no stream running
 *
 * No transport keeps connections over a hibernation, and the host should not
 * hold streams of a machine that sleeps.
 *
 * Context: Process. Does not wait for the host.
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
	hvsnd_pool_reset(&card->pool);
}

/**
 * hvsnd_streams_resume() - Connect again after hvsnd_streams_suspend()
 * @card: card
 *
 * Context: Process. Does not wait for the host.
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
 * hvsnd_streams_retry() - Have streams without a connection try at once
 * @card: card
 *
 * Context: Process. Does not wait for the host.
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
 * hvsnd_streams_reap() - Free the dead streams
 * @work: @reap of a card
 *
 * Context: Workqueue, in a work item of its own: a stream cannot wait for its
 * own worker.
 */
void hvsnd_streams_reap(struct work_struct *work)
{
	struct hvsnd_card *card = container_of(work, struct hvsnd_card, reap);
	struct hvsnd_stream *st, *next;
	struct hvsnd_stream_info info;
	unsigned int n = 1;

	mutex_lock(&card->lock);
	list_for_each_entry_safe(st, next, &card->streams, entry) {
		if (READ_ONCE(st->life) != HVSND_LIFE_DEAD)
			continue;
		list_del(&st->entry);
		cancel_delayed_work_sync(&st->conn.alarm);
		cancel_work_sync(&st->work);
		hvsnd_stream_get_info(st, &info);
		hvsnd_stats_add(&card->past, &info.stats);
		/* The session's buffer may still hold the cookie. */
		kvfree(st->capture.jitter.data);
		kfree_sensitive(st);
		n++;
	}
	mutex_unlock(&card->lock);
	/* The references of the streams, and that of @work. */
	while (n--)
		hvsnd_card_put(card);
}

/**
 * hvsnd_streams_abort() - End all connections of a card that is deleted
 * @card: card
 *
 * Context: Process. Does not wait for the host.
 */
void hvsnd_streams_abort(struct hvsnd_card *card)
{
	struct hvsnd_stream *st;

	hvsnd_host_end(&card->host);
	hvsnd_shared_end(&card->shared);
	hvsnd_pool_end(&card->pool);
	mutex_lock(&card->lock);
	card->gone = true;
	list_for_each_entry(st, &card->streams, entry) {
		set_bit(HVSND_REQUEST_ABORT, &st->conn.requests);
		hvsnd_stream_wake(st);
	}
	mutex_unlock(&card->lock);
}

/* Counts streams opened and closed: a dump was interrupted if it changes. */
atomic_t hvsnd_streams_generation = ATOMIC_INIT(0);

/**
 * hvsnd_streams_next() - Get the next open stream
 * @card: card
 * @after: id of the stream before, 0 for the first
 * @info: set to the stream
 *
 * Context: Process.
 * Return: Whether there is one.
 */
bool hvsnd_streams_next(struct hvsnd_card *card, u32 after,
			struct hvsnd_stream_info *info)
{
	struct hvsnd_stream *st;
	bool found = false;

	mutex_lock(&card->lock);
	list_for_each_entry(st, &card->streams, entry) {
		if (st->id <= after || !hvsnd_stream_is_attached(st))
			continue;
		hvsnd_stream_get_info(st, info);
		found = true;
		break;
	}
	mutex_unlock(&card->lock);
	return found;
}

/**
 * hvsnd_streams_stats() - Add up the counters of a card's streams
 * @card: card
 * @sum: set to the sum over all streams, open and closed
 *
 * Context: Process.
 * Return: Number of open streams.
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
