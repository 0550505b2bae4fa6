/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PCM flags that older kernels do not know; there they mean nothing. A
 * direction's device is not part of it any more since 6.6. The state is no
 * longer only in memory that the program maps since 6.1.
 */
#ifndef HVSOCK_COMPAT_PCM_H
#define HVSOCK_COMPAT_PCM_H

#include <sound/pcm.h>

#ifndef SNDRV_PCM_INFO_PERFECT_DRAIN	/* 6.4 */
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

#endif /* HVSOCK_COMPAT_PCM_H */
