/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drift compensation: determines the playback rate at which the queue of a
 * guest's audio stays at its target length.
 */
#ifndef HVSNDD_DRIFT_H
#define HVSNDD_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct drift - the control loop of one stream
 * @rate: nominal rate, frames per second
 * @current_rate: the rate that was set last
 * @target_s: target length of the queue, seconds
 * @measured_us: time of the last measurement; 0 if there is none
 * @queued_us: length of the queue at the last measurement
 * @integral: integral of the queue's length since the last step, square seconds
 * @time_s: time since the last step
 * @mean_s: mean length of the queue between the last two steps
 * @drift: estimated deviation of the guest's clock, as a fraction
 * @full_steps: number of successive steps in which the queue was full
 */
struct drift {
	uint32_t rate;
	uint32_t current_rate;
	double target_s;
	uint64_t measured_us;
	uint64_t queued_us;
	double integral;
	double time_s;
	double mean_s;
	double drift;
	unsigned int full_steps;
};

/* Start again. If @rate is 0, the estimated drift is kept. */
void drift_start(struct drift *d, uint32_t rate, uint32_t target_us);

/* Record the length of the queue at @now_us. */
void drift_measure(struct drift *d, uint64_t queued_us, uint64_t now_us);

/**
 * drift_step() - Compute the rate, once per second
 * @d: the control loop
 * @full: the queue was full: the guest waited for the host
 *
 * Return: The rate to set, or 0 if the rate does not change.
 */
uint32_t drift_step(struct drift *d, bool full);

#endif /* HVSNDD_DRIFT_H */
