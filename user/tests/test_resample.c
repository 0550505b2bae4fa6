// SPDX-License-Identifier: GPL-2.0
/* The resampler's quality, and conversion of sample formats and channels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "convert.h"
#include "resample.h"

#define PI 3.14159265358979323846
#define SECONDS 1
#define SKIP 1000 /* frames at both ends that the filter changes */

/*
 * Resample a sine of @hz, in blocks of different sizes. Returns the ratio, in
 * dB, of the signal to all that is not the same sine at the new rate, with any
 * gain and phase. @gain is set to the gain in dB.
 */
static double quality(uint32_t in_rate, uint32_t out_rate, double actual_rate,
		      double hz, double *gain)
{
	size_t in_frames = in_rate * SECONDS, at = 0, n = 0, i, room;
	size_t size = (size_t)out_rate * SECONDS * 1.1;
	float *out = calloc(size, sizeof(float)), *in;
	double s = 0, c = 0, ss = 0, sc = 0, cc = 0, power = 0, rest = 0, w, t;
	struct resample r;

	in = calloc(in_frames, sizeof(float));
	for (i = 0; i < in_frames; i++)
		in[i] = 0.5 * sin(2 * PI * hz / actual_rate * i);
	assert_int_equal(resample_init(&r, 1, in_rate, out_rate), 0);
	resample_set_rate(&r, actual_rate);
	while (at < in_frames) {
		room = resample_room(&r);
		if (room > 1 + at % 777)
			room = 1 + at % 777;
		if (room > in_frames - at)
			room = in_frames - at;
		resample_put(&r, in + at, room);
		at += room;
		n += resample_get(&r, out + n, size - n);
	}
	/* All but half of the filter's length arrives. */
	assert_true(fabs(n - in_frames * out_rate / actual_rate) <
		    200.0 * fmax(1, (double)out_rate / in_rate));
	w = 2 * PI * hz / out_rate;
	for (i = SKIP; i < n - SKIP; i++) {
		s += out[i] * sin(w * i);
		c += out[i] * cos(w * i);
		ss += sin(w * i) * sin(w * i);
		sc += sin(w * i) * cos(w * i);
		cc += cos(w * i) * cos(w * i);
	}
	/* Least squares */
	t = (s * cc - c * sc) / (ss * cc - sc * sc);
	c = (c * ss - s * sc) / (ss * cc - sc * sc);
	s = t;
	for (i = SKIP; i < n - SKIP; i++) {
		double fit = s * sin(w * i) + c * cos(w * i);

		power += fit * fit;
		rest += (out[i] - fit) * (out[i] - fit);
	}
	*gain = 20 * log10(sqrt(s * s + c * c) / 0.5);
	resample_free(&r);
	free(in);
	free(out);
	return 10 * log10(power / rest);
}

static void test_quality(void **state)
{
	static const struct {
		uint32_t in, out;
		double actual, hz;
	} cases[] = {
		{ 44100, 48000, 44100, 1000 },
		{ 44100, 48000, 44100 * 1.0003, 1000 },
		{ 48000, 48000, 48000 * 0.9997, 10000 },
		{ 44100, 48000, 44100, 18000 },
		{ 48000, 44100, 48000, 15000 },
		{ 96000, 48000, 96000, 18000 },
		{ 192000, 44100, 192000, 1000 },
		{ 8000, 48000, 8000, 3000 },
	};
	double gain, db;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		db = quality(cases[i].in, cases[i].out, cases[i].actual,
			     cases[i].hz, &gain);
		printf("# %u to %u, %.0f Hz: %.1f dB, gain %.3f dB\n",
		       cases[i].in, cases[i].out, cases[i].hz, db, gain);
		assert_true(db > 95);
		assert_true(fabs(gain) < 0.1);
	}
}

/* What the lower rate cannot carry is removed. */
static void test_alias(void **state)
{
	double gain;

	(void)state;
	quality(96000, 48000, 96000, 27000, &gain);
	printf("# 96000 to 48000, 27000 Hz: gain %.1f dB\n", gain);
	assert_true(gain < -90);
}

static void test_formats(void **state)
{
	uint8_t in[4 * 1024], out[4 * 1024];
	float middle[1024];
	size_t i, n;
	int f;

	(void)state;
	for (f = 0; f < SAMPLE_FORMATS; f++) {
		if (f == SAMPLE_FLOAT32LE || f == SAMPLE_FLOAT32BE)
			continue;
		n = sizeof(in) / 4;
		for (i = 0; i < sizeof(in); i++)
			in[i] = i < 256 ? (int)i : rand();
		if (f == SAMPLE_S24_32LE || f == SAMPLE_S24_32BE) {
			for (i = 0; i < n; i++)
				in[4 * i + (f == SAMPLE_S24_32LE ? 3 : 0)] = 0;
		}
		convert_to_float(f, in, middle, n);
		convert_from_float(f, middle, out, n);
		/* A float has 24 bits. A-law and mu-law: -0 is 0. */
		for (i = 0; i < n; i++) {
			assert_true(middle[i] >= -1 && middle[i] <= 1);
			if (f == SAMPLE_ULAW && in[i] == 0x7f)
				out[i] = 0x7f;
		}
		if (f == SAMPLE_S32LE || f == SAMPLE_S32BE)
			continue;
		if (f == SAMPLE_S24_32LE || f == SAMPLE_S24_32BE) {
			for (i = 0; i < n; i++)
				out[4 * i + (f == SAMPLE_S24_32LE ? 3 : 0)] = 0;
		}
		assert_memory_equal(in, out, n * sample_size(f));
	}
}

static void test_clipping(void **state)
{
	static const float in[] = { 2, -2, 1, -1, 0 };
	static const int16_t expected[] = { 32767, -32768, 32767, -32768, 0 };
	int16_t out[5];
	float nan_in[2] = { NAN, INFINITY }, f[2];

	(void)state;
	convert_from_float(SAMPLE_S16LE, in, out, 5);
	assert_memory_equal(out, expected, sizeof(out));
	convert_to_float(SAMPLE_FLOAT32LE, nan_in, f, 2);
	assert_true(f[0] == 0 && f[1] == 0);
}

static void test_channels(void **state)
{
	static const float one[] = { 0.5f }, two[] = { 0.25f, -0.5f };
	static const float six[] = { 1, 1, 1, 1, 1, 1 };
	float out[6];

	(void)state;
	convert_channels(one, 1, out, 2, 1);
	assert_true(out[0] == 0.5f && out[1] == 0.5f);
	convert_channels(two, 2, out, 1, 1);
	assert_true(out[0] == -0.125f);
	convert_channels(two, 2, out, 6, 1);
	assert_true(out[0] == 0.25f && out[1] == -0.5f && !out[2] && !out[5]);
	convert_channels(six, 6, out, 2, 1);
	assert_true(fabsf(out[0] - 1) < 0.00001f &&
		    fabsf(out[1] - 1) < 0.00001f);
	convert_channels(six, 6, out, 6, 1);
	assert_memory_equal(out, six, sizeof(six));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quality),
		cmocka_unit_test(test_alias),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_clipping),
		cmocka_unit_test(test_channels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
