// SPDX-License-Identifier: GPL-2.0
/*
 * The connections that the host makes for protocol=pulse role=listen: which
 * are kept, which stream takes which, and what the card reports of its host.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/vm_sockets.h>
#include <net/sock.h>
#include <uapi/linux/snd_hvsock.h>

#include "rig.h"
#include "streams.h"

#define SOON_MS	1000
#define AWAY_MS	6000	/* until a host without a connection is away */
#define LATE_MS	(AWAY_MS + 1000)
#define HEAD	20	/* bytes of the first message that a stream sends */

static bool is_host(struct hvsnd_card *card, enum hvsnd_host_state state)
{
	return READ_ONCE(card->host.state) == state;
}

static bool is_up(struct hvsnd_card *card)
{
	return is_host(card, HVSND_HOST_UP);
}

static bool is_away(struct hvsnd_card *card)
{
	return is_host(card, HVSND_HOST_AWAY);
}

#define expect_within(ms, c) \
	KUNIT_EXPECT_TRUE_MSG(test, rig_wait(c, ms), "not within " #ms)

static void configure(struct hvsnd_card_config *config)
{
	rig_config(config, "Pool");
	config->role = SND_HVSOCK_ROLE_LISTEN;
	config->cid = VMADDR_CID_LOCAL;
	config->playback_streams = 16;
}

static struct hvsnd_card *add(struct kunit *test)
{
	struct hvsnd_card_config config;

	configure(&config);
	return rig_add(test, &config);
}

static struct socket *call(struct kunit *test)
{
	struct socket *host = rig_call(RIG_PORT);

	KUNIT_ASSERT_NOT_NULL(test, host);
	return host;
}

/* The host connects, and the card has the connection. */
static struct socket *call_unused(struct kunit *test, struct hvsnd_card *card)
{
	u32 count = READ_ONCE(card->pool.count);
	struct socket *host = call(test);

	expect_within(SOON_MS, READ_ONCE(card->pool.count) == count + 1);
	return host;
}

/* A stream has taken the connection: its first message arrives. */
static bool is_taken(struct socket *host)
{
	u8 head[HEAD];

	return rig_receive(host, head, HEAD, SOON_MS) == HEAD;
}

/* The card has closed the connection; it has sent nothing. */
static bool is_closed(struct socket *host)
{
	u8 byte;

	return rig_receive(host, &byte, 1, SOON_MS) != -EAGAIN;
}

static bool is_unused(struct socket *host)
{
	u8 byte;

	return rig_receive(host, &byte, 1, 50) == -EAGAIN;
}

static void open_prepared(struct kunit *test, struct rig_program *p,
			  struct hvsnd_card *card, int direction)
{
	rig_open(test, p, card, direction);
	rig_set_params(test, p);
	KUNIT_ASSERT_EQ(test, 0, rig_ioctl(p, SNDRV_PCM_IOCTL_PREPARE, 0));
}

/* Number of streams that wait for a connection. */
static u32 waiting(struct hvsnd_card *card)
{
	struct hvsnd_pool_user *user;
	u32 n = 0;

	mutex_lock(&card->pool.lock);
	list_for_each_entry(user, &card->pool.users, entry)
		n++;
	mutex_unlock(&card->pool.lock);
	return n;
}

static bool has_streams(struct hvsnd_card *card)
{
	return !list_empty_careful(&card->streams);
}

/* The card shows a host that has a connection ready, or serves a stream. */
static void test_link(struct kunit *test)
{
	struct hvsnd_card *card = add(test);
	struct socket *host, *other;
	struct rig_program p;

	KUNIT_EXPECT_TRUE(test, is_host(card, HVSND_HOST_UNKNOWN));
	expect_within(LATE_MS, is_away(card));
	host = call(test);
	expect_within(SOON_MS, is_up(card));
	/* A host that connects again in time was not away. */
	sock_release(host);
	expect_within(SOON_MS, !READ_ONCE(card->pool.count));
	msleep(AWAY_MS / 2);
	KUNIT_EXPECT_TRUE(test, is_up(card));
	host = call(test);
	msleep(2 * AWAY_MS);
	KUNIT_EXPECT_TRUE(test, is_up(card));
	/* A failure of a stream means nothing while a connection is ready. */
	other = call_unused(test, card);
	hvsnd_host_failed(&card->host, -ECONNRESET, "lost");
	KUNIT_EXPECT_TRUE(test, is_up(card));
	/* Without an unused connection and without a stream, it is away. */
	sock_release(other);
	open_prepared(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	KUNIT_EXPECT_TRUE(test, is_taken(host));
	hvsnd_host_connected(&card->host);
	msleep(2 * AWAY_MS);
	KUNIT_EXPECT_TRUE(test, is_up(card));
	rig_close(&p);
	hvsnd_host_disconnected(&card->host);
	expect_within(SOON_MS, is_closed(host));
	KUNIT_EXPECT_TRUE(test, is_up(card));
	expect_within(LATE_MS, is_away(card));
	sock_release(host);
}

/* Each stream takes the oldest connection, or waits for one. */
static void test_order(struct kunit *test)
{
	struct hvsnd_card *card = add(test);
	struct rig_program p[4];
	struct socket *host[4];
	int i;

	host[0] = call_unused(test, card);
	host[1] = call_unused(test, card);
	open_prepared(test, &p[0], card, SNDRV_PCM_STREAM_PLAYBACK);
	KUNIT_EXPECT_TRUE(test, is_taken(host[0]));
	KUNIT_EXPECT_TRUE(test, is_unused(host[1]));
	open_prepared(test, &p[1], card, SNDRV_PCM_STREAM_CAPTURE);
	KUNIT_EXPECT_TRUE(test, is_taken(host[1]));
	for (i = 2; i < 4; i++) {
		open_prepared(test, &p[i], card, SNDRV_PCM_STREAM_PLAYBACK);
		expect_within(SOON_MS, waiting(card) == (u32)i - 1);
	}
	/* The first of the two that wait goes; the second has its place. */
	rig_close(&p[2]);
	expect_within(SOON_MS, waiting(card) == 1);
	host[2] = call(test);
	KUNIT_EXPECT_TRUE(test, is_taken(host[2]));
	KUNIT_EXPECT_EQ(test, waiting(card), 0);
	host[3] = call_unused(test, card);
	KUNIT_EXPECT_TRUE(test, is_unused(host[3]));
	for (i = 0; i < 4; i++) {
		if (i != 2)
			rig_close(&p[i]);
		sock_release(host[i]);
	}
	expect_within(5000, !has_streams(card));
}

/* The one that began to wait first is served first. */
static void test_turns(struct kunit *test)
{
	struct hvsnd_card *card = add(test);
	struct hvsnd_stream *st;
	struct rig_program p[3];
	struct socket *host[3];
	int i, n;

	for (i = 0; i < 3; i++) {
		open_prepared(test, &p[i], card, SNDRV_PCM_STREAM_PLAYBACK);
		expect_within(SOON_MS, waiting(card) == (u32)i + 1);
	}
	/* While its worker is late, no other stream takes the connection. */
	st = list_first_entry(&card->streams, struct hvsnd_stream, entry);
	mutex_lock(&st->work_lock);
	host[0] = call_unused(test, card);
	msleep(100);
	KUNIT_EXPECT_EQ(test, waiting(card), 3);
	mutex_unlock(&st->work_lock);
	for (i = 0; i < 3; i++) {
		if (i)
			host[i] = call(test);
		KUNIT_EXPECT_TRUE(test, is_taken(host[i]));
		n = 0;
		mutex_lock(&card->lock);
		list_for_each_entry(st, &card->streams, entry)
			KUNIT_EXPECT_EQ(test, st->conn.channel.waiting,
					n++ > i);
		mutex_unlock(&card->lock);
	}
	for (i = 0; i < 3; i++) {
		rig_close(&p[i]);
		sock_release(host[i]);
	}
	expect_within(5000, !has_streams(card));
}

/* A host that makes connections without end waits for the next window. */
static void test_window(struct kunit *test)
{
	struct hvsnd_card *card = add(test);
	struct socket *host;

	mutex_lock(&card->pool.lock);
	card->pool.window_ns = ktime_get_ns();
	card->pool.accepts = 64;
	mutex_unlock(&card->pool.lock);
	host = call(test);
	msleep(20);
	KUNIT_EXPECT_EQ(test, READ_ONCE(card->pool.count), 0);
	expect_within(SOON_MS, READ_ONCE(card->pool.count) == 1);
	sock_release(host);
}

/* So many connections are kept, and the others are closed. */
static void test_many(struct kunit *test)
{
	struct hvsnd_card *card = add(test);
	struct socket *host[100];
	struct rig_program p;
	int i, kept = 0;

	for (i = 0; i < ARRAY_SIZE(host); i++)
		host[i] = rig_call(RIG_PORT);
	msleep(SOON_MS);
	for (i = 0; i < ARRAY_SIZE(host); i++)
		kept += host[i] && is_unused(host[i]);
	KUNIT_EXPECT_EQ(test, kept, HVSND_POOL_MAX);
	KUNIT_EXPECT_EQ(test, READ_ONCE(card->pool.count), HVSND_POOL_MAX);
	open_prepared(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	KUNIT_EXPECT_TRUE(test, is_taken(host[0]));
	rig_close(&p);
	for (i = 0; i < ARRAY_SIZE(host); i++)
		if (host[i])
			sock_release(host[i]);
	expect_within(SOON_MS, !READ_ONCE(card->pool.count));
}

/* A connection that ends, or that is no PulseAudio server's, is dropped. */
static void test_dropped(struct kunit *test)
{
	struct hvsnd_card *card = add(test);
	struct socket *host[3];
	struct rig_program p;
	int i;

	for (i = 0; i < 3; i++)
		host[i] = call_unused(test, card);
	sock_release(host[0]);
	expect_within(SOON_MS, READ_ONCE(card->pool.count) == 2);
	rig_send(host[1], "x", 1);
	KUNIT_EXPECT_TRUE(test, is_closed(host[1]));
	expect_within(SOON_MS, READ_ONCE(card->pool.count) == 1);
	/* It has ended before it is accepted. */
	sock_release(host[1]);
	mutex_lock(&card->pool.lock);
	host[1] = call(test);
	rig_send(host[1], "x", 1);
	mutex_unlock(&card->pool.lock);
	KUNIT_EXPECT_TRUE(test, is_closed(host[1]));
	open_prepared(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	KUNIT_EXPECT_TRUE(test, is_taken(host[2]));
	rig_close(&p);
	/* The machine sleeps. */
	host[0] = call_unused(test, card);
	hvsnd_streams_suspend(card);
	KUNIT_EXPECT_TRUE(test, is_closed(host[0]));
	hvsnd_streams_resume(card);
	sock_release(host[0]);
	host[0] = call_unused(test, card);
	for (i = 0; i < 3; i++)
		sock_release(host[i]);
}

/* Only the host may connect, and only where the card listens. */
static void test_address(struct kunit *test)
{
	struct hvsnd_card_config config;
	struct hvsnd_config_error error;
	struct hvsnd_card *card, *other;
	struct socket *host;

	configure(&config);
	config.cid = 77;
	card = rig_add(test, &config);
	host = call(test);
	KUNIT_EXPECT_TRUE(test, is_closed(host));
	KUNIT_EXPECT_FALSE(test, is_up(card));
	sock_release(host);

	config.cid = VMADDR_CID_LOCAL;
	mutex_lock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_EQ(test, 0, hvsnd_card_set(card, &config, &error));
	mutex_unlock(&hvsnd_cards_mutex);
	host = call_unused(test, card);
	expect_within(SOON_MS, is_up(card));

	config.cid = 77;
	mutex_lock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_EQ(test, 0, hvsnd_card_set(card, &config, &error));
	mutex_unlock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_TRUE(test, is_closed(host));
	sock_release(host);

	strscpy(config.id, "Other", sizeof(config.id));
	other = rig_try_add(&config, &error);
	KUNIT_ASSERT_TRUE(test, IS_ERR(other));
	KUNIT_EXPECT_EQ(test, PTR_ERR(other), -EADDRINUSE);
	KUNIT_EXPECT_EQ(test, error.attr, SND_HVSOCK_A_CARD_PORT);

	config.cid = VMADDR_CID_LOCAL;
	config.port = RIG_PORT - 1;
	mutex_lock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_EQ(test, 0, hvsnd_card_set(card, &config, &error));
	mutex_unlock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_NULL(test, rig_call(RIG_PORT));
	host = rig_call(RIG_PORT - 1);
	KUNIT_ASSERT_NOT_NULL(test, host);
	expect_within(SOON_MS, READ_ONCE(card->pool.count) == 1);
	sock_release(host);
}

static bool has_reason(struct hvsnd_card *card, const char *reason)
{
	bool so;

	spin_lock(&card->host.lock);
	so = card->host.reason && strstr(card->host.reason, reason);
	spin_unlock(&card->host.lock);
	return so;
}

/* A host that does not connect is as one that does not answer. */
static void test_none(struct kunit *test)
{
	struct hvsnd_card_config config;
	struct hvsnd_card *card;
	struct rig_program p;
	struct socket *host;

	configure(&config);
	config.on_lost = SND_HVSOCK_ON_LOST_ERROR;
	card = rig_add(test, &config);
	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	msleep(1500);
	KUNIT_EXPECT_NE(test, rig_state(&p),
			(__force u32)SNDRV_PCM_STATE_DISCONNECTED);
	KUNIT_EXPECT_EQ(test, waiting(card), 1);
	expect_within(SOON_MS, rig_state(&p) ==
			       (__force u32)SNDRV_PCM_STATE_DISCONNECTED);
	KUNIT_EXPECT_TRUE(test, is_away(card));
	KUNIT_EXPECT_TRUE(test, has_reason(card, "the host has not connected"));
	rig_close(&p);
	expect_within(5000, !has_streams(card));
	KUNIT_EXPECT_EQ(test, waiting(card), 0);
	rig_del(card);

	/* In silence the stream goes on to wait, with pauses. */
	config.on_lost = SND_HVSOCK_ON_LOST_SILENCE;
	card = rig_add(test, &config);
	open_prepared(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	msleep(3000);
	KUNIT_EXPECT_TRUE(test, is_away(card));
	KUNIT_EXPECT_EQ(test, waiting(card), 1);
	msleep(120000);
	host = call(test);
	expect_within(5000, is_taken(host));
	sock_release(host);
	rig_close(&p);
}

/* The card is deleted with streams that wait, and with unused connections. */
static void test_deleted(struct kunit *test)
{
	struct hvsnd_card *card;
	struct rig_program p;
	struct socket *host;
	int k;

	for (k = 0; k < 4; k++) {
		card = add(test);
		host = k > 1 ? call_unused(test, card) : NULL;
		if (k % 2) {
			open_prepared(test, &p, card,
				      SNDRV_PCM_STREAM_PLAYBACK);
			msleep(50);
		}
		rig_del(card);
		if (k == 2)
			KUNIT_EXPECT_TRUE(test, is_closed(host));
		KUNIT_EXPECT_NULL(test, rig_call(RIG_PORT));
		if (k % 2)
			rig_close(&p);
		if (host)
			sock_release(host);
		msleep(50);
	}
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE(test_link),
	KUNIT_CASE(test_order),
	KUNIT_CASE(test_turns),
	KUNIT_CASE(test_window),
	KUNIT_CASE(test_many),
	KUNIT_CASE(test_dropped),
	KUNIT_CASE(test_address),
	KUNIT_CASE(test_none),
	KUNIT_CASE(test_deleted),
	{ }
};

static struct kunit_suite pool_suite = {
	.name = "pool",
	.exit = rig_del_all,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);
