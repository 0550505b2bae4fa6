/* SPDX-License-Identifier: GPL-2.0 */
/* A sound file in memory, and where in it there is sound. */
#ifndef DEMO_WAVE_H
#define DEMO_WAVE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sndfile.h>

/**
 * struct wave - a sound file in memory
 * @info: libsndfile's description of it
 * @data: samples, left-justified in 32 bits whatever the file's width, so
 *        that equal files have equal numbers here
 * @frames: how many frames there are
 * @begin: first frame that is not digital silence
 * @end: the frame after the last that is not; equals @begin if all is silence
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
