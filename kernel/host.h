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

#include <linux/device.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <sound/control.h>
#include <sound/core.h>

#include "core/host_state.h"
#include "core/reason.h"
#include "info.h"
#include "probe.h"

struct hvsnd_host;

/**
 * struct hvsnd_host_ops - what the card does for its host; process context
 * @is_idle: whether no stream exists that would try to connect by itself
 * @retry: let all streams try to connect now
 * @link_changed: what hvsnd_host_get_info() reports as link has changed
 */
struct hvsnd_host_ops {
	bool (*is_idle)(struct hvsnd_host *host);
	void (*retry)(struct hvsnd_host *host);
	void (*link_changed)(struct hvsnd_host *host);
};

/**
 * struct hvsnd_host - a card's knowledge of its host
 * @card: the card
 * @dev: the card's platform device, for messages
 * @ops: what the card does
 * @jack: ALSA's ids of the jacks, by direction; copies, because streams may
 *	outlive the elements
 * @complaints: limits the rate of warnings about the host
 * @probe: attempts to connect while no stream does
 * @lock: guards what follows
 * @cid: the host's context id
 * @port: port to connect to
 * @retry_s: seconds between two probes of a host that is not reachable, 0 for
 *	no probes
 * @state: what is known; hvsnd_host_set_state() alone writes it
 * @connected: number of streams that the host serves
 * @unused: the host has made a connection that no stream uses yet
 * @error: negative errno of the last failure, or 0
 * @reason: cause of the last failure, a constant string, or NULL
 */
struct hvsnd_host {
	struct snd_card *card;
	struct device *dev;
	const struct hvsnd_host_ops *ops;
	struct snd_ctl_elem_id jack[2];
	struct ratelimit_state complaints;
	struct hvsnd_probe probe;

	spinlock_t lock;	/* what follows */
	u32 cid;
	u32 port;
	u32 retry_s;
	enum hvsnd_host_state state;
	u32 connected;
	bool unused;
	int error;
	const char *reason;
};

void hvsnd_host_init(struct hvsnd_host *host, struct snd_card *card,
		     struct device *dev, const struct hvsnd_host_ops *ops);
void hvsnd_host_set_address(struct hvsnd_host *host, u32 cid, u32 port,
			    u32 retry_s);
int hvsnd_host_create_jack(struct hvsnd_host *host, int direction);
void hvsnd_host_probe(struct hvsnd_host *host, bool also_unknown);
void hvsnd_host_end(struct hvsnd_host *host);

void hvsnd_host_found(struct hvsnd_host *host);
void hvsnd_host_set_unused(struct hvsnd_host *host, bool unused);
void hvsnd_host_connected(struct hvsnd_host *host);
void hvsnd_host_disconnected(struct hvsnd_host *host);
void hvsnd_host_failed(struct hvsnd_host *host, int err, const char *reason);
void hvsnd_host_refused(struct hvsnd_host *host, int err, const char *reason);

bool hvsnd_host_is_up(struct hvsnd_host *host);
bool hvsnd_host_has_cid(struct hvsnd_host *host, u32 cid);
void hvsnd_host_get_info(struct hvsnd_host *host, struct hvsnd_host_info *info);

void hvsnd_host_warn(struct hvsnd_host *host, int err, const char *reason,
		     const char *application);
void hvsnd_host_warn_other(struct hvsnd_host *host, u32 cid);
void hvsnd_host_warn_closed(struct hvsnd_host *host, const char *reason);
void hvsnd_host_note_back(struct hvsnd_host *host);
void hvsnd_host_note_terminated(struct hvsnd_host *host, const char *reason,
				const char *application);

/* The card, and the host with it, exists as long as there are references. */
static inline void hvsnd_host_get(struct hvsnd_host *host)
{
	get_device(&host->card->card_dev);
}

static inline void hvsnd_host_put(struct hvsnd_host *host)
{
	put_device(&host->card->card_dev);
}

#endif /* HVSOCK_HOST_H */
