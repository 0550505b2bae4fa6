// SPDX-License-Identifier: GPL-2.0
/* Do not edit: made from Documentation/netlink/specs/snd_hvsock.yaml by generate.sh */
/* The keys of a card. */
#include "keys.h"

static const struct hvsnd_word protocol_words[] = {
	{ "pulse", SND_HVSOCK_PROTOCOL_PULSE },
	{ "simple", SND_HVSOCK_PROTOCOL_SIMPLE },
	{ "qubes", SND_HVSOCK_PROTOCOL_QUBES },
	{ }
};

static const struct hvsnd_word role_words[] = {
	{ "connect", SND_HVSOCK_ROLE_CONNECT },
	{ "listen", SND_HVSOCK_ROLE_LISTEN },
	{ }
};

static const struct hvsnd_word format_words[] = {
	{ "any", HVSND_FORMAT_ANY },
	{ "U8", (__force u32)SNDRV_PCM_FORMAT_U8 },
	{ "A_LAW", (__force u32)SNDRV_PCM_FORMAT_A_LAW },
	{ "MU_LAW", (__force u32)SNDRV_PCM_FORMAT_MU_LAW },
	{ "S16_LE", (__force u32)SNDRV_PCM_FORMAT_S16_LE },
	{ "S16_BE", (__force u32)SNDRV_PCM_FORMAT_S16_BE },
	{ "S24_3LE", (__force u32)SNDRV_PCM_FORMAT_S24_3LE },
	{ "S24_3BE", (__force u32)SNDRV_PCM_FORMAT_S24_3BE },
	{ "S24_LE", (__force u32)SNDRV_PCM_FORMAT_S24_LE },
	{ "S24_BE", (__force u32)SNDRV_PCM_FORMAT_S24_BE },
	{ "S32_LE", (__force u32)SNDRV_PCM_FORMAT_S32_LE },
	{ "S32_BE", (__force u32)SNDRV_PCM_FORMAT_S32_BE },
	{ "FLOAT_LE", (__force u32)SNDRV_PCM_FORMAT_FLOAT_LE },
	{ "FLOAT_BE", (__force u32)SNDRV_PCM_FORMAT_FLOAT_BE },
	{ }
};

static const struct hvsnd_word on_lost_words[] = {
	{ "silence", SND_HVSOCK_ON_LOST_SILENCE },
	{ "error", SND_HVSOCK_ON_LOST_ERROR },
	{ }
};

static const struct hvsnd_word name_streams_words[] = {
	{ "command", SND_HVSOCK_NAME_STREAMS_COMMAND },
	{ "card", SND_HVSOCK_NAME_STREAMS_CARD },
	{ }
};

static const struct hvsnd_word mic_words[] = {
	{ "off", SND_HVSOCK_SWITCH_OFF },
	{ "on", SND_HVSOCK_SWITCH_ON },
	{ }
};

const struct hvsnd_key hvsnd_keys[HVSND_KEYS] = {
	{
		.attr = SND_HVSOCK_A_CARD_CID,
		.offset = offsetof(struct hvsnd_card_config, cid),
		.preset = 2,
		.max = 0xfffffffe,
		.reconnect = true,
		.msg = "cid: must be a number from 0 to 4294967294",
	},
	{
		.attr = SND_HVSOCK_A_CARD_PORT,
		.offset = offsetof(struct hvsnd_card_config, port),
		.preset = 4713,
		.min = 1,
		.max = 0xffffffff,
		.reconnect = true,
		.msg = "port: must be a number from 1 to 4294967295",
	},
	{
		.attr = SND_HVSOCK_A_CARD_PROTOCOL,
		.offset = offsetof(struct hvsnd_card_config, protocol),
		.preset = SND_HVSOCK_PROTOCOL_PULSE,
		.words = protocol_words,
		.fixed = true,
		.msg = "protocol: must be pulse, simple or qubes. To change it, delete the card, and add it again",
	},
	{
		.attr = SND_HVSOCK_A_CARD_ROLE,
		.offset = offsetof(struct hvsnd_card_config, role),
		.preset = SND_HVSOCK_ROLE_CONNECT,
		.words = role_words,
		.fixed = true,
		.msg = "role: must be connect or listen. To change it, delete the card, and add it again",
	},
	{
		.attr = SND_HVSOCK_A_CARD_RATE,
		.offset = offsetof(struct hvsnd_card_config, rate),
		.min = 8000,
		.max = 192000,
		.zero = true,
		.next_open = true,
		.msg = "rate: must be a number from 8000 to 192000, or 0",
	},
	{
		.attr = SND_HVSOCK_A_CARD_RATE_MIN,
		.offset = offsetof(struct hvsnd_card_config, rate_min),
		.preset = 8000,
		.min = 8000,
		.max = 192000,
		.next_open = true,
		.msg = "rate-min: must be a number from 8000 to 192000",
	},
	{
		.attr = SND_HVSOCK_A_CARD_RATE_MAX,
		.offset = offsetof(struct hvsnd_card_config, rate_max),
		.preset = 192000,
		.min = 8000,
		.max = 192000,
		.next_open = true,
		.msg = "rate-max: must be a number from 8000 to 192000",
	},
	{
		.attr = SND_HVSOCK_A_CARD_FORMAT,
		.offset = offsetof(struct hvsnd_card_config, format),
		.preset = HVSND_FORMAT_ANY,
		.words = format_words,
		.text = true,
		.next_open = true,
		.msg = "format: must be any, U8, A_LAW, MU_LAW, S16_LE, S16_BE, S24_3LE, S24_3BE, S24_LE, S24_BE, S32_LE, S32_BE, FLOAT_LE or FLOAT_BE",
	},
	{
		.attr = SND_HVSOCK_A_CARD_CHANNELS,
		.offset = offsetof(struct hvsnd_card_config, channels),
		.max = 8,
		.next_open = true,
		.msg = "channels: must be a number from 0 to 8",
	},
	{
		.attr = SND_HVSOCK_A_CARD_LATENCY_US,
		.offset = offsetof(struct hvsnd_card_config, latency_us),
		.min = 1000,
		.max = 2000000,
		.zero = true,
		.reconnect = true,
		.msg = "latency-us: must be a number from 1000 to 2000000, or 0",
	},
	{
		.attr = SND_HVSOCK_A_CARD_CONNECT_TIMEOUT_MS,
		.offset = offsetof(struct hvsnd_card_config, connect_timeout_ms),
		.preset = 2000,
		.min = 10,
		.max = 10000,
		.msg = "connect-timeout-ms: must be a number from 10 to 10000",
	},
	{
		.attr = SND_HVSOCK_A_CARD_ON_LOST,
		.offset = offsetof(struct hvsnd_card_config, on_lost),
		.preset = SND_HVSOCK_ON_LOST_SILENCE,
		.words = on_lost_words,
		.msg = "on-lost: must be silence or error",
	},
	{
		.attr = SND_HVSOCK_A_CARD_PLAYBACK_STREAMS,
		.offset = offsetof(struct hvsnd_card_config, playback_streams),
		.preset = 8,
		.max = 64,
		.fixed = true,
		.msg = "playback-streams: must be a number from 0 to 64. To change it, delete the card, and add it again",
	},
	{
		.attr = SND_HVSOCK_A_CARD_CAPTURE_STREAMS,
		.offset = offsetof(struct hvsnd_card_config, capture_streams),
		.preset = 2,
		.max = 64,
		.fixed = true,
		.msg = "capture-streams: must be a number from 0 to 64. To change it, delete the card, and add it again",
	},
	{
		.attr = SND_HVSOCK_A_CARD_NAME_STREAMS,
		.offset = offsetof(struct hvsnd_card_config, name_streams),
		.preset = SND_HVSOCK_NAME_STREAMS_COMMAND,
		.words = name_streams_words,
		.next_open = true,
		.msg = "name-streams: must be command or card",
	},
	{
		.attr = SND_HVSOCK_A_CARD_MIC,
		.offset = offsetof(struct hvsnd_card_config, mic),
		.preset = SND_HVSOCK_SWITCH_ON,
		.words = mic_words,
		.next_open = true,
		.msg = "mic: must be off or on",
	},
	{
		.attr = SND_HVSOCK_A_CARD_IDLE_RETRY_S,
		.offset = offsetof(struct hvsnd_card_config, idle_retry_s),
		.preset = 10,
		.max = 3600,
		.msg = "idle-retry-s: must be a number from 0 to 3600",
	},
};
