/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/snd_hvsock.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_SND_HVSOCK_GEN_H
#define _LINUX_SND_HVSOCK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/snd_hvsock.h>

#include "netlink-handlers-gen.h"

extern const struct nla_policy snd_hvsock_card_add_nl_policy[SND_HVSOCK_A_CARD_IDLE_RETRY_S + 1];

extern const struct nla_policy snd_hvsock_card_del_nl_policy[SND_HVSOCK_A_CARD_NAME + 1];

extern const struct nla_policy snd_hvsock_card_set_nl_policy[SND_HVSOCK_A_CARD_IDLE_RETRY_S + 1];

extern const struct nla_policy snd_hvsock_card_get_nl_policy[SND_HVSOCK_A_CARD_NAME + 1];

extern const struct nla_policy snd_hvsock_stream_get_nl_policy[SND_HVSOCK_A_STREAM_ID + 1];

extern const struct nla_policy snd_hvsock_cookie_set_nl_policy[SND_HVSOCK_A_CARD_COOKIE + 1];

extern const struct nla_policy snd_hvsock_reconnect_nl_policy[SND_HVSOCK_A_CARD_NAME + 1];

/* Ops table for snd_hvsock */
extern const struct genl_ops snd_hvsock_nl_ops[7];

#endif /* _LINUX_SND_HVSOCK_GEN_H */
