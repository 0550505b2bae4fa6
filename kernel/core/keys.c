// SPDX-License-Identifier: GPL-2.0
/* The keys of a card: what each may be, and when a change takes effect. */
#include "keys.h"

#define STR_(x)	#x
#define STR(x)	STR_(x)

#define KEY(name, field)					\
	.attr = SND_HVSOCK_A_CARD_##name,			\
	.offset = offsetof(struct hvsnd_card_config, field)
#define FIXED	", and stay as it was when the card was added: delete it and add it anew"
#define RATES	STR(SND_HVSOCK_RATE_LEAST) " to " STR(SND_HVSOCK_RATE_MOST)

static const struct hvsnd_word protocols[] = {
	{ "pulse", SND_HVSOCK_PROTOCOL_PULSE },
	{ "simple", SND_HVSOCK_PROTOCOL_SIMPLE },
	{ "qubes", SND_HVSOCK_PROTOCOL_QUBES },
	{ }
};

static const struct hvsnd_word roles[] = {
	{ "connect", SND_HVSOCK_ROLE_CONNECT },
	{ "listen", SND_HVSOCK_ROLE_LISTEN },
	{ }
};

static const struct hvsnd_word losses[] = {
	{ "silence", SND_HVSOCK_ON_LOST_SILENCE },
	{ "error", SND_HVSOCK_ON_LOST_ERROR },
	{ }
};

static const struct hvsnd_word stream_names[] = {
	{ "command", SND_HVSOCK_NAME_STREAMS_COMMAND },
	{ "card", SND_HVSOCK_NAME_STREAMS_CARD },
	{ }
};

#define FORMAT(name)	{ #name, (__force u32)SNDRV_PCM_FORMAT_##name }

static const struct hvsnd_word formats[] = {
	{ "any", HVSND_FORMAT_ANY },
	FORMAT(U8), FORMAT(A_LAW), FORMAT(MU_LAW),
	FORMAT(S16_LE), FORMAT(S16_BE),
	FORMAT(S24_3LE), FORMAT(S24_3BE),
	FORMAT(S24_LE), FORMAT(S24_BE),
	FORMAT(S32_LE), FORMAT(S32_BE),
	FORMAT(FLOAT_LE), FORMAT(FLOAT_BE),
	{ }
};

const struct hvsnd_key hvsnd_keys[HVSND_KEYS] = {
	{
		KEY(CID, cid), .preset = 2, .max = 0xfffffffe,
		.reconnect = true,
		.msg = "cid: must be a number from 0 to 4294967294",
	}, {
		KEY(PORT, port), .preset = 4713, .min = 1, .max = 0xffffffff,
		.reconnect = true,
		.msg = "port: must be a number from 1 to 4294967295",
	}, {
		KEY(PROTOCOL, protocol), .fixed = true, .words = protocols,
		.msg = "protocol: must be pulse, simple or qubes" FIXED,
	}, {
		KEY(ROLE, role), .fixed = true, .words = roles,
		.msg = "role: must be connect or listen" FIXED,
	}, {
		KEY(RATE, rate), .zero = true, .next_open = true,
		.min = SND_HVSOCK_RATE_LEAST, .max = SND_HVSOCK_RATE_MOST,
		.msg = "rate: must be a number from " RATES ", or 0 for any",
	}, {
		KEY(RATE_MIN, rate_min), .preset = SND_HVSOCK_RATE_LEAST,
		.min = SND_HVSOCK_RATE_LEAST, .max = SND_HVSOCK_RATE_MOST,
		.next_open = true,
		.msg = "rate-min: must be a number from " RATES,
	}, {
		KEY(RATE_MAX, rate_max), .preset = SND_HVSOCK_RATE_MOST,
		.min = SND_HVSOCK_RATE_LEAST, .max = SND_HVSOCK_RATE_MOST,
		.next_open = true,
		.msg = "rate-max: must be a number from " RATES,
	}, {
		KEY(FORMAT, format), .preset = HVSND_FORMAT_ANY,
		.next_open = true, .words = formats,
		.msg = "format: must be any, U8, A_LAW, MU_LAW, or S16, S24_3, S24, S32, FLOAT with _LE or _BE (S24_3LE)",
	}, {
		KEY(CHANNELS, channels), .next_open = true,
		.max = SND_HVSOCK_CHANNELS_MOST,
		.msg = "channels: must be a number from 1 to "
			STR(SND_HVSOCK_CHANNELS_MOST) ", or 0 for any",
	}, {
		KEY(LATENCY, latency_us), .zero = true, .reconnect = true,
		.min = SND_HVSOCK_LATENCY_LEAST, .max = SND_HVSOCK_LATENCY_MOST,
		.msg = "latency: must be a number from "
			STR(SND_HVSOCK_LATENCY_LEAST) " to "
			STR(SND_HVSOCK_LATENCY_MOST)
			" (us), or 0 for what follows from the program's period",
	}, {
		KEY(CONNECT_TIMEOUT, connect_timeout_ms), .preset = 2000,
		.min = SND_HVSOCK_CONNECT_TIMEOUT_LEAST,
		.max = SND_HVSOCK_CONNECT_TIMEOUT_MOST,
		.msg = "connect-timeout: must be a number from "
			STR(SND_HVSOCK_CONNECT_TIMEOUT_LEAST) " to "
			STR(SND_HVSOCK_CONNECT_TIMEOUT_MOST) " (ms)",
	}, {
		KEY(ON_LOST, on_lost), .words = losses,
		.msg = "on-lost: must be silence or error",
	}, {
		KEY(PLAYBACK_STREAMS, playback_streams), .preset = 8,
		.max = SND_HVSOCK_STREAMS_MAX, .fixed = true,
		.msg = "playback-streams: must be a number from 0 to "
			STR(SND_HVSOCK_STREAMS_MAX) FIXED,
	}, {
		KEY(CAPTURE_STREAMS, capture_streams), .preset = 2,
		.max = SND_HVSOCK_STREAMS_MAX, .fixed = true,
		.msg = "capture-streams: must be a number from 0 to "
			STR(SND_HVSOCK_STREAMS_MAX) FIXED,
	}, {
		KEY(NAME_STREAMS, name_streams), .next_open = true,
		.words = stream_names,
		.msg = "name-streams: must be command or card",
	}, {
		KEY(MIC, mic), .preset = 1, .max = 1, .next_open = true,
		.msg = "mic: must be 0 or 1",
	}, {
		KEY(RETRY_AWAY, retry_away_s), .preset = 10,
		.max = SND_HVSOCK_RETRY_AWAY_MOST,
		.msg = "retry-away: must be a number from 1 to "
			STR(SND_HVSOCK_RETRY_AWAY_MOST)
			" (s), or 0 for no attempts",
	},
};
