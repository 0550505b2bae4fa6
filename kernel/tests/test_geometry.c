// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/geometry.h"

static const struct hvsnd_geometry_params usual = {
	.rate = 48000,
	.frame_bytes = 4,
	.period = 480,
	.buffer = 4800,
	.timed = true,
};

static struct hvsnd_geometry of(struct hvsnd_geometry_params p)
{
	struct hvsnd_geometry g;

	memset(&g, 0xa5, sizeof(g));
	hvsnd_geometry_set(&g, &p);
	return g;
}

static void test_chunk(void **state)
{
	static const struct {
		u32 period, min_chunk_ms, chunk;
	} cases[] = {
		{ 48, 0, 240 },
		{ 480, 0, 480 },
		{ 4800, 0, 960 },
		{ 480, 40, 1920 },
	};
	struct hvsnd_geometry_params p = usual;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		p.period = cases[i].period;
		p.min_chunk_ms = cases[i].min_chunk_ms;
		assert_int_equal(of(p).chunk, cases[i].chunk);
		assert_int_equal(of(p).delay, 2 * cases[i].chunk + 480);
	}
}

static void test_delay(void **state)
{
	struct hvsnd_geometry_params p = usual;

	(void)state;
	assert_int_equal(of(p).delay, 1440);
	assert_int_equal(of(p).max_delay, 1440);
	p.capture = true;
	assert_int_equal(of(p).delay, 1440);
	assert_int_equal(of(p).max_delay, 2880);
	/* A short latency may grow to the default, a long one not at all. */
	p.latency_us = 12000;
	assert_int_equal(of(p).delay, 576);
	assert_int_equal(of(p).max_delay, 2880);
	assert_int_equal(of(p).chunk, 192);
	p.latency_us = 1;
	assert_int_equal(of(p).delay, 144);
	p.latency_us = 2000000;
	assert_int_equal(of(p).delay, 96000);
	assert_int_equal(of(p).max_delay, 96000);
	assert_int_equal(of(p).chunk, 480);
}

static void test_ahead(void **state)
{
	struct hvsnd_geometry_params p = usual;

	(void)state;
	assert_int_equal(of(p).max_ahead, 14400);
	p.period = 9600;
	assert_int_equal(of(p).max_ahead, 19200);
	p.frame_bytes = 128;
	assert_int_equal(of(p).max_ahead, 8192);
	p.timed = false;
	assert_int_equal(of(p).max_ahead, 1920);
}

/* Three quarters of a short ring, and for the timer a period less. */
static void test_low_water(void **state)
{
	static const struct {
		u32 period, buffer, write, timer;
	} cases[] = {
		{ 480, 4800, 3360, 2880 },
		{ 1200, 4800, 3600, 2400 },
		{ 2400, 4800, 2400, 2400 },
		/* nothing less where the ring is longer than what is sent */
		{ 480, 48000, 10560, 10560 },
	};
	struct hvsnd_geometry_params p = usual;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		p.period = cases[i].period;
		p.buffer = cases[i].buffer;
		assert_int_equal(of(p).write_low_water, cases[i].write);
		assert_int_equal(of(p).timer_low_water, cases[i].timer);
	}
	p = usual;
	p.timed = false;
	assert_int_equal(of(p).write_low_water, 1440);
}

static void test_start_timeout(void **state)
{
	struct hvsnd_geometry_params p = usual;

	(void)state;
	assert_int_equal(of(p).start_timeout, 1800);
	p.buffer = 480000;
	assert_int_equal(of(p).start_timeout, 14400);
}

static void test_queue(void **state)
{
	(void)state;
	assert_int_equal(of(usual).queue, 2 * (1440 + 14400 + 480));
}

UNIT_TESTS(geometry,
	   UNIT_TEST(test_chunk),
	   UNIT_TEST(test_delay),
	   UNIT_TEST(test_ahead),
	   UNIT_TEST(test_low_water),
	   UNIT_TEST(test_start_timeout),
	   UNIT_TEST(test_queue));
