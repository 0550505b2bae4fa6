// SPDX-License-Identifier: GPL-2.0
/* The connections that all streams of a card share. */
#include <linux/kernel.h>
#include <sound/pcm.h>

#include "../host.h"
#include "../workqueue.h"
#include "shared.h"

#define HVSND_SHARED_READS	16	/* per run of the work */
#define HVSND_SHARED_ACCEPTS	8	/* likewise */

static void hvsnd_shared_set_state(struct hvsnd_shared *shared,
				   enum hvsnd_shared_state state)
{
	lockdep_assert_held(&shared->lock);
	WARN_ON_ONCE(HVSND_DEBUG && state == HVSND_SHARED_UP &&
		     shared->state != HVSND_SHARED_DOWN);
	shared->state = state;
}

static void hvsnd_shared_set_life(struct hvsnd_shared *shared,
				  enum hvsnd_shared_life life)
{
	lockdep_assert_held(&shared->lock);
	WARN_ON_ONCE(HVSND_DEBUG && life <= shared->life);
	shared->life = life;
}

/**
 * hvsnd_shared_queue() - Have the work run, with a reference to the host
 * @shared: the connections
 *
 * Context: Any.
 */
void hvsnd_shared_queue(struct hvsnd_shared *shared)
{
	hvsnd_host_get(shared->host);
	if (!queue_work(hvsnd_workqueue, &shared->work))
		hvsnd_host_put(shared->host);
}

static void hvsnd_shared_link_wake(struct hvsnd_vsock *vsock)
{
	struct hvsnd_shared_link *link =
		container_of(vsock, struct hvsnd_shared_link, vsock);

	hvsnd_shared_queue(link->shared);
}

static void hvsnd_shared_listener_wake(struct hvsnd_vsock *vsock)
{
	struct hvsnd_shared_link *link =
		container_of(vsock, struct hvsnd_shared_link, listener);

	hvsnd_shared_queue(link->shared);
}

/* To be called before a socket is opened. */
static void hvsnd_shared_use(struct hvsnd_shared *shared)
{
	lockdep_assert_held(&shared->lock);
	if (shared->life == HVSND_SHARED_UNUSED) {
		hvsnd_host_get(shared->host);
		hvsnd_shared_set_life(shared, HVSND_SHARED_USED);
	}
}

/**
 * hvsnd_shared_wake_users() - Wake all streams that have a part
 * @shared: the connections, locked
 *
 * Context: Process.
 */
void hvsnd_shared_wake_users(struct hvsnd_shared *shared)
{
	struct hvsnd_shared_user *user;
	int d;

	lockdep_assert_held(&shared->lock);
	for (d = 0; d < ARRAY_SIZE(shared->users); d++)
		list_for_each_entry(user, &shared->users[d], entry)
			user->wake(user);
}

/* Closes the connections, none of which may be connecting. */
static void hvsnd_shared_close(struct hvsnd_shared *shared, int err)
{
	u32 i;

	lockdep_assert_held(&shared->lock);
	for (i = 0; i < shared->links; i++)
		hvsnd_vsock_close(&shared->link[i].vsock);
	shared->epoch += shared->epoch == U32_MAX ? 2 : 1;
	shared->error = err;
	shared->closing_error = 0;
	hvsnd_shared_set_state(shared, HVSND_SHARED_DOWN);
	shared->received = 0;
	shared->busy_ns = 0;
	hvsnd_shared_wake_users(shared);
	/* The host may have connected again already. */
	if (shared->listens && !hvsnd_shared_is_ending(shared))
		hvsnd_shared_queue(shared);
}

/**
 * hvsnd_shared_set_closing() - Have the next update close the connections
 * @shared: the connections, locked
 * @err: why, a negative errno
 *
 * Context: Process.
 */
void hvsnd_shared_set_closing(struct hvsnd_shared *shared, int err)
{
	shared->closing_error = err;
	hvsnd_shared_set_state(shared, HVSND_SHARED_CLOSING);
}

/* Unless the host connects to the guest, streams alone need connections. */
static bool hvsnd_shared_is_idle(const struct hvsnd_shared *shared)
{
	lockdep_assert_held(&shared->lock);
	return !shared->listens && list_empty(&shared->users[0]) &&
	       list_empty(&shared->users[1]);
}

/**
 * hvsnd_shared_update() - Follow the sockets' states
 * @shared: the connections, locked
 *
 * Context: Process.
 */
void hvsnd_shared_update(struct hvsnd_shared *shared)
{
	int err = shared->closing_error;
	bool connecting = false, up = true;
	int state;
	u32 i;

	lockdep_assert_held(&shared->lock);
	for (i = 0; i < shared->links; i++) {
		if (!shared->link[i].vsock.sock) {
			up = false;
			continue;
		}
		state = hvsnd_vsock_state(&shared->link[i].vsock);
		if (!state)
			connecting = true;
		else if (state < 0)
			err = state;
	}
	if (connecting)
		return;
	if (err || hvsnd_shared_is_idle(shared)) {
		hvsnd_shared_close(shared, err);
	} else if (up && shared->state != HVSND_SHARED_UP) {
		hvsnd_shared_set_state(shared, HVSND_SHARED_UP);
		hvsnd_qubes_open(&shared->codes);
		hvsnd_shared_wake_users(shared);
	}
}

/**
 * hvsnd_shared_check() - Close the connections if one of them has failed
 * @shared: the connections, locked
 * @ret: what a function of transport/vsock.h returned for one of them
 *
 * Context: Process.
 * Return: @ret.
 */
int hvsnd_shared_check(struct hvsnd_shared *shared, int ret)
{
	lockdep_assert_held(&shared->lock);
	if (ret < 0 && ret != -EAGAIN) {
		hvsnd_shared_set_closing(shared, ret);
		hvsnd_shared_update(shared);
	}
	return ret;
}

/**
 * hvsnd_shared_send_codes() - Tell the host what the streams do
 * @shared: the connections, locked
 *
 * Context: Process.
 * Return: 0 if the host was told all, -EAGAIN if there is no room now, or
 * another negative errno: the connection has failed.
 */
int hvsnd_shared_send_codes(struct hvsnd_shared *shared)
{
	struct kvec vec;
	int ret;

	lockdep_assert_held(&shared->lock);
	if (shared->links < 2)
		return 0;
	for (;;) {
		vec.iov_base = (void *)hvsnd_qubes_next(&shared->codes);
		if (!vec.iov_base)
			return 0;
		vec.iov_len = shared->codes.tx_len;
		ret = hvsnd_vsock_send(&shared->link[1].vsock, &vec, 1,
				       vec.iov_len);
		if (ret < 0)
			return ret;
		shared->codes.tx_len -= ret;
	}
}

/**
 * hvsnd_shared_connect() - Begin to connect unless that was done before
 * @shared: the connections, locked
 * @cid: the host's CID
 * @port: vsock port of the first connection
 * @timeout_ms: limit of the attempt in milliseconds
 *
 * Context: Process. Does not wait.
 * Return: 0, -ENOTCONN if the host has not connected to the guest, -ENODEV if
 * the connections have ended, or what hvsnd_vsock_connect() returns.
 */
int hvsnd_shared_connect(struct hvsnd_shared *shared, u32 cid, u32 port,
			 unsigned int timeout_ms)
{
	int err = 0;
	u32 i;

	if (!hvsnd_shared_is_idle(shared))
		hvsnd_shared_update(shared);
	if (hvsnd_shared_is_ending(shared))
		return -ENODEV;
	if (shared->listens) {
		if (shared->state == HVSND_SHARED_UP)
			return 0;
		/* Accepting may have failed for lack of memory: try again. */
		hvsnd_shared_queue(shared);
		return -ENOTCONN;
	}
	for (i = 0; !err && i < shared->links; i++) {
		hvsnd_shared_use(shared);
		if (!shared->link[i].vsock.sock)
			err = hvsnd_vsock_connect(&shared->link[i].vsock, cid,
						  port + i, timeout_ms);
		hvsnd_shared_check(shared, err);
	}
	return err;
}

static void hvsnd_shared_accept(struct hvsnd_shared *shared,
				struct hvsnd_shared_link *link)
{
	int err, budget = HVSND_SHARED_ACCEPTS;
	u32 cid;

	while (link->listener.sock && !link->vsock.sock && budget--) {
		err = hvsnd_vsock_accept(&link->listener, &link->vsock, &cid);
		if (err == -EAGAIN ||
		    (!err && hvsnd_host_has_cid(shared->host, cid)))
			return;
		if (err)
			continue;
		hvsnd_vsock_close(&link->vsock);
		hvsnd_host_warn_other(shared->host, cid);
	}
}

/* Reads and discards what no stream reads; this also detects EOF. */
static int hvsnd_shared_discard(struct hvsnd_shared *shared, u32 i)
{
	struct hvsnd_vsock *vsock = &shared->link[i].vsock;
	int budget = HVSND_SHARED_READS, ret;

	if (!vsock->sock || !hvsnd_vsock_state(vsock))
		return 0;
	if (shared->state == HVSND_SHARED_UP && i == shared->links - 1 &&
	    !list_empty(&shared->users[SNDRV_PCM_STREAM_CAPTURE]))
		return 0;
	while (budget--) {
		ret = hvsnd_vsock_receive(vsock, shared->discard,
					  sizeof(shared->discard));
		if (ret < 0)
			return ret;
		if (i == shared->links - 1)
			shared->received += ret;
	}
	hvsnd_shared_queue(shared);
	return 0;
}

static void hvsnd_shared_run(struct hvsnd_shared *shared)
{
	int ret = 0;
	u32 i;

	lockdep_assert_held(&shared->lock);
	for (i = 0; i < shared->links && shared->listens; i++) {
		if (hvsnd_shared_is_ending(shared))
			hvsnd_vsock_close(&shared->link[i].listener);
		else
			hvsnd_shared_accept(shared, &shared->link[i]);
	}
	if (hvsnd_shared_is_ending(shared))
		hvsnd_shared_set_closing(shared, -ENODEV);
	hvsnd_shared_update(shared);
	for (i = 0; i < shared->links && (!ret || ret == -EAGAIN); i++)
		ret = hvsnd_shared_check(shared,
					 hvsnd_shared_discard(shared, i));
	if (shared->state == HVSND_SHARED_UP)
		hvsnd_shared_check(shared, hvsnd_shared_send_codes(shared));
	hvsnd_shared_wake_users(shared);
}

static bool hvsnd_shared_has_socket(const struct hvsnd_shared *shared)
{
	u32 i;

	for (i = 0; i < shared->links; i++)
		if (shared->link[i].vsock.sock || shared->link[i].listener.sock)
			return true;
	return false;
}

static void hvsnd_shared_work(struct work_struct *work)
{
	struct hvsnd_shared *shared =
		container_of(work, struct hvsnd_shared, work);
	struct hvsnd_host *host = shared->host;
	bool was_up, up, ending, ended;
	int err;

	mutex_lock(&shared->lock);
	was_up = hvsnd_host_is_up(host);
	hvsnd_shared_run(shared);
	up = shared->state == HVSND_SHARED_UP;
	err = shared->error ?: -ECONNRESET;
	ending = hvsnd_shared_is_ending(shared);
	ended = shared->life == HVSND_SHARED_ENDING &&
		!hvsnd_shared_has_socket(shared);
	if (ended)
		hvsnd_shared_set_life(shared, HVSND_SHARED_ENDED);
	mutex_unlock(&shared->lock);

	if (shared->listens && was_up != up && !ending) {
		if (up) {
			hvsnd_host_found(host);
			host->ops->retry(host);
		} else {
			hvsnd_host_failed(host, err, HVSND_REASON_LOST);
		}
	}
	if (ended)
		hvsnd_host_put(host);
	hvsnd_host_put(host);
}

/**
 * hvsnd_shared_init() - Prepare shared connections
 * @shared: the connections, zeroed
 * @host: the card's host
 * @links: number of connections, 0 if each stream has its own
 * @listens: the host connects to the guest
 *
 * Context: Any.
 */
void hvsnd_shared_init(struct hvsnd_shared *shared, struct hvsnd_host *host,
		       u32 links, bool listens)
{
	u32 i;

	shared->host = host;
	shared->links = links;
	shared->listens = links && listens;
	shared->epoch = 1;
	mutex_init(&shared->lock);
	INIT_WORK(&shared->work, hvsnd_shared_work);
	for (i = 0; i < HVSND_SHARED_LINKS; i++) {
		INIT_LIST_HEAD(&shared->users[i]);
		shared->link[i].shared = shared;
		shared->link[i].vsock.wake = hvsnd_shared_link_wake;
		shared->link[i].listener.wake = hvsnd_shared_listener_wake;
	}
}

/**
 * hvsnd_shared_listen() - Listen for the host, with role=listen
 * @shared: the connections; earlier ones are closed
 * @port: vsock port of the first connection
 *
 * Context: Process.
 * Return: 0, or what hvsnd_vsock_listen() returns: the host cannot connect.
 */
int hvsnd_shared_listen(struct hvsnd_shared *shared, u32 port)
{
	int err = 0;
	u32 i;

	if (!shared->listens)
		return 0;
	mutex_lock(&shared->lock);
	for (i = 0; i < shared->links; i++)
		hvsnd_vsock_close(&shared->link[i].listener);
	hvsnd_shared_close(shared, -ECONNRESET);
	for (i = 0; i < shared->links && !err &&
	     !hvsnd_shared_is_ending(shared); i++) {
		hvsnd_shared_use(shared);
		err = hvsnd_vsock_listen(&shared->link[i].listener, port + i,
					 HVSND_SHARED_BACKLOG);
	}
	for (i = 0; i < shared->links && err; i++)
		hvsnd_vsock_close(&shared->link[i].listener);
	mutex_unlock(&shared->lock);
	hvsnd_shared_queue(shared);
	return err;
}

/**
 * hvsnd_shared_reset() - Close the connections; others may follow
 * @shared: the connections
 *
 * Context: Process. Does not wait for the host.
 */
void hvsnd_shared_reset(struct hvsnd_shared *shared)
{
	if (!shared->links)
		return;
	mutex_lock(&shared->lock);
	hvsnd_shared_set_closing(shared, -ECONNRESET);
	hvsnd_shared_update(shared);
	mutex_unlock(&shared->lock);
	hvsnd_shared_queue(shared);
}

/**
 * hvsnd_shared_end() - Close the connections for good
 * @shared: the connections
 *
 * Context: Process. Does not wait: until the last socket is closed, the
 * connections hold a reference to the host.
 */
void hvsnd_shared_end(struct hvsnd_shared *shared)
{
	if (!shared->links)
		return;
	mutex_lock(&shared->lock);
	if (shared->life == HVSND_SHARED_UNUSED)
		hvsnd_shared_set_life(shared, HVSND_SHARED_ENDED);
	else if (shared->life == HVSND_SHARED_USED)
		hvsnd_shared_set_life(shared, HVSND_SHARED_ENDING);
	mutex_unlock(&shared->lock);
	hvsnd_shared_queue(shared);
}
