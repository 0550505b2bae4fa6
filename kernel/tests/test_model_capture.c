// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of ALSA's calls, of what a host says, does and records, and
 * of times, against the pure parts of a recording stream, put together as the
 * worker does it, with the real PulseAudio session.
 *
 * Each frame that the host records has a number of its own, so what the
 * application reads can be compared with what was recorded.
 */
#include "model.h"

static void end_recording(void)
{
	model_stop();
	m.alsa = MODEL_STOPPED;
}

/* As ALSA's core does it at each period, and when the application asks. */
static void update_pointer(void)
{
	u64 before = m.seen;

	if (model_pointer() < 0) {
		end_recording();
		return;
	}
	must(m.seen >= before);
	/* One that tells nothing, as dsnoop, does not stop. */
	if (!m.loop && m.seen - m.appl >= MODEL_RING)
		end_recording();
}

static void elapsed(void)
{
	/* dsnoop has no wakeups. */
	if (m.alsa == MODEL_RUNNING && !m.loop)
		update_pointer();
}

static void read_frames(u64 frames)
{
	if (m.loop)
		return;
	must(model_ack((s64)(m.appl + frames) - (s64)m.seen));
	m.appl += frames;
}

/* Frames that may still be read again must be the same. */
static void rewind_frames(u64 frames)
{
	u64 at;

	if (m.appl < frames || m.loop ||
	    !model_ack((s64)(m.appl - frames) - (s64)m.seen))
		return;
	m.appl -= frames;
	for (at = max_t(s64, m.appl, (s64)(m.seen - MODEL_RING / 2));
	     at < m.seen; at++)
		must(m.memory[at % MODEL_RING] == m.written[at % MODEL_RING]);
}

static void prepare_recording(void)
{
	model_sync_stop();
	m.appl = 0;
	model_prepare();
	m.alsa = MODEL_PREPARED;
}

static void start_recording(void)
{
	m.loop = !model_rnd(6);
	model_start(HVSND_TRACKING_APPL,
		    model_rnd(8) ? 0 : m.now + model_rnd(20) * MODEL_MS);
	m.alsa = MODEL_RUNNING;
}

static void run_recording(void)
{
	update_pointer();
	if (m.alsa != MODEL_RUNNING)
		return;
	if (model_rarely(60)) {
		end_recording();
	} else if (model_rarely(60)) {
		model_reset();
		m.appl = m.seen;
	} else if (model_rarely(40)) {
		model_pause();
		m.alsa = MODEL_PAUSED;
	} else if (model_rarely(20)) {
		rewind_frames(model_rnd(2 * MODEL_RING));
	} else if (model_rnd(4)) {
		read_frames(m.seen - m.appl);
	} else {
		read_frames(model_rnd(m.seen - m.appl + 1));
	}
}

static void call_alsa(void)
{
	switch (m.alsa) {
	case MODEL_STOPPED:
		if (!model_rnd(4))
			model_detach();
		else
			prepare_recording();
		break;
	case MODEL_PREPARED:
		start_recording();
		break;
	case MODEL_RUNNING:
		run_recording();
		break;
	case MODEL_PAUSED:
		if (model_rnd(3)) {
			model_resume(0);
			m.alsa = MODEL_RUNNING;
		} else if (!model_rnd(3)) {
			model_reset();
			m.appl = m.seen;
		} else {
			end_recording();
		}
		break;
	case MODEL_DRAINING:
	case MODEL_DETACHED:
		break;
	}
}

static void test_random(void **state)
{
	static const struct model_application application = {
		.records = true,
		.call = call_alsa,
		.elapsed = elapsed,
	};

	(void)state;
	model_test(&application, UNIT_TRIES(250));
}

UNIT_TESTS(model_capture,
	   UNIT_TEST(test_random));
