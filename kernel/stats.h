/* SPDX-License-Identifier: GPL-2.0 */
/* What is told of streams, and of cards. */
#ifndef HVSOCK_STATS_H
#define HVSOCK_STATS_H

#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <sound/asound.h>

/**
 * struct hvsnd_stats - what happened
 * @reconnects: how often the host came back
 * @resyncs: how often the delay had to be put right at once
 * @underflows: how often the host ran dry
 * @overflows: how often the host threw audio away
 * @xruns: how often the program came too late
 * @worst_delay_us: longest delay between position and loudspeaker or
 *                  microphone, in microseconds
 * @dropped: frames that the host, or the program, did not get
 * @dropped_late: those of them that were due before the connection took them,
 *                or that the recording program left no room for
 * @dropped_resync: those of them by which the delay was put right at once
 * @inserted: frames of silence that it got instead
 * @played: frames of playback that passed
 * @recorded: frames of capture that passed
 */
struct hvsnd_stats {
	u32 reconnects;
	u32 resyncs;
	u32 underflows;
	u32 overflows;
	u32 xruns;
	u32 worst_delay_us;
	u64 dropped;
	u64 dropped_late;
	u64 dropped_resync;
	u64 inserted;
	u64 played;
	u64 recorded;
};

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

static inline void hvsnd_stats_add(struct hvsnd_stats *sum,
				   const struct hvsnd_stats *s)
{
	sum->reconnects += s->reconnects;
	sum->resyncs += s->resyncs;
	sum->underflows += s->underflows;
	sum->overflows += s->overflows;
	sum->xruns += s->xruns;
	sum->worst_delay_us = max(sum->worst_delay_us, s->worst_delay_us);
	sum->dropped += s->dropped;
	sum->dropped_late += s->dropped_late;
	sum->dropped_resync += s->dropped_resync;
	sum->inserted += s->inserted;
	sum->played += s->played;
	sum->recorded += s->recorded;
}

#endif /* HVSOCK_STATS_H */
