/* SPDX-License-Identifier: GPL-2.0 */
/* PCM flags that older kernels do not know; there they mean nothing. */
#ifndef HVSOCK_COMPAT_PCM_H
#define HVSOCK_COMPAT_PCM_H

#include <sound/pcm.h>

#ifndef SNDRV_PCM_INFO_PERFECT_DRAIN	/* 6.4 */
#define SNDRV_PCM_INFO_PERFECT_DRAIN 0
#endif

#endif /* HVSOCK_COMPAT_PCM_H */
