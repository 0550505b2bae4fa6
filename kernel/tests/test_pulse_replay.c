// SPDX-License-Identifier: GPL-2.0
/* The PulseAudio protocol against captured sessions of real servers. */
#include "unit.h"

#include "pulse_client.h"
#include "vectors.h"

struct tag_map {
	u32 theirs, ours;
};

static unsigned int find_tag(const struct tag_map *tags, unsigned int n,
			     const u8 *frame)
{
	unsigned int k;

	for (k = 0; k < n; k++)
		if (tags[k].theirs == message_tag(frame))
			break;
	return k;
}

/* The same bytes as the captured client's, but for tag and time. */
static void compare(const struct vector_frame *f, const u8 *ours, size_t len)
{
	u32 command = message_command(ours);
	u8 want[512];

	assert_int_equal(len, f->len);
	memcpy(want, f->data, len);
	put32(want + 26, message_tag(ours));
	if (command == 14 || command == 57)
		memset(want + len - 8, 0, 8);
	assert_memory_equal(ours, want, len);
}

/* Answers what is asked for the volume, as if the host had none to tell. */
static int refuse_questions(struct client *c, u32 command)
{
	int ret = 0;

	while (c->s.tx_len && message_command(c->s.tx) == command)
		ret = host_refuse(c, client_take_command(c, command), 5);
	return ret;
}

/* What the captured client set. */
static void set_as(struct client *c, const u8 *f)
{
	struct hvsnd_volume v;
	u32 i;

	memset(&v, 0, sizeof(v));
	v.level_set = message_command(f) == 37;
	v.mute_set = !v.level_set;
	v.mute = f[35] == '1';
	for (i = 0; v.level_set && i < f[36]; i++)
		v.level[i] = be32(f + 37 + 4 * i);
	c->s.ops->set_volume(&c->s, &v);
}

struct replay {
	const char *name;
	int direction;
	bool start; /* when ready: the captured stream was uncorked */
	int ret;
	const char *log;
	size_t data;		/* captured bytes that must come through */
};

/*
 * Does what the captured client did, as far as a session can be told to, and
 * feeds it what the server said. Answers to what was not asked are left out.
 */
static int replay(struct client *c, const struct vector *v,
		  const struct replay *r, u32 cut)
{
	bool playback = r->direction == SNDRV_PCM_STREAM_PLAYBACK;
	const struct vector_frame *f;
	struct hvsnd_session_params p;
	u32 info = playback ? 29 : 31;
	struct tag_map tags[64];
	size_t i, n = 0, len, sent;
	bool known = false;
	u32 model = 0;
	u8 ours[HVSND_TX_SIZE];
	unsigned int k, n_tags = 0;
	int ret = 0;

	client_params(&p, r->direction);
	p.cookie = v->frames[0].data + 20 + 20;
	assert_int_equal(client_open_params(c, &p), 0);
	c->cut = cut;
	if (r->start)
		c->on_event = client_start_when_ready;

	for (i = 0; i <= v->n; i++) {
		f = i < v->n ? &v->frames[i] : NULL;
		if (f && f->side == 'S') {
			len = f->len;
			memcpy(batch + n, f->data, len);
			if (be32(f->data + 4) == NONE) {
				u32 command = message_command(f->data);

				if (command == 2 || command == 0) {
					k = find_tag(tags, n_tags, f->data);
					if (k == n_tags)
						continue;
					put32(batch + n + 26, tags[k].ours);
				} else if (command == 61 && playback) {
					model += be32(f->data + 36);
				}
			}
			n += len;
			continue;
		}
		ret = client_feed(c, batch, n);
		n = 0;
		if (ret || !f)
			break;
		if (!known && client_is_ready(c)) {
			known = true;
			model += c->granted;
			client_take_command(c, 35);
			assert_int_equal(message_command(c->s.tx),
					 playback ? 29 : 31);
			refuse_questions(c, info);
			if (r->start)
				client_take_command(c, playback ? 41 : 58);
		}
		if (known)
			assert_int_equal(refuse_questions(c, info), 0);
		if (known && playback && client_is_ready(c))
			assert_int_equal(c->s.pulse.credit, model);
		if (be32(f->data + 4) != NONE) {
			sent = client_frame(c, f->len - 20);
			assert_true(sent <= model);
			model -= sent;
			continue;
		}

		switch (message_command(f->data)) {
		case 3:
			if (!playback)
				continue;
			break;
		case 5:
			if (playback)
				continue;
			break;
		case 8:
		case 9:
			break;
		case 41:
		case 58:
			if ((message_command(f->data) == 41) != playback)
				continue;
			if (f->data[f->len - 1] == '0')
				client_start(c);
			else
				client_pause(c);
			break;
		case 42:
		case 59:
			if ((message_command(f->data) == 42) != playback)
				continue;
			client_stop(c);
			client_take_command(c, playback ? 41 : 58);
			break;
		case 12:
			if (!playback)
				continue;
			client_drain(c);
			break;
		case 14:
		case 57:
			if ((message_command(f->data) == 14) != playback)
				continue;
			client_timing(c);
			break;
		case 37:
		case 69:
			if (!playback)
				continue;
			set_as(c, f->data);
			break;
		default:
			continue;
		}
		if (c->s.pulse.state == HVSND_PULSE_TERMINATED) {
			assert_int_equal(c->s.tx_len, 0);
			continue;
		}
		len = client_take(c, ours);
		assert_int_equal(message_command(ours),
				 message_command(f->data));
		tags[n_tags].theirs = message_tag(f->data);
		tags[n_tags++].ours = message_tag(ours);
		if (message_command(ours) > 9)
			compare(f, ours, len);
	}
	if (!ret) {
		assert_null(c->s.reason);
		assert_int_equal(c->s.tx_len, 0);
	}
	return ret;
}

static const struct replay replays[] = {
	{ "05-playback-v32", SNDRV_PCM_STREAM_PLAYBACK, false, 0,
	  "READY 10000 0;STARTED;TIMING 9674 5760 1924 1;"
	  "TIMING 9161 83100 79280 1;DRAINED;TIMING 8465 83100 83100 0;", 0 },
	{ "06-record-v32", SNDRV_PCM_STREAM_CAPTURE, true, 0,
	  "READY 10000 0;TIMING 0 107520 107520 1;", 12 * 1920 },
	{ "07-async-events-v32", SNDRV_PCM_STREAM_PLAYBACK, true, 0,
	  "READY 10000 0;STARTED;UNDERFLOW;TIMING 9492 5760 49960 1;"
	  "MOVED 10000 0;SUSPENDED 1;SUSPENDED 0;OVERFLOW;"
	  "TIMING 9514 5248640 211924 1;TIMING 8385 211924 211924 0;KILLED;",
	  0 },
	{ "10-flush-and-credit-v32", SNDRV_PCM_STREAM_PLAYBACK, false, 0,
	  "READY 10000 0;TIMING 1090681 0 0 0;TIMING 988746 4 0 0;DRAINED;",
	  0 },
	{ "15-pipewire-1.4.2-v32", SNDRV_PCM_STREAM_PLAYBACK, false, 0,
	  "READY 10000 0;STARTED;TIMING 0 63104 60416 1;DRAINED;", 0 },
	{ "15-pipewire-1.4.2-v32", SNDRV_PCM_STREAM_CAPTURE, true, 0,
	  "READY 10000 0;TIMING 0 21504 21120 1;", 6 * 1920 },
	{ "16-pipewire-0.3.65-v32", SNDRV_PCM_STREAM_PLAYBACK, false, 0,
	  "READY 10000 0;STARTED;TIMING 0 63104 58368 1;DRAINED;", 0 },
	{ "16-pipewire-0.3.65-v32", SNDRV_PCM_STREAM_CAPTURE, true, 0,
	  "READY 10000 0;TIMING 0 21504 21120 1;", 6 * 1920 },
	{ "02-auth-bad-then-good-cookie", SNDRV_PCM_STREAM_PLAYBACK, false,
	  -EACCES, "", 0 },
	{ "04-auth-version-7-refused", SNDRV_PCM_STREAM_PLAYBACK, false,
	  -EPROTO, "", 0 },
	{ "14-shm-flags-what-not-to-do", SNDRV_PCM_STREAM_PLAYBACK, false,
	  -EPROTO, "", 0 },
};

static void test_replay(void **state)
{
	const struct replay *r;
	struct client c, first;
	struct vector *v;
	size_t i;
	u32 cut;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(replays); i++) {
		r = &replays[i];
		v = vector_load(r->name);
		for (cut = WHOLE; cut < CUTS; cut++) {
			assert_int_equal(replay(&c, v, r, cut), r->ret);
			if (cut == WHOLE)
				first = c;
			assert_string_equal(c.log, r->log);
			assert_int_equal(c.data_len, r->data);
			assert_int_equal(c.data_hash, first.data_hash);
		}
		vector_free(v);
	}
}

static void test_replay_reasons(void **state)
{
	static const char * const part[] = { "auth-anonymous=1",
					     "PulseAudio 10", "share memory" };
	struct client c;
	struct vector *v;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		const struct replay *r = &replays[ARRAY_SIZE(replays) - 3 + i];

		v = vector_load(r->name);
		replay(&c, v, r, WHOLE);
		assert_failed(&c, r->ret, r->ret, part[i]);
		vector_free(v);
	}
}

/* The same types in the same order; a string may be null. */
static void same_types(const char *a, const char *b)
{
	while (*a && *b) {
		char x = *a == 'N' ? 't' : *a == '1' ? '0' : *a;
		char y = *b == 'N' ? 't' : *b == '1' ? '0' : *b;

		assert_int_equal(x, y);
		a = strchr(a, '\n') + 1;
		b = strchr(b, '\n') + 1;
	}
	assert_true(!*a && !*b);
}

static const char want_playback[] =
	"L 3\nL 3\na 3 2 48000\nm 1 2\nL 4294967295\nN\nL 4294967295\n"
	"1\nL 7680\nL 3840\nL 1920\nL 0\nv 65536 65536\n"
	"0\n0\n0\n0\n0\n0\n0\n0\n1\nP media.name=HvSock on guest\n"
	"0\n0\n0\n0\n0\n0\n0\nB 0\n";
static const char want_capture[] =
	"L 5\nL 3\na 3 2 48000\nm 1 2\nL 4294967295\nN\nL 4294967295\n"
	"1\nL 1920\n0\n0\n0\n0\n0\n0\n0\n0\n0\nP media.name=HvSock on guest\n"
	"L 4294967295\n1\n0\n0\nB 0\nv 65536 65536\n0\n0\n0\n0\n0\n";

static void check_golden(const char *name, int direction, const char *want)
{
	struct vector *v = vector_load(name);
	struct hvsnd_session_params p;
	u8 ours[HVSND_TX_SIZE];
	char a[4096], b[4096];
	struct client c;
	size_t n;

	client_params(&p, direction);
	p.cookie = v->frames[0].data + 40;
	assert_int_equal(client_open_params(&c, &p), 0);
	n = client_take(&c, ours);
	assert_int_equal(c.s.tx_len, 0);
	assert_int_equal(n, v->frames[0].len);
	assert_memory_equal(ours, v->frames[0].data, n);

	assert_int_equal(client_feed(&c, v->frames[1].data, v->frames[1].len),
			 0);
	client_take(&c, ours);
	assert_int_equal(c.s.tx_len, 0);
	same_types(message_decode(v->frames[2].data, a),
		   message_decode(ours, b));
	assert_string_equal(b, "L 9\nL 2\nP application.name=vector"
			    " application.process.binary=vector"
			    " application.process.id=4294967295"
			    " application.process.host=guest\n");

	assert_int_equal(client_feed(&c, v->frames[3].data, v->frames[3].len),
			 0);
	client_take(&c, ours);
	assert_int_equal(c.s.tx_len, 0);
	same_types(message_decode(v->frames[4].data, a),
		   message_decode(ours, b));
	assert_string_equal(b, want);
	vector_free(v);
}

static void test_golden(void **state)
{
	(void)state;
	check_golden("05-playback-v32", SNDRV_PCM_STREAM_PLAYBACK,
		     want_playback);
	check_golden("06-record-v32", SNDRV_PCM_STREAM_CAPTURE, want_capture);
}

/* The captured servers, with a few bits turned. */
static void test_mutated(void **state)
{
	struct hvsnd_session_params p;
	struct client c;
	struct vector *v;
	u32 seed, x;
	size_t i, n;
	int ret, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(replays); i++) {
		v = vector_load(replays[i].name);
		for (seed = 1; seed <= UNIT_TRIES(300); seed++) {
			x = seed * 2654435761U | 1;
			client_params(&p, replays[i].direction);
			client_open_params(&c, &p);
			c.cut = rnd(&x);
			for (n = 0, ret = 0; n < v->n && !ret; n++) {
				const struct vector_frame *f = &v->frames[n];

				if (f->side == 'C' || f->len > sizeof(batch))
					continue;
				memcpy(batch, f->data, f->len);
				for (k = rnd(&x) % 4 ? 0 : 3; k; k--)
					batch[rnd(&x) % f->len] ^=
						1 << rnd(&x) % 8;
				ret = client_feed(&c, batch, f->len);
				client_random_op(&c, &x);
				hvsnd_session_sent(&c.s, c.s.tx_len);
				assert_int_equal(!!c.s.reason, !!ret);
			}
		}
		vector_free(v);
	}
}

UNIT_TESTS(pulse_replay,
	   UNIT_TEST(test_replay),
	   UNIT_TEST(test_replay_reasons),
	   UNIT_TEST(test_golden),
	   UNIT_TEST(test_mutated));
