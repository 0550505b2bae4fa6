/* SPDX-License-Identifier: GPL-2.0 */
/* Workarounds for ALSA's PCM core, each with what would make it unnecessary. */
#ifndef HVSOCK_QUIRKS_H
#define HVSOCK_QUIRKS_H

#include <linux/types.h>
#include <sound/pcm.h>

void hvsnd_pcm_set_lock_class(struct snd_pcm *pcm);
void hvsnd_pcm_unregister(struct snd_pcm *pcm);
void hvsnd_pcm_fix_jiffies(struct snd_pcm_substream *substream);
u64 hvsnd_pcm_max_advance(struct snd_pcm_substream *substream);

/* Frames that the application can write, or read. */
static inline snd_pcm_uframes_t
hvsnd_pcm_avail(const struct snd_pcm_substream *substream)
{
	if (substream->stream == SNDRV_PCM_STREAM_PLAYBACK)
		return snd_pcm_playback_avail(substream->runtime);
	return snd_pcm_capture_avail(substream->runtime);
}

#endif /* HVSOCK_QUIRKS_H */
