// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "resample.h"

/*
 * The window has side lobes of -105 dB. With it, 64 taps reach from 0.91 of the
 * lower Nyquist frequency to 1.09 of it: 20 kHz of 44.1 kHz.
 */
#define TAPS 64
#define PHASES 512
#define BETA 10.0
#define CUTOFF 0.95
#define HISTORY_FRAMES 2048 /* beside the filter's length */
#define PI 3.14159265358979323846

/* Modified Bessel function of the first kind, order zero. */
static double bessel(double x)
{
	double sum = 1, term = 1;
	int k;

	for (k = 1; term > sum * 0.000000000001; k++) {
		term *= x / (2 * k) * (x / (2 * k));
		sum += term;
	}
	return sum;
}

/* The filter at @t input frames from its middle. */
static double filter(double t, double cutoff, double half)
{
	double w = t / half, x = PI * t * cutoff;

	if (fabs(w) >= 1)
		return 0;
	return (x ? sin(x) / x : 1) * cutoff * bessel(BETA * sqrt(1 - w * w)) /
	       bessel(BETA);
}

static void fill_table(struct resample *r, double cutoff)
{
	double half = r->taps / 2, sum;
	unsigned int phase, i;
	float *row;

	for (phase = 0; phase <= PHASES; phase++) {
		row = r->table + phase * r->taps;
		sum = 0;
		for (i = 0; i < r->taps; i++) {
			row[i] = filter(i + 1 - half - (double)phase / PHASES,
					cutoff, half);
			sum += row[i];
		}
		for (i = 0; i < r->taps; i++)
			row[i] /= sum;
	}
}

int resample_init(struct resample *r, unsigned int channels, uint32_t in_rate,
		  uint32_t out_rate)
{
	double ratio = (double)out_rate / in_rate;

	memset(r, 0, sizeof(*r));
	r->channels = channels;
	r->out_rate = out_rate;
	/* To lower the rate, the filter is wider. */
	r->taps = TAPS;
	if (ratio < 1)
		r->taps = (unsigned int)ceil(TAPS / ratio / 2) * 2;
	r->size = HISTORY_FRAMES + 2 * r->taps;
	r->table = malloc((PHASES + 1) * r->taps * sizeof(float));
	r->history = malloc(r->size * channels * sizeof(float));
	if (!r->table || !r->history) {
		resample_free(r);
		return -ENOMEM;
	}
	fill_table(r, CUTOFF * fmin(1, ratio));
	resample_set_rate(r, in_rate);
	resample_reset(r);
	return 0;
}

void resample_set_rate(struct resample *r, double in_rate)
{
	r->step = in_rate / r->out_rate;
}

/* Silence before the first frame, so that the output begins with it. */
void resample_reset(struct resample *r)
{
	r->have = r->taps / 2 - 1;
	r->position = 0;
	memset(r->history, 0, r->have * r->channels * sizeof(float));
}

size_t resample_room(const struct resample *r)
{
	return r->size - r->have;
}

void resample_put(struct resample *r, const float *in, size_t frames)
{
	memcpy(r->history + r->have * r->channels, in,
	       frames * r->channels * sizeof(float));
	r->have += frames;
}

static void compute(const struct resample *r, float *out)
{
	size_t at = r->position;
	double phase = (r->position - at) * PHASES;
	unsigned int row = phase, i, c;
	const float *a = r->table + row * r->taps, *b = a + r->taps;
	const float *in = r->history + at * r->channels;
	float share = phase - row;

	for (c = 0; c < r->channels; c++) {
		double sum = 0;

		for (i = 0; i < r->taps; i++)
			sum += (double)(a[i] + share * (b[i] - a[i])) *
			       in[i * r->channels + c];
		out[c] = sum;
	}
}

size_t resample_get(struct resample *r, float *out, size_t frames)
{
	size_t n = 0, used;

	for (; n < frames && (size_t)r->position + r->taps <= r->have; n++) {
		compute(r, out + n * r->channels);
		r->position += r->step;
	}
	used = r->position;
	if (used > r->have)
		used = r->have;
	r->position -= used;
	r->have -= used;
	memmove(r->history, r->history + used * r->channels,
		r->have * r->channels * sizeof(float));
	return n;
}

uint64_t resample_delay(const struct resample *r)
{
	double frames = r->have - r->position - (r->taps / 2 - 1);

	return frames > 0 ? frames / r->step / r->out_rate * 1e6 : 0;
}

void resample_free(struct resample *r)
{
	free(r->table);
	free(r->history);
	memset(r, 0, sizeof(*r));
}
