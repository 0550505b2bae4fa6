/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Opens a PCM with exactly the given hardware parameters. To be included after
 * the program's own must(), which exits on an error.
 */
#ifndef OPEN_PCM_H
#define OPEN_PCM_H

#include <alsa/asoundlib.h>

struct pcm_params {
	snd_pcm_access_t access;
	snd_pcm_format_t format;
	unsigned int channels, rate;
	snd_pcm_uframes_t period, buffer;	/* frames */
};

static inline snd_pcm_t *pcm_open(const char *name, snd_pcm_stream_t direction,
				  int mode, const struct pcm_params *params)
{
	snd_pcm_hw_params_t *hw;
	snd_pcm_t *pcm;

	snd_pcm_hw_params_alloca(&hw);
	must(snd_pcm_open(&pcm, name, direction, mode), name);
	must(snd_pcm_hw_params_any(pcm, hw), "hw_params_any");
	must(snd_pcm_hw_params_set_access(pcm, hw, params->access), "access");
	must(snd_pcm_hw_params_set_format(pcm, hw, params->format), "format");
	must(snd_pcm_hw_params_set_channels(pcm, hw, params->channels),
	     "channels");
	must(snd_pcm_hw_params_set_rate(pcm, hw, params->rate, 0), "rate");
	must(snd_pcm_hw_params_set_period_size(pcm, hw, params->period, 0),
	     "period");
	must(snd_pcm_hw_params_set_buffer_size(pcm, hw, params->buffer),
	     "buffer");
	must(snd_pcm_hw_params(pcm, hw), "hw_params");
	return pcm;
}

#endif
