// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/snd_hvsock.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/snd_hvsock.h>

/* SND_HVSOCK_CMD_CARD_ADD - do */
const struct nla_policy snd_hvsock_card_add_nl_policy[SND_HVSOCK_A_CARD_RETRY_AWAY + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_INDEX] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_CID] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_PORT] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_PROTOCOL] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_ROLE] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_RATE] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_RATE_MIN] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_RATE_MAX] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_FORMAT] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_CHANNELS] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_LATENCY] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_CONNECT_TIMEOUT] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_ON_LOST] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_PLAYBACK_STREAMS] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_CAPTURE_STREAMS] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_NAME_STREAMS] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_MIC] = { .type = NLA_U8, },
	[SND_HVSOCK_A_CARD_RETRY_AWAY] = { .type = NLA_U32, },
};

/* SND_HVSOCK_CMD_CARD_DEL - do */
const struct nla_policy snd_hvsock_card_del_nl_policy[SND_HVSOCK_A_CARD_NAME + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, },
};

/* SND_HVSOCK_CMD_CARD_SET - do */
const struct nla_policy snd_hvsock_card_set_nl_policy[SND_HVSOCK_A_CARD_RETRY_AWAY + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_INDEX] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_CID] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_PORT] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_PROTOCOL] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_ROLE] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_RATE] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_RATE_MIN] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_RATE_MAX] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_FORMAT] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_CHANNELS] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_LATENCY] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_CONNECT_TIMEOUT] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_ON_LOST] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_PLAYBACK_STREAMS] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_CAPTURE_STREAMS] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_NAME_STREAMS] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_MIC] = { .type = NLA_U8, },
	[SND_HVSOCK_A_CARD_RETRY_AWAY] = { .type = NLA_U32, },
};

/* SND_HVSOCK_CMD_CARD_GET - do */
const struct nla_policy snd_hvsock_card_get_nl_policy[SND_HVSOCK_A_CARD_NAME + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, },
};

/* SND_HVSOCK_CMD_STREAM_GET - do */
const struct nla_policy snd_hvsock_stream_get_nl_policy[SND_HVSOCK_A_STREAM_ID + 1] = {
	[SND_HVSOCK_A_STREAM_CARD] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_STREAM_ID] = { .type = NLA_U32, },
};

/* SND_HVSOCK_CMD_COOKIE_SET - do */
const struct nla_policy snd_hvsock_cookie_set_nl_policy[SND_HVSOCK_A_CARD_COOKIE + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_CARD_COOKIE] = { .type = NLA_BINARY, },
};

/* SND_HVSOCK_CMD_RECONNECT - do */
const struct nla_policy snd_hvsock_reconnect_nl_policy[SND_HVSOCK_A_CARD_NAME + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, },
};

/* Ops table for snd_hvsock */
const struct genl_ops snd_hvsock_nl_ops[7] = {
	{
		.cmd		= SND_HVSOCK_CMD_CARD_ADD,
		.doit		= snd_hvsock_nl_card_add_doit,
		.policy		= snd_hvsock_card_add_nl_policy,
		.maxattr	= SND_HVSOCK_A_CARD_RETRY_AWAY,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SND_HVSOCK_CMD_CARD_DEL,
		.doit		= snd_hvsock_nl_card_del_doit,
		.policy		= snd_hvsock_card_del_nl_policy,
		.maxattr	= SND_HVSOCK_A_CARD_NAME,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SND_HVSOCK_CMD_CARD_SET,
		.doit		= snd_hvsock_nl_card_set_doit,
		.policy		= snd_hvsock_card_set_nl_policy,
		.maxattr	= SND_HVSOCK_A_CARD_RETRY_AWAY,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SND_HVSOCK_CMD_CARD_GET,
		.doit		= snd_hvsock_nl_card_get_doit,
		.dumpit		= snd_hvsock_nl_card_get_dumpit,
		.policy		= snd_hvsock_card_get_nl_policy,
		.maxattr	= SND_HVSOCK_A_CARD_NAME,
	},
	{
		.cmd		= SND_HVSOCK_CMD_STREAM_GET,
		.doit		= snd_hvsock_nl_stream_get_doit,
		.dumpit		= snd_hvsock_nl_stream_get_dumpit,
		.policy		= snd_hvsock_stream_get_nl_policy,
		.maxattr	= SND_HVSOCK_A_STREAM_ID,
	},
	{
		.cmd		= SND_HVSOCK_CMD_COOKIE_SET,
		.doit		= snd_hvsock_nl_cookie_set_doit,
		.policy		= snd_hvsock_cookie_set_nl_policy,
		.maxattr	= SND_HVSOCK_A_CARD_COOKIE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SND_HVSOCK_CMD_RECONNECT,
		.doit		= snd_hvsock_nl_reconnect_doit,
		.policy		= snd_hvsock_reconnect_nl_policy,
		.maxattr	= SND_HVSOCK_A_CARD_NAME,
		.flags		= GENL_ADMIN_PERM,
	},
};

static const struct genl_multicast_group snd_hvsock_nl_mcgrps[] = {
	[SND_HVSOCK_NLGRP_EVENTS] = { "events", },
};
