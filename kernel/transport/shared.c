// SPDX-License-Identifier: GPL-2.0
/* A stream's connection to the host, its own or shared by all of a card's. */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <sound/core.h>
#include <sound/pcm.h>

#include "../host.h"
#include "../workqueue.h"
#include "shared.h"

#define HVSND_SHARED_READS	16	/* then let others work */
#define HVSND_SHARED_CALLS	8

/* A reference goes with the queued work, another with the sockets. */
static void hvsnd_shared_queue(struct hvsnd_shared *shared)
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

/* ------------------------------------------------------------------------ */
/* Under shared->lock                                                         */

static void hvsnd_shared_hold(struct hvsnd_shared *shared)
{
	if (!shared->held)
		hvsnd_host_get(shared->host);
	shared->held = true;
}

static void hvsnd_shared_wake_channels(struct hvsnd_shared *shared)
{
	struct hvsnd_channel *channel;
	int d;

	for (d = 0; d < 2; d++) {
		list_for_each_entry(channel, &shared->channels[d], entry)
			channel->wake(channel);
	}
}

/* Ends the connections, of which none may be connecting. */
static void hvsnd_shared_drop(struct hvsnd_shared *shared, int err)
{
	u32 i;

	for (i = 0; i < shared->links; i++)
		hvsnd_vsock_close(&shared->link[i].vsock);
	shared->epoch += shared->epoch == U32_MAX ? 2 : 1;
	shared->error = err;
	shared->up = false;
	shared->stale = 0;
	shared->received = 0;
	shared->busy_ns = 0;
	hvsnd_shared_wake_channels(shared);
	/* The next one may have called already. */
	if (shared->listens && !shared->ended)
		hvsnd_shared_queue(shared);
}

/* Where the guest calls, only while a stream needs it. */
static bool hvsnd_shared_is_idle(const struct hvsnd_shared *shared)
{
	return !shared->listens && list_empty(&shared->channels[0]) &&
	       list_empty(&shared->channels[1]);
}

/* Brings @up up to date. */
static void hvsnd_shared_settle(struct hvsnd_shared *shared)
{
	int err = shared->stale;
	bool connecting = false;
	bool up = true;
	int state;
	u32 i;

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
		hvsnd_shared_drop(shared, err);
	} else if (up && !shared->up) {
		shared->up = true;
		hvsnd_qubes_open(&shared->codes);
		hvsnd_shared_wake_channels(shared);
	}
}

/* Returns 0 when all is told, -EAGAIN for later, or why the link is lost. */
static int hvsnd_shared_tell(struct hvsnd_shared *shared)
{
	struct kvec vec;
	int ret;

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

/* A socket's error is that of all of them. */
static int hvsnd_shared_check(struct hvsnd_shared *shared, int ret)
{
	if (ret < 0 && ret != -EAGAIN) {
		shared->stale = ret;
		hvsnd_shared_settle(shared);
	}
	return ret;
}

static bool hvsnd_channel_is_first(const struct hvsnd_channel *channel)
{
	return list_is_first(&channel->entry,
			     &channel->shared->channels[channel->direction]);
}

/* Does the channel take part in connections that are there? */
static int hvsnd_channel_check(const struct hvsnd_channel *channel)
{
	const struct hvsnd_shared *shared = channel->shared;

	if (channel->epoch != shared->epoch)
		return shared->error ?: -ECONNRESET;
	return shared->up && hvsnd_channel_is_first(channel) ? 0 : -EAGAIN;
}

/* ------------------------------------------------------------------------ */
/* What a stream sees                                                       */

static void hvsnd_channel_vsock_wake(struct hvsnd_vsock *vsock)
{
	struct hvsnd_channel *channel =
		container_of(vsock, struct hvsnd_channel, vsock);

	channel->wake(channel);
}

/**
 * hvsnd_channel_init - be ready for hvsnd_channel_connect()
 * @channel: the stream's, with @channel->wake set
 * @shared: the card's shared connections, which outlive it
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 *
 * Context: any.
 */
void hvsnd_channel_init(struct hvsnd_channel *channel,
			struct hvsnd_shared *shared, int direction)
{
	channel->shared = shared->links ? shared : NULL;
	channel->vsock.wake = hvsnd_channel_vsock_wake;
	channel->direction = direction;
	INIT_LIST_HEAD(&channel->entry);
}

/**
 * hvsnd_channel_connect - begin a connection to the host, or take part in one
 * @channel: a channel without one
 * @cid: the host's context id
 * @port: port to connect to
 * @timeout_ms: how long it may take, in milliseconds
 *
 * Does not wait: @channel->wake comes when hvsnd_channel_state() has news.
 *
 * Context: process.
 * Return: 0, -ENOTCONN if the host is to call and has not, or what
 * hvsnd_vsock_connect() returns.
 */
int hvsnd_channel_connect(struct hvsnd_channel *channel, u32 cid, u32 port,
			  unsigned int timeout_ms)
{
	struct hvsnd_shared *shared = channel->shared;
	int err = 0;
	u32 i;

	channel->wanted = false;
	channel->busy_ns = 0;
	if (!shared)
		return hvsnd_vsock_connect(&channel->vsock, cid, port,
					   timeout_ms);
	mutex_lock(&shared->lock);
	if (!hvsnd_shared_is_idle(shared))
		hvsnd_shared_settle(shared);
	if (shared->ended)
		err = -ENODEV;
	else if (shared->listens)
		err = shared->up ? 0 : -ENOTCONN;
	/* A call that there was no memory to take does not come again. */
	if (err == -ENOTCONN)
		hvsnd_shared_queue(shared);
	for (i = 0; !err && !shared->listens && i < shared->links; i++) {
		hvsnd_shared_hold(shared);
		if (!shared->link[i].vsock.sock)
			err = hvsnd_vsock_connect(&shared->link[i].vsock,
						  cid, port + i, timeout_ms);
		hvsnd_shared_check(shared, err);
	}
	if (!err) {
		channel->epoch = shared->epoch;
		list_add_tail(&channel->entry,
			      &shared->channels[channel->direction]);
		/* Who is before it in the channel is to hurry up. */
		hvsnd_shared_wake_channels(shared);
	}
	mutex_unlock(&shared->lock);
	return err;
}

/**
 * hvsnd_channel_is_open - whether there is a connection or an attempt
 * @channel: the channel
 *
 * Context: any.
 * Return: whether hvsnd_channel_state() may be asked.
 */
bool hvsnd_channel_is_open(const struct hvsnd_channel *channel)
{
	return channel->shared ? channel->epoch : !!channel->vsock.sock;
}

/**
 * hvsnd_channel_may_close - whether hvsnd_channel_close() may be called
 * @channel: the channel
 *
 * Context: process.
 * Return: false while it is connecting; then @channel->wake will come.
 */
bool hvsnd_channel_may_close(struct hvsnd_channel *channel)
{
	return channel->shared || !channel->vsock.sock ||
	       hvsnd_vsock_state(&channel->vsock);
}

/**
 * hvsnd_channel_state - what became of the attempt
 * @channel: a channel after hvsnd_channel_connect()
 *
 * Context: process.
 * Return: 1 when the channel carries sound, 0 while it connects or waits for
 * its turn, or why not, as hvsnd_vsock_state() has it.
 */
int hvsnd_channel_state(struct hvsnd_channel *channel)
{
	int ret;

	if (!channel->shared)
		return hvsnd_vsock_state(&channel->vsock);
	mutex_lock(&channel->shared->lock);
	hvsnd_shared_settle(channel->shared);
	ret = hvsnd_channel_check(channel);
	/* What the one before has sent is still to be heard. */
	if (!ret && !channel->wanted)
		channel->busy_ns = channel->shared->busy_ns;
	mutex_unlock(&channel->shared->lock);
	return ret == -EAGAIN ? 0 : ret ?: 1;
}

/**
 * hvsnd_channel_is_awaited - whether another stream waits for this one to end
 * @channel: the channel
 *
 * Context: process.
 * Return: whether it does.
 */
bool hvsnd_channel_is_awaited(struct hvsnd_channel *channel)
{
	struct hvsnd_shared *shared = channel->shared;
	bool awaited;

	if (!shared)
		return false;
	mutex_lock(&shared->lock);
	awaited = !list_empty(&channel->entry) &&
		  !list_is_last(&channel->entry,
				&shared->channels[channel->direction]);
	mutex_unlock(&shared->lock);
	return awaited;
}

/**
 * hvsnd_channel_want - tell the host that audio is wanted, or going to come
 * @channel: the channel, connected
 * @wanted: whether it is
 *
 * Context: process. Does nothing where the protocol has no word for it.
 */
void hvsnd_channel_want(struct hvsnd_channel *channel, bool wanted)
{
	struct hvsnd_shared *shared = channel->shared;

	if (!shared || channel->wanted == wanted)
		return;
	mutex_lock(&shared->lock);
	if (!hvsnd_channel_check(channel)) {
		channel->wanted = wanted;
		shared->codes.wanted[channel->direction] = wanted;
		hvsnd_shared_check(shared, hvsnd_shared_tell(shared));
	}
	mutex_unlock(&shared->lock);
}

/**
 * hvsnd_channel_send - send what fits
 * @channel: a connected channel, of playback
 * @vec: the pieces, in order; changed by the call
 * @n: how many
 * @len: bytes in all of them
 *
 * Context: process; does not wait for room.
 * Return: as hvsnd_vsock_send().
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
		/* A host that does not know of it yet may throw it away. */
		ret = hvsnd_shared_tell(shared);
		if (!ret)
			ret = hvsnd_vsock_send(&shared->link[0].vsock, vec, n,
					       len);
		hvsnd_shared_check(shared, ret);
	}
	mutex_unlock(&shared->lock);
	return ret;
}

/**
 * hvsnd_channel_receive - take what has come
 * @channel: a connected channel
 * @buf: where to
 * @len: bytes that fit there
 *
 * Context: process; does not wait for data.
 * Return: as hvsnd_vsock_receive(). A channel of playback that is shared
 * receives nothing.
 */
int hvsnd_channel_receive(struct hvsnd_channel *channel, void *buf, size_t len)
{
	struct hvsnd_shared *shared = channel->shared;
	int ret;

	if (!shared)
		return hvsnd_vsock_receive(&channel->vsock, buf, len);
	mutex_lock(&shared->lock);
	ret = hvsnd_channel_check(channel);
	if (!ret && channel->direction == SNDRV_PCM_STREAM_PLAYBACK)
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
 * hvsnd_channel_received - what others have received before
 * @channel: a connected channel, of capture
 *
 * Context: process.
 * Return: bytes since the connection began.
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
 * hvsnd_channel_close - end the connection, or the part in it, if there is one
 * @channel: the channel, if hvsnd_channel_may_close()
 * @good: another may go on with it: whole frames were sent, and the host
 *        takes them
 *
 * @channel->wake may still be under way when this returns, if it is shared.
 *
 * Context: process.
 */
void hvsnd_channel_close(struct hvsnd_channel *channel, bool good)
{
	struct hvsnd_shared *shared = channel->shared;

	if (!shared) {
		hvsnd_vsock_close(&channel->vsock);
		return;
	}
	if (!channel->epoch)
		return;
	mutex_lock(&shared->lock);
	if (hvsnd_channel_is_first(channel))
		shared->codes.wanted[channel->direction] = false;
	if (!hvsnd_channel_check(channel)) {
		shared->busy_ns = channel->busy_ns;
		hvsnd_shared_tell(shared);
		if (!good)
			shared->stale = -ECONNRESET;
	}
	list_del_init(&channel->entry);
	channel->epoch = 0;
	hvsnd_shared_settle(shared);
	hvsnd_shared_wake_channels(shared);
	mutex_unlock(&shared->lock);
	hvsnd_shared_queue(shared);
}

/* ------------------------------------------------------------------------ */
/* The worker                                                               */

static void hvsnd_shared_accept(struct hvsnd_shared *shared,
				struct hvsnd_shared_link *l)
{
	int err, calls = HVSND_SHARED_CALLS;
	u32 cid;

	while (l->listener.sock && !l->vsock.sock && calls--) {
		err = hvsnd_vsock_accept(&l->listener, &l->vsock, &cid);
		if (err == -EAGAIN ||
		    (!err && hvsnd_host_has_cid(shared->host, cid)))
			return;
		if (err)
			continue;
		hvsnd_vsock_close(&l->vsock);
		hvsnd_host_warn_other(shared->host, cid);
	}
}

/* Throws away what nobody wants to hear, and so hears of the end. */
static int hvsnd_shared_skip(struct hvsnd_shared *shared, u32 i)
{
	int budget = HVSND_SHARED_READS;
	int ret;

	if (!shared->link[i].vsock.sock ||
	    !hvsnd_vsock_state(&shared->link[i].vsock))
		return 0;
	if (shared->up && i == shared->links - 1 &&
	    !list_empty(&shared->channels[SNDRV_PCM_STREAM_CAPTURE]))
		return 0;
	while (budget--) {
		ret = hvsnd_vsock_receive(&shared->link[i].vsock, shared->waste,
					  sizeof(shared->waste));
		if (ret < 0)
			return ret;
		if (i == shared->links - 1)
			shared->received += ret;
	}
	hvsnd_shared_queue(shared);
	return 0;
}

static void hvsnd_shared_look(struct hvsnd_shared *shared)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < shared->links && shared->listens; i++) {
		if (shared->ended)
			hvsnd_vsock_close(&shared->link[i].listener);
		else
			hvsnd_shared_accept(shared, &shared->link[i]);
	}
	if (shared->ended)
		shared->stale = -ENODEV;
	hvsnd_shared_settle(shared);
	for (i = 0; i < shared->links && (!ret || ret == -EAGAIN); i++)
		ret = hvsnd_shared_check(shared, hvsnd_shared_skip(shared, i));
	if (shared->up)
		hvsnd_shared_check(shared, hvsnd_shared_tell(shared));
	hvsnd_shared_wake_channels(shared);
}

/* Is anything left whose callback would need the card? */
static bool hvsnd_shared_is_over(const struct hvsnd_shared *shared)
{
	u32 i;

	for (i = 0; i < shared->links; i++) {
		if (shared->link[i].vsock.sock || shared->link[i].listener.sock)
			return false;
	}
	return shared->ended;
}

static void hvsnd_shared_work(struct work_struct *work)
{
	struct hvsnd_shared *shared =
		container_of(work, struct hvsnd_shared, work);
	struct hvsnd_host *host = shared->host;
	bool was, is, ended, over;
	int err;

	mutex_lock(&shared->lock);
	was = hvsnd_host_is_up(host);
	hvsnd_shared_look(shared);
	is = shared->up;
	err = shared->error ?: -ECONNRESET;
	ended = shared->ended;
	over = shared->held && hvsnd_shared_is_over(shared);
	if (over)
		shared->held = false;
	mutex_unlock(&shared->lock);

	/* Where the host calls, that is when it is known. */
	if (shared->listens && was != is && !ended) {
		if (is) {
			hvsnd_host_found(host);
			host->ops->retry(host);
		} else {
			hvsnd_host_failed(host, err, "the host hung up");
		}
	}
	if (over)
		hvsnd_host_put(host);
	hvsnd_host_put(host);
}

/* ------------------------------------------------------------------------ */
/* What the card calls                                                      */

/**
 * hvsnd_shared_init - be ready for channels
 * @shared: the shared connections, zeroed
 * @host: the card's host, whose references keep @shared as well
 * @links: number of connections that the protocol needs
 * @listens: the host connects to the guest
 *
 * Context: any.
 */
void hvsnd_shared_init(struct hvsnd_shared *shared, struct hvsnd_host *host,
		       u32 links, bool listens)
{
	u32 i;

	shared->host = host;
	if (listens || links > 1)
		shared->links = links;
	shared->listens = listens;
	shared->epoch = 1;
	mutex_init(&shared->lock);
	INIT_WORK(&shared->work, hvsnd_shared_work);
	for (i = 0; i < HVSND_SHARED_LINKS; i++) {
		INIT_LIST_HEAD(&shared->channels[i]);
		shared->link[i].shared = shared;
		shared->link[i].vsock.wake = hvsnd_shared_link_wake;
		shared->link[i].listener.wake = hvsnd_shared_listener_wake;
	}
}

/**
 * hvsnd_shared_listen - be there for the host to call, if it is to
 * @shared: the shared connections
 * @port: vsock port, and the next one if the protocol has two links
 *
 * What there was before ends.
 *
 * Context: process.
 * Return: 0, or what hvsnd_vsock_listen() returns; then nobody can call.
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
	hvsnd_shared_drop(shared, -ECONNRESET);
	for (i = 0; i < shared->links && !err && !shared->ended; i++) {
		hvsnd_shared_hold(shared);
		err = hvsnd_vsock_listen(&shared->link[i].listener, port + i);
	}
	for (i = 0; i < shared->links && err; i++)
		hvsnd_vsock_close(&shared->link[i].listener);
	mutex_unlock(&shared->lock);
	hvsnd_shared_queue(shared);
	return err;
}

/**
 * hvsnd_shared_reset - end the connections; others may follow
 * @shared: the shared connections
 *
 * Context: process. Does not wait for the host.
 */
void hvsnd_shared_reset(struct hvsnd_shared *shared)
{
	if (!shared->links)
		return;
	mutex_lock(&shared->lock);
	shared->stale = -ECONNRESET;
	hvsnd_shared_settle(shared);
	mutex_unlock(&shared->lock);
	hvsnd_shared_queue(shared);
}

/**
 * hvsnd_shared_end - no more connections
 * @shared: the shared connections of a card that is being deleted
 *
 * Context: process. Does not wait: an attempt under way holds the card until
 * it is over.
 */
void hvsnd_shared_end(struct hvsnd_shared *shared)
{
	if (!shared->links)
		return;
	mutex_lock(&shared->lock);
	shared->ended = true;
	mutex_unlock(&shared->lock);
	hvsnd_shared_queue(shared);
}
