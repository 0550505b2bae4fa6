// SPDX-License-Identifier: GPL-2.0
/* Do not edit: made from Documentation/netlink/specs/snd_hvsock.yaml by generate.sh */
/* The keys of a card. */
#include "keys.h"

static const char *const protocol_words[] = { "pulse", "simple", "qubes", NULL };
static const char *const role_words[] = { "connect", "listen", NULL };
static const char *const format_words[] = { "any", "U8", "A_LAW", "MU_LAW", "S16_LE",
	"S16_BE", "S24_3LE", "S24_3BE", "S24_LE", "S24_BE", "S32_LE", "S32_BE", "FLOAT_LE",
	"FLOAT_BE", NULL };
static const char *const on_lost_words[] = { "silence", "error", NULL };
static const char *const name_streams_words[] = { "command", "card", NULL };
static const char *const mic_words[] = { "off", "on", NULL };

const struct card_key card_keys[CARD_KEYS] = {
	[CARD_INDEX] = {
		.name = "index",
		.attribute = SND_HVSOCK_A_CARD_INDEX,
		.type = CARD_NUMBER,
		.fixed = true,
		.min = 0,
		.max = SND_HVSOCK_MAX_CARDS - 1,
	},
	[CARD_CID] = {
		.name = "cid",
		.attribute = SND_HVSOCK_A_CARD_CID,
		.type = CARD_NUMBER,
		.preset = "2",
		.min = 0,
		.max = 4294967294,
	},
	[CARD_PORT] = {
		.name = "port",
		.attribute = SND_HVSOCK_A_CARD_PORT,
		.type = CARD_NUMBER,
		.preset = "4713",
		.min = 1,
		.max = 4294967295,
	},
	[CARD_PROTOCOL] = {
		.name = "protocol",
		.attribute = SND_HVSOCK_A_CARD_PROTOCOL,
		.type = CARD_WORD,
		.fixed = true,
		.preset = "pulse",
		.words = protocol_words,
	},
	[CARD_ROLE] = {
		.name = "role",
		.attribute = SND_HVSOCK_A_CARD_ROLE,
		.type = CARD_WORD,
		.fixed = true,
		.preset = "connect",
		.words = role_words,
	},
	[CARD_RATE] = {
		.name = "rate",
		.attribute = SND_HVSOCK_A_CARD_RATE,
		.type = CARD_NUMBER,
		.preset = "0",
		.min = 8000,
		.max = 192000,
		.zero = true,
	},
	[CARD_RATE_MIN] = {
		.name = "rate-min",
		.attribute = SND_HVSOCK_A_CARD_RATE_MIN,
		.type = CARD_NUMBER,
		.preset = "8000",
		.min = 8000,
		.max = 192000,
	},
	[CARD_RATE_MAX] = {
		.name = "rate-max",
		.attribute = SND_HVSOCK_A_CARD_RATE_MAX,
		.type = CARD_NUMBER,
		.preset = "192000",
		.min = 8000,
		.max = 192000,
	},
	[CARD_FORMAT] = {
		.name = "format",
		.attribute = SND_HVSOCK_A_CARD_FORMAT,
		.type = CARD_TEXT,
		.preset = "any",
		.words = format_words,
	},
	[CARD_CHANNELS] = {
		.name = "channels",
		.attribute = SND_HVSOCK_A_CARD_CHANNELS,
		.type = CARD_NUMBER,
		.preset = "0",
		.min = 0,
		.max = 8,
	},
	[CARD_LATENCY_US] = {
		.name = "latency-us",
		.former = "latency",
		.attribute = SND_HVSOCK_A_CARD_LATENCY_US,
		.type = CARD_NUMBER,
		.preset = "0",
		.min = 1000,
		.max = 2000000,
		.zero = true,
	},
	[CARD_CONNECT_TIMEOUT_MS] = {
		.name = "connect-timeout-ms",
		.former = "connect-timeout",
		.attribute = SND_HVSOCK_A_CARD_CONNECT_TIMEOUT_MS,
		.type = CARD_NUMBER,
		.preset = "2000",
		.min = 10,
		.max = 10000,
	},
	[CARD_ON_LOST] = {
		.name = "on-lost",
		.attribute = SND_HVSOCK_A_CARD_ON_LOST,
		.type = CARD_WORD,
		.preset = "silence",
		.words = on_lost_words,
	},
	[CARD_PLAYBACK_STREAMS] = {
		.name = "playback-streams",
		.attribute = SND_HVSOCK_A_CARD_PLAYBACK_STREAMS,
		.type = CARD_NUMBER,
		.fixed = true,
		.preset = "8",
		.min = 0,
		.max = 64,
	},
	[CARD_CAPTURE_STREAMS] = {
		.name = "capture-streams",
		.attribute = SND_HVSOCK_A_CARD_CAPTURE_STREAMS,
		.type = CARD_NUMBER,
		.fixed = true,
		.preset = "2",
		.min = 0,
		.max = 64,
	},
	[CARD_NAME_STREAMS] = {
		.name = "name-streams",
		.attribute = SND_HVSOCK_A_CARD_NAME_STREAMS,
		.type = CARD_WORD,
		.preset = "command",
		.words = name_streams_words,
	},
	[CARD_MIC] = {
		.name = "mic",
		.attribute = SND_HVSOCK_A_CARD_MIC,
		.type = CARD_WORD,
		.preset = "on",
		.words = mic_words,
	},
	[CARD_IDLE_RETRY_S] = {
		.name = "idle-retry-s",
		.former = "retry-away",
		.attribute = SND_HVSOCK_A_CARD_IDLE_RETRY_S,
		.type = CARD_NUMBER,
		.preset = "10",
		.min = 0,
		.max = 3600,
	},
};
