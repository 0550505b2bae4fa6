// SPDX-License-Identifier: GPL-2.0
/* Do not edit: made from Documentation/netlink/specs/snd_hvsock.yaml by generate.sh */
/* The family's attributes and messages. */
#include "attributes.h"

static const char *const protocol_names[] = { "pulse", "simple", "qubes" };
static const char *const role_names[] = { "connect", "listen" };
static const char *const on_lost_names[] = { "silence", "error" };
static const char *const name_streams_names[] = { "command", "card" };
static const char *const switch_names[] = { "off", "on" };
static const char *const link_names[] = { "unknown", "up", "down" };
static const char *const direction_names[] = { "playback", "capture" };
static const char *const state_names[] = { "idle", "running", "paused", "draining" };

static const struct attribute stats_rows[] = {
	[SND_HVSOCK_A_STATS_RECONNECTS] = { .name = "reconnects", .kind = U32 },
	[SND_HVSOCK_A_STATS_RESYNCS] = { .name = "resyncs", .kind = U32 },
	[SND_HVSOCK_A_STATS_DROPPED] = { .name = "dropped", .kind = U64 },
	[SND_HVSOCK_A_STATS_INSERTED] = { .name = "inserted", .kind = U64 },
	[SND_HVSOCK_A_STATS_UNDERFLOWS] = { .name = "underflows", .kind = U32 },
	[SND_HVSOCK_A_STATS_OVERFLOWS] = { .name = "overflows", .kind = U32 },
	[SND_HVSOCK_A_STATS_XRUNS] = { .name = "xruns", .kind = U32 },
	[SND_HVSOCK_A_STATS_WORST_DELAY_US] = { .name = "worst-delay-us", .kind = U32 },
	[SND_HVSOCK_A_STATS_PLAYED] = { .name = "played", .kind = U64 },
	[SND_HVSOCK_A_STATS_RECORDED] = { .name = "recorded", .kind = U64 },
	[SND_HVSOCK_A_STATS_DROPPED_LATE] = { .name = "dropped-late", .kind = U64 },
	[SND_HVSOCK_A_STATS_DROPPED_RESYNC] = { .name = "dropped-resync", .kind = U64 },
};

const struct attributes stats_attributes = { stats_rows, ARRAY_SIZE(stats_rows) };

static const struct attribute volume_rows[] = {
	[SND_HVSOCK_A_VOLUME_CARD] = { .name = "card", .kind = STRING },
	[SND_HVSOCK_A_VOLUME_CARD_INDEX] = { .name = "card-index", .kind = U32 },
	[SND_HVSOCK_A_VOLUME_DIRECTION] = {
		.name = "direction", .kind = WORD,
		.words = direction_names, .count = 2,
	},
	[SND_HVSOCK_A_VOLUME_LEVEL] = { .name = "level", .kind = LEVELS },
	[SND_HVSOCK_A_VOLUME_MUTE] = { .name = "mute", .kind = BOOL },
};

const struct attributes volume_attributes = { volume_rows, ARRAY_SIZE(volume_rows) };

static const struct attribute card_rows[] = {
	[SND_HVSOCK_A_CARD_NAME] = { .name = "name", .kind = STRING },
	[SND_HVSOCK_A_CARD_INDEX] = { .name = "index", .kind = U32 },
	[SND_HVSOCK_A_CARD_CID] = { .name = "cid", .kind = U32 },
	[SND_HVSOCK_A_CARD_PORT] = { .name = "port", .kind = U32 },
	[SND_HVSOCK_A_CARD_PROTOCOL] = {
		.name = "protocol", .kind = WORD,
		.words = protocol_names, .count = 3,
	},
	[SND_HVSOCK_A_CARD_ROLE] = {
		.name = "role", .kind = WORD,
		.words = role_names, .count = 2,
	},
	[SND_HVSOCK_A_CARD_RATE] = { .name = "rate", .kind = U32 },
	[SND_HVSOCK_A_CARD_RATE_MIN] = { .name = "rate-min", .kind = U32 },
	[SND_HVSOCK_A_CARD_RATE_MAX] = { .name = "rate-max", .kind = U32 },
	[SND_HVSOCK_A_CARD_FORMAT] = { .name = "format", .kind = STRING },
	[SND_HVSOCK_A_CARD_CHANNELS] = { .name = "channels", .kind = U32 },
	[SND_HVSOCK_A_CARD_LATENCY_US] = { .name = "latency-us", .kind = U32 },
	[SND_HVSOCK_A_CARD_CONNECT_TIMEOUT_MS] = { .name = "connect-timeout-ms", .kind = U32 },
	[SND_HVSOCK_A_CARD_ON_LOST] = {
		.name = "on-lost", .kind = WORD,
		.words = on_lost_names, .count = 2,
	},
	[SND_HVSOCK_A_CARD_PLAYBACK_STREAMS] = { .name = "playback-streams", .kind = U32 },
	[SND_HVSOCK_A_CARD_CAPTURE_STREAMS] = { .name = "capture-streams", .kind = U32 },
	[SND_HVSOCK_A_CARD_NAME_STREAMS] = {
		.name = "name-streams", .kind = WORD,
		.words = name_streams_names, .count = 2,
	},
	[SND_HVSOCK_A_CARD_MIC] = {
		.name = "mic", .kind = WORD,
		.words = switch_names, .count = 2,
	},
	[SND_HVSOCK_A_CARD_IDLE_RETRY_S] = { .name = "idle-retry-s", .kind = U32 },
	[SND_HVSOCK_A_CARD_HAS_COOKIE] = { .name = "has-cookie", .kind = FLAG },
	[SND_HVSOCK_A_CARD_LINK] = {
		.name = "link", .kind = WORD,
		.words = link_names, .count = 3,
	},
	[SND_HVSOCK_A_CARD_REASON] = { .name = "reason", .kind = STRING },
	[SND_HVSOCK_A_CARD_ERROR] = { .name = "error", .kind = U32 },
	[SND_HVSOCK_A_CARD_STREAMS] = { .name = "streams", .kind = U32 },
	[SND_HVSOCK_A_CARD_STATS] = { .name = "stats", .kind = NEST, .set = &stats_attributes },
	[SND_HVSOCK_A_CARD_NEXT_OPEN] = { .name = "next-open", .kind = KEYS },
};

const struct attributes card_attributes = { card_rows, ARRAY_SIZE(card_rows) };

static const struct attribute stream_rows[] = {
	[SND_HVSOCK_A_STREAM_CARD] = { .name = "card", .kind = STRING },
	[SND_HVSOCK_A_STREAM_CARD_INDEX] = { .name = "card-index", .kind = U32 },
	[SND_HVSOCK_A_STREAM_ID] = { .name = "id", .kind = U32 },
	[SND_HVSOCK_A_STREAM_SUBSTREAM] = { .name = "substream", .kind = U32 },
	[SND_HVSOCK_A_STREAM_DIRECTION] = {
		.name = "direction", .kind = WORD,
		.words = direction_names, .count = 2,
	},
	[SND_HVSOCK_A_STREAM_STATE] = {
		.name = "state", .kind = WORD,
		.words = state_names, .count = 4,
	},
	[SND_HVSOCK_A_STREAM_CONNECTED] = { .name = "connected", .kind = FLAG },
	[SND_HVSOCK_A_STREAM_APPLICATION] = { .name = "application", .kind = STRING },
	[SND_HVSOCK_A_STREAM_PID] = { .name = "pid", .kind = U32 },
	[SND_HVSOCK_A_STREAM_FORMAT] = { .name = "format", .kind = STRING },
	[SND_HVSOCK_A_STREAM_RATE] = { .name = "rate", .kind = U32 },
	[SND_HVSOCK_A_STREAM_CHANNELS] = { .name = "channels", .kind = U32 },
	[SND_HVSOCK_A_STREAM_PERIOD] = { .name = "period", .kind = U32 },
	[SND_HVSOCK_A_STREAM_BUFFER] = { .name = "buffer", .kind = U32 },
	[SND_HVSOCK_A_STREAM_POSITION] = { .name = "position", .kind = U64 },
	[SND_HVSOCK_A_STREAM_DELAY] = { .name = "delay", .kind = U32 },
	[SND_HVSOCK_A_STREAM_TARGET_DELAY] = { .name = "target-delay", .kind = U32 },
	[SND_HVSOCK_A_STREAM_PPB] = { .name = "ppb", .kind = S32 },
	[SND_HVSOCK_A_STREAM_STATS] = { .name = "stats", .kind = NEST, .set = &stats_attributes },
	[SND_HVSOCK_A_STREAM_JITTER_DELAY] = { .name = "jitter-delay", .kind = U32 },
	[SND_HVSOCK_A_STREAM_DEVICE_DELAY] = { .name = "device-delay", .kind = U32 },
	[SND_HVSOCK_A_STREAM_ROUND_TRIP_US] = { .name = "round-trip-us", .kind = U32 },
};

const struct attributes stream_attributes = { stream_rows, ARRAY_SIZE(stream_rows) };

const struct message messages[SND_HVSOCK_CMD_MAX + 1] = {
	[SND_HVSOCK_CMD_CARD_ADD] = { NULL, &card_attributes },
	[SND_HVSOCK_CMD_CARD_SET] = { NULL, &card_attributes },
	[SND_HVSOCK_CMD_CARD_GET] = { NULL, &card_attributes },
	[SND_HVSOCK_CMD_STREAM_GET] = { NULL, &stream_attributes },
	[SND_HVSOCK_CMD_CARD_ADD_NTF] = { "card-add", &card_attributes },
	[SND_HVSOCK_CMD_CARD_DEL_NTF] = { "card-del", &card_attributes },
	[SND_HVSOCK_CMD_CARD_SET_NTF] = { "card-set", &card_attributes },
	[SND_HVSOCK_CMD_LINK_UP_NTF] = { "link-up", &card_attributes },
	[SND_HVSOCK_CMD_LINK_DOWN_NTF] = { "link-down", &card_attributes },
	[SND_HVSOCK_CMD_STREAM_OPEN_NTF] = { "stream-open", &stream_attributes },
	[SND_HVSOCK_CMD_STREAM_START_NTF] = { "stream-start", &stream_attributes },
	[SND_HVSOCK_CMD_STREAM_STOP_NTF] = { "stream-stop", &stream_attributes },
	[SND_HVSOCK_CMD_STREAM_CLOSE_NTF] = { "stream-close", &stream_attributes },
	[SND_HVSOCK_CMD_XRUN_NTF] = { "xrun", &stream_attributes },
	[SND_HVSOCK_CMD_RESYNC_NTF] = { "resync", &stream_attributes },
	[SND_HVSOCK_CMD_VOLUME_NTF] = { "volume", &volume_attributes },
};
