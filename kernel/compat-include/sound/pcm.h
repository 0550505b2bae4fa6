/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SNDRV_PCM_INFO_PERFECT_DRAIN exists since 6.4. Since 6.6 a direction's
 * device is behind a pointer, for which there is hvsnd_pcm_dev(). Since 6.1 the
 * state is not only in the memory that the application maps.
 */
#ifndef HVSOCK_COMPAT_SOUND_PCM_H
#define HVSOCK_COMPAT_SOUND_PCM_H

#include_next <sound/pcm.h>

#ifndef SNDRV_PCM_INFO_PERFECT_DRAIN
#define SNDRV_PCM_INFO_PERFECT_DRAIN 0
#endif

#ifdef HVSND_HAVE_PCM_DEV_POINTER
#define hvsnd_pcm_dev(str) ((str)->dev)
#else
#define hvsnd_pcm_dev(str) (&(str)->dev)
#endif

#ifndef HVSND_HAVE_PCM_SET_STATE
static inline void __snd_pcm_set_state(struct snd_pcm_runtime *runtime,
				       snd_pcm_state_t state)
{
	runtime->status->state = state;
}
#endif

#endif /* HVSOCK_COMPAT_SOUND_PCM_H */
