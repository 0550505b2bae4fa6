/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family: requests and dumps.
 *
 * Documentation/netlink/specs/snd_hvsock.yaml describes the messages. notify.h
 * has the notifications. netlink.c implements the handlers that
 * netlink-handlers-gen.h declares; the table of operations, netlink-gen.c,
 * refers to them.
 */
#ifndef HVSOCK_NETLINK_H
#define HVSOCK_NETLINK_H

#include <linux/types.h>

struct genl_ops;

int hvsnd_netlink_register(const struct genl_ops *ops, u32 n_ops);
void hvsnd_netlink_unregister(void);

#endif /* HVSOCK_NETLINK_H */
