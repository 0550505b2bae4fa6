// SPDX-License-Identifier: GPL-2.0
/* The PulseAudio protocol: volume and mute, in both directions. */
#include "unit.h"

#include "pulse_client.h"

/* The host has that volume. */
static int host_volume(struct client *c, u32 tag, u32 left, u32 right,
		       bool mute)
{
	if (c->s.params.direction == SNDRV_PCM_STREAM_PLAYBACK)
		return HOST(c, mute ? INPUT_INFO("1") : INPUT_INFO("0"), 2, tag,
			    INDEX, "name", 1, 2, 3, 3, 2, 48000, left, right,
			    4LL, 5LL, "driver");
	return HOST(c, mute ? OUTPUT_INFO("1") : OUTPUT_INFO("0"), 2, tag,
		    INDEX, "name", 1, 2, 3, 3, 2, 48000, 4LL, 5LL, "driver",
		    left, right);
}

static u32 info_command(const struct client *c)
{
	return c->s.params.direction == SNDRV_PCM_STREAM_PLAYBACK ? 29 : 31;
}

static int host_change(struct client *c)
{
	return HOST(c, "LLLL", 66, NONE, info_command(c) == 29 ? 0x12 : 0x13,
		    INDEX);
}

/* Takes what sets the volume, or mutes; returns its tag. */
static u32 client_take_set(struct client *c, const char *want)
{
	u8 frame[HVSND_TX_SIZE];
	char text[256], all[256];

	client_take(c, frame);
	message_decode(frame, text);
	sprintf(all, "L %u\nL %u\nL %u\n%s", message_command(frame),
		message_tag(frame), INDEX, want);
	assert_string_equal(text, all);
	assert_int_equal(message_command(frame), info_command(c) == 29 ?
			 (*want == 'v' ? 37 : 69) : (*want == 'v' ? 98 : 99));
	return message_tag(frame);
}

static void test_volume_told(void **state)
{
	struct client c;
	u32 tag;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		/* once at the beginning */
		tag = client_creating(&c, d);
		assert_int_equal(host_create(&c, tag, CHANNEL, 7680), 0);
		tag = client_take_question(&c);
		assert_int_equal(host_volume(&c, tag, 0x10000, 5, true), 0);
		assert_string_equal(c.log, "READY 10000 0;VOLUME 65536 5 1;");
		assert_int_equal(c.s.tx_len, 0);

		/* and whenever it changes */
		c.log[0] = 0;
		assert_int_equal(host_change(&c), 0);
		tag = client_take_command(&c, info_command(&c));
		host_volume(&c, tag, 0x10000, 5, true);
		assert_string_equal(c.log, "");
		host_change(&c);
		tag = client_take_command(&c, info_command(&c));
		host_volume(&c, tag, 0x10000, 6, true);
		host_change(&c);
		tag = client_take_command(&c, info_command(&c));
		host_volume(&c, tag, 0x10000, 6, false);
		/* an answer that came twice */
		host_volume(&c, tag, 1, 1, true);
		assert_string_equal(c.log,
				    "VOLUME 65536 6 1;VOLUME 65536 6 0;");
		/* what is not a change of this stream */
		HOST(&c, "LLLL", 66, NONE, d ? 0x12 : 0x13, INDEX);
		HOST(&c, "LLLL", 66, NONE, d ? 0x13 : 0x12, INDEX + 1);
		HOST(&c, "LLLL", 66, NONE, d ? 0x03 : 0x02, INDEX);
		HOST(&c, "LLLL", 66, NONE, d ? 0x23 : 0x22, INDEX);
		HOST(&c, "LLLL", 66, NONE, 0x10, INDEX);
		assert_int_equal(c.s.tx_len, 0);
		/* nor is it told once the stream has gone */
		host_change(&c);
		host_change(&c);
		tag = client_take_command(&c, info_command(&c));
		HOST(&c, "LLL", d ? 65 : 64, NONE, CHANNEL);
		host_refuse(&c, tag, 5);
		assert_int_equal(host_change(&c), 0);
		client_set_level(&c, 1, 2);
		assert_int_equal(c.s.tx_len, 0);
	}
}

static void test_volume_flood(void **state)
{
	struct client c;
	u32 tag;
	int i;

	(void)state;
	client_ready_playback(&c);
	for (i = 0; i < 10000; i++)
		assert_int_equal(host_change(&c), 0);
	tag = client_take_command(&c, 29);
	assert_int_equal(c.s.tx_len, 0);
	host_volume(&c, tag, 1, 1, false);
	tag = client_take_command(&c, 29);
	assert_int_equal(c.s.tx_len, 0);
	host_volume(&c, tag, 2, 2, false);
	assert_int_equal(c.s.tx_len, 0);
	assert_string_equal(c.log, "VOLUME 1 1 0;VOLUME 2 2 0;");
	/* with answers to questions that have not even been sent */
	for (i = 0; i < 10000; i++) {
		host_change(&c);
		assert_int_equal(host_volume(&c, c.s.pulse.next_tag - 1,
					     i, i, false), 0);
		c.log[0] = 0;
	}
	assert_false(c.s.failed);
	assert_true(c.s.tx_len < HVSND_TX_SIZE);
}

static void test_volume_set(void **state)
{
	struct client c;
	u32 tag, mute;
	int d, i;

	(void)state;
	for (d = 0; d < 2; d++) {
		client_ready(&c, d);
		client_set_level(&c, 0x8000, 0x1ffff);
		tag = client_take_set(&c, "v 32768 131071\n");
		client_set_mute(&c, true);
		mute = client_take_set(&c, "1\n");
		assert_int_equal(c.s.tx_len, 0);
		/* no more before that is answered, and then the latest */
		for (i = 0; i < 1000; i++) {
			client_set_level(&c, i, i + 1);
			client_set_mute(&c, i & 1);
		}
		client_set_mute(&c, false);
		assert_int_equal(c.s.tx_len, 0);
		host_accept(&c, tag);
		tag = client_take_set(&c, "v 999 1000\n");
		host_accept(&c, mute);
		mute = client_take_set(&c, "0\n");
		host_accept(&c, tag);
		host_accept(&c, mute);
		assert_int_equal(c.s.tx_len, 0);
		/* the echo is no news */
		host_change(&c);
		tag = client_take_command(&c, info_command(&c));
		host_volume(&c, tag, 999, 1000, false);
		assert_string_equal(c.log, "");
		/* but what a host made of it is */
		host_change(&c);
		tag = client_take_command(&c, info_command(&c));
		host_volume(&c, tag, 998, 1000, false);
		assert_string_equal(c.log, "VOLUME 998 1000 0;");
	}
}

/* An answer that is older than the last set value is ignored. */
static void test_volume_stale(void **state)
{
	struct client c;
	u32 asked, tag, mute;

	(void)state;
	client_ready_playback(&c);
	host_change(&c);
	asked = client_take_command(&c, 29);
	client_set_level(&c, 7, 8);
	tag = client_take_set(&c, "v 7 8\n");
	host_volume(&c, asked, 1, 2, true);
	client_set_mute(&c, false);
	mute = client_take_set(&c, "0\n");
	host_accept(&c, tag);
	assert_int_equal(c.s.tx_len, 0);
	assert_string_equal(c.log, "");
	host_accept(&c, mute);
	tag = client_take_command(&c, 29);
	host_volume(&c, tag, 7, 8, false);
	assert_string_equal(c.log, "");
	assert_int_equal(c.s.tx_len, 0);
}

/* A host may refuse to set the volume: its own value is reported. */
static void test_volume_refused(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	client_ready_playback(&c);
	host_change(&c);
	tag = client_take_command(&c, 29);
	host_volume(&c, tag, 1, 2, false);
	client_set_level(&c, 7, 8);
	assert_int_equal(host_refuse(&c, client_take_set(&c, "v 7 8\n"), 15),
			 0);
	host_volume(&c, client_take_command(&c, 29), 1, 2, false);
	client_set_mute(&c, true);
	assert_int_equal(host_refuse(&c, client_take_set(&c, "1\n"), 15), 0);
	/* nor does a refused question end anything */
	assert_int_equal(host_refuse(&c, client_take_command(&c, 29), 5), 0);
	assert_int_equal(c.s.tx_len, 0);
	host_change(&c);
	host_volume(&c, client_take_command(&c, 29), 1, 2, false);
	assert_string_equal(c.log,
			    "VOLUME 1 2 0;VOLUME 1 2 0;VOLUME 1 2 0;");
}

/* While the host reads nothing, the last value is kept for later. */
static void test_volume_waits(void **state)
{
	u8 frame_[HVSND_TX_SIZE];
	struct client c;
	size_t full;
	u32 tag = 0;

	(void)state;
	client_ready_playback(&c);
	while (c.s.tx_len <= HVSND_TX_SIZE / 2)
		client_start(&c);
	full = c.s.tx_len;
	client_set_level(&c, 1, 1);
	host_change(&c);
	client_set_level(&c, 2, 3);
	client_set_mute(&c, true);
	assert_int_equal(c.s.tx_len, full);
	while (c.s.tx_len) {
		client_take(&c, frame_);
		tag = message_tag(frame_);
	}
	assert_int_equal(host_accept(&c, tag), 0);
	tag = client_take_set(&c, "v 2 3\n");
	HOST(&c, "LL", 2, client_take_set(&c, "1\n"));
	assert_int_equal(c.s.tx_len, 0);
	host_accept(&c, tag);
	client_take_command(&c, 29);
}

static void assert_has(const char *text, const char *part)
{
	assert_non_null(strstr(text, part));
}

static void test_volume_created(void **state)
{
	char name[4096], create[4096];
	struct hvsnd_session_params p;
	struct client c;
	u32 tag;
	int d, i;

	(void)state;
	for (d = 0; d < 2; d++) {
		client_params(&p, d);
		p.volume.level[0] = 26214;
		p.volume.level[1] = 0;
		p.volume.mute = true;
		client_create_text(&p, name, create);	/* not meant */
		assert_has(create, "v 65536 65536\n0\n0\n0\n0\n");
		p.volume.level_set = true;
		client_create_text(&p, name, create);
		assert_has(create, d ? "v 26214 0\n0\n1\n0\n0\n0\n" :
				       "v 26214 0\n0\n0\n0\n0\n0\n0\n0\n0\n1\nP");
		if (!d)
			assert_has(create, "\n1\n0\n0\n0\n0\n0\n0\nB");
		p.volume.mute_set = true;
		client_create_text(&p, name, create);
		assert_has(create, d ? "v 26214 0\n1\n1\n1\n0\n0\n" :
				       "v 26214 0\n0\n0\n0\n0\n0\n0\n0\n1\n1\nP");
		if (!d)
			assert_has(create, "\n1\n0\n1\n0\n0\n0\n0\nB");
		else		/* no peak detection */
			assert_has(create,
				   "L 1920\n0\n0\n0\n0\n0\n0\n0\n0\n0\nP");

		/* and again, before the first audio */
		assert_int_equal(client_open_params(&c, &p), 0);
		host_admit(&c);
		c.on_event = client_start_when_ready;
		host_create(&c, client_take_command(&c, d ? 5 : 3), CHANNEL,
			    7680);
		client_take_command(&c, 35);
		tag = client_take_set(&c, "v 26214 0\n");
		HOST(&c, "LL", 2, client_take_set(&c, "1\n"));
		client_take_command(&c, d ? 58 : 41);
		host_accept(&c, tag);
		/* nothing to ask */
		assert_int_equal(c.s.tx_len, 0);
		host_change(&c);
		tag = client_take_command(&c, info_command(&c));
		host_volume(&c, tag, 26214, 0, true);
		assert_string_equal(c.log, "READY 10000 0;");

		/* one of both: the host tells the other */
		for (i = 0; i < 2; i++) {
			p.volume.level_set = i;
			p.volume.mute_set = !i;
			assert_int_equal(client_open_params(&c, &p), 0);
			host_admit(&c);
			/* too early, so not at all */
			client_set_level(&c, 1, 2);
			client_set_mute(&c, false);
			host_create(&c, client_take_command(&c, d ? 5 : 3),
				    CHANNEL, 7680);
			client_take_command(&c, 35);
			HOST(&c, "LL", 2,
			     client_take_set(&c, i ? "v 26214 0\n" : "1\n"));
			tag = client_take_command(&c, info_command(&c));
			assert_int_equal(c.s.tx_len, 0);
			host_volume(&c, tag, 26214, i ? 0 : 4, true);
			assert_string_equal(c.log, i ?
				"READY 10000 0;VOLUME 26214 0 1;" :
				"READY 10000 0;VOLUME 26214 4 1;");
		}
	}
}

/* Channels from the ninth on have the volume of the eighth. */
static void test_volume_channels(void **state)
{
	struct hvsnd_session_params p;
	char name[4096], create[4096], want[1024];
	int i, n;

	(void)state;
	client_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	p.volume.level_set = true;
	for (i = 0; i < HVSND_CHANNELS; i++)
		p.volume.level[i] = i + 1;
	for (n = 1; n <= 32; n++) {
		p.channels = n;
		p.frame_bytes = 2 * n;
		client_create_text(&p, name, create);
		strcpy(want, "\nv");
		for (i = 1; i <= n; i++)
			sprintf(want + strlen(want), " %d", i < 8 ? i : 8);
		strcat(want, "\n");
		assert_non_null(strstr(create, want));
	}
}

/* Values of a volume that the host may send, and that it may not. */
static void test_volume_hostile(void **state)
{
	static char text[6000];
	struct client c;
	u8 msg[8192];
	size_t n;
	u32 tag;
	int d;

	(void)state;
	memset(text, 'n', sizeof(text) - 1);
#define ASKED(direction) ({						\
		client_ready(&c, direction);				\
		host_change(&c);					\
		client_take_command(&c, info_command(&c));		\
	})
	for (d = 0; d < 2; d++) {
		/* no volume is so great */
		host_volume(&c, ASKED(d), NONE, 0x80000000U, false);
		assert_string_equal(c.log, "VOLUME 2147483647 2147483647 0;");

		/* every end but the right one: nothing is told */
		for (n = 30; ; n++) {
			size_t whole;

			tag = ASKED(d);
			if (d)
				whole = message_build(msg, OUTPUT_INFO("0"), 2,
						      tag, INDEX, "name", 1, 2,
						      3, 3, 2, 48000, 4LL, 5LL,
						      "x", 6, 7);
			else
				whole = message_build(msg, "LLLtLLLamvUUNt0", 2,
						      tag, INDEX, "name", 1, 2,
						      3, 3, 2, 48000, 6, 7, 4LL,
						      5LL, "x");
			if (n == whole)
				break;
			put32(msg, n - 20);
			assert_int_equal(client_feed(&c, msg, n), 0);
			assert_string_equal(c.log, "");
			host_change(&c);
			client_take_command(&c, info_command(&c));
		}
		/* names that leave no room for the rest */
		tag = ASKED(d);
		assert_int_equal(HOST(&c, "LLLtLLL", 2, tag, INDEX, text, 1, 2,
				      3), 0);
		assert_string_equal(c.log, "");
		assert_int_equal(host_change(&c), 0);
		client_take_command(&c, info_command(&c));

		/* other types than there are */
		tag = ASKED(d);
		assert_failed(&c, HOST(&c, "LLt", 2, tag, "x"), -EPROTO,
			      "does not speak");
		tag = ASKED(d);
		assert_failed(&c, HOST(&c, "LLLtLLLamL", 2, tag, INDEX, "x", 1,
				       2, 3, 3, 2, 48000, 5), -EPROTO,
			      "does not speak");
		client_ready(&c, d);
		assert_failed(&c, HOST(&c, "LLL", 66, NONE, 0x12), -EPROTO,
			      "does not speak");
		client_ready(&c, d);
		assert_failed(&c, HOST(&c, "LLLN", 66, NONE, 0x12), -EPROTO,
			      "does not speak");
		client_ready(&c, d);
		assert_failed(&c, HOST(&c, "LLt", 66, NONE, "event"), -EPROTO,
			      "does not speak");
	}

	/* of other channels than the stream's, or of more than there can be */
	for (n = 0; n < 256; n++) {
		size_t at = 20 + 10 + 5 + 6 + 15 + 7 + 4;
		size_t end = at + 2 + 4 * n;

		tag = ASKED(SNDRV_PCM_STREAM_PLAYBACK);
		message_build(msg, "LLLtLLLam", 2, tag, INDEX, "name", 1, 2, 3,
			      3, 2, 48000);
		msg[at] = 'v';
		msg[at + 1] = n;
		memset(msg + at + 2, 1, 4 * n);
		memcpy(msg + end, "U\0\0\0\0\0\0\0\0U\0\0\0\0\0\0\0\0NN1", 21);
		put32(msg, end + 21 - 20);
		assert_int_equal(client_feed(&c, msg, end + 21),
				 n <= 32 ? 0 : -EPROTO);
		assert_string_equal(c.log, n == 2 ?
				    "VOLUME 16843009 16843009 1;" : "");

		/* of a stream that has more than are told apart: told once */
		for (d = 0; n > HVSND_CHANNELS && n <= 32 && d < 2; d++) {
			c.log[0] = 0;
			c.s.params.channels = n;
			host_change(&c);
			put32(msg + 26,
			      client_take_command(&c, info_command(&c)));
			assert_int_equal(client_feed(&c, msg, end + 21), 0);
			assert_int_equal(!c.log[0], d);
		}
	}
}

UNIT_TESTS(pulse_volume,
	   UNIT_TEST(test_volume_told),
	   UNIT_TEST(test_volume_flood),
	   UNIT_TEST(test_volume_set),
	   UNIT_TEST(test_volume_stale),
	   UNIT_TEST(test_volume_refused),
	   UNIT_TEST(test_volume_waits),
	   UNIT_TEST(test_volume_created),
	   UNIT_TEST(test_volume_channels),
	   UNIT_TEST(test_volume_hostile));
