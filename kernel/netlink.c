// SPDX-License-Identifier: GPL-2.0
/* The generic netlink family: handlers, and what is told to those who listen. */
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

#include "card.h"
#include "compat/genetlink.h"
#include "netlink-gen.h"
#include "netlink.h"
#include "stream.h"

static struct genl_family hvsnd_family;

/*
 * Not NL_SET_ERR_MSG_ATTR(), which takes literals only; older kernels have no
 * other.
 */
static int hvsnd_refuse(struct genl_info *info, int err, int attr,
			const char *why)
{
	struct netlink_ext_ack *extack = info->extack;

	if (extack && why) {
		extack->_msg = why;
		extack->bad_attr = info->attrs[attr];
	}
	return err;
}

static int hvsnd_parse_index(struct genl_info *info,
			     struct hvsnd_card_config *config)
{
	const struct nlattr *a = info->attrs[SND_HVSOCK_A_CARD_INDEX];

	if (!a)
		return 0;
	if (nla_get_u32(a) >= SNDRV_CARDS)
		return hvsnd_refuse(info, -EINVAL, SND_HVSOCK_A_CARD_INDEX,
				    "index: must be less than "
				    __stringify(SNDRV_CARDS)
				    ", for which this kernel's sound core is made");
	config->index = nla_get_u32(a);
	return 0;
}

/* Value of an attribute for its key; false if it has none. */
static bool hvsnd_parse_value(const struct nlattr *a,
			      const struct hvsnd_key *key, u32 *value)
{
	if (key->words)
		return hvsnd_key_parse(key, nla_data(a), value);
	*value = key->attr == SND_HVSOCK_A_CARD_MIC ? nla_get_u8(a) :
						      nla_get_u32(a);
	return true;
}

/* Writes the keys of the message over @config. */
static int hvsnd_parse_keys(struct genl_info *info,
			    struct hvsnd_card_config *config)
{
	struct hvsnd_config_error error;
	unsigned int i;

	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];
		const struct nlattr *a = info->attrs[key->attr];
		u32 value;

		if (!a)
			continue;
		if (!hvsnd_parse_value(a, key, &value) ||
		    hvsnd_key_set(key, config, value, &error))
			return hvsnd_refuse(info, -EINVAL, key->attr, key->msg);
	}
	return hvsnd_parse_index(info, config);
}

/* ------------------------------------------------------------------------ */
/* Messages                                                                 */

static int hvsnd_put_stats(struct sk_buff *skb, int attr,
			   const struct hvsnd_stats *s)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest ||
	    nla_put_u32(skb, SND_HVSOCK_A_STATS_RECONNECTS, s->reconnects) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STATS_RESYNCS, s->resyncs) ||
	    nla_put_u64_64bit(skb, SND_HVSOCK_A_STATS_DROPPED, s->dropped,
			      SND_HVSOCK_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, SND_HVSOCK_A_STATS_INSERTED, s->inserted,
			      SND_HVSOCK_A_STATS_PAD) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STATS_UNDERFLOWS, s->underflows) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STATS_OVERFLOWS, s->overflows) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STATS_XRUNS, s->xruns) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STATS_WORST_DELAY,
			s->worst_delay_us) ||
	    nla_put_u64_64bit(skb, SND_HVSOCK_A_STATS_PLAYED, s->played,
			      SND_HVSOCK_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, SND_HVSOCK_A_STATS_DROPPED_LATE,
			      s->dropped_late, SND_HVSOCK_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, SND_HVSOCK_A_STATS_DROPPED_RESYNC,
			      s->dropped_resync, SND_HVSOCK_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, SND_HVSOCK_A_STATS_RECORDED, s->recorded,
			      SND_HVSOCK_A_STATS_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int hvsnd_put_name(struct sk_buff *skb, struct hvsnd_card *card)
{
	if (nla_put_string(skb, SND_HVSOCK_A_CARD_NAME, card->config.id) ||
	    nla_put_u32(skb, SND_HVSOCK_A_CARD_INDEX, card->card->number))
		return -EMSGSIZE;
	return 0;
}

static int hvsnd_put_keys(struct sk_buff *skb,
			  const struct hvsnd_card_config *config)
{
	unsigned int i;
	int err;

	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];
		u32 value = hvsnd_key_get(key, config);

		if (key->words)
			err = nla_put_string(skb, key->attr,
					     hvsnd_key_word(key, value));
		else if (key->attr == SND_HVSOCK_A_CARD_MIC)
			err = nla_put_u8(skb, key->attr, value);
		else
			err = nla_put_u32(skb, key->attr, value);
		if (err)
			return err;
	}
	return 0;
}

static int hvsnd_put_link(struct sk_buff *skb,
			  const struct hvsnd_host_info *host)
{
	if (host->reason &&
	    (nla_put_string(skb, SND_HVSOCK_A_CARD_REASON, host->reason) ||
	     nla_put_u32(skb, SND_HVSOCK_A_CARD_ERROR, host->error)))
		return -EMSGSIZE;
	return 0;
}

static int hvsnd_put_card(struct sk_buff *skb, struct hvsnd_card *card)
{
	struct hvsnd_card_config config;
	struct hvsnd_host_info host;
	struct hvsnd_stats stats;
	bool cookie;
	u32 streams;

	spin_lock(&card->keys_lock);
	config = card->config;
	cookie = card->cookie;
	spin_unlock(&card->keys_lock);
	hvsnd_host_get_info(&card->host, &host);
	streams = hvsnd_streams_stats(card, &stats);

	if (hvsnd_put_name(skb, card) || hvsnd_put_keys(skb, &config) ||
	    (cookie && nla_put_flag(skb, SND_HVSOCK_A_CARD_HAS_COOKIE)) ||
	    nla_put_u32(skb, SND_HVSOCK_A_CARD_LINK, host.link) ||
	    hvsnd_put_link(skb, &host) ||
	    nla_put_u32(skb, SND_HVSOCK_A_CARD_STREAMS, streams) ||
	    hvsnd_put_stats(skb, SND_HVSOCK_A_CARD_STATS, &stats))
		return -EMSGSIZE;
	return 0;
}

static int hvsnd_put_stream(struct sk_buff *skb, struct hvsnd_card *card,
			    const struct hvsnd_stream_info *s)
{
	if (nla_put_string(skb, SND_HVSOCK_A_STREAM_CARD, card->config.id) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_CARD_INDEX,
			card->card->number) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_ID, s->id) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_SUBSTREAM, s->substream) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_DIRECTION, s->direction) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_STATE, s->state) ||
	    (s->connected &&
	     nla_put_flag(skb, SND_HVSOCK_A_STREAM_CONNECTED)) ||
	    nla_put_string(skb, SND_HVSOCK_A_STREAM_APPLICATION,
			   s->application) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_PID, s->pid) ||
	    nla_put_string(skb, SND_HVSOCK_A_STREAM_FORMAT,
			   snd_pcm_format_name(s->format)) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_RATE, s->rate) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_CHANNELS, s->channels) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_PERIOD, s->period) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_BUFFER, s->buffer) ||
	    nla_put_u64_64bit(skb, SND_HVSOCK_A_STREAM_POSITION, s->position,
			      SND_HVSOCK_A_STREAM_PAD) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_DELAY, s->delay) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_TARGET_DELAY,
			s->target_delay) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_JITTER_DELAY,
			s->jitter_delay) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_DEVICE_DELAY,
			s->device_delay) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_ROUND_TRIP,
			s->round_trip_us) ||
	    nla_put_s32(skb, SND_HVSOCK_A_STREAM_PPB, s->ppb) ||
	    hvsnd_put_stats(skb, SND_HVSOCK_A_STREAM_STATS, &s->stats))
		return -EMSGSIZE;
	return 0;
}

static int hvsnd_put_waiting(struct sk_buff *skb, const u32 *waiting, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (nla_put_u32(skb, SND_HVSOCK_A_CARD_NEXT_OPEN, waiting[i]))
			return -EMSGSIZE;
	}
	return 0;
}

/* ------------------------------------------------------------------------ */
/* Requests                                                                 */

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
		hvsnd_refuse(info, 0, attr, "name: must be given, a card's");
		return ERR_PTR(-EINVAL);
	}
	card = hvsnd_card_find(nla_data(info->attrs[attr]));
	if (!card) {
		hvsnd_refuse(info, 0, attr, "name: there is no such card");
		return ERR_PTR(-ENODEV);
	}
	return card;
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
				    "name: must be given, the new card's");
	hvsnd_config_init(&config);
	/* A name that is cut off would be another one. */
	if (strscpy(config.id, nla_data(info->attrs[SND_HVSOCK_A_CARD_NAME]),
		    sizeof(config.id)) < 0)
		config.id[0] = '\0';
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
		err = hvsnd_put_name(reply, card);
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
				    "index: must stay as it was when the card was added: delete it and add it anew");
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
	err = hvsnd_put_name(reply, card);
	return err ?: hvsnd_put_waiting(reply, waiting, n);
}

static int hvsnd_get(struct sk_buff *reply, struct genl_info *info,
		     struct hvsnd_card *card)
{
	return hvsnd_put_card(reply, card);
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
				    " bytes, or none to forget it");
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
		hvsnd_netlink_card(card, SND_HVSOCK_CMD_CARD_SET_NTF);
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
				    "id: must be given, a stream's");
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
				   "id: that card has no such stream open");
	if (!err)
		err = hvsnd_put_stream(reply, card, &stream);
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
		if (hvsnd_put_card(skb, card)) {
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
		if (hvsnd_put_stream(skb, card, &stream)) {
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
/* Events                                                                   */

static struct sk_buff *hvsnd_event_new(u8 cmd, void **hdr)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&hvsnd_family, &init_net,
				SND_HVSOCK_NLGRP_EVENTS))
		return NULL;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NULL;
	*hdr = genlmsg_put(skb, 0, 0, &hvsnd_family, 0, cmd);
	if (!*hdr) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static void hvsnd_event_send(struct sk_buff *skb, void *hdr, int err)
{
	if (err) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast(&hvsnd_family, skb, 0, SND_HVSOCK_NLGRP_EVENTS,
			  GFP_KERNEL);
}

/**
 * hvsnd_netlink_card - tell of a card
 * @card: the card
 * @cmd: SND_HVSOCK_CMD_CARD_ADD_NTF or SND_HVSOCK_CMD_CARD_SET_NTF
 *
 * Context: process, hvsnd_cards_mutex held.
 */
void hvsnd_netlink_card(struct hvsnd_card *card, u8 cmd)
{
	void *hdr;
	struct sk_buff *skb = hvsnd_event_new(cmd, &hdr);

	if (skb)
		hvsnd_event_send(skb, hdr, hvsnd_put_card(skb, card));
}

/**
 * hvsnd_netlink_card_gone - tell that a card is taken away
 * @card: the card
 *
 * Context: process.
 */
void hvsnd_netlink_card_gone(struct hvsnd_card *card)
{
	void *hdr;
	struct sk_buff *skb =
		hvsnd_event_new(SND_HVSOCK_CMD_CARD_DEL_NTF, &hdr);

	if (skb)
		hvsnd_event_send(skb, hdr, hvsnd_put_name(skb, card));
}

/**
 * hvsnd_netlink_link - tell that the host came or went
 * @card: the card
 *
 * Context: process.
 */
void hvsnd_netlink_link(struct hvsnd_card *card)
{
	struct hvsnd_card_config config;
	struct hvsnd_host_info host;
	struct sk_buff *skb;
	bool up;
	void *hdr;
	int err;

	hvsnd_card_get_config(card, &config);
	hvsnd_host_get_info(&card->host, &host);
	up = host.link == SND_HVSOCK_LINK_UP;
	skb = hvsnd_event_new(up ? SND_HVSOCK_CMD_LINK_UP_NTF :
				 SND_HVSOCK_CMD_LINK_DOWN_NTF, &hdr);
	if (!skb)
		return;
	err = hvsnd_put_name(skb, card);
	if (!err && (nla_put_u32(skb, SND_HVSOCK_A_CARD_CID, config.cid) ||
		     nla_put_u32(skb, SND_HVSOCK_A_CARD_PORT, config.port)))
		err = -EMSGSIZE;
	if (!err && !up)
		err = hvsnd_put_link(skb, &host);
	hvsnd_event_send(skb, hdr, err);
}

/**
 * hvsnd_netlink_stream - tell of a stream
 * @st: the stream
 * @cmd: SND_HVSOCK_CMD_STREAM_*_NTF, SND_HVSOCK_CMD_XRUN_NTF or
 *       SND_HVSOCK_CMD_RESYNC_NTF
 *
 * Context: process, the stream's worker.
 */
void hvsnd_netlink_stream(struct hvsnd_stream *st, u8 cmd)
{
	struct hvsnd_stream_info info;
	void *hdr;
	struct sk_buff *skb = hvsnd_event_new(cmd, &hdr);

	if (!skb)
		return;
	hvsnd_stream_get_info(st, &info);
	hvsnd_event_send(skb, hdr, hvsnd_put_stream(skb, st->card, &info));
}

/**
 * hvsnd_netlink_volume - tell that a volume was changed on the host
 * @card: the card
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @v: what it is now
 *
 * Context: process.
 */
void hvsnd_netlink_volume(struct hvsnd_card *card, int direction,
			  const struct hvsnd_volume *v)
{
	void *hdr;
	struct sk_buff *skb = hvsnd_event_new(SND_HVSOCK_CMD_VOLUME_NTF, &hdr);
	int i, err;

	if (!skb)
		return;
	err = nla_put_string(skb, SND_HVSOCK_A_VOLUME_CARD, card->config.id);
	if (!err)
		err = nla_put_u32(skb, SND_HVSOCK_A_VOLUME_CARD_INDEX,
				  card->card->number);
	if (!err)
		err = nla_put_u32(skb, SND_HVSOCK_A_VOLUME_DIRECTION,
				  direction);
	for (i = 0; !err && i < HVSND_CHANNELS; i++)
		err = nla_put_u32(skb, SND_HVSOCK_A_VOLUME_LEVEL, v->level[i]);
	if (!err)
		err = nla_put_u8(skb, SND_HVSOCK_A_VOLUME_MUTE, v->mute);
	hvsnd_event_send(skb, hdr, err);
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
	.ops = snd_hvsock_nl_ops,
	.n_ops = ARRAY_SIZE(snd_hvsock_nl_ops),
	.mcgrps = hvsnd_groups,
	.n_mcgrps = ARRAY_SIZE(hvsnd_groups),
};

/**
 * hvsnd_netlink_register - be ready for requests
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int __init hvsnd_netlink_register(void)
{
	return genl_register_family(&hvsnd_family);
}

/**
 * hvsnd_netlink_unregister - no more requests
 *
 * Context: process. Waits for those under way.
 */
void hvsnd_netlink_unregister(void)
{
	genl_unregister_family(&hvsnd_family);
}
