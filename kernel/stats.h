/* SPDX-License-Identifier: GPL-2.0 */
/* What user space is told of a stream. */
#ifndef HVSOCK_STATS_H
#define HVSOCK_STATS_H

#include <linux/sched.h>
#include <linux/types.h>
#include <sound/asound.h>

#include "core/stats.h"

/**
 * struct hvsnd_stream_info - a stream as it is at a moment
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

#endif /* HVSOCK_STATS_H */
