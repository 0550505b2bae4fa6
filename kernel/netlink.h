/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family: requests and dumps.
 *
 * What each message holds is in Documentation/netlink/specs/snd_hvsock.yaml,
 * of which netlink-gen.[ch] are made. notify.h has the notifications.
 */
#ifndef HVSOCK_NETLINK_H
#define HVSOCK_NETLINK_H

int hvsnd_netlink_register(void);
void hvsnd_netlink_unregister(void);

#endif /* HVSOCK_NETLINK_H */
