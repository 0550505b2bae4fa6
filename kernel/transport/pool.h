/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connections that the host has made and that no stream uses yet.
 *
 * With role=listen the host connects to the guest. Where each stream has a
 * connection of its own (pulse), the host keeps one unused connection ready. A
 * stream takes the oldest one, or waits in a queue for the next. The host
 * notices by the stream's first bytes that its connection was taken, and makes
 * another.
 */
#ifndef HVSOCK_TRANSPORT_POOL_H
#define HVSOCK_TRANSPORT_POOL_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "vsock.h"

#define HVSND_POOL_MAX	8	/* unused connections */

struct hvsnd_host;
struct hvsnd_pool;

/**
 * struct hvsnd_pool_link - an unused connection, or room for one
 * @entry: in @unused or @free of struct hvsnd_pool
 * @vsock: the connection
 * @cid: CID that has connected
 * @pool: the pool that this one belongs to
 */
struct hvsnd_pool_link {
	struct list_head entry;
	struct hvsnd_vsock vsock;
	u32 cid;
	struct hvsnd_pool *pool;
};

/**
 * struct hvsnd_pool_user - a stream that may wait for a connection
 * @entry: in @users of struct hvsnd_pool while the stream waits
 * @wake: set by the stream, as in struct hvsnd_vsock
 */
struct hvsnd_pool_user {
	struct list_head entry;
	void (*wake)(struct hvsnd_pool_user *user);
};

/**
 * struct hvsnd_pool - unused connections of a card
 * @host: the card's host; queued work holds a reference to it
 * @listens: there is a pool: the host connects, once for each stream
 * @work: accepts, drops what has ended, and reports to @host
 * @lock: guards what follows; nests inside a stream's @work_lock; only sockets'
 *	own locks and the host's nest inside
 * @ended: the card is being deleted: no socket may be opened
 * @listener: the socket that the host connects to
 * @unused: connections that no stream uses, the oldest first
 * @count: number of connections in @unused
 * @free: unused members of @link, never empty
 * @users: streams that wait, the first of them first
 * @is_reported: @host was told that there are unused connections
 * @empty_ns: when the last unused connection went, if @host was not told yet
 *	that it is away; 0 otherwise
 * @window_ns: begin of the window in which @accepts counts
 * @accepts: connections accepted, of a host that may make any number
 * @link: one more than HVSND_POOL_MAX, for a connection that is closed at once
 */
struct hvsnd_pool {
	struct hvsnd_host *host;
	bool listens;
	struct delayed_work work;
	struct mutex lock;	/* all that follows */
	bool ended;
	struct hvsnd_vsock listener;
	struct list_head unused;
	u32 count;
	struct list_head free;
	struct list_head users;
	bool is_reported;
	u64 empty_ns;
	u64 window_ns;
	u32 accepts;
	struct hvsnd_pool_link link[HVSND_POOL_MAX + 1];
};

void hvsnd_pool_init(struct hvsnd_pool *pool, struct hvsnd_host *host,
		     bool listens);
int hvsnd_pool_listen(struct hvsnd_pool *pool, u32 port);
void hvsnd_pool_check(struct hvsnd_pool *pool);
void hvsnd_pool_reset(struct hvsnd_pool *pool);
void hvsnd_pool_end(struct hvsnd_pool *pool);

int hvsnd_pool_join(struct hvsnd_pool *pool, struct hvsnd_pool_user *user);
bool hvsnd_pool_take(struct hvsnd_pool *pool, struct hvsnd_pool_user *user,
		     struct hvsnd_vsock *vsock);
void hvsnd_pool_leave(struct hvsnd_pool *pool, struct hvsnd_pool_user *user);

#endif /* HVSOCK_TRANSPORT_POOL_H */
