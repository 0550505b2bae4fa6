// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of ALSA's calls, of what a host says and does, and of times,
 * against the pure parts of a playback stream, put together as the worker does
 * it, with the real PulseAudio session and a host that plays what it gets.
 *
 * Each frame that the application writes has a number of its own, so what the
 * host got, forgot and played can be compared with what was written. A run is
 * repeated by its seed: MODEL_SEED and MODEL_RUNS in the environment.
 */
#include "model.h"

struct model m;

/* What the application does. ------------------------------------------------*/

static void write_frame(u64 frame)
{
	u32 number = m.silent ? 0 : ++m.number;

	if (m.silent)
		m.silent--;
	m.memory[frame % MODEL_RING] = number;
	m.written[frame % MODEL_WRITTEN] = number;
	if (!number)
		return;
	m.frame_of[number % MODEL_NUMBERS] = frame;
	m.sound_of[number % MODEL_NUMBERS] = m.sound;
}

static void write_frames(u32 frames)
{
	/* Now and then the application writes silence. */
	if (!model_rnd(20))
		m.silent = 1 + model_rnd(2000);
	while (frames--)
		write_frame(m.appl++);
	m.loop = m.appl;
	assert_true(model_ack((s64)m.appl - m.seen));
}

/**
 * model_write_loop() - Write what the position has just passed
 *
 * An application that tells nothing is always just in time.
 */
void model_write_loop(void)
{
	u64 pos = hvsnd_clock_frames(&m.clock, m.now);

	if (m.state != HVSND_PCM_RUNNING ||
	    !hvsnd_playback_is_untracked(&m.playback, pos))
		return;
	while (m.loop < pos)
		write_frame(m.loop++);
}

static void rewind_frames(u32 frames)
{
	u64 appl = m.appl - frames;

	if (m.appl < m.seen + frames)
		return;
	if (model_ack((s64)appl - m.seen)) {
		m.appl = appl;
		m.loop = appl;
	}
}

static void end_sound(void)
{
	model_write_loop();
	model_stop();
	m.alsa = MODEL_STOPPED;
}

/* As ALSA's core does it at each period, and when the application asks. */
static void update_pointer(void)
{
	u64 before = m.seen;

	if (m.alsa != MODEL_RUNNING && m.alsa != MODEL_DRAINING)
		return;
	if (model_pointer() < 0) {
		end_sound();
		return;
	}
	assert_true(m.seen >= before);
	if (m.playback.tracking == HVSND_TRACKING_APPL && m.seen >= m.appl)
		end_sound();
}

static void start_sound(void)
{
	static const enum hvsnd_tracking tracking[] = {
		HVSND_TRACKING_APPL, HVSND_TRACKING_APPL, HVSND_TRACKING_APPL,
		HVSND_TRACKING_APPL, HVSND_TRACKING_APPL, HVSND_TRACKING_LOOP,
	};

	model_start(tracking[model_rnd(ARRAY_SIZE(tracking))],
		    model_rnd(8) ? 0 : m.now + model_rnd(20) * MODEL_MS);
	m.alsa = MODEL_RUNNING;
}

static void prepare_sound(void)
{
	model_sync_stop();
	m.sound++;
	m.appl = 0;
	m.loop = 0;
	m.sound_number = m.number;
	m.sound_from = 0;
	m.sound_lost = m.host.lost;
	m.sound_dropped = m.stats.dropped;
	model_prepare();
	m.alsa = MODEL_PREPARED;
}

/* In some runs little happens, so that there is time for many reports. */
static bool rarely(u32 times)
{
	return !model_rnd(m.calm ? 20 * times : times);
}

static void call_alsa(void)
{
	u64 room = MODEL_RING - (m.appl - min_t(u64, m.appl, m.seen));

	switch (m.alsa) {
	case MODEL_STOPPED:
		if (!model_rnd(4))
			model_detach();
		else
			prepare_sound();
		break;
	case MODEL_PREPARED:
		if (!m.appl)
			write_frames(1 + model_rnd(model_rnd(3) ? room : 100));
		else if (room && m.appl > 100 && model_rnd(3))
			write_frames(1 + model_rnd(room));
		else
			start_sound();
		break;
	case MODEL_RUNNING:
		update_pointer();
		if (m.alsa != MODEL_RUNNING)
			break;
		if (rarely(60)) {
			end_sound();
		} else if (rarely(60)) {
			model_reset();
			m.appl = m.seen;
			m.loop = m.playback.queued_ptr;
		} else if (rarely(60) && m.loop == m.appl) {
			model_drain();
			m.alsa = MODEL_DRAINING;
		} else if (rarely(40)) {
			model_pause();
			m.alsa = MODEL_PAUSED;
		} else if (rarely(20)) {
			rewind_frames(model_rnd(1000));
		} else if (room && m.appl >= m.seen) {
			write_frames(model_rnd(4) ? room :
					     1 + model_rnd(room));
		}
		break;
	case MODEL_PAUSED:
		if (model_rnd(3)) {
			model_resume(0);
			m.alsa = MODEL_RUNNING;
		} else if (!model_rnd(3)) {
			model_reset();
			m.appl = m.seen;
			m.loop = m.playback.queued_ptr;
		} else {
			end_sound();
		}
		break;
	case MODEL_DRAINING:
		update_pointer();
		if (m.alsa == MODEL_DRAINING && !model_rnd(60))
			end_sound();
		break;
	case MODEL_DETACHED:
		break;
	}
}

/**
 * model_interrupt() - Call ALSA while the worker runs
 *
 * What needs the worker's lock cannot come then.
 */
void model_interrupt(void)
{
	if (m.alsa == MODEL_STOPPED || m.alsa == MODEL_PREPARED ||
	    m.alsa == MODEL_DETACHED || !rarely(10))
		return;
	m.interrupted = true;
	call_alsa();
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
	/* The host goes on in small steps. */
	while (ns) {
		u64 part = min_t(u64, ns, 2 * MODEL_MS);

		m.now += part;
		ns -= part;
		host_play(part);
		/* Nobody comes too late by more than this. */
		if (model_rnd(4))
			model_run();
	}
	model_run();
}

static void step(void)
{
	if (!model_rnd(3))
		call_alsa();
	if (!model_rnd(150))
		host_event();
	if (m.meddled && !model_rnd(200))
		model_request();
	pass_time();
}

static void run(u32 seed)
{
	u32 steps;

	memset(&m, 0, sizeof(m));
	m.random = seed * 2654435761U | 1;
	m.seed = seed;
	m.now = 1000 * MODEL_MS;
	m.calm = !model_rnd(3);
	m.meddled = !model_rnd(3);
	host_init();
	model_create();
	for (steps = 0; steps < MODEL_STEPS; steps++) {
		m.step = steps;
		step();
	}
}

static void test_random(void **state)
{
	u32 seed = 1, runs = UNIT_TRIES(300), i;
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
	(void)state;
	for (i = 0; i < runs; i++)
		run(seed + i);
	print_message("seed %u, %u runs: heard %llu frames, dropped %llu; connected %u times, drained %u, flushed %u, resynced %u; %u remade, %u abandoned, %u admitted, %u terminated\n",
		      seed, runs, (unsigned long long)model_sums.heard,
		      (unsigned long long)model_sums.dropped,
		      model_sums.connections, model_sums.drains,
		      model_sums.flushes, model_sums.resyncs,
		      model_sums.remade, model_sums.closings,
		      model_sums.admitted, model_sums.terminated);
}

UNIT_TESTS(model,
	   UNIT_TEST(test_random));
