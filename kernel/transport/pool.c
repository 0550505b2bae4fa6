// SPDX-License-Identifier: GPL-2.0
/* The connections that the host has made and that no stream uses yet. */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/time64.h>

#include "../core/reason.h"
#include "../host.h"
#include "../workqueue.h"
#include "pool.h"

/* In a window, at most so many connections are accepted. */
#define HVSND_POOL_ACCEPTS	64
#define HVSND_POOL_WINDOW_NS	(100 * NSEC_PER_MSEC)

/*
 * A host without an unused connection is away after this time. hvsndd connects
 * again within 5 s.
 */
#define HVSND_POOL_AWAY_NS	(6 * NSEC_PER_SEC)

static void hvsnd_pool_queue(struct hvsnd_pool *pool)
{
	hvsnd_host_get(pool->host);
	if (mod_delayed_work(hvsnd_workqueue, &pool->work, 0))
		hvsnd_host_put(pool->host);
}

static void hvsnd_pool_queue_at(struct hvsnd_pool *pool, u64 at_ns)
{
	u64 now = ktime_get_ns();
	unsigned long delay = 0;

	if (at_ns > now)
		delay = nsecs_to_jiffies(at_ns - now) + 1;
	hvsnd_host_get(pool->host);
	if (!queue_delayed_work(hvsnd_workqueue, &pool->work, delay))
		hvsnd_host_put(pool->host);
}

static void hvsnd_pool_link_wake(struct hvsnd_vsock *vsock)
{
	hvsnd_pool_queue(container_of(vsock, struct hvsnd_pool_link,
				      vsock)->pool);
}

static void hvsnd_pool_listener_wake(struct hvsnd_vsock *vsock)
{
	hvsnd_pool_queue(container_of(vsock, struct hvsnd_pool, listener));
}

static void hvsnd_pool_wake_users(struct hvsnd_pool *pool)
{
	struct hvsnd_pool_user *user;

	lockdep_assert_held(&pool->lock);
	list_for_each_entry(user, &pool->users, entry)
		user->wake(user);
}

/* Has the work find out whether the host connects again in time. */
static void hvsnd_pool_watch(struct hvsnd_pool *pool)
{
	lockdep_assert_held(&pool->lock);
	if (!pool->count && !pool->empty_ns && !pool->ended) {
		pool->empty_ns = ktime_get_ns();
		hvsnd_pool_queue(pool);
	}
}

static void hvsnd_pool_add(struct hvsnd_pool *pool,
			   struct hvsnd_pool_link *link)
{
	lockdep_assert_held(&pool->lock);
	list_move_tail(&link->entry, &pool->unused);
	pool->count++;
	pool->empty_ns = 0;
}

/* Takes a connection out, which was closed or belongs to a stream now. */
static void hvsnd_pool_remove(struct hvsnd_pool *pool,
			      struct hvsnd_pool_link *link)
{
	lockdep_assert_held(&pool->lock);
	list_move(&link->entry, &pool->free);
	pool->count--;
	hvsnd_pool_watch(pool);
}

static void hvsnd_pool_clear(struct hvsnd_pool *pool)
{
	struct hvsnd_pool_link *link, *next;

	lockdep_assert_held(&pool->lock);
	list_for_each_entry_safe(link, next, &pool->unused, entry) {
		hvsnd_vsock_close(&link->vsock);
		hvsnd_pool_remove(pool, link);
	}
}

/* Of an unused connection: nothing may come, and EOF is the end of it. */
static bool hvsnd_pool_is_good(struct hvsnd_pool *pool,
			       struct hvsnd_pool_link *link)
{
	int ret = hvsnd_vsock_state(&link->vsock);
	u8 byte;

	if (ret > 0)
		ret = hvsnd_vsock_receive(&link->vsock, &byte, sizeof(byte));
	if (ret > 0)
		hvsnd_host_warn_closed(pool->host,
				       "the host sent data before the guest did. Set the same protocol on both sides");
	return ret == -EAGAIN && hvsnd_host_has_cid(pool->host, link->cid);
}

static void hvsnd_pool_drop_ended(struct hvsnd_pool *pool)
{
	struct hvsnd_pool_link *link, *next;

	lockdep_assert_held(&pool->lock);
	list_for_each_entry_safe(link, next, &pool->unused, entry) {
		if (hvsnd_pool_is_good(pool, link))
			continue;
		hvsnd_vsock_close(&link->vsock);
		hvsnd_pool_remove(pool, link);
	}
}

static void hvsnd_pool_admit(struct hvsnd_pool *pool,
			     struct hvsnd_pool_link *link)
{
	lockdep_assert_held(&pool->lock);
	if (hvsnd_host_has_cid(pool->host, link->cid) &&
	    pool->count < HVSND_POOL_MAX) {
		hvsnd_pool_add(pool, link);
		return;
	}
	hvsnd_vsock_close(&link->vsock);
	if (hvsnd_host_has_cid(pool->host, link->cid))
		hvsnd_host_warn_closed(pool->host,
				       "the host has made too many connections that no program uses. Make one only");
	else
		hvsnd_host_warn_other(pool->host, link->cid);
}

static void hvsnd_pool_accept(struct hvsnd_pool *pool)
{
	struct hvsnd_pool_link *link;
	u64 now = ktime_get_ns();
	int err;

	lockdep_assert_held(&pool->lock);
	if (now - pool->window_ns >= HVSND_POOL_WINDOW_NS) {
		pool->window_ns = now;
		pool->accepts = 0;
	}
	while (pool->listener.sock && pool->accepts < HVSND_POOL_ACCEPTS) {
		link = list_first_entry(&pool->free, struct hvsnd_pool_link,
					entry);
		err = hvsnd_vsock_accept(&pool->listener, &link->vsock,
					 &link->cid);
		if (err == -EAGAIN)
			return;
		pool->accepts++;
		if (!err)
			hvsnd_pool_admit(pool, link);
	}
}

/* Whether the host has not connected again in time; once. */
static bool hvsnd_pool_is_away(struct hvsnd_pool *pool)
{
	lockdep_assert_held(&pool->lock);
	if (!pool->empty_ns ||
	    ktime_get_ns() < pool->empty_ns + HVSND_POOL_AWAY_NS)
		return false;
	pool->empty_ns = 0;
	return true;
}

static void hvsnd_pool_set_alarm(struct hvsnd_pool *pool)
{
	lockdep_assert_held(&pool->lock);
	if (pool->ended)
		return;
	if (pool->accepts == HVSND_POOL_ACCEPTS)
		hvsnd_pool_queue_at(pool,
				    pool->window_ns + HVSND_POOL_WINDOW_NS);
	else if (pool->empty_ns)
		hvsnd_pool_queue_at(pool, pool->empty_ns + HVSND_POOL_AWAY_NS);
}

static void hvsnd_pool_work(struct work_struct *work)
{
	struct hvsnd_pool *pool = container_of(to_delayed_work(work),
					       struct hvsnd_pool, work);
	struct hvsnd_host *host = pool->host;
	bool has_unused, is_changed, is_away;

	mutex_lock(&pool->lock);
	hvsnd_pool_drop_ended(pool);
	hvsnd_pool_accept(pool);
	/* What came before a connection was accepted has woken nobody. */
	hvsnd_pool_drop_ended(pool);
	has_unused = pool->count;
	is_changed = has_unused != pool->is_reported && !pool->ended;
	if (is_changed)
		pool->is_reported = has_unused;
	is_away = hvsnd_pool_is_away(pool) && !pool->ended;
	hvsnd_pool_set_alarm(pool);
	if (has_unused)
		hvsnd_pool_wake_users(pool);
	mutex_unlock(&pool->lock);

	if (is_changed)
		hvsnd_host_set_unused(host, has_unused);
	if (is_away)
		hvsnd_host_failed(host, -ENOTCONN, HVSND_REASON_NOT_CONNECTED);
	hvsnd_host_put(host);
}

/**
 * hvsnd_pool_init() - Prepare a pool
 * @pool: the pool, zeroed
 * @host: the card's host
 * @listens: the host connects to the guest, once for each stream; otherwise
 *	nothing else has an effect
 *
 * Context: Any.
 */
void hvsnd_pool_init(struct hvsnd_pool *pool, struct hvsnd_host *host,
		     bool listens)
{
	unsigned int i;

	pool->host = host;
	pool->listens = listens;
	mutex_init(&pool->lock);
	INIT_DELAYED_WORK(&pool->work, hvsnd_pool_work);
	INIT_LIST_HEAD(&pool->unused);
	INIT_LIST_HEAD(&pool->free);
	INIT_LIST_HEAD(&pool->users);
	pool->listener.wake = hvsnd_pool_listener_wake;
	for (i = 0; i < ARRAY_SIZE(pool->link); i++) {
		pool->link[i].pool = pool;
		pool->link[i].vsock.wake = hvsnd_pool_link_wake;
		list_add_tail(&pool->link[i].entry, &pool->free);
	}
}

/**
 * hvsnd_pool_listen() - Listen for the host
 * @pool: the pool; earlier unused connections are closed
 * @port: vsock port
 *
 * Context: Process.
 * Return: 0, or what hvsnd_vsock_listen() returns: the host cannot connect.
 */
int hvsnd_pool_listen(struct hvsnd_pool *pool, u32 port)
{
	int err = 0;

	if (!pool->listens)
		return 0;
	mutex_lock(&pool->lock);
	hvsnd_vsock_close(&pool->listener);
	hvsnd_pool_clear(pool);
	if (!pool->ended)
		err = hvsnd_vsock_listen(&pool->listener, port,
					 HVSND_POOL_MAX);
	hvsnd_pool_watch(pool);
	mutex_unlock(&pool->lock);
	return err;
}

/**
 * hvsnd_pool_check() - Drop connections of a machine that is not the host
 * @pool: the pool of a card whose host's CID may have changed
 *
 * Context: Process.
 */
void hvsnd_pool_check(struct hvsnd_pool *pool)
{
	if (pool->listens)
		hvsnd_pool_queue(pool);
}

/**
 * hvsnd_pool_reset() - Close the unused connections; others may follow
 * @pool: the pool
 *
 * Context: Process. Does not wait for the host.
 */
void hvsnd_pool_reset(struct hvsnd_pool *pool)
{
	mutex_lock(&pool->lock);
	hvsnd_pool_clear(pool);
	mutex_unlock(&pool->lock);
}

/**
 * hvsnd_pool_end() - Close the unused connections for good
 * @pool: the pool of a card that is being deleted
 *
 * Context: Process. Does not wait for the host.
 */
void hvsnd_pool_end(struct hvsnd_pool *pool)
{
	mutex_lock(&pool->lock);
	pool->ended = true;
	hvsnd_vsock_close(&pool->listener);
	hvsnd_pool_clear(pool);
	mutex_unlock(&pool->lock);
	/* The work may wait for its time, with a reference to the host. */
	hvsnd_pool_check(pool);
}

/**
 * hvsnd_pool_join() - Begin to wait for a connection
 * @pool: the pool
 * @user: the stream
 *
 * Context: Process. Does not wait: @wake of @user is called when
 * hvsnd_pool_take() may give a connection.
 * Return: 0, or -ENODEV if the card is being deleted.
 */
int hvsnd_pool_join(struct hvsnd_pool *pool, struct hvsnd_pool_user *user)
{
	int err = 0;

	mutex_lock(&pool->lock);
	if (pool->ended)
		err = -ENODEV;
	else
		list_add_tail(&user->entry, &pool->users);
	mutex_unlock(&pool->lock);
	return err;
}

/* Whether a connection is left when those who came before have theirs. */
static bool hvsnd_pool_has_turn(struct hvsnd_pool *pool,
				struct hvsnd_pool_user *user)
{
	struct hvsnd_pool_user *other;
	u32 left = pool->count;

	lockdep_assert_held(&pool->lock);
	list_for_each_entry(other, &pool->users, entry) {
		if (!left || other == user)
			break;
		left--;
	}
	return left;
}

/**
 * hvsnd_pool_take() - Take the oldest connection, if it is the stream's turn
 * @pool: the pool
 * @user: a stream after hvsnd_pool_join()
 * @vsock: a connection without a socket; connected afterwards
 *
 * Context: Process.
 * Return: Whether @vsock has a connection; the stream does not wait then.
 */
bool hvsnd_pool_take(struct hvsnd_pool *pool, struct hvsnd_pool_user *user,
		     struct hvsnd_vsock *vsock)
{
	struct hvsnd_pool_link *link;
	bool has_turn;

	mutex_lock(&pool->lock);
	hvsnd_pool_drop_ended(pool);
	has_turn = hvsnd_pool_has_turn(pool, user);
	if (has_turn) {
		link = list_first_entry(&pool->unused, struct hvsnd_pool_link,
					entry);
		hvsnd_vsock_move(vsock, &link->vsock);
		hvsnd_pool_remove(pool, link);
		list_del_init(&user->entry);
	}
	mutex_unlock(&pool->lock);
	return has_turn;
}

/**
 * hvsnd_pool_leave() - Note that a stream does not wait, or has no connection
 * @pool: the pool
 * @user: the stream
 *
 * Context: Process.
 */
void hvsnd_pool_leave(struct hvsnd_pool *pool, struct hvsnd_pool_user *user)
{
	mutex_lock(&pool->lock);
	list_del_init(&user->entry);
	hvsnd_pool_wake_users(pool);
	hvsnd_pool_watch(pool);
	mutex_unlock(&pool->lock);
}
