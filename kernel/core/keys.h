/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration of a card, and the table of its keys. */
#ifndef HVSOCK_KEYS_H
#define HVSOCK_KEYS_H

#include "pure.h"

#ifdef __KERNEL__
#include <uapi/linux/snd_hvsock.h>
#else
#include <linux/snd_hvsock.h>
#endif

#define HVSND_FORMAT_ANY	0xffffffff

/**
 * struct hvsnd_card_config - configuration of a card
 * @index: ALSA card number, -1 for the first free one
 * @id: ALSA card id, NUL terminated
 * @cid: the host's context id
 * @port: vsock port of the host's audio server, or of the guest with @role
 *	SND_HVSOCK_ROLE_LISTEN
 * @protocol: enum snd_hvsock_protocol
 * @role: enum snd_hvsock_role
 * @rate: the only rate offered, or 0
 * @rate_min: lowest rate offered
 * @rate_max: highest rate offered
 * @format: the only sample format offered, SNDRV_PCM_FORMAT_*, or
 *	HVSND_FORMAT_ANY
 * @channels: the only number of channels offered, or 0
 * @latency_us: how far the host trails the position, in microseconds; 0 for
 *	what follows from the application's period and buffer
 * @connect_timeout_ms: how long the host may take to accept a connection
 * @on_lost: enum snd_hvsock_on_lost
 * @playback_streams: substreams that can play at once
 * @capture_streams: substreams that can record at once
 * @name_streams: enum snd_hvsock_name_streams
 * @mic: whether programs may record, 0 or 1
 * @retry_away_s: seconds between two attempts to connect while the host is
 *	away and no stream is open; 0 for none
 */
struct hvsnd_card_config {
	int index;
	char id[SND_HVSOCK_NAME_MAX + 1];
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
	u32 retry_away_s;
};

/**
 * struct hvsnd_word - a value that has a name
 * @name: the name
 * @value: the value
 */
struct hvsnd_word {
	const char *name;
	u32 value;
};

/**
 * struct hvsnd_key - a key of a card
 * @attr: attribute, SND_HVSOCK_A_CARD_*
 * @offset: place of the u32 in struct hvsnd_card_config
 * @preset: value of a card for which the key is not given
 * @min: minimum
 * @max: maximum
 * @zero: 0 is possible as well
 * @fixed: the value cannot change after the card was added
 * @next_open: a change takes effect for streams that are opened later
 * @reconnect: a change needs new connections
 * @words: names of the values, the last one with a NULL name; or NULL if the
 *	value is a number
 * @msg: error message for any other value, or for a change if @fixed
 */
struct hvsnd_key {
	u16 attr;
	u16 offset;
	u32 preset;
	u32 min;
	u32 max;
	bool zero;
	bool fixed;
	bool next_open;
	bool reconnect;
	const struct hvsnd_word *words;
	const char *msg;
};

#define HVSND_KEYS	17

extern const struct hvsnd_key hvsnd_keys[HVSND_KEYS];

#endif /* HVSOCK_KEYS_H */
