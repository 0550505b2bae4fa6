// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of the native protocol: reassembly of what arrives. PulseAudio's
 * src/pulsecore/pstream.c defines the layout.
 */
#include <string.h>

#include "native_private.h"

#define LENGTH_MAX (16U << 20)
#define LENGTH_MIN 10 /* of a message: a command and a tag */
#define SEEK_MASK 0xffU
/* A client that does not receive its replies is not listened to. */
#define TX_THROTTLE (NATIVE_TX_SIZE / 4)

static const char not_pulse[] =
	"what the guest sends is not PulseAudio's protocol";

static s64 offset_of(const struct native *n)
{
	return (s64)((u64)hvsnd_get_be32(n->desc + 8) << 32 |
		     hvsnd_get_be32(n->desc + 12));
}

/* A block of audio data begins. */
static void begin_audio(struct native *n, u32 channel, u32 flags)
{
	struct native_stream *s = native_find_channel(n, channel, false);

	n->rx_state = NATIVE_RX_DISCARD;
	/* PulseAudio as well ignores data that it cannot play. */
	if (!s || n->rx_left % sample_frame_size(&s->spec) ||
	    (flags & SEEK_MASK) > NATIVE_SEEK_RELATIVE_END)
		return;
	if (!native_queue_begin(&s->queue, flags & SEEK_MASK, offset_of(n),
				n->rx_left))
		native_tell(s, PULSE_OVERFLOW);
	n->rx_state = NATIVE_RX_AUDIO;
	n->rx_stream = s;
}

/* The descriptor was received. */
static void begin_frame(struct native *n)
{
	u32 channel = hvsnd_get_be32(n->desc + 4);
	u32 flags = hvsnd_get_be32(n->desc + 16);

	n->rx_left = hvsnd_get_be32(n->desc);
	n->rx_have = 0;
	if (flags & ~SEEK_MASK || !n->rx_left || n->rx_left > LENGTH_MAX ||
	    (channel == NATIVE_CONTROL_CHANNEL &&
	     (flags || n->rx_left < LENGTH_MIN))) {
		n->reason = not_pulse;
		return;
	}
	if (channel == NATIVE_CONTROL_CHANNEL)
		n->rx_state = NATIVE_RX_MESSAGE;
	else
		begin_audio(n, channel, flags);
}

static void end_message(struct native *n, size_t len)
{
	struct hvsnd_tag_reader r;
	u32 tag;

	if (len <= sizeof(n->message)) {
		native_command(n, len);
		return;
	}
	hvsnd_tag_reader_init(&r, n->message, sizeof(n->message));
	hvsnd_tag_get_u32(&r);
	tag = hvsnd_tag_get_u32(&r);
	if (r.bad)
		n->reason = not_pulse;
	else
		native_error(n, tag, PULSE_ERROR_TOOLARGE);
}

static void receive_message(struct native *n, const u8 *buf, size_t len)
{
	if (n->rx_have < sizeof(n->message))
		memcpy(n->message + n->rx_have, buf,
		       min_t(size_t, len, sizeof(n->message) - n->rx_have));
	n->rx_have += len;
	n->rx_left -= len;
	if (n->rx_left)
		return;
	len = n->rx_have;
	n->rx_have = 0;
	n->rx_state = NATIVE_RX_DESC;
	end_message(n, len);
}

static void receive_audio(struct native *n, const u8 *buf, size_t len)
{
	struct native_stream *s = n->rx_stream;

	n->rx_left -= len;
	if (n->rx_state == NATIVE_RX_AUDIO) {
		native_queue_write(&s->queue, buf, len);
		n->played_bytes += len;
		s->client->ops->changed(s);
	}
	if (!n->rx_left)
		n->rx_state = NATIVE_RX_DESC;
}

size_t native_receive(struct native *n, const u8 *buf, size_t len)
{
	size_t done = 0, part;

	while (done < len && !n->reason && n->tx_len < TX_THROTTLE) {
		part = len - done;
		if (n->rx_state == NATIVE_RX_DESC) {
			part = min_t(size_t, part,
				     sizeof(n->desc) - n->rx_have);
			memcpy(n->desc + n->rx_have, buf + done, part);
			n->rx_have += part;
			if (n->rx_have == sizeof(n->desc))
				begin_frame(n);
		} else {
			part = min_t(size_t, part, n->rx_left);
			if (n->rx_state == NATIVE_RX_MESSAGE)
				receive_message(n, buf + done, part);
			else
				receive_audio(n, buf + done, part);
		}
		done += part;
	}
	return done;
}
