// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/backoff.h"

/* The interval doubles up to its maximum; a success makes it short again. */
static void test_interval(void **state)
{
	static const u32 stopped[] = { 100, 200, 400, 800, 1600, 2000, 2000 };
	static const u32 running[] = { 100, 200, 400, 400 };
	struct hvsnd_backoff b;
	size_t i;

	(void)state;
	hvsnd_backoff_init(&b);
	for (i = 0; i < ARRAY_SIZE(stopped); i++) {
		hvsnd_backoff_next(&b, false, 0);
		assert_int_equal(b.interval_ms, stopped[i]);
	}
	hvsnd_backoff_next(&b, true, 0);
	assert_int_equal(b.interval_ms, 400);
	hvsnd_backoff_answered(&b);
	for (i = 0; i < ARRAY_SIZE(running); i++) {
		hvsnd_backoff_next(&b, true, 0);
		assert_int_equal(b.interval_ms, running[i]);
	}
	hvsnd_backoff_reset(&b);
	hvsnd_backoff_next(&b, true, 0);
	assert_int_equal(b.interval_ms, 100);
}

/* Streams try at different times, from three quarters of the interval on. */
static void test_random(void **state)
{
	struct hvsnd_backoff b;

	(void)state;
	hvsnd_backoff_init(&b);
	assert_int_equal(hvsnd_backoff_next(&b, false, 0), 75);
	hvsnd_backoff_reset(&b);
	assert_int_equal(hvsnd_backoff_next(&b, false, 25), 100);
	hvsnd_backoff_reset(&b);
	assert_int_equal(hvsnd_backoff_next(&b, false, 26), 75);
	hvsnd_backoff_reset(&b);
	assert_true(hvsnd_backoff_next(&b, false, 0xffffffff) <= 100);
}

/* Only the first attempt has all of the card's time to connect. */
static void test_connect_timeout(void **state)
{
	struct hvsnd_backoff b;

	(void)state;
	hvsnd_backoff_init(&b);
	assert_int_equal(hvsnd_backoff_connect_ms(&b, 3000), 3000);
	hvsnd_backoff_next(&b, false, 0);
	assert_int_equal(hvsnd_backoff_connect_ms(&b, 3000), 500);
	assert_int_equal(hvsnd_backoff_connect_ms(&b, 200), 200);
}

/* A host that was never reached has 35 s to answer; a warning comes at 2 s. */
static void test_first_answer(void **state)
{
	struct hvsnd_backoff b;
	u32 next = 0;

	(void)state;
	hvsnd_backoff_init(&b);
	assert_int_equal(hvsnd_backoff_check(&b, 0, false, &next),
			 HVSND_PATIENCE_WAIT);
	assert_int_equal(next, 2000);
	assert_int_equal(hvsnd_backoff_check(&b, 1999, false, &next),
			 HVSND_PATIENCE_WAIT);
	assert_int_equal(hvsnd_backoff_check(&b, 2000, false, &next),
			 HVSND_PATIENCE_WARN);
	assert_int_equal(next, 35000);
	assert_int_equal(hvsnd_backoff_check(&b, 34999, false, &next),
			 HVSND_PATIENCE_WARN);
	assert_int_equal(hvsnd_backoff_check(&b, 35000, false, &next),
			 HVSND_PATIENCE_END);
	assert_int_equal(b.handshake_timeout_ms, 35000);
}

/* After a first success 2 s, which doubles with each failure up to 35 s. */
static void test_later_answers(void **state)
{
	static const u32 timeouts[] = {
		2000, 4000, 8000, 16000, 32000, 35000, 35000
	};
	struct hvsnd_backoff b;
	u32 next = 0;
	size_t i;

	(void)state;
	hvsnd_backoff_init(&b);
	hvsnd_backoff_answered(&b);
	for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
		assert_true(hvsnd_backoff_check(&b, timeouts[i] - 1, false,
						&next) != HVSND_PATIENCE_END);
		assert_int_equal(hvsnd_backoff_check(&b, timeouts[i], false,
						     &next),
				 HVSND_PATIENCE_END);
	}
	hvsnd_backoff_answered(&b);
	hvsnd_backoff_allow_device(&b);
	assert_int_equal(hvsnd_backoff_check(&b, 34999, false, &next),
			 HVSND_PATIENCE_WARN);
}

/* A program that wants an error gets it after 2 s. */
static void test_may_fail(void **state)
{
	struct hvsnd_backoff b;
	u32 next = 0;

	(void)state;
	hvsnd_backoff_init(&b);
	assert_int_equal(hvsnd_backoff_check(&b, 1999, true, &next),
			 HVSND_PATIENCE_WAIT);
	assert_int_equal(next, 2000);
	assert_int_equal(hvsnd_backoff_check(&b, 2000, true, &next),
			 HVSND_PATIENCE_END);
}

UNIT_TESTS(backoff,
	   UNIT_TEST(test_interval),
	   UNIT_TEST(test_random),
	   UNIT_TEST(test_connect_timeout),
	   UNIT_TEST(test_first_answer),
	   UNIT_TEST(test_later_answers),
	   UNIT_TEST(test_may_fail));
