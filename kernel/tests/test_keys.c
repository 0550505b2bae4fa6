// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/config.h"

static struct hvsnd_card_config defaults(void)
{
	struct hvsnd_card_config config;

	memset(&config, 0xa5, sizeof(config));
	hvsnd_config_init(&config);
	return config;
}

static const struct hvsnd_key *key_of(int attr)
{
	const struct hvsnd_key *key = hvsnd_key_find(attr);

	assert_non_null(key);
	return key;
}

/* Each field of the struct has one key, and each key a message of its own. */
static void test_table(void **state)
{
	struct hvsnd_card_config config;
	size_t i, k;

	(void)state;
	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];

		assert_true(hvsnd_key_find(key->attr) == key);
		assert_non_null(strchr(key->msg, ':'));
		for (k = 0; k < i; k++)
			assert_true(hvsnd_keys[k].offset != key->offset);
		config = defaults();
		assert_int_equal(hvsnd_key_get(key, &config), key->preset);
		assert_true(hvsnd_key_allows(key, key->preset));
	}
	assert_null(hvsnd_key_find(SND_HVSOCK_A_CARD_NAME));
	assert_null(hvsnd_key_find(SND_HVSOCK_A_CARD_COOKIE));
}

static void test_defaults(void **state)
{
	struct hvsnd_card_config config = defaults();
	struct hvsnd_config_error error;

	(void)state;
	assert_true(config.index == -1);
	assert_string_equal(config.id, "");
	assert_int_equal(config.cid, 2);
	assert_int_equal(config.port, 4713);
	assert_int_equal(config.protocol, SND_HVSOCK_PROTOCOL_PULSE);
	assert_int_equal(config.role, SND_HVSOCK_ROLE_CONNECT);
	assert_int_equal(config.rate, 0);
	assert_int_equal(config.rate_min, 8000);
	assert_int_equal(config.rate_max, 192000);
	assert_int_equal(config.format, HVSND_FORMAT_ANY);
	assert_int_equal(config.channels, 0);
	assert_int_equal(config.latency_us, 0);
	assert_int_equal(config.connect_timeout_ms, 2000);
	assert_int_equal(config.on_lost, SND_HVSOCK_ON_LOST_SILENCE);
	assert_int_equal(config.playback_streams, 8);
	assert_int_equal(config.capture_streams, 2);
	assert_int_equal(config.name_streams, SND_HVSOCK_NAME_STREAMS_COMMAND);
	assert_int_equal(config.mic, 1);
	assert_int_equal(config.idle_retry_s, 10);
	assert_int_equal(hvsnd_config_check(&config, &error), 0);
}

static void test_limits(void **state)
{
	static const struct {
		int attr;
		u32 good[3], bad[3];
	} cases[] = {
		{ SND_HVSOCK_A_CARD_CID,
		  { 0, 1, 0xfffffffe },
		  { 0xffffffff, 0xffffffff, 0xffffffff } },
		{ SND_HVSOCK_A_CARD_PORT, { 1, 2, 0xffffffff }, { 0, 0, 0 } },
		{ SND_HVSOCK_A_CARD_RATE,
		  { 0, 8000, 192000 },
		  { 1, 7999, 192001 } },
		{ SND_HVSOCK_A_CARD_RATE_MIN,
		  { 8000, 8001, 192000 },
		  { 0, 7999, 192001 } },
		{ SND_HVSOCK_A_CARD_CHANNELS, { 0, 1, 8 }, { 9, 10, 255 } },
		{ SND_HVSOCK_A_CARD_LATENCY_US,
		  { 0, 1000, 2000000 },
		  { 1, 999, 2000001 } },
		{ SND_HVSOCK_A_CARD_CONNECT_TIMEOUT_MS,
		  { 10, 11, 10000 },
		  { 0, 9, 10001 } },
		{ SND_HVSOCK_A_CARD_PLAYBACK_STREAMS,
		  { 0, 1, 64 },
		  { 65, 66, 0xffffffff } },
		{ SND_HVSOCK_A_CARD_MIC, { 0, 1, 1 }, { 2, 3, 0xffffffff } },
		{ SND_HVSOCK_A_CARD_IDLE_RETRY_S,
		  { 0, 1, 3600 },
		  { 3601, 3602, 0xffffffff } },
		{ SND_HVSOCK_A_CARD_PROTOCOL, { 0, 1, 2 }, { 3, 4, 255 } },
		{ SND_HVSOCK_A_CARD_FORMAT,
		  { HVSND_FORMAT_ANY, (__force u32)SNDRV_PCM_FORMAT_U8,
		    (__force u32)SNDRV_PCM_FORMAT_FLOAT_BE },
		  { (__force u32)SNDRV_PCM_FORMAT_S8,
		    (__force u32)SNDRV_PCM_FORMAT_U16_LE, 255 } },
	};
	struct hvsnd_config_error error = { };
	struct hvsnd_card_config config = defaults();
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct hvsnd_key *key = key_of(cases[i].attr);

		for (k = 0; k < 3; k++) {
			u32 good = cases[i].good[k];

			assert_int_equal(hvsnd_key_set(key, &config, good,
						       &error), 0);
			assert_int_equal(hvsnd_key_get(key, &config), good);
			assert_true(hvsnd_key_set(key, &config, cases[i].bad[k],
						  &error) == -EINVAL);
			assert_int_equal(error.attr, cases[i].attr);
			assert_true(error.msg == key->msg);
			assert_int_equal(hvsnd_key_get(key, &config), good);
		}
	}
}

static void test_words(void **state)
{
	u32 value;
	size_t i;

	(void)state;
	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];
		const struct hvsnd_word *word = key->words;

		for (; word && word->name; word++) {
			assert_true(hvsnd_key_parse(key, word->name, &value));
			assert_int_equal(value, word->value);
			assert_true(hvsnd_key_allows(key, value));
			assert_string_equal(hvsnd_key_word(key, value),
					    word->name);
		}
		if (!key->words)
			continue;
		assert_false(hvsnd_key_parse(key, "", &value));
		assert_false(hvsnd_key_parse(key, "Any", &value));
		assert_false(hvsnd_key_parse(key, "pulse ", &value));
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "A", true }, { "a1", true }, { "Fifteen90123456", true },
		{ "carD", true }, { "car", true },
		{ "", false }, { "1st", false }, { "card", false },
		{ "cardboard", false }, { "a b", false }, { "a-b", false },
		{ "\xc3\xa4", false }, { "a@", false }, { "a[", false },
		{ "a`", false }, { "a{", false }, { "a/", false },
		{ "a:", false }, { "SixteenLetters16", false },
	};
	struct hvsnd_config_error error = { };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = hvsnd_config_check_name(cases[i].name, &error);

		if (!err != cases[i].good)
			fail_msg("'%s': %d", cases[i].name, err);
	}
	assert_int_equal(error.attr, SND_HVSOCK_A_CARD_NAME);
}

static void refused(const struct hvsnd_card_config *config, int attr)
{
	struct hvsnd_config_error error = { };

	assert_true(hvsnd_config_check(config, &error) == -EINVAL);
	assert_int_equal(error.attr, attr);
	assert_non_null(error.msg);
}

static void accepted(const struct hvsnd_card_config *config)
{
	struct hvsnd_config_error error = { };

	if (hvsnd_config_check(config, &error))
		fail_msg("%s", error.msg);
}

static void test_combinations(void **state)
{
	struct hvsnd_card_config config;

	(void)state;
#define REFUSED(attr, change) do {			\
	config = defaults();				\
	change;						\
	refused(&config, SND_HVSOCK_A_CARD_##attr);	\
} while (0)
#define ACCEPTED(change) do {				\
	config = defaults();				\
	change;						\
	accepted(&config);				\
} while (0)
	REFUSED(RATE_MIN, config.rate_min = 48000; config.rate_max = 44100);
	ACCEPTED(config.rate_min = 48000; config.rate_max = 48000);
	REFUSED(RATE, config.rate = 8000; config.rate_min = 16000);
	REFUSED(RATE, config.rate = 96000; config.rate_max = 48000);
	ACCEPTED(config.rate = 48000; config.rate_max = 48000);
	REFUSED(PLAYBACK_STREAMS,
		config.playback_streams = 0; config.capture_streams = 0);
	ACCEPTED(config.playback_streams = 0);
	ACCEPTED(config.capture_streams = 0);
	ACCEPTED(config.role = SND_HVSOCK_ROLE_LISTEN;
		 config.port = 0xfffffffe);
	REFUSED(PORT, config.role = SND_HVSOCK_ROLE_LISTEN;
		config.port = 0xffffffff);
	ACCEPTED(config.port = 0xffffffff);
	REFUSED(PORT, config.role = SND_HVSOCK_ROLE_LISTEN;
		config.port = 0xffffffff;
		config.protocol = SND_HVSOCK_PROTOCOL_SIMPLE);
	ACCEPTED(config.role = SND_HVSOCK_ROLE_LISTEN;
		 config.port = 0xfffffffe;
		 config.protocol = SND_HVSOCK_PROTOCOL_SIMPLE);
	ACCEPTED(config.port = 0xffffffff;
		 config.protocol = SND_HVSOCK_PROTOCOL_SIMPLE);
#undef REFUSED
#undef ACCEPTED
}

static void test_qubes(void **state)
{
	struct hvsnd_card_config config;

	(void)state;
#define REFUSED(attr, change) do {				\
	config = defaults();					\
	config.protocol = SND_HVSOCK_PROTOCOL_QUBES;		\
	change;							\
	refused(&config, SND_HVSOCK_A_CARD_##attr);		\
} while (0)
	REFUSED(PORT, config.port = 0xfffffffe);
	REFUSED(RATE, config.rate = 48000);
	REFUSED(RATE, config.rate_min = 44101);
	REFUSED(RATE, config.rate_max = 44099);
	REFUSED(FORMAT, config.format = (__force u32)SNDRV_PCM_FORMAT_U8);
	REFUSED(CHANNELS, config.channels = 1);
#undef REFUSED
	config = defaults();
	config.protocol = SND_HVSOCK_PROTOCOL_QUBES;
	config.port = 0xfffffffd;
	config.rate = 44100;
	config.rate_min = 44100;
	config.rate_max = 44100;
	config.format = (__force u32)SNDRV_PCM_FORMAT_S16_LE;
	config.channels = 2;
	accepted(&config);
}

/* What a change of each key alone leads to. */
static void test_differences(void **state)
{
	u32 attrs[HVSND_KEYS];
	size_t i, waiting = 0, fixed = 0, reconnects = 0;

	(void)state;
	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];
		struct hvsnd_card_config from = defaults(), to = from;
		struct hvsnd_config_error error = { };
		u32 other = key->words ? key->words[1].value : key->min;
		int err;

		if (other == key->preset)
			other = key->max;
		assert_int_equal(hvsnd_key_set(key, &to, other, &error), 0);
		err = hvsnd_config_check_fixed(&from, &to, &error);
		fixed += !!err;
		assert_true(!err || error.attr == key->attr);
		if (hvsnd_config_waiting(&from, &to, attrs)) {
			waiting++;
			assert_int_equal(attrs[0], key->attr);
		}
		reconnects += hvsnd_config_reconnects(&from, &to);
		hvsnd_config_update(&from, &to);
		assert_int_equal(hvsnd_key_get(key, &from),
				 err ? key->preset : other);
	}
	assert_int_equal(fixed, 4);
	assert_int_equal(waiting, 7);
	assert_int_equal(reconnects, 3);
}

static void test_all_waiting(void **state)
{
	struct hvsnd_card_config from = defaults(), to = from;
	u32 attrs[HVSND_KEYS];

	(void)state;
	assert_int_equal(hvsnd_config_waiting(&from, &to, attrs), 0);
	to.rate = 48000;
	to.mic = 0;
	to.port = 1;
	assert_int_equal(hvsnd_config_waiting(&from, &to, attrs), 2);
	assert_int_equal(attrs[0], SND_HVSOCK_A_CARD_RATE);
	assert_int_equal(attrs[1], SND_HVSOCK_A_CARD_MIC);
}

/* One substream per direction where all streams share a connection. */
static void test_limit(void **state)
{
	static const struct {
		u32 protocol, role, playback, capture;
	} cases[] = {
		{ SND_HVSOCK_PROTOCOL_PULSE, SND_HVSOCK_ROLE_CONNECT, 8, 2 },
		{ SND_HVSOCK_PROTOCOL_PULSE, SND_HVSOCK_ROLE_LISTEN, 8, 2 },
		{ SND_HVSOCK_PROTOCOL_SIMPLE, SND_HVSOCK_ROLE_CONNECT, 8, 2 },
		{ SND_HVSOCK_PROTOCOL_SIMPLE, SND_HVSOCK_ROLE_LISTEN, 1, 1 },
		{ SND_HVSOCK_PROTOCOL_QUBES, SND_HVSOCK_ROLE_CONNECT, 1, 1 },
		{ SND_HVSOCK_PROTOCOL_QUBES, SND_HVSOCK_ROLE_LISTEN, 1, 1 },
	};
	struct hvsnd_card_config config;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		config = defaults();
		config.protocol = cases[i].protocol;
		config.role = cases[i].role;
		hvsnd_config_limit(&config);
		assert_int_equal(config.playback_streams, cases[i].playback);
		assert_int_equal(config.capture_streams, cases[i].capture);
	}
	config.capture_streams = 0;
	hvsnd_config_limit(&config);
	assert_int_equal(config.capture_streams, 0);
}

UNIT_TESTS(keys,
	   UNIT_TEST(test_table),
	   UNIT_TEST(test_defaults),
	   UNIT_TEST(test_limits),
	   UNIT_TEST(test_words),
	   UNIT_TEST(test_names),
	   UNIT_TEST(test_combinations),
	   UNIT_TEST(test_qubes),
	   UNIT_TEST(test_differences),
	   UNIT_TEST(test_all_waiting),
	   UNIT_TEST(test_limit));
