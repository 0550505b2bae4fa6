// SPDX-License-Identifier: GPL-2.0
/* The order of channels: outputs have ALSA's, whatever a stream has. */
#include <string.h>

#include "native_private.h"

#define AUX0 12
#define AUX_COUNT 32
#define SAMPLE_MAX 4

/* ALSA's default orders, as far as PulseAudio names them. */
void native_default_map(u8 *map, u8 channels)
{
	static const u8 surround[] = { 1, 2, 5, 6, 3, 7, 10, 11 };
	u8 i;

	if (channels == 1) {
		map[0] = 0;
	} else if (channels <= 8 && channels != 7 && channels != 3) {
		memcpy(map, surround, channels);
	} else {
		for (i = 0; i < channels; i++)
			map[i] = AUX0 + i % AUX_COUNT;
	}
}

void native_map_init(struct native_stream *s)
{
	u8 n = s->spec.channels, device[NATIVE_CHANNELS_MAX], i, j;
	u32 used = 0;

	native_default_map(device, n);
	s->reorders = false;
	for (i = 0; i < n; i++) {
		for (j = 0; j < n && s->map[j] != device[i]; j++)
			;
		/* Other positions than the output's stay where they are. */
		if (j == n || used & 1U << j) {
			s->reorders = false;
			return;
		}
		used |= 1U << j;
		s->order[i] = j;
		s->reorders |= i != j;
	}
}

void native_map_apply(const struct native_stream *s, u8 *buf, size_t len)
{
	size_t size = sample_size(s->spec.format), frame = 0, at;
	u8 old[NATIVE_CHANNELS_MAX * SAMPLE_MAX], i;

	if (!s->reorders)
		return;
	frame = size * s->spec.channels;
	for (at = 0; at < len; at += frame) {
		memcpy(old, buf + at, frame);
		for (i = 0; i < s->spec.channels; i++) {
			if (s->record)
				memcpy(buf + at + s->order[i] * size,
				       old + i * size, size);
			else
				memcpy(buf + at + i * size,
				       old + s->order[i] * size, size);
		}
	}
}
