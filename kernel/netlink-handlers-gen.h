/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/snd_hvsock.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_SND_HVSOCK_HANDLERS_GEN_H
#define _LINUX_SND_HVSOCK_HANDLERS_GEN_H

#include <net/genetlink.h>

int snd_hvsock_nl_card_add_doit(struct sk_buff *skb, struct genl_info *info);
int snd_hvsock_nl_card_del_doit(struct sk_buff *skb, struct genl_info *info);
int snd_hvsock_nl_card_set_doit(struct sk_buff *skb, struct genl_info *info);
int snd_hvsock_nl_card_get_doit(struct sk_buff *skb, struct genl_info *info);
int snd_hvsock_nl_card_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);
int snd_hvsock_nl_stream_get_doit(struct sk_buff *skb, struct genl_info *info);
int snd_hvsock_nl_stream_get_dumpit(struct sk_buff *skb,
				    struct netlink_callback *cb);
int snd_hvsock_nl_cookie_set_doit(struct sk_buff *skb, struct genl_info *info);
int snd_hvsock_nl_reconnect_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	SND_HVSOCK_NLGRP_EVENTS,
};

#endif /* _LINUX_SND_HVSOCK_HANDLERS_GEN_H */
