/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family: handlers, and what is told to those who listen.
 *
 * What each message holds is in Documentation/netlink/specs/snd_hvsock.yaml,
 * of which netlink-gen.[ch] are made. Nobody waits for a listener: one that
 * does not read loses messages, and is told so by its socket.
 */
#ifndef HVSOCK_NETLINK_H
#define HVSOCK_NETLINK_H

#include <linux/types.h>

struct hvs_card;
struct hvs_stream;
struct hvs_volume;

int hvs_netlink_register(void);
void hvs_netlink_unregister(void);

void hvs_netlink_card(struct hvs_card *card, u8 cmd);
void hvs_netlink_card_gone(struct hvs_card *card);
void hvs_netlink_link(struct hvs_card *card);
void hvs_netlink_stream(struct hvs_stream *st, u8 cmd);
void hvs_netlink_volume(struct hvs_card *card, int direction,
			const struct hvs_volume *v);

#endif /* HVSOCK_NETLINK_H */
