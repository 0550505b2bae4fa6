/* SPDX-License-Identifier: GPL-2.0 */
/* Do not edit: made from Documentation/netlink/specs/snd_hvsock.yaml by generate.sh */
/* The keys of a card, in the order in which they are shown. */
#ifndef HVSND_KEYS_H
#define HVSND_KEYS_H

#include "card_key.h"

enum card_key_index {
	CARD_INDEX,
	CARD_CID,
	CARD_PORT,
	CARD_PROTOCOL,
	CARD_ROLE,
	CARD_RATE,
	CARD_RATE_MIN,
	CARD_RATE_MAX,
	CARD_FORMAT,
	CARD_CHANNELS,
	CARD_LATENCY_US,
	CARD_CONNECT_TIMEOUT_MS,
	CARD_ON_LOST,
	CARD_PLAYBACK_STREAMS,
	CARD_CAPTURE_STREAMS,
	CARD_NAME_STREAMS,
	CARD_MIC,
	CARD_IDLE_RETRY_S,
	CARD_KEYS
};

extern const struct card_key card_keys[CARD_KEYS];

/* What hvsnd add --help says of them */
#define KEYS_HELP \
	"  index N                    ALSA's card number. Without it the card gets the first free number.\n" \
	"  cid 2                      Context id of the host.\n" \
	"  port 4713                  vsock port of the host's audio server.\n" \
	"  protocol pulse             Protocol of the audio server. Values: pulse, simple or qubes.\n" \
	"  role connect               Which side opens the connections. Values: connect or listen.\n" \
	"  rate 0                     The only rate offered to programs, in frames per second. 0: the range from\n" \
	"                             rate-min to rate-max.\n" \
	"  rate-min 8000              Lowest rate offered to programs, in frames per second.\n" \
	"  rate-max 192000            Highest rate offered to programs, in frames per second.\n" \
	"  format any                 The only sample format offered to programs, by ALSA's name: U8, A_LAW, MU_LAW,\n" \
	"                             S16_LE, S16_BE, S24_3LE, S24_3BE, S24_LE, S24_BE, S32_LE, S32_BE, FLOAT_LE or\n" \
	"                             FLOAT_BE; or any.\n" \
	"  channels 0                 The only number of channels offered to programs. 0: any.\n" \
	"  latency-us 0               How far the host trails the position, in microseconds. It grows if it proves too\n" \
	"                             short. 0: follows from the period of the program.\n" \
	"  connect-timeout-ms 2000    How long the host may take to accept a connection, in milliseconds.\n" \
	"  on-lost silence            What programs get while the host is away. Values: silence or error.\n" \
	"  playback-streams 8         How many programs can play at once. At most 1 with protocol qubes, and with\n" \
	"                             protocol simple and role listen.\n" \
	"  capture-streams 2          How many programs can record at once. At most 1 with protocol qubes, and with\n" \
	"                             protocol simple and role listen.\n" \
	"  name-streams command       Name of a stream in the host's mixer: that of the program (command) or of the\n" \
	"                             card (card). Values: command or card.\n" \
	"  mic on                     Whether programs may record. Values: off or on.\n" \
	"  idle-retry-s 10            While the host is away and no stream is open: seconds between two attempts to\n" \
	"                             reach it. 0: no attempts.\n"

#endif /* HVSND_KEYS_H */
