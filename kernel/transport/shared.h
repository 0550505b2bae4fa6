/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream's connection to the host: one of its own, or its part in the one
 * that all of a card's streams share.
 *
 * They share where the protocol has one pair of connections for the whole
 * card (qubes), and wherever the host calls the guest (role=listen): such
 * connections are there before a stream is, and stay when it ends. Of each
 * direction one stream at a time takes part, the others wait in line.
 */
#ifndef HVSOCK_TRANSPORT_SHARED_H
#define HVSOCK_TRANSPORT_SHARED_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "vsock.h"
#include "../core/proto/qubes.h"

struct hvsnd_host;
struct hvsnd_shared;

#define HVSND_SHARED_LINKS	2
#define HVSND_SHARED_WASTE	1024

/**
 * struct hvsnd_channel - a stream's connection, or none
 * @shared: the card's, if it is shared, set by the owner
 * @wake: set by the owner, as in struct hvsnd_vsock
 * @vsock: the connection, if it is not shared
 * @direction: SNDRV_PCM_STREAM_*
 * @entry: in @channels of the shared connection, guarded by its @lock
 * @epoch: which shared connection it takes part in, 0 for none
 * @wanted: the host was told that it is wanted
 * @busy_ns: when a host that tells nothing of time will have played all that
 *           it was sent
 *
 * All but @entry belong to the owner's one work item.
 */
struct hvsnd_channel {
	struct hvsnd_shared *shared;
	void (*wake)(struct hvsnd_channel *channel);
	struct hvsnd_vsock vsock;
	int direction;
	struct list_head entry;
	u32 epoch;
	bool wanted;
	u64 busy_ns;
};

/**
 * struct hvsnd_shared_link - one of several
 * @vsock: the connection
 * @listener: where the host calls
 * @shared: whose it is
 */
struct hvsnd_shared_link {
	struct hvsnd_vsock vsock;
	struct hvsnd_vsock listener;
	struct hvsnd_shared *shared;
};

/**
 * struct hvsnd_shared - the connections that a card's streams share
 * @host: the card's host
 * @links: how many there are, 0 if each stream has its own
 * @listens: the host calls
 * @work: accepts, tells codes, throws away what nobody wants to hear
 * @lock: guards what follows; inside of a stream's @work_lock, with nothing
 *        but the sockets' own inside of it
 * @epoch: counts the connections
 * @error: why the last one ended
 * @up: all of them are connected
 * @stale: why they are to end as soon as none is connecting, or 0
 * @ended: the card goes
 * @held: there may be sockets, whose callbacks need the card
 * @received: bytes that came on the last of them
 * @busy_ns: as in struct hvsnd_channel
 * @channels: the streams, by direction, the first of which takes part
 * @codes: what the host is told, if there are two links
 * @link: the connections
 * @waste: for what is thrown away
 */
struct hvsnd_shared {
	struct hvsnd_host *host;
	u32 links;
	bool listens;
	struct work_struct work;
	struct mutex lock;	/* all that follows */
	u32 epoch;
	int error;
	int stale;
	bool up;
	bool ended;
	bool held;
	u64 received;
	u64 busy_ns;
	struct list_head channels[2];
	struct hvsnd_qubes codes;
	struct hvsnd_shared_link link[HVSND_SHARED_LINKS];
	u8 waste[HVSND_SHARED_WASTE];
};

void hvsnd_channel_init(struct hvsnd_channel *channel,
			struct hvsnd_shared *shared, int direction);
int hvsnd_channel_connect(struct hvsnd_channel *channel, u32 cid, u32 port,
			  unsigned int timeout_ms);
bool hvsnd_channel_is_open(const struct hvsnd_channel *channel);
bool hvsnd_channel_may_close(struct hvsnd_channel *channel);
int hvsnd_channel_state(struct hvsnd_channel *channel);
bool hvsnd_channel_is_awaited(struct hvsnd_channel *channel);
void hvsnd_channel_want(struct hvsnd_channel *channel, bool wanted);
int hvsnd_channel_send(struct hvsnd_channel *channel, struct kvec *vec,
		       size_t n, size_t len);
int hvsnd_channel_receive(struct hvsnd_channel *channel, void *buf, size_t len);
u64 hvsnd_channel_received(struct hvsnd_channel *channel);
void hvsnd_channel_close(struct hvsnd_channel *channel, bool good);

void hvsnd_shared_init(struct hvsnd_shared *shared, struct hvsnd_host *host,
		       u32 links, bool listens);
int hvsnd_shared_listen(struct hvsnd_shared *shared, u32 port);
void hvsnd_shared_reset(struct hvsnd_shared *shared);
void hvsnd_shared_end(struct hvsnd_shared *shared);

#endif /* HVSOCK_TRANSPORT_SHARED_H */
