// SPDX-License-Identifier: GPL-2.0
/* The PulseAudio protocol: credit, commands, drain and timing of playback. */
#include "unit.h"

#include "pulse_client.h"

static void test_credit(void **state)
{
	struct client c;
	int i;

	(void)state;
	client_ready_playback(&c);
	assert_int_equal(client_frame(&c, 0), 0);
	assert_int_equal(client_frame(&c, 3), 0);
	assert_int_equal(client_frame(&c, 7), 4);
	assert_int_equal(client_frame(&c, 100000), 7676);
	assert_int_equal(client_frame(&c, 100000), 0);
	/* credit for less than a frame waits for the rest of it */
	host_request(&c, 3);
	assert_int_equal(client_frame(&c, 100000), 0);
	host_request(&c, 2);
	assert_int_equal(client_frame(&c, 100000), 4);
	host_request(&c, 3);
	assert_int_equal(client_frame(&c, 100000), 4);
	assert_int_equal(client_frame(&c, 100000), 0);
	host_request(&c, 0);
	HOST(&c, "LLLL", 61, NONE, CHANNEL + 1, 4096);
	assert_int_equal(client_frame(&c, 100000), 0);
	/* in blocks of at most 64 KiB */
	host_request(&c, 100000);
	assert_int_equal(client_frame(&c, 1000000), 65536);
	assert_int_equal(client_frame(&c, 1000000), 100000 - 65536);
	/* however much is asked for */
	for (i = 0; i < 10; i++)
		host_request(&c, NONE);
	assert_int_equal(client_send_all(&c), 4 * MIB);
	for (i = 0; i < 10; i++)
		host_request(&c, 0x80000000U);
	assert_int_equal(client_send_all(&c), 4 * MIB);
}

static void test_credit_at_creation(void **state)
{
	static const u32 missing[] = { 0, 3, 4, 7680, 4 * MIB, 4 * MIB + 4,
				       NONE };
	struct client c;
	size_t i;
	u32 tag;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(missing); i++) {
		tag = client_creating(&c, SNDRV_PCM_STREAM_PLAYBACK);
		assert_int_equal(host_create(&c, tag, 0, missing[i]), 0);
		assert_int_equal(client_send_all(&c), missing[i] > 4 * MIB ?
				 4 * MIB : missing[i] & ~3U);
	}
}

static void test_odd_frames(void **state)
{
	struct hvsnd_session_params p;
	struct client c;

	(void)state;
	client_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	p.format = SNDRV_PCM_FORMAT_S24_3LE;
	p.channels = 7;
	p.frame_bytes = 21;
	assert_int_equal(client_open_params(&c, &p), 0);
	host_admit(&c);
	HOST(&c, "LLLLLLLLLa", 2, client_take_command(&c, 3), 0, 7, 200000,
	     1, 2, 3, 4, 9, 7, 48000);
	assert_int_equal(client_frame(&c, 20), 0);
	assert_int_equal(client_frame(&c, 22), 21);
	assert_int_equal(client_frame(&c, 1000000), 65520);
}

static void test_commands(void **state)
{
	u8 a[HVSND_TX_SIZE];
	char text[256];
	struct client c;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		client_ready(&c, d);
		client_start(&c);
		client_take(&c, a);
		assert_string_equal(message_decode(a, text), d ?
				    "L 58\nL 6\nL 5\n0\n" :
				    "L 41\nL 6\nL 5\n0\n");
		client_pause(&c);
		client_take(&c, a);
		assert_string_equal(message_decode(a, text), d ?
				    "L 58\nL 7\nL 5\n1\n" :
				    "L 41\nL 7\nL 5\n1\n");
		client_stop(&c);
		client_take(&c, a);
		assert_string_equal(message_decode(a, text), d ?
				    "L 58\nL 8\nL 5\n1\n" :
				    "L 41\nL 8\nL 5\n1\n");
		client_take(&c, a);
		assert_string_equal(message_decode(a, text), d ?
				    "L 59\nL 9\nL 5\n" : "L 42\nL 9\nL 5\n");
		assert_int_equal(c.s.tx_len, 0);
		client_drain(&c);
		if (!d)
			client_take_command(&c, 12);
		assert_int_equal(c.s.tx_len, 0);
	}
}

static void test_drain(void **state)
{
	struct client c;
	u32 tag, old;

	(void)state;
	client_ready_playback(&c);
	client_start(&c);
	client_take_command(&c, 41);
	client_frame(&c, 4096);
	client_drain(&c);
	tag = client_take_command(&c, 12);
	/* the end of a drain is no underflow */
	host_underflow(&c, 4096LL);
	assert_string_equal(c.log, "");
	host_accept(&c, tag);
	host_accept(&c, tag);
	host_underflow(&c, 4096LL);
	assert_string_equal(c.log, "DRAINED;");

	/* a refused drain is over as well */
	c.log[0] = 0;
	client_frame(&c, 400);
	host_underflow(&c, 4096LL);
	client_drain(&c);
	host_refuse(&c, client_take_command(&c, 12), 5);
	assert_string_equal(c.log, "UNDERFLOW;DRAINED;");

	/* only the last of two, and none that was stopped */
	c.log[0] = 0;
	client_drain(&c);
	old = client_take_command(&c, 12);
	client_drain(&c);
	tag = client_take_command(&c, 12);
	host_accept(&c, old);
	assert_string_equal(c.log, "");
	host_accept(&c, tag);
	assert_string_equal(c.log, "DRAINED;");
	client_drain(&c);
	tag = client_take_command(&c, 12);
	client_stop(&c);
	assert_int_equal(host_accept(&c, tag), 0);
	assert_string_equal(c.log, "DRAINED;");
}

static void test_underflow(void **state)
{
	struct client c;

	(void)state;
	client_ready_playback(&c);
	client_frame(&c, 4000);
	host_underflow(&c, 0LL);
	assert_string_equal(c.log, "");
	client_start(&c);
	host_underflow(&c, 0LL);
	assert_string_equal(c.log, "UNDERFLOW;");
	client_pause(&c);
	host_underflow(&c, 0LL);
	client_start(&c);
	client_stop(&c);
	client_start(&c);
	host_underflow(&c, 0LL);
	assert_string_equal(c.log, "UNDERFLOW;");
}

static int host_timing(struct client *c, u32 tag, long long first,
		       long long second, long long w, long long r)
{
	return HOST(c, "LLUU1TTrr", 2, tag, first, second, 0, 0, w, r);
}

static void test_timing(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	client_ready_playback(&c);
	client_timing(&c);
	tag = client_take_command(&c, 14);
	client_timing(&c);		/* one at a time */
	assert_int_equal(c.s.tx_len, 0);
	assert_int_equal(host_timing(&c, tag, 1234, 9, 100, 50), 0);
	assert_string_equal(c.log, "TIMING 1234 100 50 1;");
	/* a refused one is no event, and another may follow */
	client_timing(&c);
	assert_int_equal(host_refuse(&c, client_take_command(&c, 14), 5), 0);
	client_timing(&c);
	tag = client_take_command(&c, 14);
	/* nonsense is no event */
	assert_int_equal(host_timing(&c, tag, 0, 0, -1, 0), 0);
	client_timing(&c);
	tag = client_take_command(&c, 14);
	assert_int_equal(host_timing(&c, tag, 0, 0, 0,
				     0x4000000000000001LL), 0);
	assert_string_equal(c.log, "TIMING 1234 100 50 1;");
	c.log[0] = 0;
	client_timing(&c);
	tag = client_take_command(&c, 14);
	assert_int_equal(host_timing(&c, tag, -1, 0, 1LL << 62, 0), 0);
	assert_string_equal(c.log,
			    "TIMING 60000000 4611686018427387904 0 1;");

	client_ready_capture(&c);
	client_timing(&c);
	tag = client_take_command(&c, 57);
	assert_int_equal(host_timing(&c, tag, 300, 1000, 8, 4), 0);
	client_timing(&c);
	tag = client_take_command(&c, 57);
	assert_int_equal(host_timing(&c, tag, 1000, 300, 8, 4), 0);
	assert_string_equal(c.log, "TIMING 700 8 4 1;TIMING 0 8 4 1;");
}

/* A timing report says that the host holds @bytes. */
static void report_held(struct client *c, u32 bytes)
{
	client_timing(c);
	host_timing(c, client_take_command(c, 14), 0, 0, 500000 + bytes,
		    500000);
}

static void test_unasked(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	client_ready_playback(&c); /* asks for 7680 bytes, and keeps 4 MiB */
	assert_int_equal(client_send_all(&c), 7680);
	c.s.unrequested_bytes = 0;
	c.s.allow_unrequested = true;
	assert_int_equal(client_frame(&c, 3000), 3000);
	c.s.allow_unrequested = false;
	assert_int_equal(c.s.unrequested_bytes, 3000);
	/* A host that asks for what it has already got: a report tells so, */
	host_request(&c, 2000);
	report_held(&c, 7680);
	assert_int_equal(client_send_all(&c), 0);
	host_request(&c, 2000);
	report_held(&c, 7000);
	assert_int_equal(client_send_all(&c), 680);
	/* also later, when it holds no more than it needs, */
	host_request(&c, 2000);
	report_held(&c, 7000);
	assert_int_equal(client_send_all(&c), 680);
	/* but not of what was sent after the report was asked for. */
	client_timing(&c);
	tag = client_take_command(&c, 14);
	host_request(&c, 2000);
	assert_int_equal(client_send_all(&c), 2000);
	host_request(&c, 7680);
	host_timing(&c, tag, 0, 0, 505000, 500000);
	assert_int_equal(client_send_all(&c), 680);
	assert_int_equal(c.s.unrequested_bytes, 3000);
	/* What was asked for is believed if nothing unrequested was sent. */
	client_ready_playback(&c);
	c.s.unrequested_bytes = 0;
	report_held(&c, 7680);
	assert_int_equal(client_send_all(&c), 7680);
	assert_int_equal(c.s.unrequested_bytes, 0);

	/* No host is sent more than it keeps. */
	c.s.allow_unrequested = true;
	assert_int_equal(client_send_all(&c), 4 * MIB - 2 * 7680);
	client_timing(&c);
	tag = client_take_command(&c, 14);
	/* What it forgot it does not hold, whatever an older report says. */
	client_stop(&c);
	host_timing(&c, tag, 0, 0, 4 * MIB, 0);
	c.s.allow_unrequested = false;
	host_request(&c, 7680);
	assert_int_equal(client_send_all(&c), 7680);
	c.s.allow_unrequested = true;
	assert_int_equal(client_send_all(&c), 4 * MIB - 7680);
	client_take_command(&c, 41);
	client_take_command(&c, 42);
	/* Nor if it says what cannot be. */
	client_timing(&c);
	host_timing(&c, client_take_command(&c, 14), 0, 0, 0, 1LL << 62);
	assert_int_equal(client_send_all(&c), 4 * MIB);
	client_timing(&c);
	host_timing(&c, client_take_command(&c, 14), 0, 0, 1LL << 62, 0);
	assert_int_equal(client_send_all(&c), 0);
}

/* Tags wrap after 2^32 commands. */
static void test_tags_come_round(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	client_ready_playback(&c);
	c.s.pulse.next_tag = 0xfffffffe;
	client_timing(&c);
	tag = client_take_command(&c, 14);
	assert_int_equal(tag, 0xfffffffe);
	assert_int_equal(host_timing(&c, tag, 1, 0, 1, 1), 0);
	client_timing(&c);
	tag = client_take_command(&c, 14);
	assert_int_equal(tag, 0);
	assert_int_equal(host_accept(&c, 0xfffffffd), 0);
	assert_int_equal(host_timing(&c, tag, 1, 0, 1, 1), 0);
	assert_string_equal(c.log, "TIMING 1 1 1 1;TIMING 1 1 1 1;");
	assert_int_equal(HOST(&c, "LL", 2, 1), -EPROTO);
}

static void test_terminated(void **state)
{
	struct client c;
	u32 tag;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		client_ready(&c, d);
		client_start(&c);
		client_timing(&c);
		client_drain(&c);
		c.s.tx_len = 0;
		/* that of the other direction is not meant for us */
		assert_int_equal(HOST(&c, "LLL", d ? 64 : 65, NONE, CHANNEL),
				 0);
		assert_int_equal(HOST(&c, "LLL", d ? 65 : 64, NONE, 6), 0);
		assert_string_equal(c.log, "");
		assert_int_equal(HOST(&c, "LLL", d ? 65 : 64, NONE, CHANNEL),
				 0);
		assert_string_equal(c.log, d ? "KILLED;" : "DRAINED;KILLED;");
		assert_int_equal(HOST(&c, "LLL", d ? 65 : 64, NONE, CHANNEL),
				 0);
		assert_int_equal(host_started(&c), 0);
		/* answers on their way */
		for (tag = 4; tag < (d ? 8 : 9); tag++)
			assert_int_equal(host_refuse(&c, tag, 5), 0);
		assert_int_equal(host_send_audio(&c, CHANNEL, 400), 0);
		client_start(&c);
		client_timing(&c);
		assert_int_equal(c.s.tx_len, 0);
		assert_int_equal(client_frame(&c, 400), 0);
		assert_int_equal(c.data_len, 0);
		assert_string_equal(c.log, d ? "KILLED;" : "DRAINED;KILLED;");
	}
}

/* The host reads nothing: messages are dropped as a whole. */
static void test_tx_overflow(void **state)
{
	u8 frame_[HVSND_TX_SIZE];
	struct client c;
	int i, n = 0;

	(void)state;
	client_ready_playback(&c);
	for (i = 0; i < 1000; i++) {
		client_start(&c);
		client_stop(&c);
		client_drain(&c);
		assert_true(c.s.tx_len <= HVSND_TX_SIZE);
	}
	assert_true(c.s.failed);
	/* After a message that was dropped, none is sent. */
	while (c.s.tx_len) {
		client_take(&c, frame_);
		n++;
	}
	assert_true(n > 30);
	client_start(&c);
	assert_int_equal(c.s.tx_len, 0);
	assert_failed(&c, host_started(&c), -ENOBUFS,
		      "stopped receiving");
	assert_string_equal(c.log, "");

	client_ready_playback(&c);
	for (i = 0; i < 1000; i++)
		client_pause(&c);
	assert_int_equal(c.s.ops->receive(&c.s, frame_, 0), -ENOBUFS);
}

UNIT_TESTS(pulse_playback,
	   UNIT_TEST(test_credit),
	   UNIT_TEST(test_credit_at_creation),
	   UNIT_TEST(test_odd_frames),
	   UNIT_TEST(test_commands),
	   UNIT_TEST(test_drain),
	   UNIT_TEST(test_underflow),
	   UNIT_TEST(test_timing),
	   UNIT_TEST(test_unasked),
	   UNIT_TEST(test_tags_come_round),
	   UNIT_TEST(test_terminated),
	   UNIT_TEST(test_tx_overflow));
