// SPDX-License-Identifier: GPL-2.0
/* Info structs as netlink attributes. */
#include <net/netlink.h>
#include <sound/pcm.h>
#include <uapi/linux/snd_hvsock.h>

#include "info.h"
#include "nl_put.h"

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
	    nla_put_u32(skb, SND_HVSOCK_A_STATS_WORST_DELAY_US,
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

/**
 * hvsnd_put_card_name() - Name and number of a card
 * @skb: message
 * @card: the card
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int hvsnd_put_card_name(struct sk_buff *skb, const struct hvsnd_card_info *card)
{
	if (nla_put_string(skb, SND_HVSOCK_A_CARD_NAME, card->config.id) ||
	    nla_put_u32(skb, SND_HVSOCK_A_CARD_INDEX, card->number))
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

		if (key->text)
			err = nla_put_string(skb, key->attr,
					     hvsnd_key_word(key, value));
		else
			err = nla_put_u32(skb, key->attr, value);
		if (err)
			return err;
	}
	return 0;
}

static int hvsnd_put_reason(struct sk_buff *skb,
			    const struct hvsnd_host_info *host)
{
	if (host->reason &&
	    (nla_put_string(skb, SND_HVSOCK_A_CARD_REASON, host->reason) ||
	     nla_put_u32(skb, SND_HVSOCK_A_CARD_ERROR, host->error)))
		return -EMSGSIZE;
	return 0;
}

/**
 * hvsnd_put_waiting() - Keys whose change open streams do not heed
 * @skb: message
 * @attrs: attributes of the keys
 * @n: number of them
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int hvsnd_put_waiting(struct sk_buff *skb, const u32 *attrs, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (nla_put_u32(skb, SND_HVSOCK_A_CARD_NEXT_OPEN, attrs[i]))
			return -EMSGSIZE;
	}
	return 0;
}

/**
 * hvsnd_put_link() - Whether the host of a card is there
 * @skb: message
 * @card: the card
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int hvsnd_put_link(struct sk_buff *skb, const struct hvsnd_card_info *card)
{
	if (hvsnd_put_card_name(skb, card) ||
	    nla_put_u32(skb, SND_HVSOCK_A_CARD_CID, card->config.cid) ||
	    nla_put_u32(skb, SND_HVSOCK_A_CARD_PORT, card->config.port))
		return -EMSGSIZE;
	if (card->host.link == SND_HVSOCK_LINK_UP)
		return 0;
	return hvsnd_put_reason(skb, &card->host);
}

/**
 * hvsnd_put_card() - Keys and state of a card
 * @skb: message
 * @card: the card
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int hvsnd_put_card(struct sk_buff *skb, const struct hvsnd_card_info *card)
{
	if (hvsnd_put_card_name(skb, card) ||
	    hvsnd_put_keys(skb, &card->config) ||
	    (card->has_cookie &&
	     nla_put_flag(skb, SND_HVSOCK_A_CARD_HAS_COOKIE)) ||
	    nla_put_u32(skb, SND_HVSOCK_A_CARD_LINK, card->host.link) ||
	    hvsnd_put_reason(skb, &card->host) ||
	    nla_put_u32(skb, SND_HVSOCK_A_CARD_STREAMS, card->streams) ||
	    hvsnd_put_stats(skb, SND_HVSOCK_A_CARD_STATS, &card->stats))
		return -EMSGSIZE;
	return 0;
}

/**
 * hvsnd_put_stream() - State of a stream
 * @skb: message
 * @s: the stream
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int hvsnd_put_stream(struct sk_buff *skb, const struct hvsnd_stream_info *s)
{
	if (nla_put_string(skb, SND_HVSOCK_A_STREAM_CARD, s->card) ||
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_CARD_INDEX, s->card_index) ||
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
	    nla_put_u32(skb, SND_HVSOCK_A_STREAM_ROUND_TRIP_US,
			s->round_trip_us) ||
	    nla_put_s32(skb, SND_HVSOCK_A_STREAM_PPB, s->ppb) ||
	    hvsnd_put_stats(skb, SND_HVSOCK_A_STREAM_STATS, &s->stats))
		return -EMSGSIZE;
	return 0;
}

/**
 * hvsnd_put_volume() - A volume that was changed on the host
 * @skb: message
 * @v: the volume
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int hvsnd_put_volume(struct sk_buff *skb, const struct hvsnd_volume_info *v)
{
	int i;

	if (nla_put_string(skb, SND_HVSOCK_A_VOLUME_CARD, v->card) ||
	    nla_put_u32(skb, SND_HVSOCK_A_VOLUME_CARD_INDEX, v->card_index) ||
	    nla_put_u32(skb, SND_HVSOCK_A_VOLUME_DIRECTION, v->direction))
		return -EMSGSIZE;
	for (i = 0; i < HVSND_CHANNELS; i++) {
		if (nla_put_u32(skb, SND_HVSOCK_A_VOLUME_LEVEL,
				v->volume.level[i]))
			return -EMSGSIZE;
	}
	return nla_put_u32(skb, SND_HVSOCK_A_VOLUME_MUTE, v->volume.mute);
}
