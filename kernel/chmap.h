/* SPDX-License-Identifier: GPL-2.0 */
/* Channel maps: the speaker, or direction, of each channel of a substream. */
#ifndef HVSOCK_CHMAP_H
#define HVSOCK_CHMAP_H

#include <linux/types.h>

struct snd_pcm;
struct snd_pcm_substream;

void hvsnd_chmap_default(u8 *map, u32 channels);
void hvsnd_chmap_set_active(struct snd_pcm_substream *substream, bool active);
int hvsnd_chmap_create(struct snd_pcm *pcm, int direction);

#endif /* HVSOCK_CHMAP_H */
