// SPDX-License-Identifier: GPL-2.0
/* The measured rate of audio that arrives in blocks of 10 ms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "rate_check.h"

#define CHUNK_USEC 10000
#define PAUSE_USEC 400000

static const struct sample_spec spec = { SAMPLE_S16LE, 44100, 2 };

/*
 * Simulate @seconds of audio that the guest sends at @rate and that is received
 * at max at the rate @taken. The guest sends @burst bytes at once at the start,
 * and pauses after each @pause blocks (0: never). Returns the measured rate.
 */
static uint32_t found(double seconds, double rate, double taken, size_t burst,
		      unsigned int pause)
{
	double chunk = rate * 4 * CHUNK_USEC / 1e6,
	       max = taken * 4 * CHUNK_USEC / 1e6;
	double waits = burst;
	struct rate_check a = {};
	uint64_t now = 1000000;
	uint32_t answer = 0;
	unsigned int i;

	for (i = 1; i <= seconds * 100 && !answer; i++) {
		size_t n;

		now += pause && i % pause == 0 ? PAUSE_USEC : CHUNK_USEC;
		waits += chunk;
		n = waits < max ? waits : max;
		waits -= n;
		if (rate_check_add(&a, now, n))
			answer = rate_check_result(&a, now, waits, &spec);
	}
	return answer;
}

static void test_right(void **state)
{
	assert_int_equal(found(60, 44100, 1e6, 0, 0), 0);
	assert_int_equal(found(60, 44100 * 1.001, 44100, 0, 0), 0);
	assert_int_equal(found(60, 44100, 1e6, 60000, 0), 0);
	/* A guest that sends as fast as it can is limited to the right rate. */
	assert_int_equal(found(60, 44100, 44100, 1000000, 0), 0);
}

static void test_other(void **state)
{
	assert_int_equal(found(5.1, 48000, 1e6, 0, 0), 48000);
	assert_int_equal(found(5.1, 22050, 1e6, 0, 0), 22050);
	/* Data that is not received is queued in the socket. */
	assert_int_equal(found(5.1, 48000, 44100, 0, 0), 48000);
	assert_int_equal(found(5.1, 96000, 44100, 0, 0), 96000);
	/* A burst at the start is not counted. */
	assert_int_equal(found(5.1, 48000, 1e6, 60000, 0), 48000);
	assert_int_equal(found(5.1, 48000, 44100, 60000, 0), 48000);
}

static void test_unknown(void **state)
{
	assert_int_equal(found(60, 40000, 1e6, 0, 0), 0);
	/* With pauses there is no rate; the mean would be 34,000. */
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
