// SPDX-License-Identifier: GPL-2.0
/* The queue of messages and audio data that are sent. */
#include <string.h>

#include "native_private.h"

#define TX_AUDIO_MAX (NATIVE_TX_SIZE / 2)

static const char too_slow[] = "the guest does not receive what is sent to it";

static void put_desc(u8 *p, u32 len, u32 channel)
{
	memset(p, 0, NATIVE_DESC_SIZE);
	hvsnd_put_be32(p, len);
	hvsnd_put_be32(p + 4, channel);
}

void native_begin(struct native *n, struct hvsnd_tag_writer *w, u32 command,
		  u32 tag)
{
	size_t at = min_t(size_t, n->tx_len + NATIVE_DESC_SIZE, sizeof(n->tx));

	hvsnd_tag_writer_init(w, n->tx + at, sizeof(n->tx) - at);
	hvsnd_tag_put_u32(w, command);
	hvsnd_tag_put_u32(w, tag);
}

void native_end(struct native *n, struct hvsnd_tag_writer *w)
{
	if (w->overflow || n->reason) {
		if (!n->reason)
			n->reason = too_slow;
		return;
	}
	put_desc(n->tx + n->tx_len, w->len, NATIVE_CONTROL_CHANNEL);
	n->tx_len += NATIVE_DESC_SIZE + w->len;
	n->ops->output(n);
}

void native_ack(struct native *n, u32 tag)
{
	struct hvsnd_tag_writer w;

	native_begin(n, &w, PULSE_REPLY, tag);
	native_end(n, &w);
}

void native_error(struct native *n, u32 tag, u32 code)
{
	struct hvsnd_tag_writer w;

	native_begin(n, &w, PULSE_ERROR, tag);
	hvsnd_tag_put_u32(&w, code);
	native_end(n, &w);
}

void native_tell(struct native_stream *s, u32 command)
{
	struct hvsnd_tag_writer w;

	native_begin(s->client, &w, command, NATIVE_NONE);
	hvsnd_tag_put_u32(&w, s->channel);
	native_end(s->client, &w);
}

void native_notify(struct native_host *h, enum native_facility facility,
		   enum native_event event, u32 index)
{
	struct hvsnd_tag_writer w;
	struct native *n;

	for (n = h->clients; n; n = n->next) {
		if (!(n->mask & 1U << facility) || n->reason)
			continue;
		native_begin(n, &w, PULSE_SUBSCRIBE_EVENT, NATIVE_NONE);
		hvsnd_tag_put_u32(&w, facility | event);
		hvsnd_tag_put_u32(&w, index);
		native_end(n, &w);
	}
}

bool native_put_audio(struct native_stream *s, const u8 *buf, size_t len)
{
	struct native *n = s->client;

	if (n->reason || n->tx_len + NATIVE_DESC_SIZE + len > TX_AUDIO_MAX)
		return false;
	put_desc(n->tx + n->tx_len, len, s->channel);
	memcpy(n->tx + n->tx_len + NATIVE_DESC_SIZE, buf, len);
	native_map_apply(s, n->tx + n->tx_len + NATIVE_DESC_SIZE, len);
	native_volume_apply(s, n->tx + n->tx_len + NATIVE_DESC_SIZE, len);
	n->tx_len += NATIVE_DESC_SIZE + len;
	n->ops->output(n);
	return true;
}

void native_sent(struct native *n, size_t len)
{
	n->tx_len -= len;
	memmove(n->tx, n->tx + len, n->tx_len);
}
