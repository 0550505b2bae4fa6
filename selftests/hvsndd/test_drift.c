// SPDX-License-Identifier: GPL-2.0
/* The loop that follows a guest's clock, against one that is simulated. */
#include <math.h>

#include "drift.h"
#include "ktap.h"

#define RATE 48000
#define TARGET 0.040
#define SECONDS 600
#define SETTLED 60
#define QUEUE (2 * TARGET)

struct result {
	double worst; /* off the target, after SETTLED */
	double least;
	double most;
	double off; /* of the rate, at the end */
};

/*
 * The queue begins at the target, @begin off, and is measured 100 times a
 * second, as ragged as devices make it.
 */
static struct result simulate(unsigned int rate, double ppm, double begin)
{
	struct result r = { .least = 1, .off = 0 };
	double queue = TARGET + begin, now = rate, ragged;
	struct drift d = { 0 };
	unsigned int second, i, set;

	drift_start(&d, rate, TARGET * 1e6);
	for (second = 0; second < SECONDS; second++) {
		for (i = 0; i < 100; i++) {
			queue += 0.01 * ((1 + ppm / 1e6) - now / rate);
			ragged = queue + 0.005 * sin(i * 0.9 + second);
			drift_measure(&d, fmax(0, ragged) * 1e6,
				      second * 1000000ULL + i * 10000 + 1);
			r.least = fmin(r.least, queue);
			r.most = fmax(r.most, queue);
			if (second >= SETTLED)
				r.worst = fmax(r.worst, fabs(queue - TARGET));
		}
		set = drift_step(&d, false);
		if (set)
			now = set;
	}
	r.off = now / rate - 1;
	return r;
}

static bool follows(unsigned int rate, double ppm)
{
	struct result r = simulate(rate, ppm, 0);

	ktap_note("%u Hz, %+.0f ppm: %.2f to %.2f ms, %.2f ms off at the most once settled",
		  rate, ppm, r.least * 1e3, r.most * 1e3, r.worst * 1e3);
	return r.worst < 0.005 && r.least > 0 && r.most < QUEUE;
}

static bool recovers(void)
{
	struct result r = simulate(RATE, -300, TARGET);

	ktap_note("from twice the target: %.2f ms off at the most after %d s",
		  r.worst * 1e3, SETTLED);
	return r.worst < 0.005;
}

static bool lets_be(void)
{
	struct drift d = { 0 };
	unsigned int second, set, now = RATE;

	drift_start(&d, RATE, TARGET * 1e6);
	for (second = 0; second < 120; second++) {
		drift_measure(&d, QUEUE * 1e6, second * 1000000ULL + 1);
		drift_measure(&d, QUEUE * 1e6, second * 1000000ULL + 500001);
		set = drift_step(&d, true);
		if (set)
			now = set;
	}
	ktap_note("a guest that sends as we take is played at %u Hz", now);
	return now == RATE;
}

/* Nothing arrives for 40 ms, then all of it at once, in many measurements. */
static bool held_up(void)
{
	struct drift d = { 0 };
	unsigned int i;

	drift_start(&d, RATE, TARGET * 1e6);
	for (i = 1; i <= 60; i++)
		drift_measure(&d, TARGET * 1e6, i * 10000);
	for (i = 0; i < 40; i++)
		drift_measure(&d, i * TARGET / 40 * 1e6, 640000 + i);
	for (i = 64; i <= 100; i++)
		drift_measure(&d, TARGET * 1e6, i * 10000 + 500);
	drift_step(&d, false);
	ktap_note("held up: %.2f ms queued", d.mean_s * 1e3);
	return fabs(d.mean_s - TARGET) < 0.0005;
}

int main(void)
{
	ktap_plan(8);
	ktap_result(follows(RATE, 300), "300 ppm fast");
	ktap_result(follows(RATE, -300), "300 ppm slow");
	ktap_result(follows(RATE, 0), "exact");
	ktap_result(follows(8000, 200),
		    "at 8 kHz, where a step of the rate is coarse");
	ktap_result(follows(192000, -300), "at 192 kHz");
	ktap_result(recovers(), "a queue that began too long");
	ktap_result(held_up(), "a machine that is held up is no drift");
	ktap_result(lets_be(), "a guest without a clock is left at its rate");
	return ktap_status();
}
