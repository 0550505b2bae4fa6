// SPDX-License-Identifier: GPL-2.0
/* The PulseAudio protocol: a hostile host, and random bytes. */
#include "unit.h"

#include "pulse_client.h"

static void put_descriptor(u8 *d, u32 length, u32 channel, u32 flags)
{
	memset(d, 0, 20);
	put32(d, length);
	put32(d + 4, channel);
	put32(d + 16, flags);
}

static void test_hostile_descriptors(void **state)
{
	static const struct {
		u32 length, channel, flags;
		const char *reason;
	} t[] = {
		{ 0, NONE, 0, "does not speak" },
		{ 0, CHANNEL, 0, "does not speak" },
		{ 16 * MIB + 1, NONE, 0, "does not speak" },
		{ 16 * MIB + 1, CHANNEL, 0, "does not speak" },
		{ NONE, CHANNEL, 0, "does not speak" },
		{ NONE, NONE, NONE, "does not speak" },
		{ 9, NONE, 0, "does not speak" },
		{ 1, NONE, 0, "does not speak" },
		{ 15, NONE, 1, "does not speak" },
		{ 16, CHANNEL, 0xa0800000, "share memory" },
		{ 16, CHANNEL, 0x80000000, "share memory" },
		{ 16, CHANNEL, 0x40000000, "share memory" },
		{ 16, CHANNEL, 0x20000000, "share memory" },
		{ 16, CHANNEL, 0x00800000, "share memory" },
		{ 16, CHANNEL, 0x01000000, "share memory" },
		{ 0, NONE, 0x40000000, "share memory" },
		{ 0, NONE, 0xc0000000, "share memory" },
	};
	struct client c;
	u8 d[20];
	size_t i;
	u32 cut;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		put_descriptor(d, t[i].length, t[i].channel, t[i].flags);
		for (cut = WHOLE; cut < 4; cut++) {
			client_ready(&c, cut % 2);
			c.cut = cut;
			assert_failed(&c, client_feed(&c, d, 20), -EPROTO,
				      t[i].reason);
			client_open(&c, cut % 2);
			c.cut = cut;
			assert_failed(&c, client_feed(&c, d, 20), -EPROTO,
				      t[i].reason);
		}
	}
	/* the largest that may be, and a seek, are passed over */
	client_ready_playback(&c);
	put_descriptor(d, 16 * MIB, CHANNEL, 3);
	assert_int_equal(client_feed(&c, d, 20), 0);
}

static void test_hostile_messages(void **state)
{
	struct client c;
	u32 tag, op;

	(void)state;
#define EPROTO_IF(direction, part, ...) do {				\
		client_ready(&c, direction);				\
		assert_failed(&c, HOST(&c, __VA_ARGS__), -EPROTO, part); \
	} while (0)
	for (op = 101; op <= 103; op++) {
		EPROTO_IF(0, "share memory", "LLL", op, NONE, 1);
		client_open(&c, SNDRV_PCM_STREAM_CAPTURE);
		assert_failed(&c, HOST(&c, "LL", op, 77), -EPROTO,
			      "share memory");
	}
	/* no command, no tag */
	EPROTO_IF(0, "does not speak", "LU", 86, 5LL);
	EPROTO_IF(0, "does not speak", "UL", 5LL, 86);
	EPROTO_IF(0, "does not speak", "t", "hello, world!");
	EPROTO_IF(0, "does not speak", "Lt", 86, "longer");
	/* answers to what was never asked */
	EPROTO_IF(0, "does not speak", "LL", 2, 6);
	EPROTO_IF(0, "does not speak", "LL", 2, NONE);
	EPROTO_IF(0, "does not speak", "LLL", 0, NONE, 5);
	EPROTO_IF(0, "does not speak", "LLL", 0, 1000000, 5);
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LLL", 2, 2, 35), -EPROTO, "does not speak");
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, host_refuse(&c, 0, 1), -EPROTO, "does not speak");
	tag = client_creating(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, host_create(&c, tag - 1, 0, 0), -EPROTO,
		      "does not speak");
	/* malformed messages that matter */
	EPROTO_IF(0, "does not speak", "LLU", 86, NONE, 5LL);
	EPROTO_IF(0, "does not speak", "LL", 61, NONE);
	EPROTO_IF(0, "does not speak", "LLL", 61, NONE, CHANNEL);
	EPROTO_IF(0, "does not speak", "LLLU", 61, NONE, CHANNEL, 5LL);
	EPROTO_IF(0, "does not speak", "LLL", 76, NONE, CHANNEL);
	EPROTO_IF(0, "does not speak", "LLLL", 76, NONE, CHANNEL, 1);
	EPROTO_IF(1, "does not speak", "LLLN", 77, NONE, CHANNEL);
	EPROTO_IF(0, "does not speak", "LLLt", 78, NONE, CHANNEL, "x");
	EPROTO_IF(0, "does not speak", "LLLLtL", 78, NONE, CHANNEL, 1, "x", 1);
	EPROTO_IF(0, "does not speak", "LLLLt1LLLL0", 78, NONE, CHANNEL, 1, "x",
		  1, 2, 3, 4);
	EPROTO_IF(0, "does not speak", "LLLLLL0", 94, NONE, CHANNEL, 1, 2, 3);
	/* malformed answers */
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LL", 2, 1), -EPROTO, "does not speak");
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LLt", 2, 1, "x"), -EPROTO, "does not speak");
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LL", 0, 1), -EPROTO, "does not speak");
	client_ready_playback(&c);
	client_timing(&c);
	tag = client_take_command(&c, 14);
	assert_failed(&c, HOST(&c, "LLUU1TT", 2, tag, 0LL, 0LL, 0, 0),
		      -EPROTO, "does not speak");
}

static void test_hostile_create(void **state)
{
	struct client c;
	u32 tag;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		tag = client_creating(&c, d);
		assert_failed(&c, HOST(&c, "LLLL", 2, tag, 0, 0), -EPROTO,
			      "does not speak");
		/* the channel of control messages */
		tag = client_creating(&c, d);
		assert_failed(&c, host_create(&c, tag, NONE, 0), -EPROTO,
			      "does not speak");
	}
#define CREATED(format, channels, rate, tail, ...) do {			\
		tag = client_creating(&c, SNDRV_PCM_STREAM_PLAYBACK);	\
		assert_failed(&c, HOST(&c, "LLLLLLLLLa" tail, 2, tag,	\
			      CHANNEL, 7, 400, 1, 2, 3, 4, format,	\
			      channels, rate, ##__VA_ARGS__), -EPROTO, ""); \
		assert_string_equal(c.log, "");				\
	} while (0)
	CREATED(4, 2, 48000, "");
	CREATED(3, 1, 48000, "");
	CREATED(3, 2, 44100, "");
	CREATED(3, 2, 48000, "L", 1);
	CREATED(3, 2, 48000, "mt", "x");
	CREATED(3, 2, 48000, "mLU", 1, 1LL);
	CREATED(3, 2, 48000, "mLtL", 1, "x", 1);
	CREATED(3, 2, 48000, "mLt0L", 1, "x", 1);
}

/* A session that was not opened does nothing. */
static void test_closed(void **state)
{
	struct client c;

	(void)state;
	memset(&c, 0, sizeof(c));
	c.s.ops = &hvsnd_pulse_ops;
	c.s.event = client_on_event;
	assert_true(HOST(&c, "LLL", 2, 1, 35) < 0);
	client_start(&c);
	assert_int_equal(c.s.tx_len, 0);
}

/* A message of random values, mostly with a command that has an effect. */
static size_t random_message(u8 *out, u32 *x)
{
	static const u8 commands[] = { 0, 2, 2, 2, 61, 61, 62, 63, 64, 65, 76,
				       77, 78, 79, 86, 94, 101, 66, 200 };
	static const char types[] = "LLLLBUrTtN10amvP";
	char t[16] = "LLL";
	int i, n = rnd(x) % 12;
	u8 *p;

	if (!(rnd(x) % 8)) {
		/* of the volume, with a tag that may well be the right one */
		if (rnd(x) % 3)
			return message_build(out, "LLLL", 66, NONE,
					     rnd(x) % 2 ? 0x12 : 0x13, INDEX);
		if (rnd(x) % 2)
			return message_build(out, INPUT_INFO("0"), 2,
					     rnd(x) % 12, INDEX, "n", 1, 2, 3,
					     3, 2, 48000, rnd(x), rnd(x), 4LL,
					     5LL, "d");
		return message_build(out, OUTPUT_INFO("1"), 2, rnd(x) % 12,
				     INDEX, "n", 1, 2, 3, 3, 2, 48000, 4LL, 5LL,
				     "d", rnd(x), rnd(x));
	}

	if (!(rnd(x) % 8))
		return message_audio(out, rnd(x) % 8 ? CHANNEL : rnd(x),
				     1 + rnd(x) % 3000);
	p = out + message_build(out, t, commands[rnd(x) % sizeof(commands)],
				rnd(x) % 3 ? rnd(x) % 12 : NONE,
				rnd(x) % 8 ? CHANNEL : rnd(x));
	for (i = 0; i < n; i++) {
		char one[2] = { types[rnd(x) % (sizeof(types) - 1)], 0 };
		u8 tmp[64];
		size_t len;

		if (one[0] == 't')
			len = message_build(tmp, one, "name");
		else if (one[0] == 'U' || one[0] == 'r')
			len = message_build(tmp, one, (long long)rnd(x));
		else
			len = message_build(tmp, one, rnd(x), 2, 48000);
		memcpy(p, tmp + 20, len - 20);
		p += len - 20;
	}
	put32(out, p - out - 20);
	return p - out;
}

static void test_random(void **state)
{
	struct client c;
	u32 seed, x;
	size_t n, i;
	int d, k, ret;
	int deep = 0, messages = 0;

	(void)state;
	for (seed = 1; seed <= UNIT_TRIES(150000); seed++) {
		x = seed * 2654435761U | 1;
		d = rnd(&x) % 2;
		switch (rnd(&x) % 4) {
		case 0:
			client_open(&c, d);
			break;
		case 1:
			client_creating(&c, d);
			break;
		default:
			client_ready(&c, d);
		}
		c.cut = rnd(&x) % 3 ? rnd(&x) : WHOLE;
		for (k = 0, ret = 0; k < 30 && !ret; k++) {
			client_random_op(&c, &x);
			n = random_message(batch, &x);
			if (!(rnd(&x) % 16))
				for (i = 20; i < n; i++)
					batch[i] = rnd(&x);
			for (i = rnd(&x) % 3; i; i--)
				batch[rnd(&x) % n] ^= 1 << rnd(&x) % 8;
			ret = client_feed(&c, batch, n);
			messages++;
			assert_true(ret <= 0);
			assert_true(c.s.tx_len <= HVSND_TX_SIZE);
			assert_true(c.s.pulse.credit <= 4 * MIB);
			assert_int_equal(!!c.s.reason, !!ret);
			c.log[0] = 0;
			deep += k == 29 && !ret;
		}
	}
	print_message("%d messages, %d sessions lived\n", messages, deep);
	assert_true(deep > 10);		/* or nothing was tried */
}

UNIT_TESTS(pulse_hostile,
	   UNIT_TEST(test_hostile_descriptors),
	   UNIT_TEST(test_hostile_messages),
	   UNIT_TEST(test_hostile_create),
	   UNIT_TEST(test_closed),
	   UNIT_TEST(test_random));
