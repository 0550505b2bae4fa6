// SPDX-License-Identifier: GPL-2.0
/* The generic netlink family: requests and dumps. */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <sound/core.h>
#include <sound/pcm.h>

#include "cards.h"
#include "netlink-handlers-gen.h"
#include "netlink.h"
#include "nl_parse.h"
#include "nl_put.h"
#include "notify.h"
#include "status.h"
#include "streams.h"

static struct genl_family hvsnd_family;

static struct sk_buff *hvsnd_reply_new(struct genl_info *info, void **hdr)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*hdr = genlmsg_put_reply(skb, info, &hvsnd_family, 0,
				 info->genlhdr->cmd);
	if (!*hdr) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static int hvsnd_reply(struct sk_buff *skb, struct genl_info *info, void *hdr,
		       int err)
{
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/* The card which the message names, under hvsnd_cards_mutex; or an error. */
static struct hvsnd_card *hvsnd_named_card(struct genl_info *info, int attr)
{
	struct hvsnd_card *card;

	if (!info->attrs[attr]) {
		hvsnd_refuse(info, 0, attr, "name: missing. Give the name of a card");
		return ERR_PTR(-EINVAL);
	}
	card = hvsnd_card_find(nla_data(info->attrs[attr]));
	if (!card) {
		hvsnd_refuse(info, 0, attr, "name: no such card. Run hvsnd show for the names");
		return ERR_PTR(-ENODEV);
	}
	return card;
}

static int hvsnd_reply_name(struct sk_buff *reply, struct hvsnd_card *card)
{
	struct hvsnd_card_info state;

	hvsnd_card_get_info(card, &state);
	return hvsnd_put_card_name(reply, &state);
}

int snd_hvsock_nl_card_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hvsnd_card_config config;
	struct hvsnd_config_error error = { };
	struct hvsnd_card *card;
	struct sk_buff *reply;
	void *hdr;
	int err;

	if (!info->attrs[SND_HVSOCK_A_CARD_NAME])
		return hvsnd_refuse(info, -EINVAL, SND_HVSOCK_A_CARD_NAME,
				    "name: missing. Give a name for the new card");
	hvsnd_config_init(&config);
	/* The policy limits the length. */
	strscpy(config.id, nla_data(info->attrs[SND_HVSOCK_A_CARD_NAME]),
		sizeof(config.id));
	err = hvsnd_parse_keys(info, &config);
	if (err)
		return err;
	reply = hvsnd_reply_new(info, &hdr);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_card_add(&config, &error);
	if (IS_ERR(card))
		err = hvsnd_refuse(info, PTR_ERR(card), error.attr, error.msg);
	else
		err = hvsnd_reply_name(reply, card);
	mutex_unlock(&hvsnd_cards_mutex);
	return hvsnd_reply(reply, info, hdr, err);
}

int snd_hvsock_nl_card_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hvsnd_card *card;

	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_named_card(info, SND_HVSOCK_A_CARD_NAME);
	if (!IS_ERR(card))
		hvsnd_card_del(card);
	mutex_unlock(&hvsnd_cards_mutex);
	return PTR_ERR_OR_ZERO(card);
}

static int hvsnd_check_fixed(struct genl_info *info, struct hvsnd_card *card,
			     struct hvsnd_card_config *new)
{
	struct hvsnd_config_error error;
	int err;

	err = hvsnd_config_check_fixed(&card->config, new, &error);
	if (err)
		return hvsnd_refuse(info, err, error.attr, error.msg);
	if (info->attrs[SND_HVSOCK_A_CARD_INDEX] &&
	    new->index != card->card->number)
		return hvsnd_refuse(info, -EINVAL, SND_HVSOCK_A_CARD_INDEX,
				    "index: cannot change. Delete the card, and add it again");
	new->index = card->config.index;
	return 0;
}

static int hvsnd_set(struct sk_buff *reply, struct genl_info *info,
		     struct hvsnd_card *card)
{
	struct hvsnd_card_config config, old;
	struct hvsnd_config_error error = { };
	struct hvsnd_stats stats;
	u32 waiting[HVSND_KEYS];
	u32 n = 0;
	int err;

	hvsnd_card_get_config(card, &old);
	config = old;
	err = hvsnd_parse_keys(info, &config);
	if (!err)
		err = hvsnd_check_fixed(info, card, &config);
	if (err)
		return err;
	if (hvsnd_streams_stats(card, &stats))
		n = hvsnd_config_waiting(&old, &config, waiting);
	err = hvsnd_card_set(card, &config, &error);
	if (err)
		return hvsnd_refuse(info, err, error.attr, error.msg);
	err = hvsnd_reply_name(reply, card);
	return err ?: hvsnd_put_waiting(reply, waiting, n);
}

static int hvsnd_get(struct sk_buff *reply, struct genl_info *info,
		     struct hvsnd_card *card)
{
	struct hvsnd_card_info state;

	hvsnd_card_get_info(card, &state);
	return hvsnd_put_card(reply, &state);
}

/* Answers by what @put makes of the card that the message names. */
static int hvsnd_answer(struct genl_info *info,
			int (*put)(struct sk_buff *reply,
				   struct genl_info *info,
				   struct hvsnd_card *card))
{
	struct hvsnd_card *card;
	struct sk_buff *reply;
	void *hdr;
	int err;

	reply = hvsnd_reply_new(info, &hdr);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_named_card(info, SND_HVSOCK_A_CARD_NAME);
	err = PTR_ERR_OR_ZERO(card);
	if (!err)
		err = put(reply, info, card);
	mutex_unlock(&hvsnd_cards_mutex);
	return hvsnd_reply(reply, info, hdr, err);
}

int snd_hvsock_nl_card_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	return hvsnd_answer(info, hvsnd_set);
}

int snd_hvsock_nl_card_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return hvsnd_answer(info, hvsnd_get);
}

int snd_hvsock_nl_cookie_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a = info->attrs[SND_HVSOCK_A_CARD_COOKIE];
	struct hvsnd_card *card;
	u8 *cookie = NULL;

	if (!a || (nla_len(a) && nla_len(a) != SND_HVSOCK_COOKIE_SIZE))
		return hvsnd_refuse(info, -EINVAL, SND_HVSOCK_A_CARD_COOKIE,
				    "cookie: must be "
				    __stringify(SND_HVSOCK_COOKIE_SIZE)
				    " bytes long, or empty to remove it");
	if (nla_len(a)) {
		cookie = kmemdup(nla_data(a), nla_len(a), GFP_KERNEL);
		if (!cookie)
			return -ENOMEM;
		memzero_explicit(nla_data(a), nla_len(a));
	}
	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_named_card(info, SND_HVSOCK_A_CARD_NAME);
	if (IS_ERR(card)) {
		kfree_sensitive(cookie);
	} else {
		hvsnd_card_set_cookie(card, cookie);
		hvsnd_cards_generation++;
		hvsnd_card_notify(card, SND_HVSOCK_CMD_CARD_SET_NTF);
	}
	mutex_unlock(&hvsnd_cards_mutex);
	return PTR_ERR_OR_ZERO(card);
}

int snd_hvsock_nl_reconnect_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hvsnd_card *card;

	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_named_card(info, SND_HVSOCK_A_CARD_NAME);
	if (!IS_ERR(card))
		hvsnd_card_reconnect(card);
	mutex_unlock(&hvsnd_cards_mutex);
	return PTR_ERR_OR_ZERO(card);
}

int snd_hvsock_nl_stream_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hvsnd_stream_info stream;
	struct hvsnd_card *card;
	struct sk_buff *reply;
	void *hdr;
	u32 id;
	int err;

	if (!info->attrs[SND_HVSOCK_A_STREAM_ID])
		return hvsnd_refuse(info, -EINVAL, SND_HVSOCK_A_STREAM_ID,
				    "id: missing. Give the id of a stream");
	id = nla_get_u32(info->attrs[SND_HVSOCK_A_STREAM_ID]);
	reply = hvsnd_reply_new(info, &hdr);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_named_card(info, SND_HVSOCK_A_STREAM_CARD);
	err = PTR_ERR_OR_ZERO(card);
	if (!err && (!id || !hvsnd_streams_next(card, id - 1, &stream) ||
		     stream.id != id))
		err = hvsnd_refuse(info, -ENOENT, SND_HVSOCK_A_STREAM_ID,
				   "id: no such stream of this card. Run hvsnd show for the ids");
	if (!err)
		err = hvsnd_put_stream(reply, &stream);
	mutex_unlock(&hvsnd_cards_mutex);
	return hvsnd_reply(reply, info, hdr, err);
}

/* ------------------------------------------------------------------------ */
/* Dumps; where one goes on is told by serial numbers, which do not return   */

/* Whether a dump that may be of one card only is of this one. */
static bool hvsnd_dump_wants(struct netlink_callback *cb,
			     struct hvsnd_card *card, int attr)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;

	return !attrs || !attrs[attr] ||
	       !strcmp(nla_data(attrs[attr]), card->config.id);
}

static void *hvsnd_dump_put(struct sk_buff *skb, struct netlink_callback *cb,
			    u8 cmd)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, &hvsnd_family, NLM_F_MULTI,
				cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

int snd_hvsock_nl_card_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb)
{
	struct hvsnd_card_info state;
	struct hvsnd_card *card;
	void *hdr;

	mutex_lock(&hvsnd_cards_mutex);
	cb->seq = hvsnd_cards_generation;
	list_for_each_entry(card, &hvsnd_cards, entry) {
		if (card->serial <= cb->args[0] ||
		    !hvsnd_dump_wants(cb, card, SND_HVSOCK_A_CARD_NAME))
			continue;
		hdr = hvsnd_dump_put(skb, cb, SND_HVSOCK_CMD_CARD_GET);
		if (!hdr)
			break;
		hvsnd_card_get_info(card, &state);
		if (hvsnd_put_card(skb, &state)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = card->serial;
	}
	mutex_unlock(&hvsnd_cards_mutex);
	return skb->len;
}

/* Puts what fits of a card's streams. Returns whether all did. */
static bool hvsnd_dump_streams(struct sk_buff *skb, struct netlink_callback *cb,
			       struct hvsnd_card *card)
{
	struct hvsnd_stream_info stream;
	void *hdr;

	while (hvsnd_streams_next(card, cb->args[1], &stream)) {
		hdr = hvsnd_dump_put(skb, cb, SND_HVSOCK_CMD_STREAM_GET);
		if (!hdr)
			return false;
		if (hvsnd_put_stream(skb, &stream)) {
			genlmsg_cancel(skb, hdr);
			return false;
		}
		genlmsg_end(skb, hdr);
		cb->args[1] = stream.id;
	}
	return true;
}

int snd_hvsock_nl_stream_get_dumpit(struct sk_buff *skb,
				    struct netlink_callback *cb)
{
	struct hvsnd_card *card;

	mutex_lock(&hvsnd_cards_mutex);
	cb->seq = hvsnd_cards_generation +
		  atomic_read(&hvsnd_streams_generation);
	list_for_each_entry(card, &hvsnd_cards, entry) {
		if (card->serial < cb->args[0] ||
		    !hvsnd_dump_wants(cb, card, SND_HVSOCK_A_STREAM_CARD))
			continue;
		if (card->serial != cb->args[0])
			cb->args[1] = 0;
		cb->args[0] = card->serial;
		if (!hvsnd_dump_streams(skb, cb, card))
			break;
	}
	mutex_unlock(&hvsnd_cards_mutex);
	return skb->len;
}

/* ------------------------------------------------------------------------ */

static const struct genl_multicast_group hvsnd_groups[] = {
	[SND_HVSOCK_NLGRP_EVENTS] = { .name = SND_HVSOCK_MCGRP_EVENTS },
};

static struct genl_family hvsnd_family __ro_after_init = {
	.name = SND_HVSOCK_FAMILY_NAME,
	.version = SND_HVSOCK_FAMILY_VERSION,
	.module = THIS_MODULE,
	/* hvsnd_cards_mutex is all that is needed: others need not wait. */
	.parallel_ops = true,
	.mcgrps = hvsnd_groups,
	.n_mcgrps = ARRAY_SIZE(hvsnd_groups),
};

/**
 * hvsnd_netlink_register() - Registration of the netlink family
 * @ops: the operations of the family, which use the handlers in this file
 * @n_ops: number of them
 *
 * Context: Process.
 * Return: 0 or a negative errno.
 */
int __init hvsnd_netlink_register(const struct genl_ops *ops, u32 n_ops)
{
	hvsnd_family.ops = ops;
	hvsnd_family.n_ops = n_ops;
	hvsnd_notify_init(&hvsnd_family, SND_HVSOCK_NLGRP_EVENTS);
	return genl_register_family(&hvsnd_family);
}

/**
 * hvsnd_netlink_unregister() - Removal of the netlink family
 *
 * Context: Process, without cards. Waits for requests that are being handled.
 */
void hvsnd_netlink_unregister(void)
{
	hvsnd_notify_flush();
	genl_unregister_family(&hvsnd_family);
}
