/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink notifications.
 *
 * A notification is queued as a copy of what it reports, and sent by a work
 * item of its own. So neither the thread that reports nor a lock that the
 * thread holds waits for memory or for listeners. Notifications are sent in
 * the order in which they were queued.
 *
 * Nobody waits for a listener either. A listener that does not read, or
 * notifications that did not fit into the queue, are lost; its socket then
 * returns ENOBUFS, and the listener has to ask for the present state.
 */
#ifndef HVSOCK_NOTIFY_H
#define HVSOCK_NOTIFY_H

#include <linux/types.h>

struct genl_family;
struct hvsnd_card_info;
struct hvsnd_stream_info;
struct hvsnd_volume_info;

#define HVSND_NOTIFY_MAX	256	/* in the queue */

void hvsnd_notify_init(struct genl_family *family, u32 group);
void hvsnd_notify_flush(void);

bool hvsnd_notify_is_wanted(void);
void hvsnd_notify_card(u8 cmd, const struct hvsnd_card_info *info);
void hvsnd_notify_stream(u8 cmd, const struct hvsnd_stream_info *info);
void hvsnd_notify_volume(const struct hvsnd_volume_info *info);

#endif /* HVSOCK_NOTIFY_H */
