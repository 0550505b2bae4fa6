// SPDX-License-Identifier: GPL-2.0
/* The PulseAudio protocol: captured audio. */
#include "unit.h"

#include "pulse_client.h"

static void test_capture_data(void **state)
{
	struct client c;
	u32 cut;

	(void)state;
	for (cut = WHOLE; cut < CUTS; cut++) {
		client_ready_capture(&c);
		c.cut = cut;
		/* not started */
		assert_int_equal(host_send_audio(&c, CHANNEL, 100), 0);
		assert_int_equal(c.data_len, 0);
		client_start(&c);
		assert_int_equal(host_send_audio(&c, CHANNEL, 1921), 0);
		assert_int_equal(c.data_len, 1921);
		assert_int_equal(host_send_audio(&c, CHANNEL + 1, 3000), 0);
		assert_int_equal(c.data_len, 1921);
		assert_int_equal(host_send_audio(&c, CHANNEL, 1), 0);
		assert_int_equal(c.data_len, 1922);
		client_pause(&c);
		assert_int_equal(host_send_audio(&c, CHANNEL, 40), 0);
		assert_int_equal(c.data_len, 1922);
		assert_int_equal(client_frame(&c, 4096), 0);
	}
	client_ready_capture(&c);
	client_start(&c);
	assert_int_equal(host_send_audio(&c, CHANNEL, 16 * MIB), 0);
	assert_int_equal(c.data_len, 16 * MIB);

	client_ready_playback(&c);
	client_start(&c);
	assert_int_equal(host_send_audio(&c, CHANNEL, 100), 0);
	assert_int_equal(c.data_len, 0);
	host_started(&c);
	assert_string_equal(c.log, "STARTED;");
}

/* Until the host answers a flush, what comes is older. */
static void test_capture_flush(void **state)
{
	struct client c;
	u32 first, second;

	(void)state;
	client_ready_capture(&c);
	client_start(&c);
	client_take_command(&c, 58);
	client_stop(&c);
	client_take_command(&c, 58);
	first = client_take_command(&c, 59);
	client_start(&c);
	client_take_command(&c, 58);
	assert_int_equal(host_send_audio(&c, CHANNEL, 100), 0);
	client_stop(&c);
	client_take_command(&c, 58);
	second = client_take_command(&c, 59);
	client_start(&c);
	assert_int_equal(host_accept(&c, first), 0);
	assert_int_equal(host_send_audio(&c, CHANNEL, 100), 0);
	assert_int_equal(c.data_len, 0);
	assert_int_equal(host_refuse(&c, second, 5), 0);
	assert_int_equal(host_send_audio(&c, CHANNEL, 100), 0);
	assert_int_equal(c.data_len, 100);
	/* A flush is over as well when a later command was answered. */
	client_take_command(&c, 58);
	client_stop(&c);
	client_take_command(&c, 58);
	client_take_command(&c, 59);
	client_start(&c);
	first = client_take_command(&c, 58);
	assert_int_equal(host_accept(&c, first), 0);
	assert_int_equal(host_send_audio(&c, CHANNEL, 50), 0);
	assert_int_equal(c.data_len, 150);
}

static void test_capture_messages(void **state)
{
	struct client c;

	(void)state;
	client_ready_capture(&c);
	HOST(&c, "LLL1", 77, NONE, CHANNEL);
	HOST(&c, "LLLLt0LLU", 79, NONE, CHANNEL, 2, "mic", 1, 2, 4321LL);
	/* what is said to playing streams only */
	host_request(&c, 100);
	HOST(&c, "LLL0", 76, NONE, CHANNEL);
	host_started(&c);
	assert_string_equal(c.log, "SUSPENDED 1;MOVED 4321 0;");
}

UNIT_TESTS(pulse_capture,
	   UNIT_TEST(test_capture_data),
	   UNIT_TEST(test_capture_flush),
	   UNIT_TEST(test_capture_messages));
