// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/deadline.h"

static void test_none(void **state)
{
	u64 deadlines[HVSND_DEADLINES] = { 0 };

	(void)state;
	assert_true(hvsnd_deadline_next(deadlines, 0) == UINT64_MAX);
	assert_true(hvsnd_deadline_next(deadlines, 1000) == UINT64_MAX);
}

/* Each has a place of its own, and any may be the earliest. */
static void test_earliest(void **state)
{
	static const enum hvsnd_deadline all[] = {
		HVSND_DEADLINE_RETRY, HVSND_DEADLINE_HANDSHAKE,
		HVSND_DEADLINE_ANSWER, HVSND_DEADLINE_DRAIN,
		HVSND_DEADLINE_LINGER,
	};
	u64 deadlines[HVSND_DEADLINES];
	size_t i, k;

	(void)state;
	assert_int_equal(ARRAY_SIZE(all), HVSND_DEADLINES);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		memset(deadlines, 0, sizeof(deadlines));
		deadlines[all[i]] = 500;
		assert_int_equal(hvsnd_deadline_next(deadlines, 100), 500);
		for (k = 0; k < ARRAY_SIZE(all); k++)
			if (k != i)
				deadlines[all[k]] = 501 + k;
		assert_int_equal(hvsnd_deadline_next(deadlines, 100), 500);
	}
}

/* One that has passed was seen when the worker ran. */
static void test_passed(void **state)
{
	u64 deadlines[HVSND_DEADLINES] = { 0 };

	(void)state;
	deadlines[HVSND_DEADLINE_RETRY] = 500;
	deadlines[HVSND_DEADLINE_ANSWER] = 700;
	assert_int_equal(hvsnd_deadline_next(deadlines, 499), 500);
	assert_int_equal(hvsnd_deadline_next(deadlines, 500), 700);
	assert_int_equal(hvsnd_deadline_next(deadlines, 699), 700);
	assert_true(hvsnd_deadline_next(deadlines, 700) == UINT64_MAX);
}

UNIT_TESTS(deadline,
	   UNIT_TEST(test_none),
	   UNIT_TEST(test_earliest),
	   UNIT_TEST(test_passed));
