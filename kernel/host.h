/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a card's host is reachable.
 *
 * Streams and shared connections report what became of their connections. The
 * card's jacks show the result, netlink reports it, and the kernel log names
 * the cause of a failure. While the host is not reachable and no stream is
 * open, no stream would notice that the host is back: a desktop that has
 * switched to another card opens none. The host is probed then.
 *
 * Locking: @lock is held briefly, in process context, and no other lock is
 * taken under it.
 */
#ifndef HVSOCK_HOST_H
#define HVSOCK_HOST_H

#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <sound/control.h>

#include "transport/vsock.h"

struct hvsnd_card;

/**
 * enum hvsnd_host_state - what is known of the host
 * @HVSND_HOST_UNKNOWN: no attempt to connect has ended yet
 * @HVSND_HOST_NOT_FOUND: the first probe failed, and no stream has tried yet
 * @HVSND_HOST_UP: the host serves a stream, or took the last connection
 * @HVSND_HOST_REFUSED: the host took the last connection, but refused the
 *	stream or did not answer
 * @HVSND_HOST_AWAY: the last connection failed or was lost
 */
enum hvsnd_host_state {
	HVSND_HOST_UNKNOWN,
	HVSND_HOST_NOT_FOUND,
	HVSND_HOST_UP,
	HVSND_HOST_REFUSED,
	HVSND_HOST_AWAY,
};

/**
 * struct hvsnd_host_info - what netlink reports of the host
 * @link: enum snd_hvsock_link
 * @error: positive errno of the last failure, or 0
 * @reason: cause of the last failure, a constant string, or NULL
 */
struct hvsnd_host_info {
	u32 link;
	u32 error;
	const char *reason;
};

/**
 * struct hvsnd_host - a card's knowledge of its host
 * @jack: ALSA's ids of the jacks, by direction; copies, because streams may
 *	outlive the elements
 * @complaints: limits the rate of warnings about the host
 * @lock: guards the members up to @reason
 * @state: what is known; hvsnd_host_set_state() alone writes it
 * @connected: number of streams that the host serves
 * @error: negative errno of the last failure, or 0
 * @reason: cause of the last failure, a constant string, or NULL
 * @probe: starts a probe, or evaluates its result; owns @vsock
 * @vsock: the probe's connection
 * @ended: the card is being deleted: no more probes
 */
struct hvsnd_host {
	struct snd_ctl_elem_id jack[2];
	struct ratelimit_state complaints;

	spinlock_t lock;	/* the members up to @reason */
	enum hvsnd_host_state state;
	u32 connected;
	int error;
	const char *reason;

	struct delayed_work probe;
	struct hvsnd_vsock vsock;
	bool ended;
};

void hvsnd_host_init(struct hvsnd_host *host);
int hvsnd_host_create_jack(struct hvsnd_host *host, int direction);
void hvsnd_host_end(struct hvsnd_host *host);

void hvsnd_host_found(struct hvsnd_host *host);
void hvsnd_host_connected(struct hvsnd_host *host);
void hvsnd_host_disconnected(struct hvsnd_host *host);
void hvsnd_host_failed(struct hvsnd_host *host, int err, const char *reason);
void hvsnd_host_refused(struct hvsnd_host *host, int err, const char *reason);
void hvsnd_host_probe(struct hvsnd_host *host);

bool hvsnd_host_is_up(struct hvsnd_host *host);
void hvsnd_host_get_info(struct hvsnd_host *host, struct hvsnd_host_info *info);

void hvsnd_host_warn(struct hvsnd_host *host, int err, const char *reason,
		     const char *application);
void hvsnd_host_note_back(struct hvsnd_host *host);
void hvsnd_host_note_killed(struct hvsnd_host *host, const char *reason,
			    const char *application);

#endif /* HVSOCK_HOST_H */
