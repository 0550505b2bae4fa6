// SPDX-License-Identifier: GPL-2.0
/*
 * Runs of a stream, its application and its host, at random. A run is repeated
 * by its seed: MODEL_SEED and MODEL_RUNS in the environment.
 */
#include "model.h"

struct model m;
struct model_sums model_sums;

/**
 * model_rnd() - Choose at random
 * @below: number of choices
 *
 * Return: A number below @below.
 */
u32 model_rnd(u32 below)
{
	m.random ^= m.random << 13;
	m.random ^= m.random >> 17;
	m.random ^= m.random << 5;
	return m.random % below;
}

/**
 * model_rarely() - Whether something happens that happens rarely
 * @times: one time in so many
 *
 * In some runs little happens, so that there is time for many reports.
 *
 * Return: Whether it does.
 */
bool model_rarely(u32 times)
{
	return !model_rnd(m.calm ? 20 * times : times);
}

/**
 * model_interrupt() - Call ALSA while the worker runs
 *
 * What needs the worker's lock cannot come then.
 */
void model_interrupt(void)
{
	if (m.alsa == MODEL_STOPPED || m.alsa == MODEL_PREPARED ||
	    m.alsa == MODEL_DETACHED || !model_rarely(10))
		return;
	m.interrupted = true;
	m.application->call();
}

/* One step: what somebody does, and the time that passes. -------------------*/

static void pass_time(void)
{
	u64 next = min_t(u64, m.timer_ns, m.alarm_ns);
	u64 ns = model_rnd(5000) * 1000;

	if (!model_rnd(300))
		ns = model_rnd(7000) * MODEL_MS;
	else if (model_rnd(2) && next > m.now && next - m.now < 10 * MODEL_MS)
		ns = next - m.now;
	/* Now and then the machine is busy, and the worker waits. */
	if (!model_rnd(80))
		m.busy_until_ns = m.now + model_rnd(300) * MODEL_MS;
	else if (m.slow && !model_rnd(3))
		m.busy_until_ns = m.now + model_rnd(120) * MODEL_MS;
	/* The host goes on in small steps. */
	while (ns) {
		u64 part = min_t(u64, ns, 2 * MODEL_MS);

		m.now += part;
		ns -= part;
		host_run(part);
		/* Nobody comes too late by more than this. */
		if (model_rnd(4))
			model_run();
	}
	model_run();
}

static void step(void)
{
	if (!model_rnd(3))
		m.application->call();
	if (!model_rnd(150))
		host_event();
	if (m.meddled && !model_rnd(200))
		model_request();
	pass_time();
}

static void run(const struct model_application *application, u32 seed)
{
	u32 steps;

	memset(&m, 0, sizeof(m));
	m.application = application;
	m.random = seed * 2654435761U | 1;
	m.seed = seed;
	m.now = 1000 * MODEL_MS;
	m.calm = !model_rnd(3);
	m.meddled = !model_rnd(3);
	m.slow = !model_rnd(2);
	host_init();
	model_create();
	for (steps = 0; steps < MODEL_STEPS; steps++) {
		m.step = steps;
		step();
	}
}

/**
 * model_test() - Run an application, from seed 1 on
 * @application: application
 * @runs: number of runs
 */
void model_test(const struct model_application *application, u32 runs)
{
	u32 seed = 1, i;
#ifndef __KERNEL__
	const char *text = getenv("MODEL_SEED");

	if (text) {
		seed = strtoul(text, NULL, 0);
		runs = 1;
	}
	text = getenv("MODEL_RUNS");
	if (text)
		runs = strtoul(text, NULL, 0);
#endif
	memset(&model_sums, 0, sizeof(model_sums));
	for (i = 0; i < runs; i++)
		run(application, seed + i);
	print_message("seed %u, %u runs: heard %llu frames, silence %llu, dropped %llu; connected %u times, drained %u, flushed %u, resynced %u; %u remade, %u abandoned, %u admitted, %u terminated\n",
		      seed, runs, (unsigned long long)model_sums.heard,
		      (unsigned long long)model_sums.silent,
		      (unsigned long long)model_sums.dropped,
		      model_sums.connections, model_sums.drains,
		      model_sums.flushes, model_sums.resyncs,
		      model_sums.remade, model_sums.closings,
		      model_sums.admitted, model_sums.terminated);
}
