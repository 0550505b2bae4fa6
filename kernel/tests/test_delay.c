// SPDX-License-Identifier: GPL-2.0
#include "parts.h"

#include "core/delay.h"

/* With parts_params(): a delay of 30 ms, and chunks of 10 ms. */
#define JITTER		1440
#define CHUNK		480
#define NEEDED		(JITTER + CHUNK)
#define EPOCH		5
#define LIMIT		(10 * PARTS_RATE)	/* of any delay */

static struct parts parts;

static void init(bool capture)
{
	const struct hvsnd_geometry_params p = parts_params(capture);

	parts_init(&parts, &p);
	hvsnd_clock_start(&parts.clock, 0, 0);
}

/* Asks, and 2 ms later gets a report. Returns what to shorten the delay by. */
static s64 report_of(u64 ms, s64 delay, s64 read_index, u64 latency_us)
{
	const struct hvsnd_report r = {
		.now_ns = (ms + 2) * PARTS_MS,
		.latency_us = latency_us,
		.read_index = read_index,
		.delay = delay,
	};

	hvsnd_delay_ask(&parts.delay, ms * PARTS_MS, 0, EPOCH);
	return hvsnd_delay_follow(&parts.delay, &parts.clock, &parts.geometry,
				  &r);
}

/* The same of a device that consumes all the time. */
static s64 report(u64 ms, s64 delay)
{
	return report_of(ms, delay, 1000 * ms, 0);
}

/* Eight reports of the same delay; returns when the next is due. */
static u64 learn(s64 delay)
{
	u64 ms;

	for (ms = 50; ms < 450; ms += 50)
		assert_int_equal(report(ms, delay), 0);
	return ms;
}

static void test_init(void **state)
{
	(void)state;
	init(false);
	assert_int_equal(parts.delay.jitter, JITTER);
	assert_int_equal(parts.delay.now, JITTER);
	assert_int_equal(parts.delay.latency, 0);
	assert_int_equal(parts.delay.reports, 0);
	assert_int_equal(parts.delay.device, HVSND_DEVICE_UNKNOWN);
}

/* A host may say anything of its device. */
static void test_latency(void **state)
{
	static const struct {
		u64 us;
		u32 frames;
	} cases[] = {
		{ 0, 0 },
		{ 20, 0 },
		{ 21, 1 },
		{ 10000, 480 },
		{ 2000000, 96000 },
		{ 2000001, 96000 },
		{ UINT64_MAX, 96000 },
	};
	size_t i;

	(void)state;
	init(false);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(hvsnd_delay_latency(&parts.geometry,
						     cases[i].us),
				 cases[i].frames);
		hvsnd_delay_set_latency(&parts.delay, &parts.geometry,
					cases[i].us);
		assert_int_equal(parts.delay.latency, cases[i].frames);
		assert_int_equal(parts.delay.reported_latency, cases[i].frames);
		assert_int_equal(parts.delay.now, JITTER + cases[i].frames);
	}
}

static void test_relearn(void **state)
{
	(void)state;
	init(false);
	learn(9600);
	assert_int_equal(parts.delay.device, HVSND_DEVICE_BEGUN);
	assert_int_equal(parts.clock.excess, 9600 - NEEDED);
	hvsnd_delay_relearn(&parts.delay, &parts.clock, &parts.geometry, 1000);
	assert_int_equal(parts.delay.reports, 0);
	assert_int_equal(parts.delay.asked_epoch, 0);
	assert_int_equal(parts.delay.device, HVSND_DEVICE_UNKNOWN);
	assert_int_equal(parts.delay.late_pos, 1000 + 5 * PARTS_RATE);
	assert_int_equal(parts.clock.excess, 0);
}

static u32 lengthen(u32 late)
{
	return hvsnd_delay_lengthen(&parts.delay, &parts.clock,
				    &parts.geometry, late);
}

static void test_lengthen(void **state)
{
	(void)state;
	/* A recording may have twice the delay. */
	init(true);
	assert_int_equal(lengthen(0), CHUNK);
	assert_int_equal(parts.delay.jitter, JITTER + CHUNK);
	assert_int_equal(parts.clock.target, JITTER + CHUNK);
	assert_int_equal(lengthen(CHUNK + 1), CHUNK + 1);
	assert_int_equal(lengthen(CHUNK - 1), CHUNK - 1);
	assert_int_equal(parts.delay.jitter, 2 * JITTER);
	assert_int_equal(parts.clock.target, 2 * JITTER);
	assert_int_equal(lengthen(0), 0);
	assert_int_equal(lengthen(CHUNK), 0);
	/* What is later than that no delay bridges. */
	init(true);
	assert_int_equal(lengthen(2 * JITTER + 1), 0);
	assert_int_equal(lengthen(UINT32_MAX), 0);
	assert_int_equal(parts.delay.jitter, JITTER);
	assert_int_equal(lengthen(2 * JITTER), JITTER);
	/* Playback has something ahead instead. */
	init(false);
	assert_int_equal(lengthen(0), 0);
	assert_int_equal(parts.delay.jitter, JITTER);
}

static bool trails(u64 pos)
{
	return hvsnd_delay_trails(&parts.delay, &parts.clock, pos);
}

static void test_trails(void **state)
{
	(void)state;
	init(false);
	hvsnd_delay_relearn(&parts.delay, &parts.clock, &parts.geometry, 0);
	/* The device has not begun: it is waited for 5 s. */
	assert_true(trails(0));
	assert_true(trails(5 * PARTS_RATE - 1));
	assert_false(trails(5 * PARTS_RATE));
	report_of(10, JITTER, 0, 0);
	assert_int_equal(parts.delay.device, HVSND_DEVICE_WAITING);
	assert_true(trails(5 * PARTS_RATE - 1));
	assert_false(trails(5 * PARTS_RATE));
	/* It has: what counts is whether it trails by more than it needs. */
	learn(NEEDED);
	assert_false(trails(0));
	init(false);
	learn(NEEDED + 1);
	assert_true(trails(0));
	assert_true(trails(100 * PARTS_RATE));
}

static void test_when_to_ask(void **state)
{
	struct hvsnd_delay *d = &parts.delay;
	u64 ns = 1000 * PARTS_MS;

	(void)state;
	init(false);
	assert_true(hvsnd_delay_is_due(d, 0, false));
	hvsnd_delay_ask(d, ns, 1234, EPOCH);
	assert_int_equal(d->asked_ns, ns);
	assert_int_equal(d->asked_total, 1234);
	assert_int_equal(d->asked_epoch, EPOCH);
	/* A host that says something is asked after 50 ms at first. */
	assert_false(hvsnd_delay_is_due(d, ns + 50 * PARTS_MS - 1, true));
	assert_true(hvsnd_delay_is_due(d, ns + 50 * PARTS_MS, true));
	assert_false(hvsnd_delay_is_due(d, ns + 500 * PARTS_MS - 1, false));
	assert_true(hvsnd_delay_is_due(d, ns + 500 * PARTS_MS, false));
	/* ... and after 200 ms once the first eight reports have come. */
	learn(JITTER);
	assert_int_equal(d->reports, 8);
	hvsnd_delay_ask(d, ns, 1234, EPOCH);
	assert_false(hvsnd_delay_is_due(d, ns + 200 * PARTS_MS - 1, true));
	assert_true(hvsnd_delay_is_due(d, ns + 200 * PARTS_MS, true));
	assert_false(hvsnd_delay_is_due(d, ns + 500 * PARTS_MS - 1, false));
}

static void test_moment_of_a_report(void **state)
{
	(void)state;
	init(false);
	hvsnd_delay_ask(&parts.delay, 100 * PARTS_MS, 0, EPOCH);
	assert_int_equal(hvsnd_delay_report_ns(&parts.delay, &parts.geometry,
					       140 * PARTS_MS), 120 * PARTS_MS);
	assert_int_equal(hvsnd_delay_report_ns(&parts.delay, &parts.geometry,
					       100 * PARTS_MS), 100 * PARTS_MS);
	/* A recording's may have waited for room on the way back. */
	init(true);
	hvsnd_delay_ask(&parts.delay, 100 * PARTS_MS, 0, EPOCH);
	assert_int_equal(hvsnd_delay_report_ns(&parts.delay, &parts.geometry,
					       140 * PARTS_MS),
			 100 * PARTS_MS + 500000);
	assert_int_equal(hvsnd_delay_report_ns(&parts.delay, &parts.geometry,
					       100 * PARTS_MS + 600000),
			 100 * PARTS_MS + 300000);
}

/* A slow report shows that the device consumes, but not the delay. */
static void test_slow_report(void **state)
{
	struct hvsnd_report r = {
		.latency_us = 7000,
		.read_index = 10,
		.delay = 9999,
	};

	(void)state;
	init(false);
	hvsnd_delay_ask(&parts.delay, 0, 0, EPOCH);
	r.now_ns = 50 * PARTS_MS + 1;
	hvsnd_delay_follow(&parts.delay, &parts.clock, &parts.geometry, &r);
	assert_int_equal(parts.delay.device, HVSND_DEVICE_WAITING);
	r.read_index = 11;
	hvsnd_delay_follow(&parts.delay, &parts.clock, &parts.geometry, &r);
	assert_int_equal(parts.delay.device, HVSND_DEVICE_BEGUN);
	assert_int_equal(parts.delay.now, JITTER);
	assert_int_equal(parts.delay.reported_latency, 0);
	assert_int_equal(parts.delay.reports, 0);
	r.now_ns = 50 * PARTS_MS;
	hvsnd_delay_follow(&parts.delay, &parts.clock, &parts.geometry, &r);
	assert_int_equal(parts.delay.now, 9999);
	assert_int_equal(parts.delay.reported_latency, 336);
	assert_int_equal(parts.delay.round_trip_us, 50000);
	assert_int_equal(parts.delay.reports, 1);
}

/* Until the device begins, its delay grows, and does not count. */
static void test_device_that_waits(void **state)
{
	(void)state;
	init(false);
	report_of(0, 2000, 77, 0);
	assert_int_equal(parts.delay.device, HVSND_DEVICE_WAITING);
	assert_int_equal(parts.delay.now, 2000);
	assert_int_equal(parts.delay.reports, 1);
	report_of(50, 5000, 77, 0);
	assert_int_equal(parts.delay.now, 5000);
	assert_int_equal(parts.delay.reports, 0);
	report_of(100, 3000, 77, 0);
	assert_int_equal(parts.delay.now, 5000);
	assert_int_equal(parts.delay.worst, 5000);
	/* An index may go back: that is a change as well. */
	report_of(150, 4000, 76, 0);
	assert_int_equal(parts.delay.device, HVSND_DEVICE_BEGUN);
	assert_int_equal(parts.delay.reports, 1);
	assert_int_equal(parts.delay.now, 4000);
	assert_int_equal(parts.delay.worst, 5000);
	report_of(200, 4000, 77, 0);
	assert_int_equal(parts.delay.reports, 2);
}

/* The mean of the first eight reports is what to keep. */
static void test_learn(void **state)
{
	static const s64 delays[] = {
		2000, 2100, 1900, 2000, 2050, 1950, 2000, 2008
	};
	size_t i;

	(void)state;
	init(false);
	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		report(50 * (i + 1), delays[i]);
		assert_int_equal(parts.delay.reports, i + 1);
	}
	assert_int_equal(parts.delay.now, 2001);
	assert_int_equal(parts.clock.target, 2001);
	assert_int_equal(parts.clock.excess, 2001 - NEEDED);
	/* The first two: 2050. */
	assert_int_equal(parts.delay.worst, 2050);
	/* Less than what bridges half of the jitter is not believed. */
	init(false);
	learn(-LIMIT);
	assert_int_equal(parts.delay.now, JITTER / 2);
	assert_int_equal(parts.clock.target, JITTER / 2);
	assert_int_equal(parts.clock.excess, 0);
	/* What the device adds is needed. */
	init(false);
	hvsnd_delay_set_latency(&parts.delay, &parts.geometry, 10000);
	learn(NEEDED + 480);
	assert_int_equal(parts.clock.excess, 0);
	report_of(100, NEEDED + 480, 0, 20000);
	assert_int_equal(parts.delay.reported_latency, 960);
}

/* A device that stands still while its delay is learnt begins again. */
static void test_standstill(void **state)
{
	(void)state;
	init(false);
	report(50, 2000);
	report(100, 2000);
	report(150, 2000 + 4800);
	assert_int_equal(parts.delay.reports, 3);
	report(200, (3 * 2000 + 4800) / 3 + 4801);
	assert_int_equal(parts.delay.reports, 1);
	assert_int_equal(parts.delay.now, 3600 + 4801);
}

/* A latency that was asked for is kept, unless the device began late. */
static void test_asked_latency(void **state)
{
	struct hvsnd_geometry_params p = parts_params(false);
	u32 needed;

	(void)state;
	p.latency_us = 20000;
	parts_init(&parts, &p);
	assert_int_equal(parts.delay.jitter, 960);
	assert_int_equal(parts.geometry.chunk, 320);
	hvsnd_clock_start(&parts.clock, 0, 0);
	learn(3000);
	needed = 960;
	assert_int_equal(parts.clock.target, needed);
	assert_int_equal(parts.clock.excess, 0);
	assert_int_equal(parts.delay.now, 3000);

	parts_init(&parts, &p);
	hvsnd_clock_start(&parts.clock, 0, 0);
	hvsnd_delay_set_latency(&parts.delay, &parts.geometry, 40000);
	needed = 1920 + 320;
	learn(needed + 4800);
	assert_int_equal(parts.clock.target, needed);
	assert_int_equal(parts.clock.excess, 0);

	parts_init(&parts, &p);
	hvsnd_clock_start(&parts.clock, 0, 0);
	learn(960 + 4801);
	assert_int_equal(parts.clock.target, 960 + 4801);
	assert_int_equal(parts.clock.excess, 4801);
}

/*
 * After the first reports the clock follows. What half of the target cannot
 * explain, for 100 ms, is put right at once, and the request that is under way
 * does not count any more.
 */
static void test_resync(void **state)
{
	static const struct {
		bool capture;
		s64 delay, resync;
	} cases[] = {
		{ false, 1440 + 721, 721 },
		{ false, 1440 - 721, -721 },
		{ false, INT64_MAX, LIMIT - 1440 },
		{ false, INT64_MIN, -LIMIT },
		{ true, 1440 + 721, 721 },
		{ true, 1440 - 721, -721 },
		{ true, INT64_MAX, LIMIT - 1440 },
		{ true, INT64_MIN, -LIMIT },
	};
	size_t i;
	u64 ms;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		init(cases[i].capture);
		ms = learn(1440);
		assert_int_equal(parts.clock.target, 1440);
		assert_int_equal(report(ms, cases[i].delay), 0);
		assert_int_equal(report(ms + 99, cases[i].delay), 0);
		assert_int_equal(parts.delay.asked_epoch, EPOCH);
		assert_true(report(ms + 100, cases[i].delay) ==
			    cases[i].resync);
		assert_int_equal(parts.delay.asked_epoch, 0);
		assert_int_equal(parts.delay.reports, 8);
		/* One that fits ends it. */
		assert_int_equal(report(ms + 150, cases[i].delay), 0);
		assert_int_equal(report(ms + 200, 1440), 0);
		assert_int_equal(report(ms + 250, cases[i].delay), 0);
	}
}

/* More delay slows playback down, and has a recording run faster. */
static void test_follow(void **state)
{
	unsigned int capture;
	u64 ms;

	(void)state;
	for (capture = 0; capture < 2; capture++) {
		init(capture);
		ms = learn(1440);
		assert_int_equal(report(ms, 1488), 0);
		assert_int_equal(parts.delay.now, 1488);
		assert_true(capture ? parts.clock.ppb > 0 :
				      parts.clock.ppb < 0);
		init(capture);
		learn(1440);
		assert_int_equal(report(ms, 1392), 0);
		assert_int_equal(parts.delay.now, 1392);
		assert_true(capture ? parts.clock.ppb < 0 :
				      parts.clock.ppb > 0);
		assert_int_equal(parts.delay.worst, 1440);
	}
}

/* What the device has too much of delay is given back, half a ms a second. */
static void test_return(void **state)
{
	u64 ms;

	(void)state;
	init(false);
	learn(NEEDED + 480);
	assert_int_equal(parts.clock.excess, 480);
	for (ms = 450; ms <= 2450; ms += 100)
		report(ms, parts.clock.target);
	assert_in_range(parts.clock.excess, 480 - 48 - 4, 480 - 40);
	assert_int_equal(parts.clock.target, NEEDED + parts.clock.excess);
}

/* Whatever a host reports, in whatever order, the delay stays in its limits. */
static void test_anything(void **state)
{
	u64 seed = 18, ms = 0;
	unsigned int i;
	s64 resync;

	(void)state;
	init(false);
	for (i = 0; i < UNIT_TRIES(200000); i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		if (!(seed >> 58))
			init(seed >> 57 & 1);
		ms += seed >> 33 & 255;
		resync = report_of(ms, (s64)seed >> (seed >> 20 & 63),
				   seed >> 12 & 3, seed >> (seed >> 26 & 63));
		assert_true(resync <= LIMIT + 2 * JITTER);
		assert_true(resync >= -LIMIT - 2 * LIMIT);
		assert_in_range(parts.delay.now, 0, LIMIT);
		assert_in_range(parts.delay.worst, parts.delay.now, LIMIT);
		assert_in_range(parts.clock.target, JITTER / 2, LIMIT);
		assert_in_range(parts.clock.excess, 0, parts.clock.target);
	}
}

/* Only a device that has not begun may keep a host from answering for long. */
static void test_answer(void **state)
{
	struct hvsnd_geometry_params p = parts_params(false);

	(void)state;
	parts_init(&parts, &p);
	assert_int_equal(hvsnd_delay_answer_ms(&parts.geometry, true), 2000);
	assert_int_equal(hvsnd_delay_answer_ms(&parts.geometry, false), 5000);
	p.timed = false;
	parts_init(&parts, &p);
	assert_int_equal(hvsnd_delay_answer_ms(&parts.geometry, false), 2000);
}

UNIT_TESTS(delay,
	   UNIT_TEST(test_init),
	   UNIT_TEST(test_latency),
	   UNIT_TEST(test_relearn),
	   UNIT_TEST(test_lengthen),
	   UNIT_TEST(test_trails),
	   UNIT_TEST(test_when_to_ask),
	   UNIT_TEST(test_answer),
	   UNIT_TEST(test_moment_of_a_report),
	   UNIT_TEST(test_slow_report),
	   UNIT_TEST(test_device_that_waits),
	   UNIT_TEST(test_learn),
	   UNIT_TEST(test_standstill),
	   UNIT_TEST(test_asked_latency),
	   UNIT_TEST(test_resync),
	   UNIT_TEST(test_follow),
	   UNIT_TEST(test_return),
	   UNIT_TEST(test_anything));
