// SPDX-License-Identifier: GPL-2.0
#include <math.h>

#include "drift.h"

/*
 * A loop of second order, critically damped, with a natural frequency of
 * 0.05/s: 300 ppm move the queue by about 2 ms until they are known.
 */
#define NATURAL 0.05
#define DRIFT_MOST 0.001
#define OFF_MOST 0.003 /* five cents, which nobody hears */
#define FULL_MOST 60
#define STEP_SECOND 1.0

void drift_start(struct drift *d, uint32_t rate, uint32_t target_us)
{
	if (rate) {
		d->rate = rate;
		d->now = rate;
		d->drift = 0;
	}
	d->target = target_us / 1e6;
	d->at = 0;
	d->sum = 0;
	d->time = 0;
	d->full = 0;
}

/*
 * What is measured many times at one moment, by a machine that was held up,
 * counts for no more than its time.
 */
void drift_measure(struct drift *d, uint64_t queued_us, uint64_t now_us)
{
	double time = d->at ? (now_us - d->at) / 1e6 : 0;

	d->sum += d->queued / 1e6 * time;
	d->time += time;
	d->at = now_us;
	d->queued = queued_us;
}

static double clamp(double v, double most)
{
	return fmax(-most, fmin(most, v));
}

uint32_t drift_step(struct drift *d, bool full)
{
	double error, off;
	uint32_t rate;

	if (!d->time)
		return 0;
	d->mean = d->sum / d->time;
	error = d->mean - d->target;
	d->sum = 0;
	d->time = 0;
	d->full = full ? d->full + 1 : 0;
	off = d->drift + 2 * NATURAL * error;
	/* What is only to be made up for says nothing about the clock. */
	if (fabs(off) < DRIFT_MOST)
		d->drift = clamp(d->drift + NATURAL * NATURAL * error *
						    STEP_SECOND,
				 DRIFT_MOST);
	off = clamp(off, OFF_MOST);
	/* One that sends as we take has no clock of its own to follow. */
	if (d->full > FULL_MOST) {
		d->drift = 0;
		off = 0;
	}
	rate = lround(d->rate * (1 + off));
	if (rate == d->now)
		return 0;
	d->now = rate;
	return rate;
}
