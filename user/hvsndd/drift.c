// SPDX-License-Identifier: GPL-2.0
#include <math.h>

#include "drift.h"

/*
 * The loop is of second order, critically damped, with a natural frequency of
 * 0.05/s. A drift of 300 ppm moves the queue by about 2 ms until the loop has
 * adapted to it.
 */
#define NATURAL 0.05
#define DRIFT_MAX 0.001
#define DEVIATION_MAX 0.003 /* 5 cents, which is inaudible */
#define FULL_STEPS_MAX 60
#define STEP_S 1.0

void drift_start(struct drift *d, uint32_t rate, uint32_t target_us)
{
	if (rate) {
		d->rate = rate;
		d->current_rate = rate;
		d->drift = 0;
	}
	d->target_s = target_us / 1e6;
	d->measured_us = 0;
	d->integral = 0;
	d->time_s = 0;
	d->full_steps = 0;
}

/*
 * A measurement is weighted by the time until the next one. After the machine
 * was held up, many measurements at almost the same time have little weight.
 */
void drift_measure(struct drift *d, uint64_t queued_us, uint64_t now_us)
{
	double time_s = 0;

	if (d->measured_us)
		time_s = (now_us - d->measured_us) / 1e6;
	d->integral += d->queued_us / 1e6 * time_s;
	d->time_s += time_s;
	d->measured_us = now_us;
	d->queued_us = queued_us;
}

static double clamp(double v, double max)
{
	return fmax(-max, fmin(max, v));
}

uint32_t drift_step(struct drift *d, bool full)
{
	double error, deviation;
	uint32_t rate;

	if (!d->time_s)
		return 0;
	d->mean_s = d->integral / d->time_s;
	error = d->mean_s - d->target_s;
	d->integral = 0;
	d->time_s = 0;
	d->full_steps = full ? d->full_steps + 1 : 0;
	deviation = d->drift + 2 * NATURAL * error;
	/* A large error comes from an interruption, not from the clock. */
	if (fabs(deviation) < DRIFT_MAX)
		d->drift = clamp(d->drift + NATURAL * NATURAL * error * STEP_S,
				 DRIFT_MAX);
	deviation = clamp(deviation, DEVIATION_MAX);
	/* A guest that always fills the queue has no clock to follow. */
	if (d->full_steps > FULL_STEPS_MAX) {
		d->drift = 0;
		deviation = 0;
	}
	rate = lround(d->rate * (1 + deviation));
	if (rate == d->current_rate)
		return 0;
	d->current_rate = rate;
	return rate;
}
