/* SPDX-License-Identifier: GPL-2.0 */
/* A card's PCM device. */
#ifndef HVSOCK_PCM_H
#define HVSOCK_PCM_H

struct hvsnd_card;
struct snd_pcm;

int hvsnd_pcm_create(struct hvsnd_card *card, struct snd_pcm **result);

#endif /* HVSOCK_PCM_H */
