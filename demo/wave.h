/* SPDX-License-Identifier: GPL-2.0 */
/* An audio file in memory, and the range that is not digital silence. */
#ifndef DEMO_WAVE_H
#define DEMO_WAVE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sndfile.h>

/**
 * struct wave - an audio file in memory
 * @info: libsndfile's description of the file
 * @data: samples, left-justified in 32 bits, so that files with samples of
 *        different width can be compared
 * @frames: number of frames
 * @begin: first frame that is not digital silence
 * @end: frame after the last one that is not digital silence; equals @begin if
 *       the file is silent
 */
struct wave {
	SF_INFO info;
	int32_t *data;
	int64_t frames;
	int64_t begin;
	int64_t end;
};

void wave_load(struct wave *w, const char *path);
bool samples_silent(const int32_t *samples, size_t n);

static inline const int32_t *wave_frame(const struct wave *w, int64_t frame)
{
	return w->data + frame * w->info.channels;
}

static inline bool wave_silent(const struct wave *w, int64_t frame)
{
	return samples_silent(wave_frame(w, frame), w->info.channels);
}

#endif /* DEMO_WAVE_H */
