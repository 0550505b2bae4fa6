/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a stream sends and receives over: a connection of its own, made by the
 * guest or by the host, or its part in the connections that all streams of the
 * card share.
 */
#ifndef HVSOCK_TRANSPORT_CHANNEL_H
#define HVSOCK_TRANSPORT_CHANNEL_H

#include <linux/types.h>
#include <linux/uio.h>

#include "pool.h"
#include "shared.h"
#include "vsock.h"

/**
 * struct hvsnd_channel - a stream's connection, or none
 * @wake: set by the owner, as in struct hvsnd_vsock
 * @shared: the card's shared connections, or NULL
 * @pool: where the host's connections are, or NULL if the guest connects
 * @vsock: the stream's own connection, if @shared is NULL
 * @user: the stream's part in @shared; guarded by the lock of @shared
 * @waiter: the stream's place in the queue of @pool; guarded by its lock
 * @waiting: the stream waits for a connection of @pool
 * @wanted: the host was told that the stream wants audio, or has some
 * @busy_ns: when a host without timing reports has played all that it was sent
 *
 * Everything but @user and @waiter belongs to the owner's single work item.
 */
struct hvsnd_channel {
	void (*wake)(struct hvsnd_channel *channel);
	struct hvsnd_shared *shared;
	struct hvsnd_pool *pool;
	struct hvsnd_vsock vsock;
	struct hvsnd_shared_user user;
	struct hvsnd_pool_user waiter;
	bool waiting;
	bool wanted;
	u64 busy_ns;
};

void hvsnd_channel_init(struct hvsnd_channel *channel,
			struct hvsnd_shared *shared, struct hvsnd_pool *pool,
			int direction);
int hvsnd_channel_connect(struct hvsnd_channel *channel, u32 cid, u32 port,
			  unsigned int timeout_ms);
bool hvsnd_channel_is_open(const struct hvsnd_channel *channel);
bool hvsnd_channel_is_waiting(const struct hvsnd_channel *channel);
bool hvsnd_channel_may_close(struct hvsnd_channel *channel);
int hvsnd_channel_state(struct hvsnd_channel *channel);
bool hvsnd_channel_is_awaited(struct hvsnd_channel *channel);
void hvsnd_channel_want(struct hvsnd_channel *channel, bool wanted);
int hvsnd_channel_send(struct hvsnd_channel *channel, struct kvec *vec,
		       size_t n, size_t len);
int hvsnd_channel_receive(struct hvsnd_channel *channel, void *buf, size_t len);
u64 hvsnd_channel_received(struct hvsnd_channel *channel);
void hvsnd_channel_close(struct hvsnd_channel *channel, bool good);

#endif /* HVSOCK_TRANSPORT_CHANNEL_H */
