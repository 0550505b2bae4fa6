// SPDX-License-Identifier: GPL-2.0
/*
 * ALSA's PCM callbacks.
 *
 * A substream has a struct hvsnd_stream from hw_params to hw_free. The stream's
 * worker does everything that takes time; no callback waits for the host.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <sound/core.h>
#include <sound/pcm.h>
#include <sound/pcm_params.h>

#include "card.h"
#include "chmap.h"
#include "pcm.h"
#include "quirks.h"
#include "status.h"
#include "substream.h"
#include "tx.h"

#define HVSND_LINKED_START_NS	(10 * NSEC_PER_MSEC)
#define HVSND_WAIT_MS		10000	/* ALSA's in older kernels */

/**
 * struct hvsnd_pcm - a substream's data while it is open
 * @stream: the stream, from hw_params to hw_free
 * @params: parameters of the next stream; hw_params sets some of them
 * @xrun: the position is too far for the core, and an xrun was reported
 */
struct hvsnd_pcm {
	struct hvsnd_stream *stream;
	struct hvsnd_session_params params;
	bool xrun;
};

static const struct snd_pcm_hardware hvsnd_pcm_hardware = {
	/*
	 * No BATCH: the position is exact to the frame. SYNC_APPLPTR: frames
	 * are sent when the application has written them, also through mmap,
	 * so every step of the application pointer must be reported.
	 */
	.info = SNDRV_PCM_INFO_MMAP | SNDRV_PCM_INFO_MMAP_VALID |
		SNDRV_PCM_INFO_INTERLEAVED | SNDRV_PCM_INFO_BLOCK_TRANSFER |
		SNDRV_PCM_INFO_PAUSE | SNDRV_PCM_INFO_SYNC_APPLPTR |
		SNDRV_PCM_INFO_NO_PERIOD_WAKEUP | SNDRV_PCM_INFO_DRAIN_TRIGGER |
		SNDRV_PCM_INFO_PERFECT_DRAIN,
	/* All formats for which PulseAudio has an equivalent. */
	.formats = SNDRV_PCM_FMTBIT_U8 | SNDRV_PCM_FMTBIT_A_LAW |
		   SNDRV_PCM_FMTBIT_MU_LAW |
		   SNDRV_PCM_FMTBIT_S16_LE | SNDRV_PCM_FMTBIT_S16_BE |
		   SNDRV_PCM_FMTBIT_S24_3LE | SNDRV_PCM_FMTBIT_S24_3BE |
		   SNDRV_PCM_FMTBIT_S24_LE | SNDRV_PCM_FMTBIT_S24_BE |
		   SNDRV_PCM_FMTBIT_S32_LE | SNDRV_PCM_FMTBIT_S32_BE |
		   SNDRV_PCM_FMTBIT_FLOAT_LE | SNDRV_PCM_FMTBIT_FLOAT_BE,
	.rates = SNDRV_PCM_RATE_CONTINUOUS | SNDRV_PCM_RATE_8000_192000,
	.rate_min = 8000,
	.rate_max = 192000,
	.channels_min = 1,
	.channels_max = 8,
	.buffer_bytes_max = 4 * 1024 * 1024,
	.period_bytes_min = 64,
	.period_bytes_max = 2 * 1024 * 1024,
	.periods_min = 2,
	.periods_max = 1024,
};

/* Restrict the hardware to what the card's configuration offers. */
static void hvsnd_pcm_restrict(struct snd_pcm_hardware *hw,
			       const struct hvsnd_card_config *config)
{
	const struct hvsnd_session_format *only =
		hvsnd_config_protocol(config)->only;
	u32 channels = config->channels ?: only ? only->channels : 0;
	u32 rate = config->rate ?: only ? only->rate : 0;

	hw->rate_min = rate ?: config->rate_min;
	hw->rate_max = rate ?: config->rate_max;
	if (channels) {
		hw->channels_min = channels;
		hw->channels_max = channels;
	}
	if (config->format != HVSND_FORMAT_ANY)
		hw->formats = pcm_format_to_bits((__force snd_pcm_format_t)
						 config->format);
	else if (only)
		hw->formats = pcm_format_to_bits(only->format);
}

static int hvsnd_pcm_open(struct snd_pcm_substream *substream)
{
	struct hvsnd_card *card = snd_pcm_substream_chip(substream);
	struct snd_pcm_runtime *runtime = substream->runtime;
	struct hvsnd_card_config config;
	char comm[TASK_COMM_LEN];
	struct hvsnd_pcm *pcm;
	const char *name;
	int err;

	hvsnd_card_get_config(card, &config);
	/* The user does not allow programs to record. */
	if (substream->stream == SNDRV_PCM_STREAM_CAPTURE && !config.mic)
		return -EACCES;
	runtime->hw = hvsnd_pcm_hardware;
	hvsnd_pcm_restrict(&runtime->hw, &config);
	/* With whole periods only, a period never wraps around the buffer. */
	err = snd_pcm_hw_constraint_integer(runtime,
					    SNDRV_PCM_HW_PARAM_PERIODS);
	if (err < 0)
		return err;
	err = snd_pcm_hw_constraint_minmax(runtime,
					   SNDRV_PCM_HW_PARAM_PERIOD_TIME,
					   1000, UINT_MAX);
	if (err < 0)
		return err;

	pcm = kzalloc(sizeof(*pcm), GFP_KERNEL);
	if (!pcm)
		return -ENOMEM;
	/* Threads have names of their own; take the program's. */
	get_task_comm(comm, current->group_leader);
	name = config.name_streams == SND_HVSOCK_NAME_STREAMS_CARD ? config.id :
								     comm;
	strscpy(pcm->params.application, name, sizeof(pcm->params.application));
	strscpy(pcm->params.card, config.id, sizeof(pcm->params.card));
	strscpy(pcm->params.node, init_utsname()->nodename,
		sizeof(pcm->params.node));
	pcm->params.pid = task_tgid_nr(current);
	pcm->params.direction = substream->stream;
	runtime->private_data = pcm;
	/*
	 * By default, a read or write fails if nothing moves for little longer
	 * than the buffer lasts. A virtual machine may stand still that long.
	 */
	substream->wait_time = HVSND_WAIT_MS;
	dev_dbg(card->dev, "%s opened\n", comm);
	return 0;
}

/* Another thread may call .ack at any time, so swap under its lock. */
static struct hvsnd_stream *
hvsnd_pcm_set_stream(struct snd_pcm_substream *substream,
		     struct hvsnd_stream *st)
{
	struct hvsnd_pcm *pcm = substream->runtime->private_data;

	snd_pcm_stream_lock_irq(substream);
	swap(pcm->stream, st);
	snd_pcm_stream_unlock_irq(substream);
	return st;
}

static int hvsnd_pcm_hw_free(struct snd_pcm_substream *substream)
{
	struct hvsnd_stream *st = hvsnd_pcm_set_stream(substream, NULL);

	if (st) {
		hvsnd_chmap_set_active(substream, false);
		hvsnd_stream_detach(st);
	}
	return 0;
}

static int hvsnd_pcm_close(struct snd_pcm_substream *substream)
{
	hvsnd_pcm_hw_free(substream);
	kfree(substream->runtime->private_data);
	return 0;
}

static int hvsnd_pcm_hw_params(struct snd_pcm_substream *substream,
			       struct snd_pcm_hw_params *hw)
{
	struct hvsnd_card *card = snd_pcm_substream_chip(substream);
	struct hvsnd_pcm *pcm = substream->runtime->private_data;
	struct hvsnd_stream *st;

	/* ALSA may set new parameters without freeing the old ones. */
	hvsnd_pcm_hw_free(substream);
	pcm->params.format = params_format(hw);
	pcm->params.rate = params_rate(hw);
	pcm->params.channels = params_channels(hw);
	hvsnd_chmap_default(pcm->params.map, pcm->params.channels);
	st = hvsnd_stream_create(card, substream, &pcm->params,
				 params_period_size(hw), params_buffer_size(hw),
				 substream->runtime->dma_area);
	if (!st)
		return -ENOMEM;
	hvsnd_pcm_set_stream(substream, st);
	hvsnd_chmap_set_active(substream, true);
	return 0;
}

static int hvsnd_pcm_prepare(struct snd_pcm_substream *substream)
{
	struct hvsnd_pcm *pcm = substream->runtime->private_data;

	hvsnd_stream_prepare(pcm->stream);
	return 0;
}

/* Whether the core stops the substream because of an underrun or overrun. */
static bool hvsnd_pcm_is_xrun(struct snd_pcm_substream *substream)
{
	struct snd_pcm_runtime *runtime = substream->runtime;

	return runtime->status->state == SNDRV_PCM_STATE_RUNNING &&
	       hvsnd_pcm_avail(substream) >= runtime->stop_threshold;
}

/*
 * Linked substreams start at one time, late enough for each to have sent data.
 * ALSA's core triggers each one that is to start, which need not be all: where
 * it drains, it starts those that have something to play.
 */
static u64 hvsnd_pcm_start_time(struct snd_pcm_substream *substream)
{
	struct snd_pcm_substream *s;
	struct hvsnd_pcm *pcm;
	u64 at_ns = 0;

	if (!snd_pcm_stream_linked(substream))
		return 0;
	snd_pcm_group_for_each_entry(s, substream) {
		if (s == substream || s->ops != substream->ops)
			continue;
		pcm = s->runtime->private_data;
		if (pcm->stream)
			at_ns = hvsnd_stream_start_time(pcm->stream);
		if (at_ns)
			return at_ns;
	}
	return ktime_get_ns() + HVSND_LINKED_START_NS;
}

static int hvsnd_pcm_trigger(struct snd_pcm_substream *substream, int cmd)
{
	struct snd_pcm_runtime *runtime = substream->runtime;
	struct hvsnd_pcm *pcm = runtime->private_data;
	bool freewheel, loops;

	/* The core may free the hardware in one thread and start in another. */
	if (!pcm->stream)
		return -EBADFD;
	switch (cmd) {
	case SNDRV_PCM_TRIGGER_START:
		pcm->xrun = false;
		/*
		 * dmix never moves its application pointer. Its silence_size
		 * tells dmix from sound servers, which do not stop at an
		 * underrun either but do move the pointer.
		 */
		freewheel = runtime->silence_size >= runtime->boundary;
		loops = runtime->stop_threshold > runtime->buffer_size;
		hvsnd_stream_start(pcm->stream, freewheel, loops,
				   !runtime->no_period_wakeup,
				   hvsnd_pcm_start_time(substream));
		return 0;
	case SNDRV_PCM_TRIGGER_STOP:
		if (pcm->xrun || hvsnd_pcm_is_xrun(substream))
			hvsnd_stream_xrun(pcm->stream);
		fallthrough;
	case SNDRV_PCM_TRIGGER_SUSPEND:
		hvsnd_stream_stop(pcm->stream);
		return 0;
	case SNDRV_PCM_TRIGGER_DRAIN:
		hvsnd_stream_drain(pcm->stream);
		return 0;
	case SNDRV_PCM_TRIGGER_PAUSE_PUSH:
		/*
		 * The core has just looked at the position, and goes on even
		 * if it found an xrun, which stopped the stream.
		 */
		if (!hvsnd_stream_is_on(pcm->stream))
			return -EPIPE;
		hvsnd_stream_pause(pcm->stream);
		return 0;
	case SNDRV_PCM_TRIGGER_PAUSE_RELEASE:
		/* The core undoes a pause that has failed. */
		if (!hvsnd_stream_is_paused(pcm->stream))
			return -EPIPE;
		hvsnd_pcm_fix_jiffies(substream);
		hvsnd_stream_resume(pcm->stream,
				    hvsnd_pcm_start_time(substream));
		return 0;
	default:
		return -EINVAL;
	}
}

static int hvsnd_pcm_sync_stop(struct snd_pcm_substream *substream)
{
	struct hvsnd_pcm *pcm = substream->runtime->private_data;

	if (pcm->stream)
		hvsnd_stream_sync_stop(pcm->stream);
	return 0;
}

static snd_pcm_uframes_t hvsnd_pcm_pointer(struct snd_pcm_substream *substream)
{
	struct snd_pcm_runtime *runtime = substream->runtime;
	struct hvsnd_pcm *pcm = runtime->private_data;
	u32 delay = 0;
	s64 pos;

	/* See hvsnd_pcm_trigger(). */
	if (!pcm->stream)
		return SNDRV_PCM_POS_XRUN;
	pos = hvsnd_stream_pointer(pcm->stream,
				   hvsnd_pcm_max_advance(substream), &delay);
	if (pos < 0) {
		pcm->xrun = true;
		return SNDRV_PCM_POS_XRUN;
	}
	runtime->delay = delay;
	return pos;
}

static int hvsnd_pcm_ack(struct snd_pcm_substream *substream)
{
	struct snd_pcm_runtime *runtime = substream->runtime;
	struct hvsnd_pcm *pcm = runtime->private_data;
	s64 ahead = (s64)runtime->control->appl_ptr - runtime->status->hw_ptr;

	/* The core calls .ack before hw_params as well: nothing to do. */
	if (!pcm->stream)
		return 0;
	/* Both pointers wrap at the boundary. */
	if (ahead < -(s64)(runtime->boundary / 2))
		ahead += runtime->boundary;
	else if (ahead > (s64)(runtime->boundary / 2))
		ahead -= runtime->boundary;
	return hvsnd_stream_ack(pcm->stream, ahead);
}

static int hvsnd_pcm_ioctl(struct snd_pcm_substream *substream,
			   unsigned int cmd, void *arg)
{
	struct hvsnd_pcm *pcm = substream->runtime->private_data;
	int err = snd_pcm_lib_ioctl(substream, cmd, arg);
	unsigned long flags;

	if (err || cmd != SNDRV_PCM_IOCTL1_RESET)
		return err;
	/* The core has moved the application pointer without calling .ack. */
	snd_pcm_stream_lock_irqsave(substream, flags);
	if (pcm->stream)
		hvsnd_stream_reset(pcm->stream);
	snd_pcm_stream_unlock_irqrestore(substream, flags);
	return 0;
}

static const struct snd_pcm_ops hvsnd_pcm_ops = {
	.open = hvsnd_pcm_open,
	.close = hvsnd_pcm_close,
	.ioctl = hvsnd_pcm_ioctl,
	.hw_params = hvsnd_pcm_hw_params,
	.hw_free = hvsnd_pcm_hw_free,
	.prepare = hvsnd_pcm_prepare,
	.trigger = hvsnd_pcm_trigger,
	.sync_stop = hvsnd_pcm_sync_stop,
	.pointer = hvsnd_pcm_pointer,
	.ack = hvsnd_pcm_ack,
};

/**
 * hvsnd_pcm_create() - Create a card's PCM device
 * @card: the card
 * @result: set to the device
 *
 * Context: Process.
 * Return: 0 or a negative errno.
 */
int hvsnd_pcm_create(struct hvsnd_card *card, struct snd_pcm **result)
{
	const struct hvsnd_card_config *config = &card->config;
	struct snd_pcm *pcm;
	int err;

	err = snd_pcm_new(card->card, "HvSock", 0, config->playback_streams,
			  config->capture_streams, &pcm);
	if (err < 0)
		return err;
	*result = pcm;
	pcm->private_data = card;
	strscpy(pcm->name, "HvSock", sizeof(pcm->name));
	snd_pcm_set_ops(pcm, SNDRV_PCM_STREAM_PLAYBACK, &hvsnd_pcm_ops);
	snd_pcm_set_ops(pcm, SNDRV_PCM_STREAM_CAPTURE, &hvsnd_pcm_ops);
	hvsnd_pcm_set_lock_class(pcm);
	/* Nothing needs physical addresses; vmalloc memory can be mapped. */
	snd_pcm_set_managed_buffer_all(pcm, SNDRV_DMA_TYPE_VMALLOC, NULL, 0, 0);
	err = hvsnd_chmap_create(pcm, SNDRV_PCM_STREAM_PLAYBACK);
	if (err < 0)
		return err;
	return hvsnd_chmap_create(pcm, SNDRV_PCM_STREAM_CAPTURE);
}
