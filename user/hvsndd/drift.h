/* SPDX-License-Identifier: GPL-2.0 */
/* Which rate keeps the queue of a guest's sound at its target. */
#ifndef HVSNDD_DRIFT_H
#define HVSNDD_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct drift - the loop that follows one guest's clock
 * @rate: nominal, frames per second
 * @now: as it was set last
 * @target: of the queue, seconds
 * @at: when it was measured last, microseconds; 0 if it was not
 * @queued: what was measured then, microseconds
 * @sum: of the queue times how long it was so much, since the last step, square
 * seconds
 * @time: that this was, seconds
 * @mean: of the queue, between the last two steps, seconds
 * @drift: what the guest's clock was found to be off, as a fraction
 * @full: steps in which the queue had no room, in a row
 */
struct drift {
	uint32_t rate;
	uint32_t now;
	double target;
	uint64_t at;
	uint64_t queued;
	double sum;
	double time;
	double mean;
	double drift;
	unsigned int full;
};

/* Begins anew; with @rate 0 what is known of the guest's clock stays. */
void drift_start(struct drift *d, uint32_t rate, uint32_t target_us);

/* The queue has so much at @now_us. */
void drift_measure(struct drift *d, uint64_t queued_us, uint64_t now_us);

/**
 * drift_step - once a second
 * @d: the loop
 * @full: the queue had no room: the guest waits for us
 *
 * Return: the rate to be set, 0 if it stays.
 */
uint32_t drift_step(struct drift *d, bool full);

#endif /* HVSNDD_DRIFT_H */
