// SPDX-License-Identifier: GPL-2.0
/*
 * The state of a stream for user space.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <uapi/linux/snd_hvsock.h>

#include "card.h"
#include "status.h"
#include "state.h"

/**
 * hvsnd_stream_xrun() - Count an xrun
 * @st: stream
 *
 * Context: Atomic, with the PCM stream lock.
 */
void hvsnd_stream_xrun(struct hvsnd_stream *st)
{
	unsigned long flags;

	spin_lock_irqsave(&st->lock, flags);
	WRITE_ONCE(st->stats.xruns, st->stats.xruns + 1);
	spin_unlock_irqrestore(&st->lock, flags);
}

static u32 hvsnd_stream_info_state(const struct hvsnd_stream *st)
{
	lockdep_assert_held(&st->lock);
	if (hvsnd_stream_is_on(st))
		return SND_HVSOCK_STATE_RUNNING;
	if (st->state == HVSND_PCM_PAUSED)
		return SND_HVSOCK_STATE_PAUSED;
	if (hvsnd_pcm_is_draining(READ_ONCE(st->state)))
		return SND_HVSOCK_STATE_DRAINING;
	return SND_HVSOCK_STATE_IDLE;
}

/**
 * hvsnd_stream_get_info() - Copy the state of a stream
 * @st: stream
 * @info: set to the copy
 *
 * Context: Process, with the card's lock or st->work_lock, which keep the
 * stream.
 */
void hvsnd_stream_get_info(struct hvsnd_stream *st,
			   struct hvsnd_stream_info *info)
{
	memset(info, 0, sizeof(*info));
	strscpy(info->card, st->card->config.id, sizeof(info->card));
	info->card_index = st->card->card->number;
	info->id = st->id;
	info->substream = st->number;
	info->direction = st->params.direction;
	memcpy(info->application, st->comm, sizeof(info->application));
	info->pid = st->params.pid;
	info->format = st->params.format;
	info->rate = st->params.rate;
	info->channels = st->params.channels;
	info->period = st->period_frames;
	info->buffer = st->ring.frames;

	spin_lock_irq(&st->lock);
	info->state = hvsnd_stream_info_state(st);
	info->connected = hvsnd_stream_is_up(st);
	info->closed = !hvsnd_stream_is_attached(st);
	info->position = hvsnd_stream_position(st);
	info->delay = st->delay.now;
	info->target_delay = st->clock.target;
	info->jitter_delay = st->delay.jitter;
	info->device_delay = st->delay.reported_latency;
	info->round_trip_us = st->delay.round_trip_us;
	info->ppb = st->clock.ppb;
	info->stats = st->stats;
	info->stats.worst_delay_us =
		div_u64((u64)st->delay.worst * USEC_PER_SEC, st->params.rate);
	spin_unlock_irq(&st->lock);
}
