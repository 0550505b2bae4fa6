// SPDX-License-Identifier: GPL-2.0
/* The PulseAudio protocol: how a connection and a stream come about. */
#include "unit.h"

#include "pulse_client.h"

static void test_no_cookie(void **state)
{
	static const u8 zeros[HVSND_COOKIE_SIZE];
	u8 ours[HVSND_TX_SIZE];
	struct client c;

	(void)state;
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_int_equal(client_take(&c, ours), 296);
	assert_memory_equal(ours + 40, zeros, HVSND_COOKIE_SIZE);
}

static void test_formats(void **state)
{
	static const struct {
		snd_pcm_format_t alsa;
		int pulse, bytes;
	} f[] = {
		{ SNDRV_PCM_FORMAT_U8, 0, 1 },
		{ SNDRV_PCM_FORMAT_A_LAW, 1, 1 },
		{ SNDRV_PCM_FORMAT_MU_LAW, 2, 1 },
		{ SNDRV_PCM_FORMAT_S16_LE, 3, 2 },
		{ SNDRV_PCM_FORMAT_S16_BE, 4, 2 },
		{ SNDRV_PCM_FORMAT_FLOAT_LE, 5, 4 },
		{ SNDRV_PCM_FORMAT_FLOAT_BE, 6, 4 },
		{ SNDRV_PCM_FORMAT_S32_LE, 7, 4 },
		{ SNDRV_PCM_FORMAT_S32_BE, 8, 4 },
		{ SNDRV_PCM_FORMAT_S24_3LE, 9, 3 },
		{ SNDRV_PCM_FORMAT_S24_3BE, 10, 3 },
		{ SNDRV_PCM_FORMAT_S24_LE, 11, 4 },
		{ SNDRV_PCM_FORMAT_S24_BE, 12, 4 },
	};
	char name[4096], create[4096], want[64];
	struct hvsnd_session_params p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(f); i++) {
		client_params(&p, i % 2);
		p.format = f[i].alsa;
		p.frame_bytes = 2 * f[i].bytes;
		client_create_text(&p, name, create);
		sprintf(want, "\na %d 2 48000\n", f[i].pulse);
		assert_non_null(strstr(create, want));
	}
}

static void test_maps(void **state)
{
	static const struct {
		u32 channels;
		u8 map[HVSND_CHANNELS];
		const char *text;
	} maps[] = {
		{ 1, { SNDRV_CHMAP_MONO }, "\nm 0\n" },
		{ 2, { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR }, "\nm 1 2\n" },
		{ 2, { SNDRV_CHMAP_FR, SNDRV_CHMAP_FL }, "\nm 2 1\n" },
		{ 6,
		  { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR, SNDRV_CHMAP_RL,
		    SNDRV_CHMAP_RR, SNDRV_CHMAP_FC, SNDRV_CHMAP_LFE },
		  "\nm 1 2 5 6 3 7\n" },
		{ 8,
		  { SNDRV_CHMAP_SL, SNDRV_CHMAP_SR, SNDRV_CHMAP_RC,
		    SNDRV_CHMAP_FLC, SNDRV_CHMAP_FRC, SNDRV_CHMAP_TC,
		    SNDRV_CHMAP_TFL, SNDRV_CHMAP_TFR },
		  "\nm 10 11 4 8 9 44 45 46\n" },
		{ 4,
		  { SNDRV_CHMAP_TFC, SNDRV_CHMAP_TRL, SNDRV_CHMAP_TRR,
		    SNDRV_CHMAP_TRC },
		  "\nm 47 48 49 50\n" },
		/* what it has no word for */
		{ 3,
		  { SNDRV_CHMAP_UNKNOWN, SNDRV_CHMAP_NA, SNDRV_CHMAP_FLW },
		  "\nm 12 13 14\n" },
		{ 3,
		  { SNDRV_CHMAP_FL, SNDRV_CHMAP_BRC, 0xff },
		  "\nm 1 13 14\n" },
		{ 9, { SNDRV_CHMAP_FL }, "\nm 1 13 14 15 16 17 18 19 20\n" },
		{ 32,
		  { 0 },
		  "\nm 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 "
		  "28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43\n" },
	};
	char name[4096], create[4096], *volume;
	struct hvsnd_session_params p;
	size_t i, n;
	int d;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(maps) * 2; i++) {
		n = i / 2;
		d = i % 2;
		client_params(&p, d);
		p.channels = maps[n].channels;
		memcpy(p.map, maps[n].map, sizeof(p.map));
		p.frame_bytes = 2 * p.channels;
		client_create_text(&p, name, create);
		assert_non_null(strstr(create, maps[n].text));
		/* the volume has as many channels */
		volume = strstr(create, "\nv");
		assert_non_null(volume);
		*strchr(volume + 1, '\n') = 0;
		assert_int_equal(strlen(volume + 2), 6 * p.channels);
	}
}

static void test_names(void **state)
{
	char name[4096], create[4096], want[256];
	struct hvsnd_session_params p;

	(void)state;
	client_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	memcpy(p.application, "a\x1b[\n\xc3\xa9\x7f~ b", 11);
	memset(p.node, 'N', sizeof(p.node));	/* without an end */
	p.pid = 0;
	client_create_text(&p, name, create);
	assert_non_null(strstr(name, " application.name=a?[????~ b "));
	assert_non_null(strstr(name, "application.process.binary=a?[????~ b "));
	assert_non_null(strstr(name, " application.process.id=0 "));
	sprintf(want, " application.process.host=%.63s\n", p.node);
	assert_non_null(strstr(name, want));
	memset(p.card, 'C', sizeof(p.card));
	client_create_text(&p, name, create);
	sprintf(want, "\nP media.name=%.63s on %.63s\n", p.card, p.node);
	assert_non_null(strstr(create, want));

	p.application[0] = 0;
	p.card[0] = 0;
	p.node[0] = 0;
	client_create_text(&p, name, create);
	assert_non_null(strstr(name, " application.name=ALSA "));
	assert_non_null(strstr(name, " application.process.host=VM\n"));
	assert_non_null(strstr(create, "\nP media.name=ALSA on VM\n"));
}

static void test_open_refuses(void **state)
{
	struct hvsnd_session_params p;
	struct client c;

	(void)state;
#define REFUSED(change) do {						\
		client_params(&p, SNDRV_PCM_STREAM_PLAYBACK);		\
		change;							\
		assert_int_equal(client_open_params(&c, &p), -EINVAL);	\
	} while (0)
	REFUSED(p.format = SNDRV_PCM_FORMAT_S8);
	REFUSED(p.format = SNDRV_PCM_FORMAT_FLOAT64_LE);
	REFUSED(p.rate = 0);
	REFUSED(p.channels = 0; p.frame_bytes = 0);
	REFUSED(p.channels = 33; p.frame_bytes = 66);
	REFUSED(p.frame_bytes = 3);
	REFUSED(p.frame_bytes = 5);
	REFUSED(p.frame_bytes = 0);
	REFUSED(p.chunk = 0);
}

/* open() forgets the earlier connection. */
static void test_reopen(void **state)
{
	struct client c;
	u8 head[20];

	(void)state;
	client_ready_playback(&c);
	client_start(&c);
	client_drain(&c);
	client_timing(&c);
	message_audio(head, 0, 0);
	assert_int_equal(host_started(&c), 0);
	client_feed(&c, head, 7);
	assert_int_equal(client_feed(&c, head, 13), -EPROTO);
	assert_int_equal(c.s.ops->open(&c.s, &c.s.params), 0);
	assert_null(c.s.reason);
	assert_int_equal(client_frame(&c, 4096), 0);
	host_admit(&c);
	assert_int_equal(host_create(&c, client_take_command(&c, 3), 0, 4), 0);
	client_take_question(&c);
	assert_int_equal(client_send_all(&c), 4);
	client_timing(&c);
	client_take_command(&c, 14);
	assert_int_equal(c.s.tx_len, 0);
}

/* Without a prebuffer an empty stream would run on: it is one frame. */
static void test_prebuf_zero(void **state)
{
	char name[4096], create[4096];
	struct hvsnd_session_params p;

	(void)state;
	client_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	p.prebuf = 0;
	client_create_text(&p, name, create);
	assert_non_null(strstr(create, "1\nL 7680\nL 4\nL 1920\nL 0\n"));
}

static void test_wait(void **state)
{
	/* How many of the host's answers come before create() */
	enum { CREATE_AT_ONCE, CREATE_LET_IN, CREATE_NAMED, CREATES };
	static u8 expected[HVSND_TX_SIZE], frame[HVSND_TX_SIZE];
	struct hvsnd_session_params p, later;
	struct client c;
	size_t len;
	int when, d;
	u32 tag;

	(void)state;
	for (d = 0; d < 2; d++) {
		client_params(&later, d);
		later.map[0] = SNDRV_CHMAP_FR;
		later.map[1] = SNDRV_CHMAP_FL;
		later.volume.level_set = true;
		later.volume.level[0] = 1234;
		later.volume.level[1] = 4321;
		later.volume.mute_set = true;
		later.volume.mute = true;
		assert_int_equal(client_open_params(&c, &later), 0);
		host_admit(&c);
		len = client_take(&c, expected);

		for (when = 0; when < CREATES; when++) {
			client_params(&p, d);
			p.wait = true;
			assert_int_equal(client_open_params(&c, &p), 0);
			if (when == CREATE_AT_ONCE)
				c.s.ops->create(&c.s, &later);
			HOST(&c, "LLL", 2, client_take_command(&c, 8), 35);
			if (when == CREATE_LET_IN)
				c.s.ops->create(&c.s, &later);
			HOST(&c, "LLL", 2, client_take_command(&c, 9), 1);
			if (when == CREATE_NAMED) {
				assert_string_equal(c.log, "ADMITTED;");
				assert_int_equal(c.s.tx_len, 0);
				c.s.ops->create(&c.s, &later);
				c.log[0] = 0;
			}
			/* As if open() had been given @later. */
			assert_int_equal(client_take(&c, frame), len);
			assert_memory_equal(frame, expected, len);
			c.s.ops->create(&c.s, &later);
			assert_int_equal(c.s.tx_len, 0);
			tag = message_tag(frame);
			assert_int_equal(host_create(&c, tag, 5, 0), 0);
			assert_string_equal(c.log, "READY 10000 0;");
			hvsnd_session_sent(&c.s, c.s.tx_len);
			c.s.ops->create(&c.s, &later);
			assert_int_equal(c.s.tx_len, 0);
		}

		/* Without @wait create() does nothing. */
		client_open(&c, d);
		c.s.ops->create(&c.s, &later);
		HOST(&c, "LLL", 2, client_take_command(&c, 8), 35);
		c.s.ops->create(&c.s, &later);
		HOST(&c, "LLL", 2, client_take_command(&c, 9), 1);
		c.s.ops->create(&c.s, &later);
		client_take_command(&c, d == SNDRV_PCM_STREAM_PLAYBACK ? 3 : 5);
		assert_int_equal(c.s.tx_len, 0);
		assert_string_equal(c.log, "");
	}
}

/* After ADMITTED no answer is outstanding. */
static void test_answer_unasked(void **state)
{
	struct hvsnd_session_params p;
	struct client c;

	(void)state;
	client_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	p.wait = true;
	assert_int_equal(client_open_params(&c, &p), 0);
	host_admit(&c);
	assert_failed(&c, host_create(&c, NONE, 5, 0), -EPROTO, "PulseAudio");
}

static void client_admitted(struct client *c, int direction)
{
	struct hvsnd_session_params p;

	client_params(&p, direction);
	p.wait = true;
	assert_int_equal(client_open_params(c, &p), 0);
	host_admit(c);
	assert_string_equal(c->log, "ADMITTED;");
	c->log[0] = 0;
}

/* Until create() nothing is sent, and no answer is expected. */
static void test_admitted(void **state)
{
	struct hvsnd_session_params p;
	struct client c;
	u32 tag;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		client_admitted(&c, d);
		client_start(&c);
		client_pause(&c);
		client_stop(&c);
		client_drain(&c);
		client_timing(&c);
		client_set_level(&c, 1, 2);
		client_set_mute(&c, true);
		assert_int_equal(client_frame(&c, 4096), 0);
		assert_int_equal(HOST(&c, "LLLL", 66, NONE, 0, 1), 0);
		assert_int_equal(HOST(&c, "LLL", d ? 65 : 64, NONE, CHANNEL),
				 0);
		assert_int_equal(c.s.tx_len, 0);
		assert_string_equal(c.log, "");
		assert_failed(&c, HOST(&c, "LLL", 2, NONE, 1), -EPROTO,
			      "PulseAudio");

		/* A failed session requests nothing; open() works. */
		client_params(&p, d);
		c.s.ops->create(&c.s, &p);
		assert_int_equal(c.s.tx_len, 0);
		p.wait = true;
		assert_int_equal(c.s.ops->open(&c.s, &p), 0);
		host_admit(&c);
		assert_string_equal(c.log, "ADMITTED;");
		assert_int_equal(c.s.tx_len, 0);

		/* The host may refuse the stream after ADMITTED. */
		c.s.ops->create(&c.s, &p);
		tag = client_take_command(&c, d ? 5 : 3);
		assert_failed(&c, host_refuse(&c, tag, 5), -ENODEV,
			      d ? "no source" : "no sink");
	}
}

static void test_handshake_refused(void **state)
{
	static const struct {
		u32 code;
		int err;
		const char *playback, *capture;
	} t[] = {
		{ 1, -EACCES, "allow", "allow" },
		{ 3, -EINVAL, "format", "format" },
		{ 4, -EEXIST, "log", "log" },
		{ 5, -ENODEV, "no sink", "no source" },
		{ 7, -EPROTO, "log", "log" },
		{ 8, -ETIMEDOUT, "session manager", "session manager" },
		{ 15, -EBADFD, "log", "log" },
		{ 17, -EPROTO, "log", "log" },
		{ 18, -E2BIG, "log", "log" },
		{ 19, -EOPNOTSUPP, "format", "format" },
		{ 26, -EBUSY, "log", "log" },
		{ 0, -EIO, "log", "log" },
		{ 99, -EIO, "log", "log" },
		{ NONE, -EIO, "log", "log" },
	};
	struct client c;
	size_t i;
	u32 tag;
	int d;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		for (d = 0; d < 2; d++) {
			tag = client_creating(&c, d);
			assert_failed(&c, HOST(&c, "LLL", 0, tag, t[i].code),
				      t[i].err,
				      d ? t[i].capture : t[i].playback);
		}
		client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
		assert_failed(&c, HOST(&c, "LLL", 0, client_take_command(&c, 8),
				       t[i].code), t[i].err,
			      t[i].code == 1 ? "auth-anonymous=1" :
			      t[i].err == -EPROTO ? "PulseAudio 10" : "log");
	}
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	HOST(&c, "LLL", 2, client_take_command(&c, 8), 35);
	assert_failed(&c, host_refuse(&c, client_take_command(&c, 9), 20), -EIO,
		      "log");
}

static void test_versions(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = client_take_command(&c, 8);
	assert_failed(&c, HOST(&c, "LLL", 2, tag, 31), -EPROTO,
		      "PulseAudio 10");
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = client_take_command(&c, 8);
	assert_failed(&c, HOST(&c, "LLL", 2, tag, 0x8000001f), -EPROTO,
		      "PulseAudio 10");
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = client_take_command(&c, 8);
	assert_int_equal(HOST(&c, "LLL", 2, tag, 32), 0);
	client_take_command(&c, 9);
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = client_take_command(&c, 8);
	assert_int_equal(HOST(&c, "LLL", 2, tag, 0xc000ffff), 0);
	client_take_command(&c, 9);
}

/* Before READY commands, audio and messages have no effect. */
static void test_not_ready(void **state)
{
	struct client c;
	int step;
	u32 tag;

	(void)state;
	for (step = 0; step < 3; step++) {
		client_open(&c, step % 2);
		tag = client_take_command(&c, 8);
		if (step > 0) {
			HOST(&c, "LLL", 2, tag, 35);
			tag = client_take_command(&c, 9);
		}
		if (step > 1) {
			HOST(&c, "LLL", 2, tag, 1);
			client_take_command(&c, 3);
		}
		client_start(&c);
		client_stop(&c);
		client_pause(&c);
		client_drain(&c);
		client_timing(&c);
		client_set_level(&c, 1, 2);
		client_set_mute(&c, true);
		assert_int_equal(c.s.tx_len, 0);
		assert_int_equal(client_frame(&c, 4096), 0);
		assert_int_equal(HOST(&c, "LLLL", 66, NONE, 0x12, 0), 0);
		assert_int_equal(HOST(&c, "LLL", 86, NONE, 0), 0);
		assert_int_equal(HOST(&c, "LLLL", 61, NONE, 0, 4096), 0);
		assert_int_equal(HOST(&c, "LLL", 64, NONE, 0), 0);
		assert_int_equal(HOST(&c, "LLL", 65, NONE, 0), 0);
		assert_int_equal(host_send_audio(&c, 0, 1000), 0);
		assert_string_equal(c.log, "");
		assert_int_equal(c.data_len, 0);
	}
}

static void send_when_ready(struct client *c, const struct hvsnd_event *ev)
{
	if (ev->type == HVSND_EVENT_READY) {
		assert_int_equal(client_frame(c, 4096), 4096);
		client_start(c);
	}
}

static void test_start_from_event(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	tag = client_creating(&c, SNDRV_PCM_STREAM_PLAYBACK);
	c.on_event = send_when_ready;
	assert_int_equal(host_create(&c, tag, CHANNEL, 7680), 0);
	client_take_question(&c);
	client_take_command(&c, 41);
	assert_int_equal(client_send_all(&c), 7680 - 4096);
}

/* A message may be longer than the session keeps. */
static void test_long_messages(void **state)
{
	static char text[6000];
	struct client c;
	u32 tag, cut;

	(void)state;
	memset(text, 'n', sizeof(text) - 1);
	for (cut = WHOLE; cut < 8; cut++) {
		tag = client_creating(&c, SNDRV_PCM_STREAM_PLAYBACK);
		c.cut = cut;
		assert_int_equal(HOST(&c, "LLLLLLLLLamLt1U", 2, tag, CHANNEL,
				      7, 7680, 4194304, 7680, 3840, 1920, 3, 2,
				      48000, 0, text, 5000LL), 0);
		assert_string_equal(c.log, "READY 0 0;");
		c.log[0] = 0;
		HOST(&c, "LLL1", 76, NONE, CHANNEL);
		assert_int_equal(HOST(&c, "LLLLt1LLLLU", 78, NONE, CHANNEL, 1,
				      "short", 1, 2, 3, 4, 20000LL), 0);
		assert_int_equal(HOST(&c, "LLLLt0LLLLU", 78, NONE, CHANNEL, 1,
				      text, 1, 2, 3, 4, 5000LL), 0);
		assert_int_equal(HOST(&c, "LLt", 200, NONE, text), 0);
		assert_int_equal(host_started(&c), 0);
		assert_string_equal(c.log, "SUSPENDED 1;MOVED 20000 1;"
				    "MOVED 20000 1;STARTED;");
	}
}

/* Values may follow, and values that are not needed may be missing. */
static void test_lenient(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	client_open(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = client_take_command(&c, 8);
	assert_int_equal(HOST(&c, "LLLtL", 2, tag, 35, "more", 1), 0);
	assert_int_equal(HOST(&c, "LL", 2, client_take_command(&c, 9)), 0);
	tag = client_take_command(&c, 3);
	assert_int_equal(HOST(&c, "LLLLLLLLLa", 2, tag, CHANNEL, 7, 400,
			      1, 2, 3, 4, 3, 2, 48000), 0);
	assert_string_equal(c.log, "READY 0 0;");
	c.log[0] = 0;
	assert_int_equal(HOST(&c, "LLLt", 86, NONE, CHANNEL, "more"), 0);
	assert_int_equal(HOST(&c, "LLL", 63, NONE, CHANNEL), 0);
	assert_int_equal(HOST(&c, "LLL", 78, NONE, CHANNEL), 0);
	assert_int_equal(HOST(&c, "LLLL", 94, NONE, CHANNEL, 1), 0);
	assert_string_equal(c.log, "STARTED;MOVED 0 0;");
	/* the sink's name may be null */
	c.log[0] = 0;
	assert_int_equal(HOST(&c, "LLLLN1LLLLU", 78, NONE, CHANNEL, 1,
			      1, 2, 3, 4, 7LL), 0);
	assert_int_equal(HOST(&c, "LLLLLLLU", 94, NONE, CHANNEL, 1, 2, 3, 4,
			      8LL), 0);
	assert_int_equal(HOST(&c, "LLL0", 76, NONE, CHANNEL), 0);
	assert_int_equal(c.s.pulse.latency_us, 8);
	assert_string_equal(c.log, "MOVED 7 1;SUSPENDED 0;");
}

UNIT_TESTS(pulse_handshake,
	   UNIT_TEST(test_no_cookie),
	   UNIT_TEST(test_formats),
	   UNIT_TEST(test_maps),
	   UNIT_TEST(test_names),
	   UNIT_TEST(test_open_refuses),
	   UNIT_TEST(test_reopen),
	   UNIT_TEST(test_prebuf_zero),
	   UNIT_TEST(test_wait),
	   UNIT_TEST(test_answer_unasked),
	   UNIT_TEST(test_admitted),
	   UNIT_TEST(test_handshake_refused),
	   UNIT_TEST(test_versions),
	   UNIT_TEST(test_not_ready),
	   UNIT_TEST(test_start_from_event),
	   UNIT_TEST(test_long_messages),
	   UNIT_TEST(test_lenient));
