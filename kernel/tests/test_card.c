// SPDX-License-Identifier: GPL-2.0
/* A card's life, as netlink and the module's parameters begin and end it. */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fault-inject.h>
#include <linux/module.h>
#include <sound/core.h>
#include <uapi/linux/snd_hvsock.h>

#include "rig.h"

static void expect_refused(struct kunit *test,
			   const struct hvsnd_card_config *config, int err,
			   int attr)
{
	struct hvsnd_config_error error;
	struct hvsnd_card *card = rig_try_add(config, &error);

	KUNIT_ASSERT_TRUE_MSG(test, IS_ERR(card), "%s was added", config->id);
	KUNIT_EXPECT_EQ(test, PTR_ERR(card), err);
	KUNIT_EXPECT_EQ(test, error.attr, attr);
	KUNIT_EXPECT_NOT_NULL(test, error.msg);
}

static int set(struct hvsnd_card *card, const struct hvsnd_card_config *config,
	       struct hvsnd_config_error *error)
{
	int err;

	mutex_lock(&hvsnd_cards_mutex);
	err = hvsnd_card_set(card, config, error);
	mutex_unlock(&hvsnd_cards_mutex);
	return err;
}

static void test_add_set_delete(struct kunit *test)
{
	struct hvsnd_config_error error = { };
	struct hvsnd_card_config config, got;
	struct hvsnd_card *card;
	u32 generation;
	int n, number = -1;

	for (n = 0; n < 20; n++) {
		rig_config(&config, "Again");
		generation = hvsnd_cards_generation;
		card = rig_add(test, &config);
		KUNIT_EXPECT_PTR_EQ(test, rig_find("Again"), card);
		KUNIT_EXPECT_NE(test, hvsnd_cards_generation, generation);
		KUNIT_EXPECT_STREQ(test, card->card->id, "Again");
		KUNIT_EXPECT_STREQ(test, card->card->longname,
				   "HvSock at vsock:2:9000 (pulse)");
		/* Name and number can be used again at once. */
		if (number >= 0)
			KUNIT_EXPECT_EQ(test, card->card->number, number);
		number = card->card->number;

		config.port = 77;
		config.rate_min = 44100;
		config.latency_us = 30000;
		KUNIT_EXPECT_EQ(test, set(card, &config, &error), 0);
		hvsnd_card_get_config(card, &got);
		KUNIT_EXPECT_EQ(test, got.port, 77);
		KUNIT_EXPECT_EQ(test, got.rate_min, 44100);
		KUNIT_EXPECT_STREQ(test, card->card->longname,
				   "HvSock at vsock:2:77 (pulse)");

		/* All or nothing. */
		config.port = 78;
		config.rate_min = config.rate_max + 1;
		KUNIT_EXPECT_EQ(test, set(card, &config, &error), -EINVAL);
		KUNIT_EXPECT_EQ(test, error.attr, SND_HVSOCK_A_CARD_RATE_MIN);
		hvsnd_card_get_config(card, &got);
		KUNIT_EXPECT_EQ(test, got.port, 77);

		generation = hvsnd_cards_generation;
		rig_del(card);
		KUNIT_EXPECT_NE(test, hvsnd_cards_generation, generation);
		KUNIT_EXPECT_NULL(test, rig_find("Again"));
	}
}

static void test_names(struct kunit *test)
{
	static const char * const bad[] = {
		"", "1st", "card", "cardboard", "a b", "a-b", "a.b", "\xc3\xa4",
		"slash/",
	};
	struct hvsnd_card_config config;
	struct snd_card *other;
	struct device *dev;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		rig_config(&config, bad[i]);
		expect_refused(test, &config, -EINVAL, SND_HVSOCK_A_CARD_NAME);
	}
	rig_config(&config, "Fifteen90123456");
	rig_add(test, &config);
	expect_refused(test, &config, -EEXIST, SND_HVSOCK_A_CARD_NAME);

	dev = root_device_register("hvsnd-other");
	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	err = snd_card_new(dev, -1, "Other", THIS_MODULE, 0, &other);
	KUNIT_ASSERT_EQ(test, err, 0);
	err = snd_card_register(other);
	rig_config(&config, "Other");
	if (!err)
		expect_refused(test, &config, -EEXIST, SND_HVSOCK_A_CARD_NAME);
	snd_card_free(other);
	root_device_unregister(dev);
	KUNIT_EXPECT_EQ(test, err, 0);
	rig_add(test, &config);
}

static void test_senseless(struct kunit *test)
{
	struct hvsnd_card_config config;

#define REFUSED(attr, change) do {					\
		rig_config(&config, "Senseless");			\
		change;							\
		expect_refused(test, &config, -EINVAL,			\
			       SND_HVSOCK_A_CARD_##attr);		\
	} while (0)
	REFUSED(RATE_MIN, config.rate_min = 48000; config.rate_max = 44100);
	REFUSED(RATE, config.rate = 8000; config.rate_min = 16000);
	REFUSED(RATE, config.rate = 96000; config.rate_max = 48000);
	REFUSED(PLAYBACK_STREAMS,
		config.playback_streams = 0; config.capture_streams = 0);
	REFUSED(PORT, config.role = SND_HVSOCK_ROLE_LISTEN;
		config.port = U32_MAX);
	REFUSED(PORT, config.role = SND_HVSOCK_ROLE_LISTEN;
		config.port = U32_MAX;
		config.protocol = SND_HVSOCK_PROTOCOL_SIMPLE);
	REFUSED(PORT, config.port = U32_MAX - 1;
		config.protocol = SND_HVSOCK_PROTOCOL_QUBES);
	REFUSED(RATE, config.rate = 48000;
		config.protocol = SND_HVSOCK_PROTOCOL_QUBES);
	REFUSED(RATE, config.rate_min = 48000;
		config.protocol = SND_HVSOCK_PROTOCOL_QUBES);
	REFUSED(FORMAT, config.format = (__force int)SNDRV_PCM_FORMAT_U8;
		config.protocol = SND_HVSOCK_PROTOCOL_QUBES);
	REFUSED(CHANNELS, config.channels = 1;
		config.protocol = SND_HVSOCK_PROTOCOL_QUBES);
#undef REFUSED
	KUNIT_EXPECT_NULL(test, rig_find("Senseless"));
}

/* As many as ALSA has room for; each goes and leaves its place. */
static void test_most(struct kunit *test)
{
	struct hvsnd_card_config config;
	struct hvsnd_config_error error;
	struct hvsnd_card *card;
	unsigned int n, round;
	char name[16];

	for (round = 0; round < 3; round++) {
		for (n = 0; n <= SNDRV_CARDS; n++) {
			snprintf(name, sizeof(name), "Most%u", n);
			rig_config(&config, name);
			card = rig_try_add(&config, &error);
			if (IS_ERR(card))
				break;
		}
		KUNIT_EXPECT_EQ(test, n,
				min_t(u32, SNDRV_CARDS, SND_HVSOCK_MAX_CARDS));
		KUNIT_EXPECT_EQ(test, PTR_ERR(card), -ENOSPC);
		KUNIT_EXPECT_EQ(test, error.attr, SND_HVSOCK_A_CARD_INDEX);
		/* From the middle, and back into the gap. */
		card = rig_find("Most3");
		KUNIT_ASSERT_NOT_NULL(test, card);
		n = card->card->number;
		rig_del(card);
		rig_config(&config, "Gap");
		config.index = n;
		card = rig_add(test, &config);
		KUNIT_EXPECT_EQ(test, card->card->number, n);
		rig_config(&config, "Same");
		config.index = n;
		expect_refused(test, &config, -EBUSY, SND_HVSOCK_A_CARD_INDEX);
		rig_del_all(test);
	}
}

static void test_substreams(struct kunit *test)
{
	struct rig_program p[3];
	struct hvsnd_card_config config;
	struct hvsnd_card *card;
	struct file *file;
	char path[32];
	int i;

	rig_config(&config, "Streams");
	config.playback_streams = 3;
	config.capture_streams = 0;
	card = rig_add(test, &config);
	for (i = 0; i < 3; i++)
		rig_open(test, &p[i], card, SNDRV_PCM_STREAM_PLAYBACK);
	snprintf(path, sizeof(path), "/dev/snd/pcmC%dD0p", card->card->number);
	file = filp_open(path, O_RDWR | O_NONBLOCK, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(file), -EBUSY);
	snprintf(path, sizeof(path), "/dev/snd/pcmC%dD0c", card->card->number);
	file = filp_open(path, O_RDWR | O_NONBLOCK, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(file), -ENOENT);
	for (i = 0; i < 3; i++)
		rig_close(&p[i]);
}

/* How far a program got before the card is taken away. */
enum stage {
	OPENED,
	SET,
	PREPARED,
	RUNNING,
	PAUSED,
	DRAINING,
	DROPPED,
	STAGES,
};

static void reach(struct kunit *test, struct rig_program *p, enum stage stage)
{
	static const struct {
		unsigned int cmd;
		int ret;
	} last[STAGES] = {
		[PREPARED] = { SNDRV_PCM_IOCTL_PREPARE },
		[PAUSED] = { SNDRV_PCM_IOCTL_PAUSE },
		[DRAINING] = { SNDRV_PCM_IOCTL_DRAIN, -EAGAIN },
		[DROPPED] = { SNDRV_PCM_IOCTL_DROP },
	};

	if (stage > PREPARED)
		rig_play(test, p);
	else if (stage > OPENED)
		rig_set_params(test, p);
	if (last[stage].cmd)
		KUNIT_ASSERT_EQ(test, last[stage].ret,
				rig_ioctl(p, last[stage].cmd, 1));
}

/* Nobody waits for it, and its name and number are free at once. */
static void test_delete_open(struct kunit *test)
{
	struct hvsnd_card_config config;
	struct rig_program p, next;
	const u32 disconnected =
		(__force u32)SNDRV_PCM_STATE_DISCONNECTED;
	struct hvsnd_card *card, *again;
	enum stage stage;
	int i, d, ret;

	for (i = 0; i < 2 * STAGES; i++) {
		stage = i / 2;
		d = i % 2;
		/* rig_play() writes. */
		if (d == SNDRV_PCM_STREAM_CAPTURE && stage > PREPARED)
			continue;
		rig_config(&config, "Gone");
		card = rig_add(test, &config);
		config.index = card->card->number;
		rig_open(test, &p, card, d);
		reach(test, &p, stage);
		rig_del(card);
		KUNIT_EXPECT_NULL(test, rig_find("Gone"));
		ret = rig_ioctl(&p, SNDRV_PCM_IOCTL_PREPARE, 0);
		KUNIT_EXPECT_EQ(test, ret, -ENODEV);
		if (stage > PREPARED && stage < DROPPED)
			KUNIT_EXPECT_EQ(test, rig_state(&p), disconnected);

		again = rig_add(test, &config);
		rig_open(test, &next, again, d);
		reach(test, &next, stage);
		/* The old one's last file goes while the new one plays. */
		rig_close(&p);
		msleep(100);
		rig_close(&next);
		rig_del(again);
	}
}

static void test_cookie(struct kunit *test)
{
	struct hvsnd_card_config config;
	struct hvsnd_card *card;
	u8 *cookie, got[HVSND_COOKIE_SIZE];
	int i;

	rig_config(&config, "Cookie");
	card = rig_add(test, &config);
	KUNIT_EXPECT_FALSE(test, hvsnd_card_get_cookie(card, got));
	for (i = 1; i < 4; i++) {
		cookie = kmalloc(HVSND_COOKIE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, cookie);
		memset(cookie, i, HVSND_COOKIE_SIZE);
		/* Of two in a row the first one is not lost. */
		if (i == 2) {
			hvsnd_card_set_cookie(card, NULL);
			KUNIT_EXPECT_FALSE(test,
					   hvsnd_card_get_cookie(card, got));
		}
		hvsnd_card_set_cookie(card, cookie);
		KUNIT_EXPECT_TRUE(test, hvsnd_card_get_cookie(card, got));
		KUNIT_EXPECT_EQ(test, got[HVSND_COOKIE_SIZE - 1], i);
	}
	/* The last one goes with the card. */
	rig_del(card);
}

#ifdef CONFIG_FAILSLAB
/*
 * Each allocation in turn fails, from the last one back to where ALSA registers
 * the card: of what fails there, it does not find its way out itself.
 */
static void test_no_memory(struct kunit *test)
{
	struct hvsnd_card_config config;
	struct hvsnd_config_error error;
	struct hvsnd_card *card;
	int nth, refused = 0;

	rig_config(&config, "Memory");
	config.protocol = SND_HVSOCK_PROTOCOL_QUBES;
	config.role = SND_HVSOCK_ROLE_LISTEN;
	current->fail_nth = INT_MAX;
	card = rig_try_add(&config, &error);
	nth = INT_MAX - current->fail_nth;
	for (;;) {
		current->fail_nth = 0;
		if (!IS_ERR(card))
			rig_del(card);
		else if (error.attr == SND_HVSOCK_A_CARD_ROLE)
			refused++;
		else
			break;
		KUNIT_EXPECT_NULL(test, rig_find("Memory"));
		KUNIT_ASSERT_GT(test, nth, 0);
		current->fail_nth = nth--;
		card = rig_try_add(&config, &error);
	}
	/* Two sockets for each of two listeners */
	KUNIT_EXPECT_GE(test, refused, 4);
}
#endif

static struct kunit_case card_cases[] = {
	KUNIT_CASE(test_add_set_delete),
	KUNIT_CASE(test_names),
	KUNIT_CASE(test_senseless),
	KUNIT_CASE(test_most),
	KUNIT_CASE(test_substreams),
	KUNIT_CASE(test_delete_open),
	KUNIT_CASE(test_cookie),
#ifdef CONFIG_FAILSLAB
	KUNIT_CASE(test_no_memory),
#endif
	{ }
};

static struct kunit_suite card_suite = {
	.name = "card",
	.exit = rig_del_all,
	.test_cases = card_cases,
};

kunit_test_suite(card_suite);
