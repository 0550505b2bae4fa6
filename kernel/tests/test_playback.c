// SPDX-License-Identifier: GPL-2.0
#include "parts.h"

#include "core/playback.h"

/* With parts_params(): a delay of 30 ms, and chunks of 10 ms. */
#define JITTER		1440
#define CHUNK		480
#define AHEAD		14400
#define LOW_WATER	3360
#define TIMER_LOW_WATER	2880

#define RUNNING		HVSND_PCM_RUNNING
#define DRAINING	HVSND_PCM_DRAINING

static struct parts parts;
static struct hvsnd_playback playback;
static u8 large[2 * 65536];

static void init_with(const struct hvsnd_geometry_params *p)
{
	u32 i;

	parts_init(&parts, p);
	for (i = 0; i < PARTS_FRAMES; i++)
		parts.memory[i] = i + 1;
	memset(&playback, 0, sizeof(playback));
	hvsnd_playback_prepare(&playback);
}

static void init(void)
{
	const struct hvsnd_geometry_params p = parts_params(false);

	init_with(&p);
}

static void write_to(u64 appl_ptr)
{
	playback.appl_ptr = appl_ptr;
	playback.written_ptr = appl_ptr;
}

static void begin(enum hvsnd_pcm_state state, u64 pos, bool fresh, u32 busy)
{
	hvsnd_playback_begin(&playback, &parts.context, state, pos, fresh,
			     busy);
}

/* What is next, and how many frames of it. */
static void assert_next(enum hvsnd_pcm_state state, u64 pos,
			enum hvsnd_source source, u64 frames)
{
	u64 n = 0;

	assert_int_equal(hvsnd_playback_next(&playback, &parts.context, state,
					     pos, &n), source);
	if (source != HVSND_SOURCE_NONE)
		assert_int_equal(n, frames);
}

/* The host takes all of what is next. */
static void send(enum hvsnd_pcm_state state, u64 pos, enum hvsnd_source source,
		 u32 frames)
{
	assert_next(state, pos, source, frames);
	hvsnd_playback_queue(&playback, source, frames);
}

static void test_untracked(void **state)
{
	static const struct {
		enum hvsnd_tracking tracking;
		u64 pos;
		bool untracked;
	} cases[] = {
		{ HVSND_TRACKING_APPL, 0, false },
		{ HVSND_TRACKING_APPL, 1000, false },
		{ HVSND_TRACKING_LOOP, 999, false },
		{ HVSND_TRACKING_LOOP, 1000, true },
		{ HVSND_TRACKING_NONE, 0, true },
	};
	size_t i;

	(void)state;
	init();
	write_to(1000);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		playback.tracking = cases[i].tracking;
		assert_int_equal(hvsnd_playback_is_untracked(&playback,
							     cases[i].pos),
				 cases[i].untracked);
	}
}

static void test_limit(void **state)
{
	static const struct {
		enum hvsnd_tracking tracking;
		enum hvsnd_pcm_state state;
		u64 appl_ptr, pos, limit;
	} cases[] = {
		{ HVSND_TRACKING_APPL, RUNNING, 100, 0, 100 },
		{ HVSND_TRACKING_APPL, RUNNING, 100, 150, 100 },
		{ HVSND_TRACKING_APPL, RUNNING, 20000, 5, AHEAD + 5 },
		/* Of a drain there is no end but that of what was written. */
		{ HVSND_TRACKING_APPL, DRAINING, 20000, 5, 20000 },
		{ HVSND_TRACKING_NONE, DRAINING, 20000, 5, 20000 },
		{ HVSND_TRACKING_NONE, RUNNING, 20000, 5, 5 },
		{ HVSND_TRACKING_LOOP, RUNNING, 100, 99, 100 },
		{ HVSND_TRACKING_LOOP, RUNNING, 100, 150, 150 },
	};
	size_t i;

	(void)state;
	init();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		playback.tracking = cases[i].tracking;
		write_to(cases[i].appl_ptr);
		assert_int_equal(hvsnd_playback_limit(&playback,
						      &parts.geometry,
						      cases[i].state,
						      cases[i].pos),
				 cases[i].limit);
	}
}

static void test_due(void **state)
{
	static const struct {
		enum hvsnd_tracking tracking;
		enum hvsnd_pcm_state state;
		u64 appl_ptr, queued_ptr, pos;
		bool due;
	} cases[] = {
		{ HVSND_TRACKING_APPL, RUNNING, 4800, 0, 0, true },
		{ HVSND_TRACKING_APPL, RUNNING, 4800, LOW_WATER, 0, true },
		{ HVSND_TRACKING_APPL, RUNNING, 4800, LOW_WATER + 1, 0, false },
		{ HVSND_TRACKING_APPL, RUNNING, 4800, LOW_WATER + 1, 1, true },
		/* Nothing was written. */
		{ HVSND_TRACKING_APPL, RUNNING, 4800, 4800, 4000, false },
		{ HVSND_TRACKING_APPL, RUNNING, 4799, 4800, 4000, false },
		{ HVSND_TRACKING_APPL, DRAINING, 4800, 4799, 0, true },
		{ HVSND_TRACKING_APPL, DRAINING, 4800, 4800, 0, false },
		/* Blocks of 2 ms at least. */
		{ HVSND_TRACKING_NONE, RUNNING, 0, 0, 95, false },
		{ HVSND_TRACKING_NONE, RUNNING, 0, 0, 96, true },
		{ HVSND_TRACKING_LOOP, RUNNING, 10, 10, 106, true },
	};
	size_t i;

	(void)state;
	init();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		playback.tracking = cases[i].tracking;
		write_to(cases[i].appl_ptr);
		playback.queued_ptr = cases[i].queued_ptr;
		assert_int_equal(hvsnd_playback_is_due(&playback,
						       &parts.geometry,
						       cases[i].state,
						       cases[i].pos, LOW_WATER),
				 cases[i].due);
	}
}

static u64 wakeup(bool period_wakeups, u64 pos)
{
	return hvsnd_playback_wakeup(&playback, &parts.geometry, period_wakeups,
				     pos);
}

static void test_wakeup(void **state)
{
	(void)state;
	init();
	playback.queued_ptr = 10 + TIMER_LOW_WATER;
	assert_int_equal(wakeup(true, 10), 10 + AHEAD / 2);
	playback.queued_ptr = 11 + TIMER_LOW_WATER;
	assert_int_equal(wakeup(true, 10), 11);
	assert_int_equal(wakeup(false, 10), 10 + AHEAD / 2);
	playback.tracking = HVSND_TRACKING_NONE;
	assert_int_equal(wakeup(true, 10), 10 + CHUNK);
	playback.tracking = HVSND_TRACKING_LOOP;
	assert_int_equal(wakeup(true, 10), 10 + 240);
	parts.geometry.chunk = 100;
	assert_int_equal(wakeup(true, 10), 10 + 100);
}

static void test_may_send(void **state)
{
	/* One letter for each state of the PCM. */
	static const char may_send[] = {
		[HVSND_PCM_SETUP] = '.',
		[HVSND_PCM_STARTING] = 'x',
		[HVSND_PCM_STARTING_LINKED] = 'x',
		[HVSND_PCM_RUNNING] = 'x',
		[HVSND_PCM_PAUSED] = '.',
		[HVSND_PCM_STOPPED] = '.',
		[HVSND_PCM_DRAINING] = 'x',
		[HVSND_PCM_DRAINING_COPY] = 'x',
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(may_send); i++) {
		assert_int_equal(hvsnd_playback_may_send(i, false),
				 may_send[i] == 'x');
		assert_false(hvsnd_playback_may_send(i, true));
	}
}

/* Silence goes first, so that the host trails by the delay. */
static void test_begin(void **state)
{
	(void)state;
	init();
	write_to(4800);
	begin(HVSND_PCM_STARTING, 0, true, 0);
	assert_int_equal(playback.silence, JITTER);
	assert_int_equal(playback.queued_ptr, 0);
	assert_int_equal(parts.delay.now, JITTER);
	assert_next(HVSND_PCM_STARTING, 0, HVSND_SOURCE_SILENCE, JITTER);
	/* The host may take less of it. */
	hvsnd_playback_queue(&playback, HVSND_SOURCE_SILENCE, 1000);
	send(HVSND_PCM_STARTING, 0, HVSND_SOURCE_SILENCE, JITTER - 1000);
	send(HVSND_PCM_STARTING, 0, HVSND_SOURCE_RING, 4800);
	assert_int_equal(playback.queued_ptr, 4800);
	assert_next(HVSND_PCM_STARTING, 0, HVSND_SOURCE_NONE, 0);
	assert_int_equal(parts.stats.dropped, 0);
}

/* What an earlier resync asked for is done with. */
static void test_begin_forgets(void **state)
{
	(void)state;
	init();
	playback.skip = 5;
	playback.insert = 6;
	playback.silence = 7;
	begin(HVSND_PCM_STARTING, 0, true, 0);
	assert_int_equal(playback.skip, 0);
	assert_int_equal(playback.insert, 0);
	assert_int_equal(playback.silence, JITTER);
}

/* The host still plays what was before: that much less silence. */
static void test_begin_while_busy(void **state)
{
	(void)state;
	init();
	hvsnd_delay_set_latency(&parts.delay, &parts.geometry, 10000);
	begin(HVSND_PCM_STARTING, 0, true, 1000);
	assert_int_equal(playback.silence, JITTER - 1000);
	assert_int_equal(parts.delay.now, JITTER + 480);
	/* It plays for longer than the delay: then it trails by more. */
	begin(HVSND_PCM_STARTING, 0, true, JITTER + 100);
	assert_int_equal(playback.silence, 0);
	assert_int_equal(parts.delay.now, JITTER + 480 + 100);
}

/*
 * A host that comes while the position advances: frames up to the delay behind
 * are sent, but neither what the application has written over, nor what it may
 * be writing over while they are sent.
 */
static void test_begin_late(void **state)
{
	static const struct {
		enum hvsnd_pcm_state state;
		u64 appl_ptr, queued_ptr, pos, from;
		bool fresh;
	} cases[] = {
		/* Nothing was sent: from the position's delay on. */
		{ RUNNING, 12000, 0, 10000, 10000 - JITTER, true },
		/* The application has written over a part of that. */
		{ RUNNING, 14000, 0, 10000, 14000 - 4800 + 480, true },
		/* ... up to what is 10 ms ahead. */
		{ RUNNING, 15000, 0, 10000, 10000 + CHUNK, true },
		{ RUNNING, 14800, 0, 10000, 10000 + CHUNK, true },
		/* A host of another connection got what was ahead. */
		{ RUNNING, 12000, 11000, 10000, 10000, true },
		{ RUNNING, 12000, 11000, 10000, 11000, false },
		{ RUNNING, 12000, 9500, 10000, 9500, true },
		/* At START the clock waits: the application, too. */
		{ HVSND_PCM_STARTING, 14800, 10000, 10000, 10000, true },
		/* A drain has all that was written. */
		{ DRAINING, 12000, 1000, 13000, 1000, true },
	};
	s64 silence;
	u64 dropped;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		init();
		write_to(cases[i].appl_ptr);
		playback.queued_ptr = cases[i].queued_ptr;
		begin(cases[i].state, cases[i].pos, cases[i].fresh, 0);
		assert_int_equal(playback.queued_ptr, cases[i].from);
		assert_int_equal(playback.sent_ptr, cases[i].from);
		dropped = 0;
		if (cases[i].from > cases[i].queued_ptr)
			dropped = cases[i].from - cases[i].queued_ptr;
		assert_int_equal(parts.stats.dropped, dropped);
		assert_int_equal(parts.stats.dropped_late, dropped);
		silence = (s64)(cases[i].from + JITTER - cases[i].pos);
		assert_int_equal(playback.silence, max_t(s64, silence, 0));
	}
}

/* Of an untracked buffer all of it counts, as far as the delay goes back. */
static void test_begin_untracked(void **state)
{
	(void)state;
	init();
	playback.tracking = HVSND_TRACKING_NONE;
	begin(RUNNING, 10000, true, 0);
	assert_int_equal(playback.queued_ptr, 10000 - JITTER);
	init();
	playback.tracking = HVSND_TRACKING_NONE;
	parts.delay.jitter = 2 * PARTS_FRAMES;
	begin(RUNNING, 10000, true, 0);
	assert_int_equal(playback.queued_ptr, 10000 - PARTS_FRAMES);
	assert_int_equal(playback.silence, PARTS_FRAMES);
}

/* A host that reports nothing has only the delay that is known. */
static void test_begin_untimed(void **state)
{
	struct hvsnd_geometry_params p = parts_params(false);

	(void)state;
	p.timed = false;
	init_with(&p);
	parts.delay.now = 777;
	begin(HVSND_PCM_STARTING, 0, true, 0);
	assert_int_equal(parts.delay.now, 777);
}

/* The application wrote too late, or over what was not sent. */
static void test_late_frames(void **state)
{
	(void)state;
	init();
	write_to(5000);
	assert_next(RUNNING, 2000, HVSND_SOURCE_RING, 5000 - 560);
	assert_int_equal(playback.queued_ptr, 2000 - JITTER);
	assert_int_equal(parts.stats.dropped, 560);
	assert_int_equal(parts.stats.dropped_late, 560);
	/* While the host trails by more, it has use for older frames. */
	init();
	write_to(5000);
	parts.clock.excess = 200;
	assert_next(RUNNING, 2000, HVSND_SOURCE_RING, 5000 - 360);
	/* The whole ring is late. */
	init();
	write_to(10000);
	assert_next(RUNNING, 10000, HVSND_SOURCE_RING, JITTER);
	assert_int_equal(parts.stats.dropped, 10000 - JITTER);
	/* What is drained has no position that it could be late for. */
	init();
	write_to(10000);
	assert_next(DRAINING, 20000, HVSND_SOURCE_RING, PARTS_FRAMES);
	assert_int_equal(parts.stats.dropped, 10000 - PARTS_FRAMES);
	/* All of it is late: nothing is left, and nothing comes twice. */
	init();
	write_to(1000);
	assert_next(RUNNING, 1000 + JITTER + 1, HVSND_SOURCE_NONE, 0);
	assert_int_equal(playback.queued_ptr, 1001);
}

/* What is untracked is sent as the position passes it. */
static void test_untracked_frames(void **state)
{
	(void)state;
	init();
	playback.tracking = HVSND_TRACKING_NONE;
	assert_next(RUNNING, 95, HVSND_SOURCE_NONE, 0);
	send(RUNNING, 96, HVSND_SOURCE_RING, 96);
	assert_next(RUNNING, 96 + PARTS_FRAMES + 10, HVSND_SOURCE_RING,
		    PARTS_FRAMES);
	assert_int_equal(parts.stats.dropped, 10);
}

/* A drain whose buffer is gone has nothing but silence left. */
static void test_drain_copy(void **state)
{
	(void)state;
	init();
	write_to(1000);
	playback.silence = 10;
	send(HVSND_PCM_DRAINING_COPY, 0, HVSND_SOURCE_SILENCE, 10);
	assert_next(HVSND_PCM_DRAINING_COPY, 0, HVSND_SOURCE_NONE, 0);
	hvsnd_playback_queue(&playback, HVSND_SOURCE_NONE, 0);
	assert_int_equal(playback.queued_ptr, 0);
}

/* A resync skips frames that are there, or puts silence before them. */
static void test_resync(void **state)
{
	(void)state;
	init();
	write_to(1000);
	hvsnd_playback_resync(&playback, &parts.stats, 1100);
	assert_int_equal(parts.stats.resyncs, 1);
	assert_int_equal(parts.stats.inserted, 0);
	assert_int_equal(hvsnd_playback_pending(&playback, 0), -1100);
	assert_next(RUNNING, 0, HVSND_SOURCE_NONE, 0);
	assert_int_equal(playback.queued_ptr, 1000);
	assert_int_equal(playback.skip, 100);
	assert_int_equal(parts.stats.dropped, 1000);
	assert_int_equal(parts.stats.dropped_resync, 1000);
	assert_int_equal(parts.stats.dropped_late, 0);
	write_to(1200);
	send(RUNNING, 0, HVSND_SOURCE_RING, 100);
	assert_int_equal(playback.skip, 0);
	hvsnd_playback_resync(&playback, &parts.stats, -50);
	assert_int_equal(parts.stats.resyncs, 2);
	assert_int_equal(parts.stats.inserted, 50);
	assert_int_equal(hvsnd_playback_pending(&playback, 100),
			 50 - (1200 - 100));
	write_to(1300);
	send(RUNNING, 0, HVSND_SOURCE_SILENCE, 50);
	assert_int_equal(playback.insert, 0);
	send(RUNNING, 0, HVSND_SOURCE_RING, 100);
	/* Frames that were rewound from cannot be skipped. */
	write_to(1250);
	playback.skip = 10;
	assert_next(RUNNING, 0, HVSND_SOURCE_NONE, 0);
	assert_int_equal(playback.skip, 10);
	assert_int_equal(playback.queued_ptr, 1300);
}

/* A host that trails by more than it needs catches up by silence. */
static void test_skip_silence(void **state)
{
	(void)state;
	init();
	memset(parts.memory + 100, 0, 400 * 4);
	write_to(2000);
	playback.queued_ptr = 100;
	playback.sent_ptr = 100;
	parts.clock.target = 3000;
	parts.clock.excess = 1000;
	parts.delay.now = 3000;
	/* Not before the reports have told which delay there is. */
	parts.delay.reports = HVSND_REPORTS_FIRST - 1;
	assert_next(RUNNING, 0, HVSND_SOURCE_RING, 1900);
	parts.delay.reports = HVSND_REPORTS_FIRST;
	/* Blocks of 128 frames; the last one is not all silent. */
	assert_next(RUNNING, 0, HVSND_SOURCE_RING, 2000 - 100 - 384);
	assert_int_equal(playback.queued_ptr, 100 + 384);
	assert_int_equal(playback.sent_ptr, 100 + 384);
	assert_int_equal(parts.clock.excess, 1000 - 384);
	assert_int_equal(parts.clock.target, 3000 - 384);
	assert_int_equal(parts.delay.now, 3000 - 384);
	assert_int_equal(parts.stats.dropped, 0);
}

/* No more than the excess, what was written, and 64 KiB at a time. */
static void test_skip_silence_limits(void **state)
{
	struct hvsnd_geometry_params p = parts_params(false);

	(void)state;
	init();
	memset(parts.memory, 0, sizeof(parts.memory));
	write_to(2000);
	parts.delay.reports = HVSND_REPORTS_FIRST;
	parts.clock.target = 3000;
	parts.clock.excess = 200;
	/* The delay is a moment's, and cannot be less than none. */
	parts.delay.now = 100;
	assert_next(RUNNING, 0, HVSND_SOURCE_RING, 1800);
	assert_int_equal(parts.clock.excess, 0);
	assert_int_equal(parts.delay.now, 0);

	init();
	memset(parts.memory, 0, sizeof(parts.memory));
	write_to(300);
	parts.delay.reports = HVSND_REPORTS_FIRST;
	parts.clock.target = 3000;
	parts.clock.excess = 2000;
	assert_next(RUNNING, 0, HVSND_SOURCE_NONE, 0);
	assert_int_equal(playback.queued_ptr, 300);
	assert_int_equal(parts.clock.excess, 1700);

	/* 64 KiB are 2048 frames; the buffer wraps among them. */
	p.frame_bytes = 32;
	init_with(&p);
	memset(large, 0, sizeof(large));
	parts.ring.data = large;
	parts.ring.frames = sizeof(large) / 32;
	parts.ring.frame_bytes = 32;
	parts.silence.frames = HVSND_SILENCE_BLOCK / 32;
	playback.queued_ptr = 3000;
	write_to(3000 + 2500);
	parts.delay.reports = HVSND_REPORTS_FIRST;
	parts.clock.target = 90000;
	parts.clock.excess = 50000;
	assert_next(RUNNING, 3000, HVSND_SOURCE_RING, 2500 - 2048 - 8);
	assert_int_equal(parts.clock.excess, 50000 - 2048 - 8);
}

static bool overwritten(u64 pos, u64 from)
{
	return hvsnd_playback_was_overwritten(&playback, &parts.context, pos,
					      from);
}

static void test_overwritten(void **state)
{
	(void)state;
	init();
	write_to(10000);
	assert_false(overwritten(7000, 10000 - PARTS_FRAMES));
	assert_true(overwritten(7000, 10000 - PARTS_FRAMES - 1));
	playback.tracking = HVSND_TRACKING_NONE;
	assert_false(overwritten(7000, 7000 - PARTS_FRAMES));
	assert_true(overwritten(7000, 7000 - PARTS_FRAMES - 1));
	/* At the beginning nothing was before. */
	playback.tracking = HVSND_TRACKING_APPL;
	write_to(100);
	assert_false(overwritten(0, 0));
}

/* What begins before the host has caught up is late by that much. */
static void test_stopped(void **state)
{
	struct hvsnd_geometry_params p = parts_params(false);
	u64 now = 1000 * PARTS_MS;

	(void)state;
	init();
	parts.delay.now = 1440 + 480;
	parts.delay.latency = 480;
	hvsnd_playback_stopped(&playback, &parts.context, now, 0);
	assert_int_equal(playback.busy_until_ns, now + 30 * PARTS_MS);
	hvsnd_playback_stopped(&playback, &parts.context, now, 960);
	assert_int_equal(playback.busy_until_ns, now + 10 * PARTS_MS);
	hvsnd_playback_stopped(&playback, &parts.context, now, 1440);
	assert_int_equal(playback.busy_until_ns, 0);
	hvsnd_playback_stopped(&playback, &parts.context, now, UINT32_MAX);
	assert_int_equal(playback.busy_until_ns, 0);
	/* The longest delay that a report can tell, of the lowest rate. */
	parts.delay.now = 10 * PARTS_RATE;
	parts.delay.latency = 0;
	hvsnd_playback_stopped(&playback, &parts.context, now, 0);
	assert_int_equal(playback.busy_until_ns, now + 10000 * PARTS_MS);
	/* Without reports nobody knows. */
	p.timed = false;
	init_with(&p);
	parts.delay.now = 1440;
	playback.busy_until_ns = 5;
	hvsnd_playback_stopped(&playback, &parts.context, now, 0);
	assert_int_equal(playback.busy_until_ns, 0);
}

/* A rewind goes back as far as nothing was sent. */
static void test_set_appl(void **state)
{
	(void)state;
	init();
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    false, 2000));
	playback.queued_ptr = 1000;
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, 1000));
	assert_false(hvsnd_playback_set_appl(&playback, &parts.context,
					     true, 999));
	assert_int_equal(playback.appl_ptr, 1000);
	/* A late application is behind what was dropped. */
	playback.queued_ptr = 3000;
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, 1000));
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, 1100));
	assert_false(hvsnd_playback_set_appl(&playback, &parts.context,
					     true, 1099));
	assert_int_equal(playback.appl_ptr, 1100);
	/* dmix goes anywhere. */
	playback.tracking = HVSND_TRACKING_NONE;
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, -1));
	assert_int_equal(playback.appl_ptr, 0);
	assert_int_equal(playback.tracking, HVSND_TRACKING_NONE);
}

/*
 * Of what the host did not get for as long as the buffer, a rewind leaves what
 * was not written over, and what is written from then on.
 */
static void test_rewind_over_unsent(void **state)
{
	(void)state;
	init();
	write_to(6000);
	playback.queued_ptr = 1000;
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, 5000));
	assert_int_equal(playback.queued_ptr, 1200);
	assert_int_equal(parts.stats.dropped, 200);
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, 5500));
	assert_int_equal(playback.queued_ptr, 1200);
	/* A block that is half out is gone too, but none that is newer. */
	assert_true(hvsnd_playback_was_overwritten(&playback, &parts.context,
						   0, 1199));
	assert_false(hvsnd_playback_was_overwritten(&playback, &parts.context,
						    0, 1200));
	/* A new host gets nothing that was written over. */
	begin(RUNNING, 1000, true, 0);
	assert_int_equal(playback.queued_ptr, 1200);
	/* All is gone: what is written next is not. */
	init();
	write_to(12000);
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, 7000));
	assert_int_equal(playback.queued_ptr, 7000);
}

/* What is dropped is not sent, also where nothing tells how far it goes. */
static void test_reset(void **state)
{
	(void)state;
	init();
	write_to(4000);
	playback.queued_ptr = 3000;
	playback.busy_until_ns = 5;
	hvsnd_playback_reset(&playback, 960, 1100);
	assert_int_equal(playback.appl_ptr, 960);
	assert_int_equal(playback.queued_ptr, 960);
	assert_int_equal(playback.busy_until_ns, 0);
	playback.tracking = HVSND_TRACKING_LOOP;
	hvsnd_playback_reset(&playback, 960, 1100);
	assert_int_equal(playback.queued_ptr, 1100);
	hvsnd_playback_end_loop(&playback, 1100);
	assert_int_equal(playback.appl_ptr, 1100);
}

/* Its first move while it runs shows that a program tells its pointer. */
static void test_set_appl_of_a_loop(void **state)
{
	(void)state;
	init();
	playback.tracking = HVSND_TRACKING_LOOP;
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    false, 100));
	assert_int_equal(playback.tracking, HVSND_TRACKING_LOOP);
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, 100));
	assert_int_equal(playback.tracking, HVSND_TRACKING_LOOP);
	assert_true(hvsnd_playback_set_appl(&playback, &parts.context,
					    true, 101));
	assert_int_equal(playback.tracking, HVSND_TRACKING_APPL);
}

/* A drain ends a loop where what was written ends, if anything was. */
static void test_drain_of_a_loop(void **state)
{
	(void)state;
	init();
	playback.tracking = HVSND_TRACKING_LOOP;
	hvsnd_playback_drain(&playback, true);
	assert_int_equal(playback.tracking, HVSND_TRACKING_LOOP);
	write_to(100);
	hvsnd_playback_drain(&playback, false);
	assert_int_equal(playback.tracking, HVSND_TRACKING_LOOP);
	hvsnd_playback_drain(&playback, true);
	assert_int_equal(playback.tracking, HVSND_TRACKING_APPL);
	playback.tracking = HVSND_TRACKING_NONE;
	hvsnd_playback_drain(&playback, true);
	assert_int_equal(playback.tracking, HVSND_TRACKING_NONE);
}

static void test_complete(void **state)
{
	(void)state;
	init();
	write_to(100);
	playback.queued_ptr = 99;
	assert_false(hvsnd_playback_is_complete(&playback,
						HVSND_PCM_DRAINING));
	/* What the PCM buffer held is in the copy. */
	assert_true(hvsnd_playback_is_complete(&playback,
					       HVSND_PCM_DRAINING_COPY));
	playback.queued_ptr = 100;
	assert_true(hvsnd_playback_is_complete(&playback, HVSND_PCM_DRAINING));
	playback.silence = 1;
	assert_false(hvsnd_playback_is_complete(&playback,
						HVSND_PCM_DRAINING));
	assert_false(hvsnd_playback_is_complete(&playback,
						HVSND_PCM_DRAINING_COPY));
}

UNIT_TESTS(playback,
	   UNIT_TEST(test_untracked),
	   UNIT_TEST(test_limit),
	   UNIT_TEST(test_due),
	   UNIT_TEST(test_wakeup),
	   UNIT_TEST(test_may_send),
	   UNIT_TEST(test_begin),
	   UNIT_TEST(test_begin_forgets),
	   UNIT_TEST(test_begin_while_busy),
	   UNIT_TEST(test_begin_late),
	   UNIT_TEST(test_begin_untracked),
	   UNIT_TEST(test_begin_untimed),
	   UNIT_TEST(test_late_frames),
	   UNIT_TEST(test_untracked_frames),
	   UNIT_TEST(test_drain_copy),
	   UNIT_TEST(test_resync),
	   UNIT_TEST(test_skip_silence),
	   UNIT_TEST(test_skip_silence_limits),
	   UNIT_TEST(test_overwritten),
	   UNIT_TEST(test_stopped),
	   UNIT_TEST(test_set_appl),
	   UNIT_TEST(test_set_appl_of_a_loop),
	   UNIT_TEST(test_rewind_over_unsent),
	   UNIT_TEST(test_reset),
	   UNIT_TEST(test_drain_of_a_loop),
	   UNIT_TEST(test_complete));
