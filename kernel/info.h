/* SPDX-License-Identifier: GPL-2.0 */
/* Copies of the state of streams and cards, for netlink. */
#ifndef HVSOCK_INFO_H
#define HVSOCK_INFO_H

#include <linux/sched.h>
#include <linux/types.h>
#include <sound/asound.h>

#include "core/config.h"
#include "core/proto/session.h"
#include "core/stats.h"

/**
 * struct hvsnd_stream_info - a stream as it is at a moment
 * @card: its card's name
 * @card_index: ALSA's number of the card
 * @id: its number on the card
 * @substream: ALSA's subdevice number
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @state: enum snd_hvsock_state
 * @connected: the host has it
 * @closed: the program let go of it
 * @application: the program's name
 * @pid: its process
 * @format: sample format
 * @rate: frames per second
 * @channels: samples per frame
 * @period: frames per period
 * @buffer: frames per buffer
 * @position: frames since prepare
 * @delay: frames between the position and the loudspeaker or microphone
 * @target_delay: what that is kept at
 * @jitter_delay: the part of @delay that bridges the connection's jitter
 * @device_delay: the part of @delay that the host's device adds
 * @round_trip_us: how long the host took for its last timing report
 * @ppb: how much faster the host's clock was found to be
 * @stats: what happened
 */
struct hvsnd_stream_info {
	char card[SND_HVSOCK_MAX_NAME + 1];
	u32 card_index;
	u32 id;
	u32 substream;
	u32 direction;
	u32 state;
	bool connected;
	bool closed;
	char application[TASK_COMM_LEN];
	u32 pid;
	snd_pcm_format_t format;
	u32 rate;
	u32 channels;
	u32 period;
	u32 buffer;
	u64 position;
	u32 delay;
	u32 target_delay;
	u32 jitter_delay;
	u32 device_delay;
	u32 round_trip_us;
	s32 ppb;
	struct hvsnd_stats stats;
};

/**
 * struct hvsnd_host_info - what netlink reports of the host
 * @link: enum snd_hvsock_link
 * @error: positive errno of the last failure, or 0
 * @reason: cause of the last failure, a constant string, or NULL
 */
struct hvsnd_host_info {
	u32 link;
	u32 error;
	const char *reason;
};

/**
 * struct hvsnd_card_info - a card as it is at a moment
 * @config: its keys
 * @number: ALSA's card number
 * @has_cookie: it was given a cookie
 * @host: what is known of the host
 * @streams: number of open streams
 * @stats: what happened, all its streams together
 */
struct hvsnd_card_info {
	struct hvsnd_card_config config;
	u32 number;
	bool has_cookie;
	struct hvsnd_host_info host;
	u32 streams;
	struct hvsnd_stats stats;
};

/**
 * struct hvsnd_volume_info - a volume that was changed on the host
 * @card: its card's name
 * @card_index: ALSA's number of the card
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @volume: the volume
 */
struct hvsnd_volume_info {
	char card[SND_HVSOCK_MAX_NAME + 1];
	u32 card_index;
	u32 direction;
	struct hvsnd_volume volume;
};

#endif /* HVSOCK_INFO_H */
