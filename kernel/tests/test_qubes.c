// SPDX-License-Identifier: GPL-2.0
/* Qubes' codes: all of the state at first, then what changes. */
#include "unit.h"

#include "core/proto/qubes.h"
#include "core/proto/session.h"

#define PLAYS	SNDRV_PCM_STREAM_PLAYBACK
#define RECORDS	SNDRV_PCM_STREAM_CAPTURE

/* The next code, taken byte by byte, as a link that is nearly full would. */
static u32 next(struct hvsnd_qubes *q)
{
	unsigned int i;
	u32 code = 0;
	const u8 *p;

	for (i = 0; i < 4; i++) {
		p = hvsnd_qubes_next(q);
		assert_non_null(p);
		assert_int_equal(q->tx_len, 4 - i);
		code |= (u32)*p << 8 * i;
		q->tx_len--;
	}
	return code;
}

static void test_state_first(void **state)
{
	struct hvsnd_qubes q = { };

	(void)state;
	hvsnd_qubes_open(&q);
	assert_int_equal(next(&q), 0x00010000);
	assert_int_equal(next(&q), 0x00020000);
	assert_null(hvsnd_qubes_next(&q));
}

static void test_changes(void **state)
{
	struct hvsnd_qubes q = { };

	(void)state;
	hvsnd_qubes_open(&q);
	q.wanted[PLAYS] = true;
	assert_int_equal(next(&q), 0x00010000);
	assert_int_equal(next(&q), 0x00020001);
	assert_null(hvsnd_qubes_next(&q));
	q.wanted[RECORDS] = true;
	assert_int_equal(next(&q), 0x00010001);
	assert_null(hvsnd_qubes_next(&q));
	q.wanted[RECORDS] = false;
	q.wanted[PLAYS] = false;
	assert_int_equal(next(&q), 0x00010000);
	assert_int_equal(next(&q), 0x00020000);
	assert_null(hvsnd_qubes_next(&q));
	/* There and back before it could be told. */
	q.wanted[PLAYS] = true;
	q.wanted[PLAYS] = false;
	assert_null(hvsnd_qubes_next(&q));
}

/* A code that is half out is finished, even if it is not true any more. */
static void test_half_out(void **state)
{
	struct hvsnd_qubes q = { };

	(void)state;
	hvsnd_qubes_open(&q);
	next(&q);
	next(&q);
	q.wanted[PLAYS] = true;
	assert_non_null(hvsnd_qubes_next(&q));
	q.tx_len -= 2;
	q.wanted[PLAYS] = false;
	assert_int_equal(hvsnd_qubes_next(&q)[0], 0x02);
	assert_int_equal(hvsnd_qubes_next(&q)[1], 0x00);
	q.tx_len -= 2;
	assert_int_equal(next(&q), 0x00020000);
	assert_null(hvsnd_qubes_next(&q));
}

/* Another host knows nothing, also not the half of a code. */
static void test_another_host(void **state)
{
	struct hvsnd_qubes q = { };

	(void)state;
	hvsnd_qubes_open(&q);
	q.wanted[RECORDS] = true;
	q.wanted[PLAYS] = true;
	assert_non_null(hvsnd_qubes_next(&q));
	q.tx_len -= 1;
	hvsnd_qubes_open(&q);
	assert_int_equal(next(&q), 0x00010001);
	assert_int_equal(next(&q), 0x00020001);
	assert_null(hvsnd_qubes_next(&q));
}

static void test_format(void **state)
{
	(void)state;
	assert_true(hvsnd_qubes_ops.fixed);
	assert_int_equal(hvsnd_qubes_ops.only->format, SNDRV_PCM_FORMAT_S16_LE);
	assert_int_equal(hvsnd_qubes_ops.only->rate, 44100);
	assert_int_equal(hvsnd_qubes_ops.only->channels, 2);
	assert_int_equal(hvsnd_qubes_ops.links, 2);
}

UNIT_TESTS(qubes,
	   UNIT_TEST(test_state_first),
	   UNIT_TEST(test_changes),
	   UNIT_TEST(test_half_out),
	   UNIT_TEST(test_another_host),
	   UNIT_TEST(test_format));
