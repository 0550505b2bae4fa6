// SPDX-License-Identifier: GPL-2.0
/* Raw PCM: audio and nothing else. */
#include "unit.h"

#include "core/proto/session.h"

struct client {
	struct hvsnd_session s;
	unsigned int readies;
	u8 audio[64];
	size_t len;
};

static void on_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
{
	struct client *c = (struct client *)s;

	if (ev->type == HVSND_EVENT_READY) {
		c->readies++;
		return;
	}
	assert_int_equal(ev->type, HVSND_EVENT_DATA);
	assert_true(c->len + ev->len <= sizeof(c->audio));
	memcpy(c->audio + c->len, ev->data, ev->len);
	c->len += ev->len;
}

static void open_client(struct client *c, int direction)
{
	const struct hvsnd_session_params p = {
		.direction = direction,
		.format = SNDRV_PCM_FORMAT_S16_LE,
		.rate = 44100,
		.channels = 2,
		.frame_bytes = 4,
	};

	memset(c, 0xa5, sizeof(*c));
	c->s.ops = &hvsnd_simple_ops;
	c->s.event = on_event;
	c->readies = 0;
	c->len = 0;
	assert_int_equal(c->s.ops->open(&c->s, &p), 0);
	/* The connection is all there is to a stream, and it says nothing. */
	assert_int_equal(c->readies, 1);
	assert_int_equal(c->s.tx_len, 0);
}

static void test_playback(void **state)
{
	u8 head[HVSND_HEAD_MAX];
	struct client c;
	size_t len = 1;

	(void)state;
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	c.s.ops->start(&c.s);
	assert_int_equal(c.s.ops->frame(&c.s, 4000, head, &len), 4000);
	assert_int_equal(len, 0);
	/* A server that records as well sends that to everybody. */
	assert_int_equal(c.s.ops->receive(&c.s, (const u8 *)"abcd", 4), 0);
	assert_int_equal(c.len, 0);
	c.s.ops->stop(&c.s);
	assert_int_equal(c.s.tx_len, 0);
}

static void test_capture(void **state)
{
	struct client c;

	(void)state;
	open_client(&c, SNDRV_PCM_STREAM_CAPTURE);
	/* All of it: whose frames they are is told by counting. */
	assert_int_equal(c.s.ops->receive(&c.s, (const u8 *)"a", 1), 0);
	c.s.ops->start(&c.s);
	assert_int_equal(c.s.ops->receive(&c.s, (const u8 *)"bcd", 3), 0);
	c.s.ops->stop(&c.s);
	assert_int_equal(c.s.ops->receive(&c.s, (const u8 *)"efgh", 4), 0);
	assert_int_equal(c.len, 8);
	assert_memory_equal(c.audio, "abcdefgh", 8);
}

static void test_again(void **state)
{
	struct client c;

	(void)state;
	open_client(&c, SNDRV_PCM_STREAM_CAPTURE);
	c.s.ops->start(&c.s);
	assert_int_equal(c.s.ops->open(&c.s, &c.s.params), 0);
	assert_int_equal(c.readies, 2);
	assert_int_equal(c.s.params.rate, 44100);
}

UNIT_TESTS(simple,
	   UNIT_TEST(test_playback),
	   UNIT_TEST(test_capture),
	   UNIT_TEST(test_again));
