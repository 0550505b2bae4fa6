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

struct hvsnd_card;
struct hvsnd_stream;
struct hvsnd_volume;

int hvsnd_netlink_register(void);
void hvsnd_netlink_unregister(void);

void hvsnd_netlink_card(struct hvsnd_card *card, u8 cmd);
void hvsnd_netlink_card_gone(struct hvsnd_card *card);
void hvsnd_netlink_link(struct hvsnd_card *card);
void hvsnd_netlink_stream(struct hvsnd_stream *st, u8 cmd);
void hvsnd_netlink_volume(struct hvsnd_card *card, int direction,
			  const struct hvsnd_volume *v);

#endif /* HVSOCK_NETLINK_H */
