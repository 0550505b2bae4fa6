// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of ALSA's calls, of what a host says and does, and of times,
 * against the pure parts of a playback stream, put together as the worker does
 * it, with the real PulseAudio session and a host that plays what it gets.
 *
 * Each frame that the application writes has a number of its own, so what the
 * host got, forgot and played can be compared with what was written.
 */
#include "model.h"

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

/*
 * Writes what the position has just passed: an application that tells nothing
 * is always just in time.
 */
static void write_loop(void)
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
	write_loop();
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
		if (model_rarely(60)) {
			end_sound();
		} else if (model_rarely(60)) {
			model_reset();
			m.appl = m.seen;
			m.loop = m.playback.queued_ptr;
		} else if (model_rarely(60) && m.loop == m.appl) {
			model_drain();
			m.alsa = MODEL_DRAINING;
		} else if (model_rarely(40)) {
			model_pause();
			m.alsa = MODEL_PAUSED;
		} else if (model_rarely(20)) {
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

static void test_random(void **state)
{
	static const struct model_application application = {
		.call = call_alsa,
		.write_loop = write_loop,
	};

	(void)state;
	model_test(&application, UNIT_TRIES(300));
}

UNIT_TESTS(model,
	   UNIT_TEST(test_random));
