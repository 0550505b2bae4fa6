/* SPDX-License-Identifier: GPL-2.0 */
/* Attempts to connect to a host that no stream is connected to. */
#ifndef HVSOCK_PROBE_H
#define HVSOCK_PROBE_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "transport/vsock.h"

struct hvsnd_probe;
struct snd_card;

/**
 * struct hvsnd_probe_ops - what the owner of a probe decides; process context
 * @may_start: whether to connect now, and where to
 * @result: the host took the connection, or did not
 * @idle: no attempt is under way; the next one may be scheduled
 */
struct hvsnd_probe_ops {
	bool (*may_start)(struct hvsnd_probe *probe, u32 *cid, u32 *port);
	void (*result)(struct hvsnd_probe *probe, bool found);
	void (*idle)(struct hvsnd_probe *probe);
};

/**
 * struct hvsnd_probe - attempts to connect, one at a time
 * @card: the card that queued work and attempts hold a reference to
 * @ops: what the owner decides
 * @work: starts an attempt, or evaluates its result; owns @vsock
 * @vsock: the connection
 * @ended: the card is being deleted: no more attempts
 */
struct hvsnd_probe {
	struct snd_card *card;
	const struct hvsnd_probe_ops *ops;
	struct delayed_work work;
	struct hvsnd_vsock vsock;
	bool ended;
};

void hvsnd_probe_init(struct hvsnd_probe *probe, struct snd_card *card,
		      const struct hvsnd_probe_ops *ops);
void hvsnd_probe_now(struct hvsnd_probe *probe);
void hvsnd_probe_later(struct hvsnd_probe *probe, u32 seconds);
void hvsnd_probe_end(struct hvsnd_probe *probe);

#endif /* HVSOCK_PROBE_H */
