// SPDX-License-Identifier: GPL-2.0
/*
 * --output alsa[:DEVICE]: for hosts without a sound server. What it takes to
 * mix guests and convert rates is alsa-lib's.
 */
#include <alsa/asoundlib.h>
#include <stdlib.h>

#include "config.h"
#include "loop.h"
#include "voice.h"

#define LEAST_USEC (5 * USEC_PER_MSEC)

/**
 * struct alsa_voice - a PCM
 * @voice: for its user
 * @pcm: it
 * @timer: when it is looked after
 * @told: the log has that the device is gone
 */
struct alsa_voice {
	struct voice voice;
	snd_pcm_t *pcm;
	struct timer timer;
	bool told;
};

static const char *device = "default";

static snd_pcm_format_t format_of(pa_sample_format_t format)
{
	static const struct {
		pa_sample_format_t pulse;
		snd_pcm_format_t alsa;
	} formats[] = {
		{ PA_SAMPLE_U8, SND_PCM_FORMAT_U8 },
		{ PA_SAMPLE_ALAW, SND_PCM_FORMAT_A_LAW },
		{ PA_SAMPLE_ULAW, SND_PCM_FORMAT_MU_LAW },
		{ PA_SAMPLE_S16LE, SND_PCM_FORMAT_S16_LE },
		{ PA_SAMPLE_S16BE, SND_PCM_FORMAT_S16_BE },
		{ PA_SAMPLE_FLOAT32LE, SND_PCM_FORMAT_FLOAT_LE },
		{ PA_SAMPLE_FLOAT32BE, SND_PCM_FORMAT_FLOAT_BE },
		{ PA_SAMPLE_S32LE, SND_PCM_FORMAT_S32_LE },
		{ PA_SAMPLE_S32BE, SND_PCM_FORMAT_S32_BE },
		{ PA_SAMPLE_S24LE, SND_PCM_FORMAT_S24_3LE },
		{ PA_SAMPLE_S24BE, SND_PCM_FORMAT_S24_3BE },
		{ PA_SAMPLE_S24_32LE, SND_PCM_FORMAT_S24_LE },
		{ PA_SAMPLE_S24_32BE, SND_PCM_FORMAT_S24_BE },
	};
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].pulse == format)
			return formats[i].alsa;
	}
	return SND_PCM_FORMAT_UNKNOWN;
}

static uint64_t period(void)
{
	return config.latency_us / 4 < LEAST_USEC ? LEAST_USEC :
						    config.latency_us / 4;
}

static bool alsa_start(const char *argument)
{
	if (argument && *argument)
		device = argument;
	return true;
}

/* An underrun, an overrun or a machine that slept. */
static bool recover(struct alsa_voice *a, int err)
{
	if (err == -EPIPE && !a->voice.record)
		a->voice.guest->underruns++;
	if (err == -EAGAIN)
		return false;
	err = snd_pcm_recover(a->pcm, err, 1);
	if (err < 0) {
		if (!a->told)
			log_limited(&a->voice.guest->log, LOG_WARNING,
				    "%s: ALSA's %s: %s. Its sound stops until it connects anew",
				    a->voice.guest->name, device,
				    snd_strerror(err));
		a->told = true;
		return false;
	}
	return !a->voice.record || snd_pcm_start(a->pcm) >= 0;
}

static void record(struct alsa_voice *a)
{
	size_t frame = pa_frame_size(&a->voice.sound);
	char buf[VOICE_BLOCK];
	snd_pcm_sframes_t n;

	do {
		n = snd_pcm_readi(a->pcm, buf, sizeof(buf) / frame);
		if (n > 0)
			a->voice.heard(a->voice.data, buf, n * frame);
		else if (n < 0)
			recover(a, n);
	} while (n == (snd_pcm_sframes_t)(sizeof(buf) / frame));
}

static void on_timer(void *data)
{
	struct alsa_voice *a = data;

	timer_set(&a->timer, period());
	if (a->voice.record)
		record(a);
	else
		a->voice.ready(a->voice.data);
}

static struct voice *alsa_open(const struct voice *v)
{
	struct alsa_voice *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return NULL;
	a->voice = *v;
	a->voice.output = &output_alsa;
	err = snd_pcm_open(&a->pcm, device,
			   v->record ? SND_PCM_STREAM_CAPTURE :
				       SND_PCM_STREAM_PLAYBACK,
			   SND_PCM_NONBLOCK);
	if (err >= 0)
		err = snd_pcm_set_params(a->pcm, format_of(v->sound.format),
					 SND_PCM_ACCESS_RW_INTERLEAVED,
					 v->sound.channels, v->sound.rate, 1,
					 2 * config.latency_us);
	if (err >= 0)
		err = timer_init(&a->timer, on_timer, a);
	if (err >= 0 && v->record)
		err = snd_pcm_start(a->pcm);
	if (err >= 0) {
		timer_set(&a->timer, period());
		return &a->voice;
	}
	log_limited(&v->guest->log, LOG_WARNING, "%s: ALSA's %s: %s",
		    v->guest->name, device, snd_strerror(err));
	if (a->pcm)
		snd_pcm_close(a->pcm);
	timer_free(&a->timer);
	free(a);
	return NULL;
}

static size_t alsa_room(struct voice *v)
{
	struct alsa_voice *a = (struct alsa_voice *)v;
	snd_pcm_sframes_t n = snd_pcm_avail_update(a->pcm);

	if (n < 0 && recover(a, n))
		n = snd_pcm_avail_update(a->pcm);
	return n > 0 ? n * pa_frame_size(&v->sound) : 0;
}

static void alsa_write(struct voice *v, const void *buf, size_t len)
{
	struct alsa_voice *a = (struct alsa_voice *)v;
	size_t frame = pa_frame_size(&v->sound);
	snd_pcm_sframes_t n = snd_pcm_writei(a->pcm, buf, len / frame);

	if (n < 0 && recover(a, n))
		n = snd_pcm_writei(a->pcm, buf, len / frame);
	if (n < (snd_pcm_sframes_t)(len / frame))
		v->guest->dropped += len - (n > 0 ? n * frame : 0);
}

/* It starts by itself when it has half of its buffer, and after being woken. */
static void alsa_cork(struct voice *v, bool cork)
{
	struct alsa_voice *a = (struct alsa_voice *)v;

	if (cork) {
		snd_pcm_drain(a->pcm);
		timer_stop(&a->timer);
	} else {
		snd_pcm_drop(a->pcm);
		snd_pcm_prepare(a->pcm);
		timer_set(&a->timer, period());
	}
}

static void alsa_close(struct voice *v)
{
	struct alsa_voice *a = (struct alsa_voice *)v;

	timer_free(&a->timer);
	snd_pcm_close(a->pcm);
	free(a);
}

static void alsa_stop(void)
{
	snd_config_update_free_global();
}

const struct output output_alsa = {
	.name = "alsa",
	.start = alsa_start,
	.open = alsa_open,
	.room = alsa_room,
	.write = alsa_write,
	.cork = alsa_cork,
	.close = alsa_close,
	.stop = alsa_stop,
};
