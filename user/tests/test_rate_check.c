// SPDX-License-Identifier: GPL-2.0
/* At which rate sound is found to arrive, 10 ms at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "rate_check.h"

#define CHUNK_USEC 10000
#define PAUSE_USEC 400000

static const pa_sample_spec sound = { PA_SAMPLE_S16LE, 44100, 2 };

/*
 * Rate that is found in so many seconds of sound: the guest's rate, the rate at
 * which it is taken at most, a burst of so many bytes at first, a pause every
 * so many chunks.
 */
static uint32_t found(double seconds, double rate, double taken, size_t burst,
		      unsigned int pause)
{
	double chunk = rate * 4 * CHUNK_USEC / 1e6,
	       most = taken * 4 * CHUNK_USEC / 1e6;
	double waits = burst;
	struct rate_check a = {};
	uint64_t now = 1000000;
	uint32_t answer = 0;
	unsigned int i;

	for (i = 1; i <= seconds * 100 && !answer; i++) {
		size_t n;

		now += pause && i % pause == 0 ? PAUSE_USEC : CHUNK_USEC;
		waits += chunk;
		n = waits < most ? waits : most;
		waits -= n;
		if (rate_check_add(&a, now, n))
			answer = rate_check_result(&a, now, waits, &sound);
	}
	return answer;
}

static void test_right(void **state)
{
	assert_int_equal(found(60, 44100, 1e6, 0, 0), 0);
	assert_int_equal(found(60, 44100 * 1.001, 44100, 0, 0), 0);
	assert_int_equal(found(60, 44100, 1e6, 60000, 0), 0);
	/* One that sends as fast as it can is held to the right rate. */
	assert_int_equal(found(60, 44100, 44100, 1000000, 0), 0);
}

static void test_other(void **state)
{
	assert_int_equal(found(5.1, 48000, 1e6, 0, 0), 48000);
	assert_int_equal(found(5.1, 22050, 1e6, 0, 0), 22050);
	/* What is not taken waits in the socket. */
	assert_int_equal(found(5.1, 48000, 44100, 0, 0), 48000);
	assert_int_equal(found(5.1, 96000, 44100, 0, 0), 96000);
	/* What comes at once at first is not counted. */
	assert_int_equal(found(5.1, 48000, 1e6, 60000, 0), 48000);
	assert_int_equal(found(5.1, 48000, 44100, 60000, 0), 48000);
}

static void test_unknown(void **state)
{
	assert_int_equal(found(60, 40000, 1e6, 0, 0), 0);
	/* Short sounds have no rate: this one would be 34,000 in the mean. */
	assert_int_equal(found(60, 48000, 1e6, 0, 100), 0);
	assert_int_equal(found(4.9, 48000, 1e6, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_other),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
