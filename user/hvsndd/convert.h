/* SPDX-License-Identifier: GPL-2.0 */
/* Conversion of sample formats and channels to and from 32-bit float. */
#ifndef HVSNDD_CONVERT_H
#define HVSNDD_CONVERT_H

#include "sample.h"

/**
 * convert_to_float() - Convert samples to the range from -1 to 1
 * @format: format of the samples
 * @in: the samples
 * @out: the converted samples
 * @count: number of samples
 */
void convert_to_float(enum sample_format format, const void *in, float *out,
		      size_t count);

/**
 * convert_from_float() - Convert samples from the range from -1 to 1
 * @format: wanted format
 * @in: the samples; what is out of range is clipped
 * @out: the converted samples
 * @count: number of samples
 *
 * 16-bit samples that convert_to_float() has converted come back unchanged.
 */
void convert_from_float(enum sample_format format, const float *in, void *out,
			size_t count);

/**
 * convert_channels() - Play frames on another number of loudspeakers
 * @in: the frames, in ALSA's order of channels: front left and right, rear left
 *      and right, front centre, low frequencies, side left and right
 * @from: number of channels of @in
 * @out: the converted frames
 * @to: number of channels of @out
 * @frames: number of frames
 *
 * One channel is played on the two front loudspeakers. If there are two
 * loudspeakers or one, all channels are mixed. Otherwise each channel is played
 * on the loudspeaker with its number, if there is one.
 */
void convert_channels(const float *in, unsigned int from, float *out,
		      unsigned int to, size_t frames);

#endif /* HVSNDD_CONVERT_H */
