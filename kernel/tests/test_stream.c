// SPDX-License-Identifier: GPL-2.0
/*
 * A card's connections through all that a host may do: where none is, where
 * it goes at each stage, where it says or takes nothing, where it calls.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/unaligned.h>
#include <linux/vm_sockets.h>
#include <net/sock.h>
#include <uapi/linux/snd_hvsock.h>

#include "core/proto/tagstruct.h"
#include "rig.h"
#include "state.h"
#include "streams.h"
#include "substream.h"

#define SOON_MS	1000

#define is_host(card, what) \
	(READ_ONCE((card)->host.state) == HVSND_HOST_##what)

/* With the host's @listener, or NULL. */
static struct hvsnd_card *add(struct kunit *test, const char *protocol,
			      struct socket *listener)
{
	struct hvsnd_card_config config;
	struct socket *host = NULL;
	struct hvsnd_card *card;

	rig_config(&config, "Stream");
	config.protocol = rig_protocol(protocol);
	card = rig_add(test, &config);
	if (!hvsnd_config_protocol(&config)->create)
		return card;
	/* It looks for the host once. */
	if (listener) {
		host = rig_accept(listener, SOON_MS);
		KUNIT_ASSERT_NOT_NULL(test, host);
	}
	KUNIT_EXPECT_TRUE(test, rig_wait(!is_host(card, UNKNOWN), SOON_MS));
	KUNIT_EXPECT_EQ(test, is_host(card, UP), !!listener);
	if (host)
		sock_release(host);
	return card;
}

/* The host calls this one. */
static struct hvsnd_card *add_called(struct kunit *test, const char *protocol)
{
	struct hvsnd_card_config config;

	rig_config(&config, "Called");
	config.protocol = rig_protocol(protocol);
	config.role = SND_HVSOCK_ROLE_LISTEN;
	config.cid = VMADDR_CID_LOCAL;
	return rig_add(test, &config);
}

/* The program writes what fits; late is late. */
static void feed(struct rig_program *p)
{
	if (rig_write(p, RIG_BUFFER) != -EPIPE)
		return;
	rig_ioctl(p, SNDRV_PCM_IOCTL_PREPARE, 0);
	rig_write(p, RIG_BUFFER);
}

/* @c becomes so within @ms; or while the program @p goes on to play. */
#define expect_within(ms, c) \
	KUNIT_EXPECT_TRUE_MSG(test, rig_wait(c, ms), "not within " #ms)
#define expect_playing(ms, c) expect_within(ms, ({ feed(&p); c; }))

/* Who calls while the program goes on to play. */
static struct socket *accept_playing(struct kunit *test, struct rig_program *p,
				     struct socket *listener)
{
	struct socket *host = NULL;

	rig_wait(({ feed(p); host = rig_accept(listener, 10); }), 5000);
	KUNIT_ASSERT_NOT_NULL(test, host);
	return host;
}

/* Who calls now. */
static struct socket *accept_now(struct kunit *test, struct socket *listener)
{
	struct socket *host = rig_accept(listener, SOON_MS);

	KUNIT_ASSERT_NOT_NULL(test, host);
	return host;
}

static bool is_down(struct hvsnd_card *card)
{
	return is_host(card, REFUSED) || is_host(card, AWAY);
}

static bool is_up(struct hvsnd_card *card)
{
	return is_host(card, UP);
}

static bool is_running(struct rig_program *p)
{
	return rig_state(p) == (__force u32)SNDRV_PCM_STATE_RUNNING;
}

static void prepare(struct kunit *test, struct rig_program *p)
{
	KUNIT_ASSERT_EQ(test, 0, rig_ioctl(p, SNDRV_PCM_IOCTL_PREPARE, 0));
}

static bool link_reason_has(struct hvsnd_card *card, const char *part)
{
	const char *reason;

	spin_lock(&card->host.lock);
	reason = card->host.reason;
	spin_unlock(&card->host.lock);
	return reason && strstr(reason, part);
}

static struct hvsnd_stream *first_stream(struct hvsnd_card *card)
{
	return list_first_entry_or_null(&card->streams, struct hvsnd_stream,
					entry);
}

static u32 retry_ms(struct hvsnd_card *card)
{
	struct hvsnd_stream *st;
	u32 ms = 0;

	mutex_lock(&card->lock);
	list_for_each_entry(st, &card->streams, entry)
		ms = st->conn.backoff.interval_ms;
	mutex_unlock(&card->lock);
	return ms;
}

static u32 reconnects(struct hvsnd_card *card)
{
	struct hvsnd_stats stats;

	hvsnd_streams_stats(card, &stats);
	return stats.reconnects;
}

static bool has_streams(struct hvsnd_card *card)
{
	return !list_empty_careful(&card->streams);
}

static unsigned int elapsed_ms(u64 since)
{
	return div_u64(ktime_get_ns() - since, NSEC_PER_MSEC);
}

/* Takes what has come of audio, up to a block that is all sound, no silence. */
static bool hears(struct kunit *test, struct socket *host)
{
	static u8 buf[1920];
	int i, n, sound;

	do {
		n = rig_receive(host, buf, sizeof(buf), 10);
		sound = 0;
		for (i = 0; i < n; i++) {
			KUNIT_ASSERT_TRUE(test, !buf[i] || buf[i] == 0x55);
			sound += buf[i] == 0x55;
		}
	} while (n == sizeof(buf) && sound < n);
	return n == sizeof(buf);
}

/* Nobody listens: the program notices nothing, and it is said why. */
static void test_refused(struct kunit *test)
{
	struct hvsnd_card *card = add(test, "pulse", NULL);
	struct socket *host;
	struct rig_program p;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	expect_playing(SOON_MS, is_down(card));
	KUNIT_EXPECT_TRUE(test, link_reason_has(card, "nobody listens"));
	/* Ever less often, but never rarely while somebody plays. */
	expect_playing(5000, retry_ms(card) == 400);
	KUNIT_EXPECT_FALSE(test, rig_wait(({ feed(&p); retry_ms(card) > 400; }),
					  5000));
	KUNIT_EXPECT_TRUE(test, is_running(&p));
	KUNIT_EXPECT_EQ(test, 0, rig_ioctl(&p, SNDRV_PCM_IOCTL_DROP, 0));
	expect_within(10000, retry_ms(card) == 2000);

	host = rig_accept(rig_listen(test, RIG_PORT), 3000);
	KUNIT_ASSERT_NOT_NULL(test, host);
	sock_release(host);
	rig_close(&p);
}

/* A host that hangs up is not called sooner than that. */
static void test_back_off(struct kunit *test)
{
	static const u32 steps[] = { 100, 200, 400, 800, 1600, 2000, 2000 };
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "pulse", listener);
	struct rig_program p;
	unsigned int i, ms;
	u64 last;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_set_params(test, &p);
	prepare(test, &p);
	host = accept_now(test, listener);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		sock_release(host);
		last = ktime_get_ns();
		host = rig_accept(listener, 5000);
		KUNIT_ASSERT_NOT_NULL(test, host);
		ms = elapsed_ms(last);
		KUNIT_EXPECT_GE(test, ms, steps[i] * 3 / 4);
		KUNIT_EXPECT_LE(test, ms, steps[i] + 100);
	}
	/* Who wants to play now need not wait as long. */
	sock_release(host);
	msleep(100);
	prepare(test, &p);
	host = rig_accept(listener, 100);
	KUNIT_ASSERT_NOT_NULL(test, host);
	sock_release(host);
	rig_close(&p);
	expect_within(5000, !has_streams(card));
}

/* Where the next attempt is not due yet, the alarm comes again. */
static void test_early_alarm(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "pulse", listener);
	struct rig_program p;
	u64 last;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_set_params(test, &p);
	prepare(test, &p);
	host = accept_now(test, listener);
	last = ktime_get_ns();
	sock_release(host);
	expect_within(50, retry_ms(card) == 100);
	mutex_lock(&card->lock);
	mod_delayed_work(hvsnd_workqueue, &first_stream(card)->conn.alarm, 0);
	mutex_unlock(&card->lock);
	host = accept_now(test, listener);
	KUNIT_EXPECT_GE(test, elapsed_ms(last), 75);
	sock_release(host);
	rig_close(&p);
	expect_within(5000, !has_streams(card));
}

/* ------------------------------------------------------------------------ */
/* A PulseAudio server, as far as these tests need one                      */

#define PULSE_ERROR	0
#define PULSE_REPLY	2
#define PULSE_PLAY	3	/* create a stream for that, */
#define PULSE_RECORD	5	/* or for this */
#define PULSE_AUTH	8
#define PULSE_NAME	9
#define PULSE_KILLED	64
#define PULSE_CHANNEL	5

/* The next message's command, 0 if none comes within @ms. */
static u32 hear(struct socket *host, unsigned int ms, u32 *tag)
{
	static u8 payload[4096];
	u8 head[20];
	u32 len;

	if (rig_receive(host, head, sizeof(head), ms) != sizeof(head))
		return 0;
	len = get_unaligned_be32(head);
	if (len < 10 || len > sizeof(payload) ||
	    rig_receive(host, payload, len, ms) != len)
		return 0;
	*tag = get_unaligned_be32(payload + 6);
	return get_unaligned_be32(payload + 1);
}

static u32 hear_command(struct kunit *test, struct socket *host, u32 command)
{
	u32 tag = 0;

	KUNIT_ASSERT_EQ(test, hear(host, SOON_MS, &tag), command);
	return tag;
}

static void begin_message(struct hvsnd_tag_writer *w, u8 *buf, size_t size,
			  u32 command, u32 tag)
{
	memset(buf, 0, 20);
	hvsnd_tag_writer_init(w, buf + 20, size - 20);
	hvsnd_tag_put_u32(w, command);
	hvsnd_tag_put_u32(w, tag);
}

static void send_message(struct kunit *test, struct socket *host, u8 *buf,
			 const struct hvsnd_tag_writer *w)
{
	put_unaligned_be32(w->len, buf);
	put_unaligned_be32(U32_MAX, buf + 4);
	KUNIT_ASSERT_EQ(test, rig_send(host, buf, 20 + w->len), 20 + w->len);
}

static void answer(struct kunit *test, struct socket *host, u32 tag, u32 value)
{
	struct hvsnd_tag_writer w;
	u8 buf[64];

	begin_message(&w, buf, sizeof(buf), PULSE_REPLY, tag);
	hvsnd_tag_put_u32(&w, value);
	send_message(test, host, buf, &w);
}

/* Refuse what came with @tag: access denied. */
static void refuse(struct kunit *test, struct socket *host, u32 tag)
{
	struct hvsnd_tag_writer w;
	u8 buf[64];

	begin_message(&w, buf, sizeof(buf), PULSE_ERROR, tag);
	hvsnd_tag_put_u32(&w, 1);
	send_message(test, host, buf, &w);
}

static void answer_create(struct kunit *test, struct socket *host, u32 tag)
{
	static const u8 map[2] = { 1, 2 }, latency[9] = { 'U' };
	struct hvsnd_tag_writer w;
	u8 buf[256];
	int i;

	begin_message(&w, buf, sizeof(buf), PULSE_REPLY, tag);
	hvsnd_tag_put_u32(&w, PULSE_CHANNEL);
	for (i = 0; i < 6; i++)
		hvsnd_tag_put_u32(&w, 1 << 20);
	hvsnd_tag_put_sample_spec(&w, 3, 2, RIG_RATE);
	hvsnd_tag_put_channel_map(&w, map, sizeof(map));
	hvsnd_tag_put_u32(&w, 0);
	hvsnd_tag_put_string(&w, "sink");
	hvsnd_tag_put_bool(&w, false);
	memcpy(w.buf + w.len, latency, sizeof(latency));
	w.len += sizeof(latency);
	send_message(test, host, buf, &w);
}

static void send_terminated(struct kunit *test, struct socket *host)
{
	struct hvsnd_tag_writer w;
	u8 buf[64];

	begin_message(&w, buf, sizeof(buf), PULSE_KILLED, U32_MAX);
	hvsnd_tag_put_u32(&w, PULSE_CHANNEL);
	send_message(test, host, buf, &w);
}

/* Who calls now is let in. */
static struct socket *admit(struct kunit *test, struct socket *listener)
{
	struct socket *host = accept_now(test, listener);

	answer(test, host, hear_command(test, host, PULSE_AUTH), 35);
	answer(test, host, hear_command(test, host, PULSE_NAME), 1);
	return host;
}

/* A program that plays to the server there. */
static struct socket *play_to(struct kunit *test, struct rig_program *p,
			      struct hvsnd_card *card, struct socket *listener)
{
	struct socket *host;

	rig_open(test, p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, p);
	host = admit(test, listener);
	answer_create(test, host, hear_command(test, host, PULSE_PLAY));
	KUNIT_EXPECT_TRUE(test, rig_wait(is_up(card), SOON_MS));
	return host;
}

/* A new card looks for its host, but where that would make a stream there. */
static void test_look(struct kunit *test)
{
	struct socket *listener;
	struct hvsnd_card *card;

	card = add(test, "pulse", NULL);
	KUNIT_EXPECT_TRUE(test, is_host(card, NOT_FOUND));
	rig_del(card);

	listener = rig_listen(test, RIG_PORT);
	card = add(test, "pulse", listener);
	KUNIT_EXPECT_TRUE(test, is_host(card, UP));
	KUNIT_EXPECT_TRUE(test, is_up(card));
	/* That was all. */
	KUNIT_EXPECT_NULL(test, rig_accept(listener, 3000));
	rig_del(card);

	card = add(test, "simple", listener);
	KUNIT_EXPECT_NULL(test, rig_accept(listener, 3000));
	KUNIT_EXPECT_TRUE(test, is_host(card, UNKNOWN));
	rig_del(card);
}

/* Who only prepares has a connection, which may last, and no stream. */
static void test_prepared(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "pulse", listener);
	struct rig_program p;
	u32 tag;
	int d, i;

	for (d = 0; d < 2; d++) {
		rig_open(test, &p, card, d);
		rig_set_params(test, &p);
		prepare(test, &p);
		host = admit(test, listener);
		for (i = 0; i < 3; i++) {
			prepare(test, &p);
			KUNIT_EXPECT_EQ(test, hear(host, 1000, &tag), 0);
			rig_ioctl(&p, SNDRV_PCM_IOCTL_DROP, 0);
		}
		KUNIT_EXPECT_NULL(test, rig_accept(listener, 10));
		/* It is longer than a host may take to answer. */
		msleep(40000);
		prepare(test, &p);
		KUNIT_EXPECT_EQ(test, hear(host, 1000, &tag), 0);
		KUNIT_EXPECT_NULL(test, rig_accept(listener, 10));
		if (d == SNDRV_PCM_STREAM_PLAYBACK)
			rig_write(&p, RIG_PERIOD);
		else
			rig_ioctl(&p, SNDRV_PCM_IOCTL_START, 0);
		hear_command(test, host, d == SNDRV_PCM_STREAM_PLAYBACK ?
			     PULSE_PLAY : PULSE_RECORD);
		rig_close(&p);
		sock_release(host);
		expect_within(SOON_MS, !has_streams(card));
	}
}

/* The same where the connection is the stream: there is none. */
static void test_prepared_raw(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "simple", listener);
	struct rig_program p;
	int d;

	for (d = 0; d < 2; d++) {
		rig_open(test, &p, card, d);
		rig_set_params(test, &p);
		prepare(test, &p);
		KUNIT_EXPECT_NULL(test, rig_accept(listener, 1000));
		if (d == SNDRV_PCM_STREAM_PLAYBACK)
			rig_write(&p, RIG_PERIOD);
		else
			rig_ioctl(&p, SNDRV_PCM_IOCTL_START, 0);
		host = accept_now(test, listener);
		rig_close(&p);
		sock_release(host);
		expect_within(5000, !has_streams(card));
	}
}

/* A device may take long to begin: that is no host that never answers. */
static void test_creates_late(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "pulse", listener);
	struct rig_program p;
	u32 tag;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_CAPTURE);
	rig_set_params(test, &p);
	prepare(test, &p);
	host = admit(test, listener);
	expect_within(SOON_MS, first_stream(card)->conn.state ==
			       HVSND_CONN_ADMITTED);
	rig_ioctl(&p, SNDRV_PCM_IOCTL_START, 0);
	tag = hear_command(test, host, PULSE_RECORD);
	KUNIT_EXPECT_NULL(test, rig_accept(listener, 10000));
	KUNIT_EXPECT_NE(test, tag, 0);
	rig_close(&p);
	sock_release(host);
	expect_within(5000, !has_streams(card));
}

/* A stream that the host refuses says nothing of one that it serves. */
static void test_refused_beside(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host, *other;
	struct hvsnd_card *card = add(test, "pulse", listener);
	struct rig_program p, refused;
	int i;

	host = play_to(test, &p, card, listener);
	rig_open(test, &refused, card, SNDRV_PCM_STREAM_CAPTURE);
	rig_set_params(test, &refused);
	prepare(test, &refused);
	for (i = 0; i < 3; i++) {
		/* From the second time on it has been refused before. */
		other = accept_playing(test, &p, listener);
		KUNIT_EXPECT_TRUE(test, is_host(card, UP));
		KUNIT_EXPECT_TRUE(test, is_up(card));
		sock_release(other);
	}
	rig_close(&p);
	sock_release(host);
	/* Now that one is the only one. */
	other = rig_accept(listener, 5000);
	KUNIT_ASSERT_NOT_NULL(test, other);
	sock_release(other);
	expect_within(SOON_MS, is_host(card, AWAY));
	expect_within(SOON_MS, is_down(card));
	rig_close(&refused);
}

/* A host that refuses the guest is reachable: the jacks stay plugged in. */
static void test_rejected(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "pulse", listener);
	struct hvsnd_host_info info;
	struct rig_program p;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	host = accept_now(test, listener);
	refuse(test, host, hear_command(test, host, PULSE_AUTH));
	expect_playing(SOON_MS, is_host(card, REFUSED));
	sock_release(host);
	hvsnd_host_get_info(&card->host, &info);
	KUNIT_EXPECT_EQ(test, info.link, SND_HVSOCK_LINK_DOWN);
	rig_close(&p);
	expect_within(5000, !has_streams(card));
}

/* What the host's user ends stays so until its program prepares the PCM. */
static void test_terminated(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "pulse", listener);
	struct rig_program p;

	host = play_to(test, &p, card, listener);
	send_terminated(test, host);
	/* No underrun: the program goes on, and hears nothing. */
	KUNIT_EXPECT_FALSE(test, rig_wait(({
		rig_write(&p, RIG_BUFFER);
		!is_running(&p);
	}), 5000));
	KUNIT_EXPECT_NULL(test, rig_accept(listener, 1));
	KUNIT_EXPECT_TRUE(test, is_host(card, UP));
	KUNIT_EXPECT_TRUE(test, is_up(card));
	sock_release(host);

	rig_ioctl(&p, SNDRV_PCM_IOCTL_DROP, 0);
	prepare(test, &p);
	rig_write(&p, RIG_BUFFER);
	host = admit(test, listener);
	hear_command(test, host, PULSE_PLAY);
	rig_close(&p);
	sock_release(host);
	expect_within(5000, !has_streams(card));
}

/* What it plays, and after each end of a connection goes on to play. */
static void test_playback(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "simple", listener);
	struct rig_program p;
	u32 i;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	for (i = 0; i < 5; i++) {
		host = accept_playing(test, &p, listener);
		expect_playing(SOON_MS, is_up(card));
		KUNIT_EXPECT_EQ(test, reconnects(card), i);
		expect_playing(3000, hears(test, host));
		sock_release(host);
		expect_playing(SOON_MS, is_down(card));
		KUNIT_EXPECT_TRUE(test, link_reason_has(card, "lost"));
		KUNIT_EXPECT_TRUE(test, is_running(&p));
	}
	rig_close(&p);
}

/* The host goes in each of the states that a program can be in. */
static void test_closed(struct kunit *test)
{
	static const unsigned int reached[] = {
		SNDRV_PCM_IOCTL_PREPARE, SNDRV_PCM_IOCTL_START,
		SNDRV_PCM_IOCTL_PAUSE, SNDRV_PCM_IOCTL_DRAIN,
		SNDRV_PCM_IOCTL_DROP, 0,
	};
	static const char * const protocols[] = { "simple", "pulse" };
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card;
	struct rig_program p;
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(protocols); k++) {
		card = add(test, protocols[k], listener);
		for (i = 0; i < ARRAY_SIZE(reached); i++) {
			/* Who has only prepared has no connection yet. */
			if (!i && !hvsnd_config_protocol(&card->config)->create)
				continue;
			rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
			rig_set_params(test, &p);
			prepare(test, &p);
			if (i)
				rig_write(&p, RIG_BUFFER);
			host = accept_now(test, listener);
			msleep(20);
			if (i > 1 && reached[i])
				rig_ioctl(&p, reached[i], 1);
			/* 0: it has closed its file, and its end is played. */
			if (!reached[i])
				rig_close(&p);
			sock_release(host);
			msleep(200);
			if (reached[i])
				rig_close(&p);
			expect_within(5000, !has_streams(card));
			while ((host = rig_accept(listener, 10)))
				sock_release(host);
		}
		rig_del(card);
	}
}

/*
 * ALSA's core may prepare, start or free a stream that another thread has
 * started in the meantime.
 */
static void test_started_meanwhile(struct kunit *test)
{
	struct hvsnd_card *card = add(test, "pulse", NULL);
	struct hvsnd_stream *st;
	struct rig_program p;
	int d;

	for (d = 0; d < 2; d++) {
		rig_open(test, &p, card, d);
		rig_set_params(test, &p);
		prepare(test, &p);
		if (d == SNDRV_PCM_STREAM_PLAYBACK)
			rig_write(&p, RIG_PERIOD);
		st = first_stream(card);
		KUNIT_ASSERT_NOT_NULL(test, st);
		hvsnd_stream_start(st, false, false, true, 0);
		msleep(20);
		hvsnd_stream_start(st, false, false, true, 0);
		KUNIT_EXPECT_TRUE(test, hvsnd_stream_is_on(st));
		prepare(test, &p);
		KUNIT_EXPECT_FALSE(test, hvsnd_stream_is_on(st));
		hvsnd_stream_start(st, false, false, true, 0);
		msleep(20);
		rig_close(&p);
		mutex_lock(&card->lock);
		st = first_stream(card);
		KUNIT_EXPECT_TRUE(test, !st || !hvsnd_stream_is_on(st));
		mutex_unlock(&card->lock);
		expect_within(5000, !has_streams(card));
	}
}

/* What a host has not taken yet when the program has closed its file. */
static void test_tail(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "simple", listener);
	u32 written = RIG_BUFFER, heard = 0;
	struct hvsnd_stats stats;
	struct rig_program p;
	u8 *buf;
	int i, n;

	buf = kunit_kzalloc(test, 4096, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	host = accept_now(test, listener);
	/* Until the connection has no room. */
	expect_within(5000, ({
		n = rig_write(&p, RIG_BUFFER);
		written += max(n, 0);
		first_stream(card)->conn.channel.vsock.want_space;
	}));
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			rig_ioctl(&p, SNDRV_PCM_IOCTL_DRAIN, 0));
	expect_within(SOON_MS, !is_running(&p) && rig_state(&p) !=
		      (__force u32)SNDRV_PCM_STATE_DRAINING);
	rig_close(&p);
	mutex_lock(&card->lock);
	KUNIT_ASSERT_NOT_NULL(test, first_stream(card));
	KUNIT_EXPECT_NOT_NULL(test, first_stream(card)->tx.drain_copy);
	mutex_unlock(&card->lock);
	while ((n = rig_receive(host, buf, 4096, SOON_MS)) > 0)
		for (i = 0; i < n; i++)
			heard += buf[i] == 0x55;
	expect_within(5000, !has_streams(card));
	hvsnd_streams_stats(card, &stats);
	KUNIT_EXPECT_EQ(test, heard / 4 + stats.dropped, written);
	sock_release(host);
}

/* A stream that is over is not freed while it is still looked at. */
static void test_reaped(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "simple", listener);
	struct hvsnd_stream *st;
	struct rig_program p;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	host = accept_now(test, listener);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			rig_ioctl(&p, SNDRV_PCM_IOCTL_DRAIN, 0));
	expect_within(SOON_MS, rig_state(&p) !=
		      (__force u32)SNDRV_PCM_STATE_DRAINING);
	rig_close(&p);

	mutex_lock(&card->lock);
	st = first_stream(card);
	if (!st || !rig_wait(READ_ONCE(st->life) == HVSND_LIFE_DEAD, 5000)) {
		mutex_unlock(&card->lock);
		KUNIT_FAIL(test, "no stream that is over");
		goto out;
	}
	mutex_lock(&st->work_lock);
	hvsnd_stream_wake(st);
	mod_delayed_work(hvsnd_workqueue, &st->conn.alarm, HZ);
	msleep(20);
	mutex_unlock(&card->lock);
	msleep(100);
	mutex_unlock(&st->work_lock);
	expect_within(SOON_MS, !has_streams(card));
	msleep(2000);
out:
	sock_release(host);
}

/* A host that took the connection, and takes no sound. */
static void test_takes_nothing(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host, *again;
	struct hvsnd_card *card = add(test, "simple", listener);
	struct rig_program p;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	host = accept_playing(test, &p, listener);
	expect_playing(30000, link_reason_has(card, "stopped receiving"));
	again = accept_playing(test, &p, listener);
	sock_release(host);
	sock_release(again);
	rig_close(&p);
}

/* A jitter buffer that is too large for the memory: there is no stream. */
static void test_no_memory(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT);
	struct hvsnd_card *card = add(test, "simple", listener);
	struct hvsnd_session_params *params;
	struct hvsnd_stream *st, *other;
	struct rig_program p;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_CAPTURE);
	rig_set_params(test, &p);
	st = first_stream(card);
	KUNIT_ASSERT_NOT_NULL(test, st);
	params = kunit_kmalloc(test, sizeof(*params), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, params);
	*params = st->params;
	params->channels = 1 << 20;
	other = hvsnd_stream_create(card, st->substream, params,
				    st->period_frames, st->ring.frames, NULL);
	KUNIT_EXPECT_NULL(test, other);
	rig_close(&p);
}

/* One that never says a word. */
static void test_never_answers(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host, *again;
	struct hvsnd_card *card = add(test, "pulse", listener);
	struct rig_program p;
	u64 begin;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	host = accept_playing(test, &p, listener);
	begin = ktime_get_ns();
	expect_playing(5000, link_reason_has(card, "does not answer"));
	KUNIT_EXPECT_GE(test, elapsed_ms(begin), 1900);
	expect_playing(60000, retry_ms(card));
	KUNIT_EXPECT_GE(test, elapsed_ms(begin), 34000);
	again = accept_playing(test, &p, listener);
	KUNIT_EXPECT_TRUE(test, is_running(&p));
	sock_release(host);
	sock_release(again);
	rig_close(&p);
}

/* Who wants the error rather than silence has it: refused, silent, gone. */
static void test_on_lost(struct kunit *test)
{
	struct socket *listener = NULL, *host;
	struct hvsnd_card_config config;
	struct rig_program p;
	struct hvsnd_card *card;
	int i;

	rig_config(&config, "Lost");
	config.on_lost = SND_HVSOCK_ON_LOST_ERROR;
	card = rig_add(test, &config);
	for (i = 0; i < 3; i++) {
		if (i == 1)
			listener = rig_listen(test, RIG_PORT);
		rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
		rig_set_params(test, &p);
		prepare(test, &p);
		rig_write(&p, RIG_BUFFER);
		host = i ? accept_now(test, listener) : NULL;
		if (i == 2)
			sock_release(host);
		expect_within(4000, ({
			rig_write(&p, RIG_BUFFER);
			rig_state(&p) ==
			(__force u32)SNDRV_PCM_STATE_DISCONNECTED;
		}));
		rig_close(&p);
		if (i == 1)
			sock_release(host);
		while (i && (host = rig_accept(listener, 10)))
			sock_release(host);
	}
}

static void test_capture(struct kunit *test)
{
	static u8 sound[1920], heard[RIG_BUFFER * 4];
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	struct hvsnd_card *card = add(test, "simple", listener);
	int i, n, ret, loud = 0;
	struct rig_program p;

	memset(sound, 0x55, sizeof(sound));
	rig_open(test, &p, card, SNDRV_PCM_STREAM_CAPTURE);
	rig_set_params(test, &p);
	prepare(test, &p);
	KUNIT_ASSERT_EQ(test, 0, rig_ioctl(&p, SNDRV_PCM_IOCTL_START, 0));
	host = accept_now(test, listener);
	for (n = 0; n < 300; n++) {
		/* From then on there is silence, as nobody is there. */
		if (n < 200)
			rig_send(host, sound, sizeof(sound));
		else if (n == 200)
			sock_release(host);
		usleep_range(10000, 11000);
		ret = snd_pcm_kernel_read(p.substream, heard, RIG_BUFFER);
		if (ret == -EAGAIN)
			continue;
		KUNIT_ASSERT_GT(test, ret, 0);
		for (i = 0; i < ret * 4; i++) {
			KUNIT_ASSERT_TRUE(test, !heard[i] || heard[i] == 0x55);
			loud += heard[i] == 0x55;
		}
	}
	/* All but what the beginning and the end took. */
	KUNIT_EXPECT_GT(test, loud, 100 * (int)sizeof(sound));
	KUNIT_EXPECT_LE(test, loud, 200 * (int)sizeof(sound));
	KUNIT_EXPECT_TRUE(test, is_running(&p));
	rig_close(&p);
	expect_within(5000, !has_streams(card));
}

#define LATE_RATE 8000

/* A host that records, but is silent for some of the time, and late then. */
struct late_host {
	struct rig_program *program;
	struct socket *sock;
	ktime_t begin;
	unsigned int sent;
};

static void records(struct kunit *test, struct late_host *h, unsigned int ms,
		    bool silent)
{
	static u8 sound[RIG_BUFFER * 4];
	ktime_t end = ktime_add_ms(ktime_get(), ms);
	int ret;

	while (ktime_before(ktime_get(), end)) {
		while (!silent && ktime_ms_delta(ktime_get(), h->begin) / 10 >
		       h->sent) {
			rig_send(h->sock, sound, LATE_RATE / 100 * 4);
			h->sent++;
		}
		usleep_range(5000, 6000);
		ret = snd_pcm_kernel_read(h->program->substream, sound,
					  RIG_BUFFER);
		KUNIT_ASSERT_TRUE(test, ret == -EAGAIN || ret > 0);
	}
}

/* What is late once is a gap; from then on it is not. */
static void test_late(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT);
	struct hvsnd_card_config config;
	struct hvsnd_card *card;
	struct hvsnd_stream *st;
	struct rig_program p;
	struct late_host h = { .program = &p };
	u32 delay, ms;
	u64 inserted;

	rig_config(&config, "Late");
	config.protocol = SND_HVSOCK_PROTOCOL_SIMPLE;
	config.rate = LATE_RATE;
	card = rig_add(test, &config);
	rig_open(test, &p, card, SNDRV_PCM_STREAM_CAPTURE);
	rig_set_params(test, &p);
	prepare(test, &p);
	KUNIT_ASSERT_EQ(test, 0, rig_ioctl(&p, SNDRV_PCM_IOCTL_START, 0));
	h.sock = accept_now(test, listener);
	h.begin = ktime_get();
	st = first_stream(card);
	records(test, &h, 300, false);
	inserted = st->stats.inserted;
	delay = st->delay.jitter;
	ms = delay / (LATE_RATE / 1000) + 100;
	records(test, &h, ms, true);
	records(test, &h, 300, false);
	KUNIT_EXPECT_GT(test, st->stats.inserted, inserted);
	KUNIT_EXPECT_GT(test, st->delay.jitter, delay);
	inserted = st->stats.inserted;
	records(test, &h, ms, true);
	records(test, &h, 300, false);
	KUNIT_EXPECT_EQ(test, st->stats.inserted, inserted);
	/* A machine that stood still for long is not to have more of it. */
	delay = st->delay.jitter;
	ms = (delay + st->geometry.max_delay) / (LATE_RATE / 1000) + 100;
	records(test, &h, ms, true);
	records(test, &h, 300, false);
	KUNIT_EXPECT_GT(test, st->stats.inserted, inserted);
	KUNIT_EXPECT_EQ(test, st->delay.jitter, delay);
	sock_release(h.sock);
	rig_close(&p);
	expect_within(5000, !has_streams(card));
	rig_del(card);
}

/* With nothing open the card finds out by itself that a host is back. */
static void test_watch(struct kunit *test)
{
	struct socket *listener, *host;
	struct hvsnd_card_config config;
	struct rig_program p;
	struct hvsnd_card *card;
	int i;

	rig_config(&config, "Watch");
	config.idle_retry_s = 1;
	card = rig_add(test, &config);
	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_set_params(test, &p);
	prepare(test, &p);
	expect_within(SOON_MS, is_down(card));
	rig_close(&p);
	msleep(2500);
	KUNIT_EXPECT_TRUE(test, is_down(card));
	listener = rig_listen(test, RIG_PORT);
	host = rig_accept(listener, 2000);
	KUNIT_ASSERT_NOT_NULL(test, host);
	expect_within(SOON_MS, is_up(card));
	expect_within(SOON_MS, is_host(card, UP));
	sock_release(host);
	/* That was all: it is not asked again. */
	KUNIT_EXPECT_NULL(test, rig_accept(listener, 3000));

	/* It goes, and comes, and the card goes while it looks. */
	for (i = 0; i < 3; i++) {
		hvsnd_host_failed(&card->host, -ECONNRESET, "gone");
		host = rig_accept(listener, 2000);
		KUNIT_ASSERT_NOT_NULL(test, host);
		sock_release(host);
		expect_within(SOON_MS, is_host(card, UP));
	}
	hvsnd_host_failed(&card->host, -ECONNRESET, "gone");
	rig_del(card);
	KUNIT_EXPECT_NULL(test, rig_accept(listener, 3000));
}

/* The host calls, hangs up, calls again; another waits for its turn. */
static void test_called(struct kunit *test)
{
	struct hvsnd_card *card = add_called(test, "simple");
	struct socket *host, *next;
	struct rig_program p;
	int i;

	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	expect_playing(SOON_MS, link_reason_has(card, "has not connected"));
	host = rig_call(RIG_PORT);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_NOT_NULL(test, host);
		expect_playing(SOON_MS, is_up(card));
		expect_playing(3000, hears(test, host));
		next = rig_call(RIG_PORT);
		sock_release(host);
		host = next;
	}
	sock_release(host);
	expect_playing(SOON_MS, is_down(card));
	rig_close(&p);

	/* It exists while nothing is open, and stays when a program ends. */
	host = rig_call(RIG_PORT);
	KUNIT_ASSERT_NOT_NULL(test, host);
	expect_within(SOON_MS, is_up(card));
	for (i = 0; i < 2; i++) {
		rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
		rig_play(test, &p);
		expect_playing(3000, hears(test, host));
		rig_close(&p);
		msleep(500);
	}
	KUNIT_EXPECT_TRUE_MSG(test, is_up(card), "%s", card->host.reason);
	rig_del(card);
	msleep(100);
	KUNIT_EXPECT_NULL(test, rig_call(RIG_PORT));
	sock_release(host);
}

static void test_called_by_others(struct kunit *test)
{
	struct hvsnd_card_config config;
	struct hvsnd_config_error error;
	struct hvsnd_card *card, *other;
	struct socket *host;
	char byte;

	rig_config(&config, "Called");
	config.protocol = SND_HVSOCK_PROTOCOL_SIMPLE;
	config.role = SND_HVSOCK_ROLE_LISTEN;
	config.cid = 77;
	card = rig_add(test, &config);
	host = rig_call(RIG_PORT);
	KUNIT_ASSERT_NOT_NULL(test, host);
	/* The end, rather than no word. */
	KUNIT_EXPECT_NE(test, -EAGAIN, rig_receive(host, &byte, 1, SOON_MS));
	sock_release(host);
	KUNIT_EXPECT_FALSE(test, is_up(card));

	/* Of a pair the second port is taken: neither is kept. */
	strscpy(config.id, "Other", sizeof(config.id));
	config.protocol = SND_HVSOCK_PROTOCOL_QUBES;
	config.port = RIG_PORT - 1;
	other = rig_try_add(&config, &error);
	KUNIT_ASSERT_TRUE(test, IS_ERR(other));
	KUNIT_EXPECT_EQ(test, PTR_ERR(other), -EADDRINUSE);
	KUNIT_EXPECT_EQ(test, error.attr, SND_HVSOCK_A_CARD_PORT);
	KUNIT_EXPECT_NULL(test, rig_call(RIG_PORT - 1));

	/* A move to a port that is taken: it listens as before. */
	rig_listen(test, RIG_PORT + 7);
	hvsnd_card_get_config(card, &config);
	config.port = RIG_PORT + 7;
	mutex_lock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_EQ(test, -EADDRINUSE,
			hvsnd_card_set(card, &config, &error));
	mutex_unlock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_EQ(test, error.attr, SND_HVSOCK_A_CARD_PORT);
	host = rig_call(RIG_PORT);
	KUNIT_EXPECT_NOT_NULL(test, host);
	if (host)
		sock_release(host);

	/* A listener that moves. */
	hvsnd_card_get_config(card, &config);
	config.cid = VMADDR_CID_LOCAL;
	config.port = RIG_PORT - 1;
	mutex_lock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_EQ(test, 0, hvsnd_card_set(card, &config, &error));
	mutex_unlock(&hvsnd_cards_mutex);
	KUNIT_EXPECT_NULL(test, rig_call(RIG_PORT));
	host = rig_call(RIG_PORT - 1);
	KUNIT_ASSERT_NOT_NULL(test, host);
	expect_within(SOON_MS, is_up(card));
	sock_release(host);
}

static u32 code(struct socket *host)
{
	u8 buf[4];

	return rig_receive(host, buf, 4, SOON_MS) == 4 ?
	       get_unaligned_le32(buf) : 0;
}

/* Reads on, to the end. */
static bool has_ended(struct socket *host)
{
	u8 buf[64];
	int ret;

	while ((ret = rig_receive(host, buf, sizeof(buf), 1)) > 0)
		;
	return ret != -EAGAIN;
}

/* A pair of connections lives and ends together. */
static void test_pair(struct kunit *test)
{
	struct hvsnd_card *card = add(test, "qubes", NULL);
	struct socket *listener[2], *host[2];
	struct rig_program p;
	int i;

	listener[0] = rig_listen(test, RIG_PORT);
	listener[1] = rig_listen(test, RIG_PORT + 1);
	rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
	rig_play(test, &p);
	for (i = 0; i < 4; i++) {
		host[0] = accept_playing(test, &p, listener[0]);
		host[1] = accept_playing(test, &p, listener[1]);
		/* It does not record, and it is going to play. */
		KUNIT_EXPECT_EQ(test, code(host[1]), 0x00010000);
		expect_playing(SOON_MS, code(host[1]) == 0x00020001);
		expect_playing(3000, hears(test, host[0]));
		sock_release(host[i % 2]);
		expect_playing(SOON_MS, has_ended(host[!(i % 2)]));
		sock_release(host[!(i % 2)]);
	}
	/* One of the two does not listen: then there is none. */
	kunit_release_action(test, rig_release, listener[1]);
	host[0] = accept_playing(test, &p, listener[0]);
	expect_playing(SOON_MS, has_ended(host[0]));
	sock_release(host[0]);
	rig_close(&p);
	expect_within(5000, !has_streams(card));
}

/* The card goes at every moment of a connection's life; nobody waits. */
static void test_deleted(struct kunit *test)
{
	static const char * const protocols[] = { "pulse", "simple", "qubes" };
	struct socket *listener[2], *host[2];
	struct hvsnd_card *card;
	struct rig_program p;
	unsigned int i, k, n;
	u64 begin;

	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		/* 0: nobody listens; 1: connecting; 2: ringing; 3: talking */
		for (k = 0; k < 4; k++) {
			card = add(test, protocols[i], NULL);
			for (n = 0; k && n < 2; n++) {
				listener[n] = rig_listen(test, RIG_PORT + n);
				host[n] = NULL;
			}
			rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
			rig_play(test, &p);
			if (k > 1)
				msleep(50);
			for (n = 0; k == 3 && n < 1 + (i == 2); n++)
				host[n] = accept_now(test, listener[n]);
			begin = ktime_get_ns();
			rig_del(card);
			KUNIT_EXPECT_LE(test, elapsed_ms(begin), 100);
			if (k != 2)
				msleep(100);
			rig_close(&p);
			for (n = 0; k && n < 2; n++) {
				if (host[n])
					sock_release(host[n]);
				kunit_release_action(test, rig_release,
						     listener[n]);
			}
		}
	}

	/* With one who has called, and one who waits. */
	for (k = 0; k < 3; k++) {
		card = add_called(test, "simple");
		host[0] = k ? rig_call(RIG_PORT) : NULL;
		host[1] = k > 1 ? rig_call(RIG_PORT) : NULL;
		rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
		rig_play(test, &p);
		msleep(50);
		rig_del(card);
		rig_close(&p);
		for (n = 0; n < k; n++)
			sock_release(host[n]);
		msleep(50);
	}
}

/* A host that runs dry has more ahead from then on, up to a limit. */
static void test_runs_dry(struct kunit *test)
{
	static const struct {
		u32 period, latency_us, chunk, first, most;
	} cases[] = {
		{ 120, 0, 240, 960, 960 },
		{ 480, 0, 480, 1440, 1440 },
		{ 120, 10000, 160, 480, 960 },
		{ 120, 30000, 240, 1440, 1440 },
	};
	struct hvsnd_event ev = { .type = HVSND_EVENT_UNDERFLOW };
	struct hvsnd_card_config config;
	struct hvsnd_card *card;
	struct hvsnd_stream *st;
	struct rig_program p;
	unsigned int i, n;
	u32 delay;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rig_config(&config, "Dry");
		config.latency_us = cases[i].latency_us;
		card = rig_add(test, &config);
		rig_open(test, &p, card, SNDRV_PCM_STREAM_PLAYBACK);
		rig_set_period(test, &p, cases[i].period);
		rig_start(test, &p);
		st = first_stream(card);
		delay = cases[i].first;
		KUNIT_EXPECT_EQ(test, st->delay.jitter, delay);
		for (n = 0; n < 10; n++) {
			mutex_lock(&st->work_lock);
			st->conn.session.event(&st->conn.session, &ev);
			mutex_unlock(&st->work_lock);
			delay = min(delay + cases[i].chunk, cases[i].most);
			KUNIT_EXPECT_EQ(test, st->delay.jitter, delay);
			KUNIT_EXPECT_EQ(test, st->clock.target,
					st->delay.jitter);
		}
		KUNIT_EXPECT_EQ(test, st->stats.underflows, 10);
		rig_close(&p);
		rig_del(card);
	}
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(test_runs_dry),
	KUNIT_CASE(test_refused),
	KUNIT_CASE(test_back_off),
	KUNIT_CASE(test_early_alarm),
	KUNIT_CASE(test_look),
	KUNIT_CASE(test_prepared),
	KUNIT_CASE(test_prepared_raw),
	KUNIT_CASE(test_creates_late),
	KUNIT_CASE(test_refused_beside),
	KUNIT_CASE(test_rejected),
	KUNIT_CASE(test_terminated),
	KUNIT_CASE(test_playback),
	KUNIT_CASE(test_closed),
	KUNIT_CASE(test_started_meanwhile),
	KUNIT_CASE(test_tail),
	KUNIT_CASE(test_reaped),
	KUNIT_CASE(test_takes_nothing),
	KUNIT_CASE(test_no_memory),
	KUNIT_CASE(test_never_answers),
	KUNIT_CASE(test_on_lost),
	KUNIT_CASE(test_capture),
	KUNIT_CASE(test_late),
	KUNIT_CASE(test_watch),
	KUNIT_CASE(test_called),
	KUNIT_CASE(test_called_by_others),
	KUNIT_CASE(test_pair),
	KUNIT_CASE(test_deleted),
	{ }
};

/* Somebody listens, or nothing would be told. */
static int stream_init(struct kunit *test)
{
	rig_hear(test);
	return 0;
}

static struct kunit_suite stream_suite = {
	.name = "stream",
	.init = stream_init,
	.exit = rig_del_all,
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);
