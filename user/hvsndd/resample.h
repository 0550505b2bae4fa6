/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Resampler with a rate that can be changed at any time. A windowed sinc of 64
 * taps, in 512 phases with linear interpolation between them.
 */
#ifndef HVSNDD_RESAMPLE_H
#define HVSNDD_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct resample - a resampler
 * @channels: number of channels
 * @taps: length of the filter, input frames
 * @out_rate: frames per second of the output
 * @step: input frames for each output frame
 * @position: next output frame: position behind the first frame of @history
 * @table: the filter: @taps coefficients for each phase, and one more phase
 * @history: input frames that are still needed
 * @have: number of frames in @history
 * @size: size of @history in frames
 */
struct resample {
	unsigned int channels;
	unsigned int taps;
	uint32_t out_rate;
	double step;
	double position;
	float *table;
	float *history;
	size_t have;
	size_t size;
};

/**
 * resample_init() - Create a resampler
 * @r: the resampler
 * @channels: number of channels
 * @in_rate: nominal frames per second of the input
 * @out_rate: frames per second of the output
 *
 * Return: 0 or a negative errno.
 */
int resample_init(struct resample *r, unsigned int channels, uint32_t in_rate,
		  uint32_t out_rate);

/* Set the rate of the input, which is near the nominal one. */
void resample_set_rate(struct resample *r, double in_rate);

/* Number of input frames that can be given now. */
size_t resample_room(const struct resample *r);

/* Give at most resample_room() frames. */
void resample_put(struct resample *r, const float *in, size_t frames);

/* Take at most @frames frames. Returns the number of frames. */
size_t resample_get(struct resample *r, float *out, size_t frames);

/* Duration of the input that was given and not taken yet, in microseconds. */
uint64_t resample_delay(const struct resample *r);

/* Forget all input. A zeroed resampler is allowed. */
void resample_reset(struct resample *r);
void resample_free(struct resample *r);

#endif /* HVSNDD_RESAMPLE_H */
