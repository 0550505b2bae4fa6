// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"

#define FULL_SCALE 2147483648.0f /* of 32-bit samples */
#define MIX_MAX 8 /* channels that have a place; the others are in the centre */

static bool is_big(enum sample_format format)
{
	return format == SAMPLE_S16BE || format == SAMPLE_FLOAT32BE ||
	       format == SAMPLE_S32BE || format == SAMPLE_S24BE ||
	       format == SAMPLE_S24_32BE;
}

/* The bits of a sample as a number. */
static uint32_t get(const uint8_t *p, size_t size, bool big)
{
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < size; i++)
		v |= (uint32_t)p[i] << 8 * (big ? size - 1 - i : i);
	return v;
}

static void put(uint8_t *p, size_t size, bool big, uint32_t v)
{
	size_t i;

	for (i = 0; i < size; i++)
		p[i] = v >> 8 * (big ? size - 1 - i : i);
}

/* ITU-T G.711: a sample of 16 bits. */
static int32_t from_alaw(uint8_t v)
{
	int32_t exponent, t;

	v ^= 0x55;
	exponent = (v >> 4) & 7;
	t = (v & 15) << 4 | 8;
	if (exponent)
		t = (t + 256) << (exponent - 1);
	return v & 0x80 ? t : -t;
}

static int32_t from_ulaw(uint8_t v)
{
	int32_t t;

	v = ~v;
	t = (((v & 15) << 3) + 132) << ((v >> 4) & 7);
	return v & 0x80 ? 132 - t : t - 132;
}

/* The code of the nearest value: the codes are ordered by their amount. */
static uint8_t to_law(int32_t (*from)(uint8_t), uint8_t mask, int32_t v)
{
	uint8_t sign = v < 0 ? 0 : 0x80, code = 0;
	int bit;

	for (bit = 6; bit >= 0; bit--) {
		uint8_t next = code | 1 << bit;
		int32_t low = from((sign | (next - 1)) ^ mask);
		int32_t high = from((sign | next) ^ mask);

		if (2 * (int64_t)(v < 0 ? -v : v) >= labs(low) + labs(high))
			code = next;
	}
	return (sign | code) ^ mask;
}

static float from_bits(enum sample_format format, uint32_t v)
{
	float f;

	switch (format) {
	case SAMPLE_U8:
		return ((int32_t)v - 0x80) / 128.0f;
	case SAMPLE_ALAW:
		return from_alaw(v) / 32768.0f;
	case SAMPLE_ULAW:
		return from_ulaw(v) / 32768.0f;
	case SAMPLE_S16LE:
	case SAMPLE_S16BE:
		return (int16_t)v / 32768.0f;
	case SAMPLE_FLOAT32LE:
	case SAMPLE_FLOAT32BE:
		memcpy(&f, &v, sizeof(f));
		return isfinite(f) ? f : 0;
	case SAMPLE_S32LE:
	case SAMPLE_S32BE:
		return (int32_t)v / FULL_SCALE;
	default:
		return (int32_t)(v << 8) / FULL_SCALE;
	}
}

/* A sample of 16 or 32 bits, rounded and clipped. */
static int32_t to_integer(float f, float scale)
{
	double v = rint((double)f * scale);

	if (v > scale - 1.0)
		v = scale - 1.0;
	if (v < -scale)
		v = -scale;
	return v;
}

static uint32_t to_bits(enum sample_format format, float f)
{
	uint32_t v;

	switch (format) {
	case SAMPLE_U8:
		return to_integer(f, 128) + 0x80;
	case SAMPLE_ALAW:
		return to_law(from_alaw, 0x55, to_integer(f, 32768));
	case SAMPLE_ULAW:
		return to_law(from_ulaw, 0x7f, to_integer(f, 32768));
	case SAMPLE_S16LE:
	case SAMPLE_S16BE:
		return to_integer(f, 32768);
	case SAMPLE_FLOAT32LE:
	case SAMPLE_FLOAT32BE:
		memcpy(&v, &f, sizeof(v));
		return v;
	case SAMPLE_S32LE:
	case SAMPLE_S32BE:
		return to_integer(f, FULL_SCALE);
	default:
		return to_integer(f, 8388608);
	}
}

void convert_to_float(enum sample_format format, const void *in, float *out,
		      size_t count)
{
	size_t size = sample_size(format);
	bool big = is_big(format);
	const uint8_t *p = in;

	while (count--) {
		*out++ = from_bits(format, get(p, size, big));
		p += size;
	}
}

void convert_from_float(enum sample_format format, const float *in, void *out,
			size_t count)
{
	size_t size = sample_size(format);
	bool big = is_big(format);
	uint8_t *p = out;

	while (count--) {
		put(p, size, big, to_bits(format, *in++));
		p += size;
	}
}

/* Mix all channels into left and right, without exceeding full scale. */
static void mix(const float *in, unsigned int from, float *left, float *right)
{
	/* shares of the left loudspeaker; 0.7 is -3 dB */
	static const float shares[MIX_MAX] = { 1,    0,	   0.7f, 0,
					       0.7f, 0.7f, 0.7f, 0 };
	static const float right_shares[MIX_MAX] = { 0,	   1,	 0, 0.7f,
						     0.7f, 0.7f, 0, 0.7f };
	float sum = 0;
	unsigned int i;

	*left = 0;
	*right = 0;
	for (i = 0; i < from; i++) {
		unsigned int place = i < MIX_MAX ? i : 4;

		*left += in[i] * shares[place];
		*right += in[i] * right_shares[place];
		sum += shares[place];
	}
	*left /= sum;
	*right /= sum;
}

void convert_channels(const float *in, unsigned int from, float *out,
		      unsigned int to, size_t frames)
{
	float left, right;
	unsigned int i;

	for (; frames; frames--, in += from, out += to) {
		for (i = 0; i < to; i++)
			out[i] = i < from ? in[i] : 0;
		if (from == 1 && to > 1) {
			out[1] = in[0];
		} else if (from > to && to <= 2) {
			mix(in, from, &left, &right);
			out[0] = to == 1 ? (left + right) / 2 : left;
			if (to == 2)
				out[1] = right;
		}
	}
}
