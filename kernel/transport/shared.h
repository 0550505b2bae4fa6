/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connections that all streams of a card share.
 *
 * Streams share connections where the protocol has one pair for the whole card
 * (qubes), and with role=listen, where the host connects to the guest. Such
 * connections exist before a stream does, and remain when the stream ends. Of
 * each direction one stream at a time uses them; the others wait in a queue.
 */
#ifndef HVSOCK_TRANSPORT_SHARED_H
#define HVSOCK_TRANSPORT_SHARED_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "../core/proto/qubes.h"
#include "vsock.h"

#define HVSND_SHARED_LINKS	2
#define HVSND_SHARED_DISCARD	1024
#define HVSND_SHARED_BACKLOG	1

struct hvsnd_host;
struct hvsnd_shared;

/**
 * enum hvsnd_shared_state - state of the shared connections
 * @HVSND_SHARED_DOWN: not all of them are connected
 * @HVSND_SHARED_UP: all of them are connected
 * @HVSND_SHARED_CLOSING: to be closed when none of them is connecting
 */
enum hvsnd_shared_state {
	HVSND_SHARED_DOWN,
	HVSND_SHARED_UP,
	HVSND_SHARED_CLOSING,
};

/**
 * enum hvsnd_shared_life - life of the shared connections
 * @HVSND_SHARED_UNUSED: no socket has been opened; no reference to the host
 * @HVSND_SHARED_USED: sockets may exist, whose callbacks need the host
 * @HVSND_SHARED_ENDING: no socket may be opened; some may still exist
 * @HVSND_SHARED_ENDED: no socket exists; no reference to the host
 */
enum hvsnd_shared_life {
	HVSND_SHARED_UNUSED,
	HVSND_SHARED_USED,
	HVSND_SHARED_ENDING,
	HVSND_SHARED_ENDED,
};

/**
 * struct hvsnd_shared_user - a stream's part in shared connections
 * @entry: in @users of struct hvsnd_shared
 * @wake: set by the stream, as in struct hvsnd_vsock
 * @epoch: which connections the stream takes part in, 0 for none
 * @direction: SNDRV_PCM_STREAM_*
 */
struct hvsnd_shared_user {
	struct list_head entry;
	void (*wake)(struct hvsnd_shared_user *user);
	u32 epoch;
	int direction;
};

/**
 * struct hvsnd_shared_link - one of the shared connections
 * @vsock: the connection
 * @listener: role=listen: the socket that the host connects to
 * @shared: the connections that this one belongs to
 */
struct hvsnd_shared_link {
	struct hvsnd_vsock vsock;
	struct hvsnd_vsock listener;
	struct hvsnd_shared *shared;
};

/**
 * struct hvsnd_shared - connections that all streams of a card share
 * @host: the card's host; its references keep the connections as well
 * @links: number of connections; 0 if each stream has its own
 * @listens: the host connects to the guest
 * @work: accepts, sends codes, discards what no stream reads
 * @lock: guards what follows; nests inside a stream's @work_lock; only sockets'
 *	own locks and the host's nest inside
 * @state: state of the connections
 * @life: whether sockets may exist
 * @epoch: counts the connections
 * @error: why the last connections ended
 * @closing_error: HVSND_SHARED_CLOSING: why the connections end
 * @received: bytes that came on the last connection
 * @busy_ns: as in struct hvsnd_channel, of the last stream
 * @users: streams by direction; the first one uses the connections
 * @codes: two links: what the host is told
 * @link: the connections
 * @discard: buffer for what no stream reads
 */
struct hvsnd_shared {
	struct hvsnd_host *host;
	u32 links;
	bool listens;
	struct work_struct work;
	struct mutex lock;	/* all that follows */
	enum hvsnd_shared_state state;
	enum hvsnd_shared_life life;
	u32 epoch;
	int error;
	int closing_error;
	u64 received;
	u64 busy_ns;
	struct list_head users[2];
	struct hvsnd_qubes codes;
	struct hvsnd_shared_link link[HVSND_SHARED_LINKS];
	u8 discard[HVSND_SHARED_DISCARD];
};

static inline bool hvsnd_shared_is_ending(const struct hvsnd_shared *shared)
{
	return shared->life == HVSND_SHARED_ENDING ||
	       shared->life == HVSND_SHARED_ENDED;
}

void hvsnd_shared_init(struct hvsnd_shared *shared, struct hvsnd_host *host,
		       u32 links, bool listens);
int hvsnd_shared_listen(struct hvsnd_shared *shared, u32 port);
void hvsnd_shared_reset(struct hvsnd_shared *shared);
void hvsnd_shared_end(struct hvsnd_shared *shared);

int hvsnd_shared_connect(struct hvsnd_shared *shared, u32 cid, u32 port,
			 unsigned int timeout_ms);
void hvsnd_shared_queue(struct hvsnd_shared *shared);
void hvsnd_shared_wake_users(struct hvsnd_shared *shared);
void hvsnd_shared_set_closing(struct hvsnd_shared *shared, int err);
void hvsnd_shared_update(struct hvsnd_shared *shared);
int hvsnd_shared_check(struct hvsnd_shared *shared, int ret);
int hvsnd_shared_send_codes(struct hvsnd_shared *shared);

#endif /* HVSOCK_TRANSPORT_SHARED_H */
