/* SPDX-License-Identifier: GPL-2.0 */
/* Do not edit: made from Documentation/netlink/specs/snd_hvsock.yaml by generate.sh */
/* The configuration of a card. */
#ifndef HVSOCK_CONFIG_GEN_H
#define HVSOCK_CONFIG_GEN_H

#include "pure.h"

#ifdef __KERNEL__
#include <uapi/linux/snd_hvsock.h>
#else
#include <linux/snd_hvsock.h>
#endif

#define HVSND_KEYS	17

/**
 * struct hvsnd_card_config - configuration of a card
 * @index: ALSA card number, -1 for the first free one
 * @id: ALSA card id, NUL terminated
 * @cid: Context id of the host.
 * @port: vsock port of the host's audio server.
 * @protocol: Protocol of the audio server.
 * @role: Which side opens the connections.
 * @rate: The only rate offered to programs, in frames per second. 0: the range
 *   from rate-min to rate-max.
 * @rate_min: Lowest rate offered to programs, in frames per second.
 * @rate_max: Highest rate offered to programs, in frames per second.
 * @format: The only sample format offered to programs, by ALSA's name: U8,
 *   A_LAW, MU_LAW, S16_LE, S16_BE, S24_3LE, S24_3BE, S24_LE, S24_BE, S32_LE,
 *   S32_BE, FLOAT_LE or FLOAT_BE; or any.
 * @channels: The only number of channels offered to programs. 0: any.
 * @latency_us: How far the host trails the position, in microseconds. It grows
 *   if it proves too short. 0: follows from the period of the program.
 * @connect_timeout_ms: How long the host may take to accept a connection, in
 *   milliseconds.
 * @on_lost: What programs get while the host is away.
 * @playback_streams: How many programs can play at once. At most 1 with
 *   protocol qubes, and with protocol simple and role listen.
 * @capture_streams: How many programs can record at once. At most 1 with
 *   protocol qubes, and with protocol simple and role listen.
 * @name_streams: Name of a stream in the host's mixer: that of the program
 *   (command) or of the card (card).
 * @mic: Whether programs may record.
 * @idle_retry_s: While the host is away and no stream is open: seconds between
 *   two attempts to reach it. 0: no attempts.
 */
struct hvsnd_card_config {
	int index;
	char id[SND_HVSOCK_MAX_NAME + 1];
	u32 cid;
	u32 port;
	u32 protocol;
	u32 role;
	u32 rate;
	u32 rate_min;
	u32 rate_max;
	u32 format;
	u32 channels;
	u32 latency_us;
	u32 connect_timeout_ms;
	u32 on_lost;
	u32 playback_streams;
	u32 capture_streams;
	u32 name_streams;
	u32 mic;
	u32 idle_retry_s;
};

#endif /* HVSOCK_CONFIG_GEN_H */
