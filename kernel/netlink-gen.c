// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/snd_hvsock.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/snd_hvsock.h>

/* Integer value ranges */
static struct netlink_range_validation snd_hvsock_a_card_cid_range = {
	.max	= SND_HVSOCK_MAX_CID,
};

static struct netlink_range_validation snd_hvsock_a_card_rate_range = {
	.max	= SND_HVSOCK_MAX_RATE,
};

static struct netlink_range_validation snd_hvsock_a_card_rate_min_range = {
	.min	= SND_HVSOCK_MIN_RATE,
	.max	= SND_HVSOCK_MAX_RATE,
};

static struct netlink_range_validation snd_hvsock_a_card_rate_max_range = {
	.min	= SND_HVSOCK_MIN_RATE,
	.max	= SND_HVSOCK_MAX_RATE,
};

static struct netlink_range_validation snd_hvsock_a_card_latency_us_range = {
	.max	= SND_HVSOCK_MAX_LATENCY_US,
};

/* SND_HVSOCK_CMD_CARD_ADD - do */
const struct nla_policy snd_hvsock_card_add_nl_policy[SND_HVSOCK_A_CARD_IDLE_RETRY_S + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, .len = SND_HVSOCK_MAX_NAME, },
	[SND_HVSOCK_A_CARD_INDEX] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_CID] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_cid_range),
	[SND_HVSOCK_A_CARD_PORT] = NLA_POLICY_MIN(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_PROTOCOL] = NLA_POLICY_MAX(NLA_U32, 2),
	[SND_HVSOCK_A_CARD_ROLE] = NLA_POLICY_MAX(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_RATE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_rate_range),
	[SND_HVSOCK_A_CARD_RATE_MIN] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_rate_min_range),
	[SND_HVSOCK_A_CARD_RATE_MAX] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_rate_max_range),
	[SND_HVSOCK_A_CARD_FORMAT] = { .type = NLA_NUL_STRING, .len = 15, },
	[SND_HVSOCK_A_CARD_CHANNELS] = NLA_POLICY_MAX(NLA_U32, SND_HVSOCK_MAX_CHANNELS),
	[SND_HVSOCK_A_CARD_LATENCY_US] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_latency_us_range),
	[SND_HVSOCK_A_CARD_CONNECT_TIMEOUT_MS] =
		NLA_POLICY_RANGE(NLA_U32, SND_HVSOCK_MIN_CONNECT_TIMEOUT_MS,
				 SND_HVSOCK_MAX_CONNECT_TIMEOUT_MS),
	[SND_HVSOCK_A_CARD_ON_LOST] = NLA_POLICY_MAX(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_PLAYBACK_STREAMS] = NLA_POLICY_MAX(NLA_U32, SND_HVSOCK_MAX_STREAMS),
	[SND_HVSOCK_A_CARD_CAPTURE_STREAMS] = NLA_POLICY_MAX(NLA_U32, SND_HVSOCK_MAX_STREAMS),
	[SND_HVSOCK_A_CARD_NAME_STREAMS] = NLA_POLICY_MAX(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_MIC] = NLA_POLICY_MAX(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_IDLE_RETRY_S] = NLA_POLICY_MAX(NLA_U32, SND_HVSOCK_MAX_IDLE_RETRY_S),
};

/* SND_HVSOCK_CMD_CARD_DEL - do */
const struct nla_policy snd_hvsock_card_del_nl_policy[SND_HVSOCK_A_CARD_NAME + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, .len = SND_HVSOCK_MAX_NAME, },
};

/* SND_HVSOCK_CMD_CARD_SET - do */
const struct nla_policy snd_hvsock_card_set_nl_policy[SND_HVSOCK_A_CARD_IDLE_RETRY_S + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, .len = SND_HVSOCK_MAX_NAME, },
	[SND_HVSOCK_A_CARD_INDEX] = { .type = NLA_U32, },
	[SND_HVSOCK_A_CARD_CID] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_cid_range),
	[SND_HVSOCK_A_CARD_PORT] = NLA_POLICY_MIN(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_PROTOCOL] = NLA_POLICY_MAX(NLA_U32, 2),
	[SND_HVSOCK_A_CARD_ROLE] = NLA_POLICY_MAX(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_RATE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_rate_range),
	[SND_HVSOCK_A_CARD_RATE_MIN] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_rate_min_range),
	[SND_HVSOCK_A_CARD_RATE_MAX] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_rate_max_range),
	[SND_HVSOCK_A_CARD_FORMAT] = { .type = NLA_NUL_STRING, .len = 15, },
	[SND_HVSOCK_A_CARD_CHANNELS] = NLA_POLICY_MAX(NLA_U32, SND_HVSOCK_MAX_CHANNELS),
	[SND_HVSOCK_A_CARD_LATENCY_US] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &snd_hvsock_a_card_latency_us_range),
	[SND_HVSOCK_A_CARD_CONNECT_TIMEOUT_MS] =
		NLA_POLICY_RANGE(NLA_U32, SND_HVSOCK_MIN_CONNECT_TIMEOUT_MS,
				 SND_HVSOCK_MAX_CONNECT_TIMEOUT_MS),
	[SND_HVSOCK_A_CARD_ON_LOST] = NLA_POLICY_MAX(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_PLAYBACK_STREAMS] = NLA_POLICY_MAX(NLA_U32, SND_HVSOCK_MAX_STREAMS),
	[SND_HVSOCK_A_CARD_CAPTURE_STREAMS] = NLA_POLICY_MAX(NLA_U32, SND_HVSOCK_MAX_STREAMS),
	[SND_HVSOCK_A_CARD_NAME_STREAMS] = NLA_POLICY_MAX(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_MIC] = NLA_POLICY_MAX(NLA_U32, 1),
	[SND_HVSOCK_A_CARD_IDLE_RETRY_S] = NLA_POLICY_MAX(NLA_U32, SND_HVSOCK_MAX_IDLE_RETRY_S),
};

/* SND_HVSOCK_CMD_CARD_GET - do */
const struct nla_policy snd_hvsock_card_get_nl_policy[SND_HVSOCK_A_CARD_NAME + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, .len = SND_HVSOCK_MAX_NAME, },
};

/* SND_HVSOCK_CMD_STREAM_GET - do */
const struct nla_policy snd_hvsock_stream_get_nl_policy[SND_HVSOCK_A_STREAM_ID + 1] = {
	[SND_HVSOCK_A_STREAM_CARD] = { .type = NLA_NUL_STRING, },
	[SND_HVSOCK_A_STREAM_ID] = { .type = NLA_U32, },
};

/* SND_HVSOCK_CMD_COOKIE_SET - do */
const struct nla_policy snd_hvsock_cookie_set_nl_policy[SND_HVSOCK_A_CARD_COOKIE + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, .len = SND_HVSOCK_MAX_NAME, },
	[SND_HVSOCK_A_CARD_COOKIE] = { .type = NLA_BINARY, },
};

/* SND_HVSOCK_CMD_RECONNECT - do */
const struct nla_policy snd_hvsock_reconnect_nl_policy[SND_HVSOCK_A_CARD_NAME + 1] = {
	[SND_HVSOCK_A_CARD_NAME] = { .type = NLA_NUL_STRING, .len = SND_HVSOCK_MAX_NAME, },
};

/* Ops table for snd_hvsock */
const struct genl_ops snd_hvsock_nl_ops[7] = {
	{
		.cmd		= SND_HVSOCK_CMD_CARD_ADD,
		.doit		= snd_hvsock_nl_card_add_doit,
		.policy		= snd_hvsock_card_add_nl_policy,
		.maxattr	= SND_HVSOCK_A_CARD_IDLE_RETRY_S,
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
		.maxattr	= SND_HVSOCK_A_CARD_IDLE_RETRY_S,
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
