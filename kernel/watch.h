/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks whether a host that went away is back.
 *
 * A desktop that routed its sound elsewhere meanwhile opens no stream, so no
 * stream would find out. Only while the host is known to be away.
 */
#ifndef HVSOCK_WATCH_H
#define HVSOCK_WATCH_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "transport/vsock.h"

struct hvsnd_card;

/**
 * struct hvsnd_watch - attempts to reach a host that is away
 * @work: one attempt: begins it, or sees what became of it; owns @vsock
 * @vsock: the connection tried
 * @ended: no more of them
 */
struct hvsnd_watch {
	struct delayed_work work;
	struct hvsnd_vsock vsock;
	bool ended;
};

void hvsnd_watch_init(struct hvsnd_card *card);
void hvsnd_watch_begin(struct hvsnd_card *card);
void hvsnd_watch_now(struct hvsnd_card *card);
void hvsnd_watch_end(struct hvsnd_card *card);

#endif /* HVSOCK_WATCH_H */
