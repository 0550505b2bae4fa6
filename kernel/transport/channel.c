// SPDX-License-Identifier: GPL-2.0
/*
 * What a stream sends and receives over: a connection of its own, made by the
 * guest or by the host, or its part in the connections that all streams of the
 * card share.
 */
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <sound/pcm.h>

#include "channel.h"

static void hvsnd_channel_vsock_wake(struct hvsnd_vsock *vsock)
{
	struct hvsnd_channel *channel =
		container_of(vsock, struct hvsnd_channel, vsock);

	channel->wake(channel);
}

static void hvsnd_channel_user_wake(struct hvsnd_shared_user *user)
{
	struct hvsnd_channel *channel =
		container_of(user, struct hvsnd_channel, user);

	channel->wake(channel);
}

static void hvsnd_channel_waiter_wake(struct hvsnd_pool_user *user)
{
	struct hvsnd_channel *channel =
		container_of(user, struct hvsnd_channel, waiter);

	channel->wake(channel);
}

static struct list_head *
hvsnd_channel_queue(const struct hvsnd_channel *channel)
{
	return &channel->shared->users[channel->user.direction];
}

static bool hvsnd_channel_is_first(const struct hvsnd_channel *channel)
{
	lockdep_assert_held(&channel->shared->lock);
	return list_is_first(&channel->user.entry,
			     hvsnd_channel_queue(channel));
}

/*
 * Whether the stream may use the shared connections: 0; -EAGAIN while they
 * connect or another stream uses them; another errno if they were closed.
 */
static int hvsnd_channel_check(const struct hvsnd_channel *channel)
{
	const struct hvsnd_shared *shared = channel->shared;

	lockdep_assert_held(&shared->lock);
	if (channel->user.epoch != shared->epoch)
		return shared->error ?: -ECONNRESET;
	return shared->state == HVSND_SHARED_UP &&
	       hvsnd_channel_is_first(channel) ? 0 : -EAGAIN;
}

/**
 * hvsnd_channel_init() - Prepare a channel
 * @channel: the channel, with @wake set
 * @shared: the card's shared connections, if it has such; outlives @channel
 * @pool: the host's unused connections, if it makes such; outlives @channel
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 *
 * Context: Any.
 */
void hvsnd_channel_init(struct hvsnd_channel *channel,
			struct hvsnd_shared *shared, struct hvsnd_pool *pool,
			int direction)
{
	channel->shared = shared->links ? shared : NULL;
	channel->pool = pool->listens ? pool : NULL;
	channel->vsock.wake = hvsnd_channel_vsock_wake;
	channel->user.wake = hvsnd_channel_user_wake;
	channel->user.direction = direction;
	INIT_LIST_HEAD(&channel->user.entry);
	channel->waiter.wake = hvsnd_channel_waiter_wake;
	INIT_LIST_HEAD(&channel->waiter.entry);
}

/**
 * hvsnd_channel_connect() - Begin to connect to the host
 * @channel: a channel that is not open
 * @cid: the host's CID
 * @port: vsock port there
 * @timeout_ms: limit of the attempt in milliseconds
 *
 * Does not wait: @wake is called when hvsnd_channel_state() may have changed.
 *
 * Context: Process.
 * Return: 0, -ENOTCONN if the host has not made the connections that all
 * streams share (role=listen), -ENODEV if the card is being deleted, or what
 * hvsnd_vsock_connect() returns.
 */
int hvsnd_channel_connect(struct hvsnd_channel *channel, u32 cid, u32 port,
			  unsigned int timeout_ms)
{
	struct hvsnd_shared *shared = channel->shared;
	int err;

	channel->wanted = false;
	channel->busy_ns = 0;
	if (channel->pool) {
		err = hvsnd_pool_join(channel->pool, &channel->waiter);
		channel->waiting = !err;
		return err;
	}
	if (!shared)
		return hvsnd_vsock_connect(&channel->vsock, cid, port,
					   timeout_ms);
	mutex_lock(&shared->lock);
	err = hvsnd_shared_connect(shared, cid, port, timeout_ms);
	if (!err) {
		channel->user.epoch = shared->epoch;
		list_add_tail(&channel->user.entry,
			      hvsnd_channel_queue(channel));
		/* The stream that uses the connections is awaited now. */
		hvsnd_shared_wake_users(shared);
	}
	mutex_unlock(&shared->lock);
	return err;
}

/**
 * hvsnd_channel_is_open() - Whether a connection or an attempt exists
 * @channel: the channel
 *
 * Context: Any.
 * Return: Whether hvsnd_channel_state() may be called.
 */
bool hvsnd_channel_is_open(const struct hvsnd_channel *channel)
{
	return channel->shared ? channel->user.epoch :
				 channel->waiting || channel->vsock.sock;
}

/**
 * hvsnd_channel_is_waiting() - Whether the stream waits for the host to connect
 * @channel: the channel
 *
 * Context: Process.
 * Return: Whether it does. No transport limits the time for it.
 */
bool hvsnd_channel_is_waiting(const struct hvsnd_channel *channel)
{
	return channel->waiting;
}

/**
 * hvsnd_channel_may_close() - Whether hvsnd_channel_close() may be called
 * @channel: the channel
 *
 * Context: Process.
 * Return: False while the channel connects; @wake is called afterwards.
 */
bool hvsnd_channel_may_close(struct hvsnd_channel *channel)
{
	return channel->shared || !channel->vsock.sock ||
	       hvsnd_vsock_state(&channel->vsock);
}

/**
 * hvsnd_channel_state() - State of the connection
 * @channel: a channel after hvsnd_channel_connect()
 *
 * Context: Process.
 * Return: 1 when the channel carries audio, 0 while it connects or waits for
 * another stream, or a negative errno, as hvsnd_vsock_state() returns it.
 */
int hvsnd_channel_state(struct hvsnd_channel *channel)
{
	struct hvsnd_shared *shared = channel->shared;
	int ret;

	if (channel->waiting) {
		channel->waiting = !hvsnd_pool_take(channel->pool,
						    &channel->waiter,
						    &channel->vsock);
		return !channel->waiting;
	}
	if (!shared)
		return hvsnd_vsock_state(&channel->vsock);
	mutex_lock(&shared->lock);
	hvsnd_shared_update(shared);
	ret = hvsnd_channel_check(channel);
	/* The host may still play what the last stream has sent. */
	if (!ret && !channel->wanted)
		channel->busy_ns = shared->busy_ns;
	mutex_unlock(&shared->lock);
	return ret == -EAGAIN ? 0 : ret ?: 1;
}

/**
 * hvsnd_channel_is_awaited() - Whether another stream waits for this one to end
 * @channel: the channel
 *
 * Context: Process.
 * Return: Whether one does.
 */
bool hvsnd_channel_is_awaited(struct hvsnd_channel *channel)
{
	struct hvsnd_shared *shared = channel->shared;
	bool awaited;

	if (!shared)
		return false;
	mutex_lock(&shared->lock);
	awaited = !list_empty(&channel->user.entry) &&
		  !list_is_last(&channel->user.entry,
				hvsnd_channel_queue(channel));
	mutex_unlock(&shared->lock);
	return awaited;
}

/**
 * hvsnd_channel_want() - Tell the host whether the stream has or wants audio
 * @channel: a connected channel
 * @wanted: whether it does
 *
 * Context: Process. Does nothing if the protocol has no message for it.
 */
void hvsnd_channel_want(struct hvsnd_channel *channel, bool wanted)
{
	struct hvsnd_shared *shared = channel->shared;

	if (!shared || channel->wanted == wanted)
		return;
	mutex_lock(&shared->lock);
	if (!hvsnd_channel_check(channel)) {
		channel->wanted = wanted;
		shared->codes.wanted[channel->user.direction] = wanted;
		hvsnd_shared_check(shared, hvsnd_shared_send_codes(shared));
	}
	mutex_unlock(&shared->lock);
}

/**
 * hvsnd_channel_send() - Send as much as fits
 * @channel: a connected channel, of playback
 * @vec: the pieces, in order; changed by the call
 * @n: number of pieces
 * @len: bytes in all of them
 *
 * Context: Process; does not wait for room.
 * Return: As hvsnd_vsock_send().
 */
int hvsnd_channel_send(struct hvsnd_channel *channel, struct kvec *vec,
		       size_t n, size_t len)
{
	struct hvsnd_shared *shared = channel->shared;
	int ret;

	if (!shared)
		return hvsnd_vsock_send(&channel->vsock, vec, n, len);
	mutex_lock(&shared->lock);
	ret = hvsnd_channel_check(channel);
	if (!ret) {
		/* A host may discard audio until it was told of the stream. */
		ret = hvsnd_shared_send_codes(shared);
		if (!ret)
			ret = hvsnd_vsock_send(&shared->link[0].vsock, vec, n,
					       len);
		hvsnd_shared_check(shared, ret);
	}
	mutex_unlock(&shared->lock);
	return ret;
}

/**
 * hvsnd_channel_receive() - Receive what has come
 * @channel: a connected channel
 * @buf: destination
 * @len: size of @buf
 *
 * Context: Process; does not wait for data.
 * Return: As hvsnd_vsock_receive(). A playback channel that is shared receives
 * nothing.
 */
int hvsnd_channel_receive(struct hvsnd_channel *channel, void *buf, size_t len)
{
	struct hvsnd_shared *shared = channel->shared;
	int ret;

	if (!shared)
		return hvsnd_vsock_receive(&channel->vsock, buf, len);
	mutex_lock(&shared->lock);
	ret = hvsnd_channel_check(channel);
	if (!ret && channel->user.direction == SNDRV_PCM_STREAM_PLAYBACK)
		ret = -EAGAIN;
	if (!ret) {
		struct hvsnd_shared_link *last =
			&shared->link[shared->links - 1];

		ret = hvsnd_vsock_receive(&last->vsock, buf, len);
		if (ret > 0)
			shared->received += ret;
		hvsnd_shared_check(shared, ret);
	}
	mutex_unlock(&shared->lock);
	return ret;
}

/**
 * hvsnd_channel_received() - Bytes that earlier streams have received
 * @channel: a connected channel, of capture
 *
 * Context: Process.
 * Return: Bytes since the connection was made.
 */
u64 hvsnd_channel_received(struct hvsnd_channel *channel)
{
	u64 received = 0;

	if (channel->shared) {
		mutex_lock(&channel->shared->lock);
		received = channel->shared->received;
		mutex_unlock(&channel->shared->lock);
	}
	return received;
}

/**
 * hvsnd_channel_close() - Close the connection, or end the part in it
 * @channel: the channel, open or not, if hvsnd_channel_may_close()
 * @good: whole frames were sent and the host takes them, so that another
 *	stream may continue
 *
 * If the connection is shared, @wake may still be running afterwards.
 *
 * Context: Process.
 */
void hvsnd_channel_close(struct hvsnd_channel *channel, bool good)
{
	struct hvsnd_shared *shared = channel->shared;

	if (!shared) {
		hvsnd_vsock_close(&channel->vsock);
		if (channel->pool)
			hvsnd_pool_leave(channel->pool, &channel->waiter);
		channel->waiting = false;
		return;
	}
	if (!channel->user.epoch)
		return;
	mutex_lock(&shared->lock);
	if (hvsnd_channel_is_first(channel))
		shared->codes.wanted[channel->user.direction] = false;
	if (!hvsnd_channel_check(channel)) {
		shared->busy_ns = channel->busy_ns;
		hvsnd_shared_send_codes(shared);
		if (!good)
			hvsnd_shared_set_closing(shared, -ECONNRESET);
	}
	list_del_init(&channel->user.entry);
	channel->user.epoch = 0;
	hvsnd_shared_update(shared);
	hvsnd_shared_wake_users(shared);
	mutex_unlock(&shared->lock);
	hvsnd_shared_queue(shared);
}
