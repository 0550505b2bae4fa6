// SPDX-License-Identifier: GPL-2.0
/*
 * The PulseAudio protocol against captured sessions of real servers (see
 * vectors.h), against a host made up here, and against hostile bytes.
 */
#include "unit.h"

#include "core/proto/session.h"
#include "vectors.h"

#define NONE		0xffffffffU
#define MIB		(1 << 20)
#define WHOLE		0	/* how to cut what is fed: not, */
#define BYTEWISE	1	/* byte by byte, or at random with that seed */
#define CUTS		(2 + UNIT_TRIES(40))
#define ENDS		100	/* bytes that BYTEWISE cuts with UNIT_QUICK */

/* A session, and what it said. */
struct client {
	struct hvsnd_session s;
	char log[4096];
	size_t data_len;
	u32 data_hash;
	u32 cut;		/* WHOLE, BYTEWISE, or a random state */
	const u8 *fed, *fed_end;
	u32 granted;		/* credit when it became ready */
	void (*on_event)(struct client *c, const struct hvsnd_event *ev);
};

static bool is_ready(const struct client *c)
{
	return c->s.pulse.state == HVSND_PULSE_CORKED ||
	       c->s.pulse.state == HVSND_PULSE_RUNNING;
}

static u32 rnd(u32 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void put32(u8 *p, u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static __printf(2, 3) void say(struct client *c, const char *fmt, ...)
{
	size_t n = strlen(c->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->log + n, sizeof(c->log) - n, fmt, ap);
	va_end(ap);
}

static void on_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
{
	struct client *c = (struct client *)s;
	size_t i;

	switch (ev->type) {
	case HVSND_EVENT_ADMITTED:
		say(c, "ADMITTED;");
		break;
	case HVSND_EVENT_READY:
		c->granted = s->pulse.credit;
		say(c, "READY %llu %d;", (unsigned long long)ev->latency_us,
		    ev->suspended);
		break;
	case HVSND_EVENT_STARTED:
		say(c, "STARTED;");
		break;
	case HVSND_EVENT_UNDERFLOW:
		say(c, "UNDERFLOW;");
		break;
	case HVSND_EVENT_OVERFLOW:
		say(c, "OVERFLOW;");
		break;
	case HVSND_EVENT_DRAINED:
		say(c, "DRAINED;");
		break;
	case HVSND_EVENT_SUSPENDED:
		say(c, "SUSPENDED %d;", ev->suspended);
		break;
	case HVSND_EVENT_MOVED:
		say(c, "MOVED %llu %d;", (unsigned long long)ev->latency_us,
		    ev->suspended);
		break;
	case HVSND_EVENT_DATA:
		/* Straight out of what was received. */
		assert_true(ev->len > 0 && ev->data >= c->fed &&
			    ev->data + ev->len <= c->fed_end);
		for (i = 0; i < ev->len; i++)
			c->data_hash = (c->data_hash ^ ev->data[i]) * 16777619;
		c->data_len += ev->len;
		break;
	case HVSND_EVENT_TIMING:
		assert_true(ev->timing.write_index >= 0 &&
			    ev->timing.read_index >= 0 &&
			    ev->timing.write_index <= 1LL << 62 &&
			    ev->timing.read_index <= 1LL << 62);
		say(c, "TIMING %llu %lld %lld %d;",
		    (unsigned long long)ev->latency_us,
		    (long long)ev->timing.write_index,
		    (long long)ev->timing.read_index, ev->timing.playing);
		break;
	case HVSND_EVENT_VOLUME:
		assert_true(ev->volume->level_set && ev->volume->mute_set);
		say(c, "VOLUME");
		for (i = 0; i < HVSND_CHANNELS && i < s->params.channels; i++) {
			assert_true(ev->volume->level[i] <= HVSND_VOLUME_MAX);
			say(c, " %u", ev->volume->level[i]);
		}
		say(c, " %d;", ev->volume->mute);
		break;
	case HVSND_EVENT_KILLED:
		say(c, "KILLED;");
		break;
	}
	if (c->on_event)
		c->on_event(c, ev);
}

/* Each piece in memory of its own, so that ASan sees a byte too many. */
static int feed(struct client *c, const u8 *buf, size_t len)
{
	size_t n, done;
	int ret = 0;
	u8 *piece;

	for (done = 0; len && !ret; done += n) {
		n = len;
		if (c->cut == BYTEWISE)
			n = UNIT_QUICK && done == ENDS && len > ENDS ?
				len - ENDS : 1;
		else if (c->cut != WHOLE)
			n = 1 + rnd(&c->cut) % (rnd(&c->cut) % 4 ? 40 : 3000);
		if (n > len)
			n = len;
		piece = malloc(n);
		memcpy(piece, buf, n);
		c->fed = piece;
		c->fed_end = piece + n;
		ret = c->s.ops->receive(&c->s, piece, n);
		free(piece);
		buf += n;
		len -= n;
	}
	return ret;
}

static void default_params(struct hvsnd_session_params *p, int direction)
{
	memset(p, 0, sizeof(*p));
	p->direction = direction;
	p->format = SNDRV_PCM_FORMAT_S16_LE;
	p->rate = 48000;
	p->channels = 2;
	p->map[0] = SNDRV_CHMAP_FL;
	p->map[1] = SNDRV_CHMAP_FR;
	p->frame_bytes = 4;
	p->queue = 7680;
	p->prebuf = 3840;
	p->chunk = 1920;
	p->pid = 4294967295U;
	strcpy(p->application, "vector");
	strcpy(p->node, "guest");
}

static int open_params(struct client *c, const struct hvsnd_session_params *p)
{
	memset(c, 0xa5, sizeof(*c));
	c->s.ops = &hvsnd_pulse_ops;
	c->s.event = on_event;
	c->on_event = NULL;
	c->log[0] = 0;
	c->data_len = 0;
	c->data_hash = 2166136261U;
	c->cut = WHOLE;
	return c->s.ops->open(&c->s, p);
}

static void open_client(struct client *c, int direction)
{
	struct hvsnd_session_params p;

	default_params(&p, direction);
	assert_int_equal(open_params(c, &p), 0);
}

static size_t frame_len(const u8 *p)
{
	return 20 + be32(p);
}

/* Takes the first of the waiting control messages. */
static size_t take(struct client *c, u8 *out)
{
	size_t n;

	assert_true(c->s.tx_len > 20);
	n = frame_len(c->s.tx);
	assert_true(n <= c->s.tx_len);
	assert_int_equal(be32(c->s.tx + 4), NONE);
	assert_int_equal(be32(c->s.tx + 8), 0);
	assert_int_equal(be32(c->s.tx + 12), 0);
	assert_int_equal(be32(c->s.tx + 16), 0);
	assert_int_equal(c->s.tx[20], 'L');
	assert_int_equal(c->s.tx[25], 'L');
	memcpy(out, c->s.tx, n);
	hvsnd_session_sent(&c->s, n);
	return n;
}

static u32 command_of(const u8 *frame)
{
	return be32(frame + 21);
}

static u32 tag_of(const u8 *frame)
{
	return be32(frame + 26);
}

/* Takes a message that must be of that command; returns its tag. */
static u32 take_command(struct client *c, u32 command)
{
	u8 frame[HVSND_TX_SIZE] = { 0 };

	take(c, frame);
	assert_int_equal(command_of(frame), command);
	return tag_of(frame);
}

/*
 * A control message: its values as type letters, with arguments for L (u32),
 * B (int), U and r (long long), T (u32), t (string), a (int, int, u32),
 * v (u32, u32: two channels); P is a list of one property.
 */
static size_t build(u8 *out, const char *types, ...)
{
	u8 *p = out + 20;
	const char *text;
	long long v;
	va_list ap;

	va_start(ap, types);
	for (; *types; types++) {
		*p++ = *types;
		switch (*types) {
		case 'L':
			put32(p, va_arg(ap, u32));
			p += 4;
			break;
		case 'B':
			*p++ = va_arg(ap, int);
			break;
		case 'U':
		case 'r':
			v = va_arg(ap, long long);
			put32(p, (unsigned long long)v >> 32);
			put32(p + 4, v);
			p += 8;
			break;
		case 'T':
			put32(p, va_arg(ap, u32));
			put32(p + 4, 0);
			p += 8;
			break;
		case 't':
			text = va_arg(ap, const char *);
			strcpy((char *)p, text);
			p += strlen(text) + 1;
			break;
		case 'a':
			*p++ = va_arg(ap, int);
			*p++ = va_arg(ap, int);
			put32(p, va_arg(ap, u32));
			p += 4;
			break;
		case 'm':
			memcpy(p, "\2\1\2", 3);
			p += 3;
			break;
		case 'P':
			memcpy(p, "tkey\0L\0\0\0\3x\0\0\0\3vw\0N", 19);
			p += 19;
			break;
		case 'v':
			*p++ = 2;
			put32(p, va_arg(ap, u32));
			put32(p + 4, va_arg(ap, u32));
			p += 8;
			break;
		}
	}
	va_end(ap);
	memset(out, 0, 20);
	put32(out, p - out - 20);
	put32(out + 4, NONE);
	return p - out;
}

static u8 message[16384];

#define HOST(c, ...) feed(c, message, build(message, __VA_ARGS__))

static size_t build_block(u8 *out, u32 channel, u32 len)
{
	u32 i;

	memset(out, 0, 20);
	put32(out, len);
	put32(out + 4, channel);
	for (i = 0; i < len; i++)
		out[20 + i] = i * 7;
	return 20 + len;
}

static int host_block(struct client *c, u32 channel, u32 len)
{
	u8 *out = malloc(20 + len);
	int ret = feed(c, out, build_block(out, channel, len));

	free(out);
	return ret;
}

static int answer_create(struct client *c, u32 tag, u32 channel, u32 missing)
{
	if (c->s.params.direction == SNDRV_PCM_STREAM_PLAYBACK)
		return HOST(c, "LLLLLLLLLamLt0U", 2, tag, channel, 7, missing,
			    4194304, 7680, 3840, 1920, 3, 2, 48000, 0, "null0",
			    10000LL);
	return HOST(c, "LLLLLLamLt0U", 2, tag, channel, 7, 4194304, 1920,
		    3, 2, 48000, 0, "null0.monitor", 10000LL);
}

/* Through the handshake up to the CREATE that waits for its answer. */
static u32 creating_client(struct client *c, int direction)
{
	open_client(c, direction);
	assert_int_equal(HOST(c, "LLL", 2, take_command(c, 8), 35), 0);
	assert_int_equal(HOST(c, "LLL", 2, take_command(c, 9), 12), 0);
	return take_command(c, direction == SNDRV_PCM_STREAM_PLAYBACK ? 3 : 5);
}

#define CHANNEL	5	/* that the host here gives */
#define INDEX	7

/* What follows READY: SUBSCRIBE, and a question whose tag is returned. */
static u32 take_question(struct client *c)
{
	bool playback = c->s.params.direction == SNDRV_PCM_STREAM_PLAYBACK;
	u8 frame[HVSND_TX_SIZE];

	take(c, frame);
	assert_int_equal(command_of(frame), 35);
	assert_int_equal(be32(frame + 31), playback ? 4 : 8);
	take(c, frame);
	assert_int_equal(command_of(frame), playback ? 29 : 31);
	assert_int_equal(be32(frame + 31), INDEX);
	return tag_of(frame);
}

static void ready_client(struct client *c, int direction)
{
	u32 tag = creating_client(c, direction);

	assert_string_equal(c->log, "");
	assert_int_equal(answer_create(c, tag, CHANNEL, 7680), 0);
	assert_string_equal(c->log, "READY 10000 0;");
	assert_int_equal(HOST(c, "LLL", 0, take_question(c), 5), 0);
	assert_int_equal(c->s.tx_len, 0);
	c->log[0] = 0;
}

static void ready_playback(struct client *c)
{
	ready_client(c, SNDRV_PCM_STREAM_PLAYBACK);
}

static void ready_capture(struct client *c)
{
	ready_client(c, SNDRV_PCM_STREAM_CAPTURE);
}

static size_t frame(struct client *c, size_t bytes)
{
	u8 *head = malloc(HVSND_HEAD_MAX);
	size_t head_len = 999;
	size_t n = c->s.ops->frame(&c->s, bytes, head, &head_len);

	if (n) {
		assert_true(n <= bytes && n <= 65536);
		assert_int_equal(n % c->s.params.frame_bytes, 0);
		assert_int_equal(head_len, 20);
		assert_int_equal(be32(head), n);
		assert_int_equal(be32(head + 4), c->s.pulse.channel);
		assert_int_equal(be32(head + 8), 0);
		assert_int_equal(be32(head + 12), 0);
		assert_int_equal(be32(head + 16), 0);
	}
	free(head);
	return n;
}

/* All that the host's credit allows now. */
static size_t credit(struct client *c)
{
	size_t n, sum = 0;

	while (sum < 64 * MIB && (n = frame(c, 1 << 24)))
		sum += n;
	return sum;
}

#define assert_failed(c, ret, err, part) do {				\
	struct client *c_ = (c);					\
	int ret_ = (ret);						\
	int tx_ = c_->s.tx_len;						\
	int err_ = (err);						\
									\
	assert_int_equal(ret_, err_);					\
	assert_non_null(c_->s.reason);					\
	assert_non_null(strstr(c_->s.reason, part));			\
	assert_null(strchr(c_->s.reason, '\n'));			\
	/* and it stays so */						\
	assert_int_equal(HOST(c_, "LLL", 86, NONE, CHANNEL), err_);	\
	assert_int_equal(frame(c_, 4096), 0);				\
	c_->s.ops->start(&c_->s);					\
	assert_int_equal(c_->s.tx_len, tx_);				\
} while (0)

static void set_level(struct client *c, u32 left, u32 right)
{
	struct hvsnd_volume v = { .level = { left, right }, .level_set = true };

	c->s.ops->set_volume(&c->s, &v);
}

static void set_mute(struct client *c, bool mute)
{
	struct hvsnd_volume v = { .mute = mute, .mute_set = true };

	c->s.ops->set_volume(&c->s, &v);
}

/* ---- captured sessions ---- */

struct replay {
	const char *name;
	int direction;
	bool start;		/* when ready: the captured stream was uncorked */
	int ret;
	const char *log;
	size_t data;		/* captured bytes that must come through */
};

struct tag_map {
	u32 theirs, ours;
};

static unsigned int find_tag(const struct tag_map *tags, unsigned int n,
			     const u8 *frame)
{
	unsigned int k;

	for (k = 0; k < n; k++)
		if (tags[k].theirs == tag_of(frame))
			break;
	return k;
}

/*
 * What the host sends at a time; for all tests. A second buffer of about 64 KiB
 * does not compile with GCC 14, KASAN and the large code model of User-mode
 * Linux: KASAN's padding moves it to the section for large data too late.
 */
static u8 batch[1 << 20];

/* The same bytes as the captured client's, but for tag and time. */
static void compare(const struct vector_frame *f, const u8 *ours, size_t len)
{
	u32 command = command_of(ours);
	u8 want[512];

	assert_int_equal(len, f->len);
	memcpy(want, f->data, len);
	put32(want + 26, tag_of(ours));
	if (command == 14 || command == 57)
		memset(want + len - 8, 0, 8);
	assert_memory_equal(ours, want, len);
}

/* Answers what is asked for the volume, as if the host had none to tell. */
static int refuse_questions(struct client *c, u32 command)
{
	int ret = 0;

	while (c->s.tx_len && command_of(c->s.tx) == command)
		ret = HOST(c, "LLL", 0, take_command(c, command), 5);
	return ret;
}

/* What the captured client set. */
static void set_as(struct client *c, const u8 *f)
{
	struct hvsnd_volume v;
	u32 i;

	memset(&v, 0, sizeof(v));
	v.level_set = command_of(f) == 37;
	v.mute_set = !v.level_set;
	v.mute = f[35] == '1';
	for (i = 0; v.level_set && i < f[36]; i++)
		v.level[i] = be32(f + 37 + 4 * i);
	c->s.ops->set_volume(&c->s, &v);
}

static void start_when_ready(struct client *c, const struct hvsnd_event *ev)
{
	if (ev->type == HVSND_EVENT_READY)
		c->s.ops->start(&c->s);
}

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
	struct tag_map tags[64];
	size_t i, n = 0, len, sent;
	bool known = false;
	u32 model = 0;
	u8 ours[HVSND_TX_SIZE];
	unsigned int k, n_tags = 0;
	int ret = 0;

	default_params(&p, r->direction);
	p.cookie = v->frames[0].data + 20 + 20;
	assert_int_equal(open_params(c, &p), 0);
	c->cut = cut;
	if (r->start)
		c->on_event = start_when_ready;

	for (i = 0; i <= v->n; i++) {
		f = i < v->n ? &v->frames[i] : NULL;
		if (f && f->side == 'S') {
			len = f->len;
			memcpy(batch + n, f->data, len);
			if (be32(f->data + 4) == NONE) {
				u32 command = command_of(f->data);

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
		ret = feed(c, batch, n);
		n = 0;
		if (ret || !f)
			break;
		if (!known && is_ready(c)) {
			known = true;
			model += c->granted;
			take_command(c, 35);
			assert_int_equal(command_of(c->s.tx),
					 playback ? 29 : 31);
			refuse_questions(c, playback ? 29 : 31);
			if (r->start)
				take_command(c, playback ? 41 : 58);
		}
		if (known)
			assert_int_equal(refuse_questions(c, playback ? 29 : 31), 0);
		if (known && playback && is_ready(c))
			assert_int_equal(c->s.pulse.credit, model);
		if (be32(f->data + 4) != NONE) {
			sent = frame(c, f->len - 20);
			assert_true(sent <= model);
			model -= sent;
			continue;
		}

		switch (command_of(f->data)) {
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
			if ((command_of(f->data) == 41) != playback)
				continue;
			if (f->data[f->len - 1] == '0')
				c->s.ops->start(&c->s);
			else
				c->s.ops->pause(&c->s);
			break;
		case 42:
		case 59:
			if ((command_of(f->data) == 42) != playback)
				continue;
			c->s.ops->stop(&c->s);
			take_command(c, playback ? 41 : 58);
			break;
		case 12:
			if (!playback)
				continue;
			c->s.ops->drain(&c->s);
			break;
		case 14:
		case 57:
			if ((command_of(f->data) == 14) != playback)
				continue;
			c->s.ops->timing(&c->s);
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
		len = take(c, ours);
		assert_int_equal(command_of(ours), command_of(f->data));
		tags[n_tags].theirs = tag_of(f->data);
		tags[n_tags++].ours = tag_of(ours);
		if (command_of(ours) > 9)
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

/* ---- what we send, against the captured client's ---- */

/* One line a value: its type letter, then the value. */
static char *decode(const u8 *frame, char *out)
{
	const u8 *p = frame + 20, *end = frame + frame_len(frame);
	char *o = out;
	u32 i, n;

	while (p < end) {
		o += sprintf(o, "%c", *p);
		switch (*p++) {
		case 'L':
			o += sprintf(o, " %u", be32(p));
			p += 4;
			break;
		case 'B':
			o += sprintf(o, " %u", *p++);
			break;
		case 't':
			o += sprintf(o, " %s", p);
			p += strlen((const char *)p) + 1;
			break;
		case 'a':
			o += sprintf(o, " %u %u %u", p[0], p[1], be32(p + 2));
			p += 6;
			break;
		case 'm':
			for (n = *p++; n; n--)
				o += sprintf(o, " %u", *p++);
			break;
		case 'v':
			for (n = *p++; n; n--, p += 4)
				o += sprintf(o, " %u", be32(p));
			break;
		case 'x':
			n = be32(p);
			p += 4;
			for (i = 0; i < n; i++)
				o += sprintf(o, "%02x", p[i]);
			p += n;
			break;
		case 'P':
			while (*p != 'N') {
				assert_int_equal(*p, 't');
				o += sprintf(o, " %s=", p + 1);
				p += strlen((const char *)p) + 1;
				assert_int_equal(p[0], 'L');
				n = be32(p + 1);
				assert_int_equal(p[5], 'x');
				assert_int_equal(be32(p + 6), n);
				p += 10;
				assert_int_equal(strlen((const char *)p) + 1,
						 n);
				o += sprintf(o, "%s", p);
				p += n;
			}
			p++;
			break;
		case 'N':
		case '0':
		case '1':
			break;
		default:
			fail_msg("type %02x", p[-1]);
		}
		o += sprintf(o, "\n");
	}
	assert_true(p == end);
	return out;
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
	"0\n0\n0\n0\n0\n0\n0\n0\n1\nP media.name=ALSA Playback\n"
	"0\n0\n0\n0\n0\n0\n0\nB 0\n";
static const char want_capture[] =
	"L 5\nL 3\na 3 2 48000\nm 1 2\nL 4294967295\nN\nL 4294967295\n"
	"1\nL 1920\n0\n0\n0\n0\n0\n0\n0\n0\n0\nP media.name=ALSA Capture\n"
	"L 4294967295\n1\n0\n0\nB 0\nv 65536 65536\n0\n0\n0\n0\n0\n";

static void check_golden(const char *name, int direction, const char *want)
{
	struct vector *v = vector_load(name);
	struct hvsnd_session_params p;
	u8 ours[HVSND_TX_SIZE];
	char a[4096], b[4096];
	struct client c;
	size_t n;

	default_params(&p, direction);
	p.cookie = v->frames[0].data + 40;
	assert_int_equal(open_params(&c, &p), 0);
	n = take(&c, ours);
	assert_int_equal(c.s.tx_len, 0);
	assert_int_equal(n, v->frames[0].len);
	assert_memory_equal(ours, v->frames[0].data, n);

	assert_int_equal(feed(&c, v->frames[1].data, v->frames[1].len), 0);
	take(&c, ours);
	assert_int_equal(c.s.tx_len, 0);
	same_types(decode(v->frames[2].data, a), decode(ours, b));
	assert_string_equal(b, "L 9\nL 2\nP application.name=vector"
			    " application.process.binary=vector"
			    " application.process.id=4294967295"
			    " application.process.host=guest\n");

	assert_int_equal(feed(&c, v->frames[3].data, v->frames[3].len), 0);
	take(&c, ours);
	assert_int_equal(c.s.tx_len, 0);
	same_types(decode(v->frames[4].data, a), decode(ours, b));
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

static void test_no_cookie(void **state)
{
	static const u8 zeros[HVSND_COOKIE_SIZE];
	u8 ours[HVSND_TX_SIZE];
	struct client c;

	(void)state;
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_int_equal(take(&c, ours), 296);
	assert_memory_equal(ours + 40, zeros, HVSND_COOKIE_SIZE);
}

static void create_text(const struct hvsnd_session_params *p, char *name,
			char *create)
{
	u8 ours[HVSND_TX_SIZE];
	struct client c;

	assert_int_equal(open_params(&c, p), 0);
	HOST(&c, "LLL", 2, take_command(&c, 8), 35);
	take(&c, ours);
	decode(ours, name);
	HOST(&c, "LLL", 2, tag_of(ours), 12);
	take(&c, ours);
	decode(ours, create);
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
		default_params(&p, i % 2);
		p.format = f[i].alsa;
		p.frame_bytes = 2 * f[i].bytes;
		create_text(&p, name, create);
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
		{ 6, { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR, SNDRV_CHMAP_RL,
		       SNDRV_CHMAP_RR, SNDRV_CHMAP_FC, SNDRV_CHMAP_LFE },
		  "\nm 1 2 5 6 3 7\n" },
		{ 8, { SNDRV_CHMAP_SL, SNDRV_CHMAP_SR, SNDRV_CHMAP_RC,
		       SNDRV_CHMAP_FLC, SNDRV_CHMAP_FRC, SNDRV_CHMAP_TC,
		       SNDRV_CHMAP_TFL, SNDRV_CHMAP_TFR },
		  "\nm 10 11 4 8 9 44 45 46\n" },
		{ 4, { SNDRV_CHMAP_TFC, SNDRV_CHMAP_TRL, SNDRV_CHMAP_TRR,
		       SNDRV_CHMAP_TRC }, "\nm 47 48 49 50\n" },
		/* what it has no word for */
		{ 3, { SNDRV_CHMAP_UNKNOWN, SNDRV_CHMAP_NA, SNDRV_CHMAP_FLW },
		  "\nm 12 13 14\n" },
		{ 3, { SNDRV_CHMAP_FL, SNDRV_CHMAP_BRC, 0xff }, "\nm 1 13 14\n" },
		{ 9, { SNDRV_CHMAP_FL }, "\nm 1 13 14 15 16 17 18 19 20\n" },
		{ 32, { 0 },
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
		default_params(&p, d);
		p.channels = maps[n].channels;
		memcpy(p.map, maps[n].map, sizeof(p.map));
		p.frame_bytes = 2 * p.channels;
		create_text(&p, name, create);
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
	default_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	memcpy(p.application, "a\x1b[\n\xc3\xa9\x7f~ b", 11);
	memset(p.node, 'N', sizeof(p.node));	/* without an end */
	p.pid = 0;
	create_text(&p, name, create);
	assert_non_null(strstr(name, " application.name=a?[????~ b "));
	assert_non_null(strstr(name, "application.process.binary=a?[????~ b "));
	assert_non_null(strstr(name, " application.process.id=0 "));
	sprintf(want, " application.process.host=%.63s\n", p.node);
	assert_non_null(strstr(name, want));

	p.application[0] = 0;
	p.node[0] = 0;
	create_text(&p, name, create);
	assert_non_null(strstr(name, " application.name=ALSA "));
	assert_non_null(strstr(name, " application.process.host=VM\n"));
}

static void test_open_refuses(void **state)
{
	struct hvsnd_session_params p;
	struct client c;

	(void)state;
#define REFUSED(change) do {						\
		default_params(&p, SNDRV_PCM_STREAM_PLAYBACK);		\
		change;							\
		assert_int_equal(open_params(&c, &p), -EINVAL);		\
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

/* Nothing of an earlier connection remains. */
static void test_reopen(void **state)
{
	struct client c;
	u8 head[20];

	(void)state;
	ready_playback(&c);
	c.s.ops->start(&c.s);
	c.s.ops->drain(&c.s);
	c.s.ops->timing(&c.s);
	build_block(head, 0, 0);
	assert_int_equal(HOST(&c, "LLL", 86, NONE, CHANNEL), 0);
	feed(&c, head, 7);
	assert_int_equal(feed(&c, head, 13), -EPROTO);
	assert_int_equal(c.s.ops->open(&c.s, &c.s.params), 0);
	assert_null(c.s.reason);
	assert_int_equal(frame(&c, 4096), 0);
	assert_int_equal(HOST(&c, "LLL", 2, take_command(&c, 8), 35), 0);
	assert_int_equal(HOST(&c, "LLL", 2, take_command(&c, 9), 1), 0);
	assert_int_equal(answer_create(&c, take_command(&c, 3), 0, 4), 0);
	take_question(&c);
	assert_int_equal(credit(&c), 4);
	c.s.ops->timing(&c.s);
	take_command(&c, 14);
	assert_int_equal(c.s.tx_len, 0);
}

/* A host without a prebuffer would run on without us. */
static void test_prebuf_zero(void **state)
{
	char name[4096], create[4096];
	struct hvsnd_session_params p;

	(void)state;
	default_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	p.prebuf = 0;
	create_text(&p, name, create);
	assert_non_null(strstr(create, "1\nL 7680\nL 4\nL 1920\nL 0\n"));
}

/* A host that let the guest in, and was asked nothing since, has no answer to give. */
static void test_answer_unasked(void **state)
{
	struct hvsnd_session_params p;
	struct client c;

	(void)state;
	default_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	p.wait = true;
	assert_int_equal(open_params(&c, &p), 0);
	HOST(&c, "LLL", 2, take_command(&c, 8), 35);
	HOST(&c, "LLL", 2, take_command(&c, 9), 1);
	assert_failed(&c, answer_create(&c, NONE, 5, 0), -EPROTO, "PulseAudio");
}

/* ---- the handshake ---- */

static void test_wait(void **state)
{
	/* How many of the host's answers come before create() */
	enum { CREATE_AT_ONCE, CREATE_LET_IN, CREATE_NAMED, CREATES };
	static u8 expected[HVSND_TX_SIZE], frame[HVSND_TX_SIZE];
	struct hvsnd_session_params p, later;
	struct client c;
	size_t len;
	int when, d;

	(void)state;
	for (d = 0; d < 2; d++) {
		default_params(&later, d);
		later.map[0] = SNDRV_CHMAP_FR;
		later.map[1] = SNDRV_CHMAP_FL;
		later.volume.level_set = true;
		later.volume.level[0] = 1234;
		later.volume.level[1] = 4321;
		later.volume.mute_set = true;
		later.volume.mute = true;
		assert_int_equal(open_params(&c, &later), 0);
		HOST(&c, "LLL", 2, take_command(&c, 8), 35);
		HOST(&c, "LLL", 2, take_command(&c, 9), 1);
		len = take(&c, expected);

		for (when = 0; when < CREATES; when++) {
			default_params(&p, d);
			p.wait = true;
			assert_int_equal(open_params(&c, &p), 0);
			if (when == CREATE_AT_ONCE)
				c.s.ops->create(&c.s, &later);
			HOST(&c, "LLL", 2, take_command(&c, 8), 35);
			if (when == CREATE_LET_IN)
				c.s.ops->create(&c.s, &later);
			HOST(&c, "LLL", 2, take_command(&c, 9), 1);
			if (when == CREATE_NAMED) {
				assert_string_equal(c.log, "ADMITTED;");
				assert_int_equal(c.s.tx_len, 0);
				c.s.ops->create(&c.s, &later);
				c.log[0] = 0;
			}
			/* What create() is told, and as if it had been all along. */
			assert_int_equal(take(&c, frame), len);
			assert_memory_equal(frame, expected, len);
			c.s.ops->create(&c.s, &later);
			assert_int_equal(c.s.tx_len, 0);
			assert_int_equal(answer_create(&c, tag_of(frame), 5, 0), 0);
			assert_string_equal(c.log, "READY 10000 0;");
			hvsnd_session_sent(&c.s, c.s.tx_len);
			c.s.ops->create(&c.s, &later);
			assert_int_equal(c.s.tx_len, 0);
		}

		/* Who did not wait is not asked for twice. */
		open_client(&c, d);
		c.s.ops->create(&c.s, &later);
		HOST(&c, "LLL", 2, take_command(&c, 8), 35);
		c.s.ops->create(&c.s, &later);
		HOST(&c, "LLL", 2, take_command(&c, 9), 1);
		c.s.ops->create(&c.s, &later);
		take_command(&c, d == SNDRV_PCM_STREAM_PLAYBACK ? 3 : 5);
		assert_int_equal(c.s.tx_len, 0);
		assert_string_equal(c.log, "");
	}
}

static void admitted_client(struct client *c, int direction)
{
	struct hvsnd_session_params p;

	default_params(&p, direction);
	p.wait = true;
	assert_int_equal(open_params(c, &p), 0);
	HOST(c, "LLL", 2, take_command(c, 8), 35);
	HOST(c, "LLL", 2, take_command(c, 9), 1);
	assert_string_equal(c->log, "ADMITTED;");
	c->log[0] = 0;
}

/* While nothing is asked for, nothing is sent, and no answer is expected. */
static void test_admitted(void **state)
{
	struct hvsnd_session_params p;
	struct client c;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		admitted_client(&c, d);
		c.s.ops->start(&c.s);
		c.s.ops->pause(&c.s);
		c.s.ops->stop(&c.s);
		c.s.ops->drain(&c.s);
		c.s.ops->timing(&c.s);
		set_level(&c, 1, 2);
		set_mute(&c, true);
		assert_int_equal(frame(&c, 4096), 0);
		assert_int_equal(HOST(&c, "LLLL", 66, NONE, 0, 1), 0);
		assert_int_equal(HOST(&c, "LLL", d ? 65 : 64, NONE, CHANNEL), 0);
		assert_int_equal(c.s.tx_len, 0);
		assert_string_equal(c.log, "");
		assert_failed(&c, HOST(&c, "LLL", 2, NONE, 1), -EPROTO, "PulseAudio");

		/* A failed session asks for nothing, and begins anew all the same. */
		default_params(&p, d);
		c.s.ops->create(&c.s, &p);
		assert_int_equal(c.s.tx_len, 0);
		p.wait = true;
		assert_int_equal(c.s.ops->open(&c.s, &p), 0);
		HOST(&c, "LLL", 2, take_command(&c, 8), 35);
		HOST(&c, "LLL", 2, take_command(&c, 9), 1);
		assert_string_equal(c.log, "ADMITTED;");
		assert_int_equal(c.s.tx_len, 0);

		/* A host that refuses the stream afterwards is refused as ever. */
		c.s.ops->create(&c.s, &p);
		assert_failed(&c, HOST(&c, "LLL", 0, take_command(&c, d ? 5 : 3), 5),
			      -ENODEV, d ? "no source" : "no sink");
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
			tag = creating_client(&c, d);
			assert_failed(&c, HOST(&c, "LLL", 0, tag, t[i].code),
				      t[i].err,
				      d ? t[i].capture : t[i].playback);
		}
		open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
		assert_failed(&c, HOST(&c, "LLL", 0, take_command(&c, 8),
				       t[i].code), t[i].err,
			      t[i].code == 1 ? "auth-anonymous=1" :
			      t[i].err == -EPROTO ? "PulseAudio 10" : "log");
	}
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	HOST(&c, "LLL", 2, take_command(&c, 8), 35);
	assert_failed(&c, HOST(&c, "LLL", 0, take_command(&c, 9), 20), -EIO,
		      "log");
}

static void test_versions(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = take_command(&c, 8);
	assert_failed(&c, HOST(&c, "LLL", 2, tag, 31), -EPROTO,
		      "PulseAudio 10");
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = take_command(&c, 8);
	assert_failed(&c, HOST(&c, "LLL", 2, tag, 0x8000001f), -EPROTO,
		      "PulseAudio 10");
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = take_command(&c, 8);
	assert_int_equal(HOST(&c, "LLL", 2, tag, 32), 0);
	take_command(&c, 9);
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = take_command(&c, 8);
	assert_int_equal(HOST(&c, "LLL", 2, tag, 0xc000ffff), 0);
	take_command(&c, 9);
}

/* Before the stream exists there is nothing to command, to send or to hear. */
static void test_not_ready(void **state)
{
	struct client c;
	int step;
	u32 tag;

	(void)state;
	for (step = 0; step < 3; step++) {
		open_client(&c, step % 2);
		tag = take_command(&c, 8);
		if (step > 0) {
			HOST(&c, "LLL", 2, tag, 35);
			tag = take_command(&c, 9);
		}
		if (step > 1) {
			HOST(&c, "LLL", 2, tag, 1);
			take_command(&c, 3);
		}
		c.s.ops->start(&c.s);
		c.s.ops->stop(&c.s);
		c.s.ops->pause(&c.s);
		c.s.ops->drain(&c.s);
		c.s.ops->timing(&c.s);
		set_level(&c, 1, 2);
		set_mute(&c, true);
		assert_int_equal(c.s.tx_len, 0);
		assert_int_equal(frame(&c, 4096), 0);
		assert_int_equal(HOST(&c, "LLLL", 66, NONE, 0x12, 0), 0);
		assert_int_equal(HOST(&c, "LLL", 86, NONE, 0), 0);
		assert_int_equal(HOST(&c, "LLLL", 61, NONE, 0, 4096), 0);
		assert_int_equal(HOST(&c, "LLL", 64, NONE, 0), 0);
		assert_int_equal(HOST(&c, "LLL", 65, NONE, 0), 0);
		assert_int_equal(host_block(&c, 0, 1000), 0);
		assert_string_equal(c.log, "");
		assert_int_equal(c.data_len, 0);
	}
}

static void send_when_ready(struct client *c, const struct hvsnd_event *ev)
{
	if (ev->type == HVSND_EVENT_READY) {
		assert_int_equal(frame(c, 4096), 4096);
		c->s.ops->start(&c->s);
	}
}

static void test_start_from_event(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	tag = creating_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	c.on_event = send_when_ready;
	assert_int_equal(answer_create(&c, tag, CHANNEL, 7680), 0);
	take_question(&c);
	take_command(&c, 41);
	assert_int_equal(credit(&c), 7680 - 4096);
}

/* A sink's name, or what follows, may be longer than what is kept. */
static void test_long_messages(void **state)
{
	static char text[6000];
	struct client c;
	u32 tag, cut;

	(void)state;
	memset(text, 'n', sizeof(text) - 1);
	for (cut = WHOLE; cut < 8; cut++) {
		tag = creating_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
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
		assert_int_equal(HOST(&c, "LLL", 86, NONE, CHANNEL), 0);
		assert_string_equal(c.log, "SUSPENDED 1;MOVED 20000 1;"
				    "MOVED 20000 1;STARTED;");
	}
}

/* Newer servers may append; what is not needed may be missing. */
static void test_lenient(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	tag = take_command(&c, 8);
	assert_int_equal(HOST(&c, "LLLtL", 2, tag, 35, "more", 1), 0);
	assert_int_equal(HOST(&c, "LL", 2, take_command(&c, 9)), 0);
	tag = take_command(&c, 3);
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

/* ---- a stream that is ready ---- */

static void test_credit(void **state)
{
	struct client c;
	int i;

	(void)state;
	ready_playback(&c);
	assert_int_equal(frame(&c, 0), 0);
	assert_int_equal(frame(&c, 3), 0);
	assert_int_equal(frame(&c, 7), 4);
	assert_int_equal(frame(&c, 100000), 7676);
	assert_int_equal(frame(&c, 100000), 0);
	/* credit for less than a frame waits for the rest of it */
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 3);
	assert_int_equal(frame(&c, 100000), 0);
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 2);
	assert_int_equal(frame(&c, 100000), 4);
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 3);
	assert_int_equal(frame(&c, 100000), 4);
	assert_int_equal(frame(&c, 100000), 0);
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 0);
	HOST(&c, "LLLL", 61, NONE, CHANNEL + 1, 4096);
	assert_int_equal(frame(&c, 100000), 0);
	/* in blocks of at most 64 KiB */
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 100000);
	assert_int_equal(frame(&c, 1000000), 65536);
	assert_int_equal(frame(&c, 1000000), 100000 - 65536);
	/* however much is asked for */
	for (i = 0; i < 10; i++)
		HOST(&c, "LLLL", 61, NONE, CHANNEL, NONE);
	assert_int_equal(credit(&c), 4 * MIB);
	for (i = 0; i < 10; i++)
		HOST(&c, "LLLL", 61, NONE, CHANNEL, 0x80000000U);
	assert_int_equal(credit(&c), 4 * MIB);
}

static void test_credit_at_creation(void **state)
{
	static const u32 missing[] = { 0, 3, 4, 7680, 4 * MIB, 4 * MIB + 4,
				       NONE };
	struct client c;
	size_t i;
	u32 tag;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(missing); i++) {
		tag = creating_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
		assert_int_equal(answer_create(&c, tag, 0, missing[i]), 0);
		assert_int_equal(credit(&c), missing[i] > 4 * MIB ?
				 4 * MIB : missing[i] & ~3U);
	}
}

static void test_odd_frames(void **state)
{
	struct hvsnd_session_params p;
	struct client c;

	(void)state;
	default_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	p.format = SNDRV_PCM_FORMAT_S24_3LE;
	p.channels = 7;
	p.frame_bytes = 21;
	assert_int_equal(open_params(&c, &p), 0);
	HOST(&c, "LLL", 2, take_command(&c, 8), 35);
	HOST(&c, "LLL", 2, take_command(&c, 9), 35);
	HOST(&c, "LLLLLLLLLa", 2, take_command(&c, 3), 0, 7, 200000,
	     1, 2, 3, 4, 9, 7, 48000);
	assert_int_equal(frame(&c, 20), 0);
	assert_int_equal(frame(&c, 22), 21);
	assert_int_equal(frame(&c, 1000000), 65520);
}

static void test_commands(void **state)
{
	u8 a[HVSND_TX_SIZE];
	char text[256];
	struct client c;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		ready_client(&c, d);
		c.s.ops->start(&c.s);
		take(&c, a);
		assert_string_equal(decode(a, text), d ?
				    "L 58\nL 6\nL 5\n0\n" :
				    "L 41\nL 6\nL 5\n0\n");
		c.s.ops->pause(&c.s);
		take(&c, a);
		assert_string_equal(decode(a, text), d ?
				    "L 58\nL 7\nL 5\n1\n" :
				    "L 41\nL 7\nL 5\n1\n");
		c.s.ops->stop(&c.s);
		take(&c, a);
		assert_string_equal(decode(a, text), d ?
				    "L 58\nL 8\nL 5\n1\n" :
				    "L 41\nL 8\nL 5\n1\n");
		take(&c, a);
		assert_string_equal(decode(a, text), d ?
				    "L 59\nL 9\nL 5\n" : "L 42\nL 9\nL 5\n");
		assert_int_equal(c.s.tx_len, 0);
		c.s.ops->drain(&c.s);
		if (!d)
			take_command(&c, 12);
		assert_int_equal(c.s.tx_len, 0);
	}
}

static void test_drain(void **state)
{
	struct client c;
	u32 tag, old;

	(void)state;
	ready_playback(&c);
	c.s.ops->start(&c.s);
	take_command(&c, 41);
	frame(&c, 4096);
	c.s.ops->drain(&c.s);
	tag = take_command(&c, 12);
	/* its end is no accident */
	HOST(&c, "LLLr", 63, NONE, CHANNEL, 4096LL);
	assert_string_equal(c.log, "");
	HOST(&c, "LL", 2, tag);
	HOST(&c, "LL", 2, tag);
	HOST(&c, "LLLr", 63, NONE, CHANNEL, 4096LL);
	assert_string_equal(c.log, "DRAINED;");

	/* a refused one is over as well */
	c.log[0] = 0;
	frame(&c, 400);
	HOST(&c, "LLLr", 63, NONE, CHANNEL, 4096LL);
	c.s.ops->drain(&c.s);
	HOST(&c, "LLL", 0, take_command(&c, 12), 5);
	assert_string_equal(c.log, "UNDERFLOW;DRAINED;");

	/* only the last of two, and none that was stopped */
	c.log[0] = 0;
	c.s.ops->drain(&c.s);
	old = take_command(&c, 12);
	c.s.ops->drain(&c.s);
	tag = take_command(&c, 12);
	HOST(&c, "LL", 2, old);
	assert_string_equal(c.log, "");
	HOST(&c, "LL", 2, tag);
	assert_string_equal(c.log, "DRAINED;");
	c.s.ops->drain(&c.s);
	tag = take_command(&c, 12);
	c.s.ops->stop(&c.s);
	assert_int_equal(HOST(&c, "LL", 2, tag), 0);
	assert_string_equal(c.log, "DRAINED;");
}

static void test_underflow(void **state)
{
	struct client c;

	(void)state;
	ready_playback(&c);
	frame(&c, 4000);
	HOST(&c, "LLLr", 63, NONE, CHANNEL, 0LL);
	assert_string_equal(c.log, "");
	c.s.ops->start(&c.s);
	HOST(&c, "LLLr", 63, NONE, CHANNEL, 0LL);
	assert_string_equal(c.log, "UNDERFLOW;");
	c.s.ops->pause(&c.s);
	HOST(&c, "LLLr", 63, NONE, CHANNEL, 0LL);
	c.s.ops->start(&c.s);
	c.s.ops->stop(&c.s);
	c.s.ops->start(&c.s);
	HOST(&c, "LLLr", 63, NONE, CHANNEL, 0LL);
	assert_string_equal(c.log, "UNDERFLOW;");
}

static int timing_answer(struct client *c, u32 tag, long long first,
			 long long second, long long w, long long r)
{
	return HOST(c, "LLUU1TTrr", 2, tag, first, second, 0, 0, w, r);
}

static void test_timing(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	ready_playback(&c);
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	c.s.ops->timing(&c.s);		/* one at a time */
	assert_int_equal(c.s.tx_len, 0);
	assert_int_equal(timing_answer(&c, tag, 1234, 9, 100, 50), 0);
	assert_string_equal(c.log, "TIMING 1234 100 50 1;");
	/* a refused one is no event, and another may follow */
	c.s.ops->timing(&c.s);
	assert_int_equal(HOST(&c, "LLL", 0, take_command(&c, 14), 5), 0);
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	/* nonsense is no event */
	assert_int_equal(timing_answer(&c, tag, 0, 0, -1, 0), 0);
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	assert_int_equal(timing_answer(&c, tag, 0, 0, 0,
				       0x4000000000000001LL), 0);
	assert_string_equal(c.log, "TIMING 1234 100 50 1;");
	c.log[0] = 0;
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	assert_int_equal(timing_answer(&c, tag, -1, 0, 1LL << 62, 0), 0);
	assert_string_equal(c.log,
			    "TIMING 60000000 4611686018427387904 0 1;");

	ready_capture(&c);
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 57);
	assert_int_equal(timing_answer(&c, tag, 300, 1000, 8, 4), 0);
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 57);
	assert_int_equal(timing_answer(&c, tag, 1000, 300, 8, 4), 0);
	assert_string_equal(c.log, "TIMING 700 8 4 1;TIMING 0 8 4 1;");
}

/* The host holds so many bytes when it answers. */
static void report_held(struct client *c, u32 bytes)
{
	c->s.ops->timing(&c->s);
	timing_answer(c, take_command(c, 14), 0, 0, 500000 + bytes, 500000);
}

static void test_unasked(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	ready_playback(&c);		/* asks for 7680 bytes, and keeps 4 MiB */
	assert_int_equal(credit(&c), 7680);
	c.s.beyond = 0;
	c.s.unasked = true;
	assert_int_equal(frame(&c, 3000), 3000);
	c.s.unasked = false;
	assert_int_equal(c.s.beyond, 3000);
	/* A host that asks for what it has already got: a report tells so, */
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 2000);
	report_held(&c, 7680);
	assert_int_equal(credit(&c), 0);
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 2000);
	report_held(&c, 7000);
	assert_int_equal(credit(&c), 680);
	/* also later, when it holds no more than it needs, */
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 2000);
	report_held(&c, 7000);
	assert_int_equal(credit(&c), 680);
	/* but not of what was sent after the report was asked for. */
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 2000);
	assert_int_equal(credit(&c), 2000);
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 7680);
	timing_answer(&c, tag, 0, 0, 505000, 500000);
	assert_int_equal(credit(&c), 680);
	assert_int_equal(c.s.beyond, 3000);
	/* What was asked for is believed if nothing was sent unasked. */
	ready_playback(&c);
	c.s.beyond = 0;
	report_held(&c, 7680);
	assert_int_equal(credit(&c), 7680);
	assert_int_equal(c.s.beyond, 0);

	/* No host is sent more than it keeps. */
	c.s.unasked = true;
	assert_int_equal(credit(&c), 4 * MIB - 2 * 7680);
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	/* What it forgot it does not hold, whatever an older report says. */
	c.s.ops->stop(&c.s);
	timing_answer(&c, tag, 0, 0, 4 * MIB, 0);
	c.s.unasked = false;
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 7680);
	assert_int_equal(credit(&c), 7680);
	c.s.unasked = true;
	assert_int_equal(credit(&c), 4 * MIB - 7680);
	take_command(&c, 41);
	take_command(&c, 42);
	/* Nor if it says what cannot be. */
	c.s.ops->timing(&c.s);
	timing_answer(&c, take_command(&c, 14), 0, 0, 0, 1LL << 62);
	assert_int_equal(credit(&c), 4 * MIB);
	c.s.ops->timing(&c.s);
	timing_answer(&c, take_command(&c, 14), 0, 0, 1LL << 62, 0);
	assert_int_equal(credit(&c), 0);
}

/* After four thousand million commands. */
static void test_tags_come_round(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	ready_playback(&c);
	c.s.pulse.next_tag = 0xfffffffe;
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	assert_int_equal(tag, 0xfffffffe);
	assert_int_equal(timing_answer(&c, tag, 1, 0, 1, 1), 0);
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	assert_int_equal(tag, 0);
	assert_int_equal(HOST(&c, "LL", 2, 0xfffffffd), 0);
	assert_int_equal(timing_answer(&c, tag, 1, 0, 1, 1), 0);
	assert_string_equal(c.log, "TIMING 1 1 1 1;TIMING 1 1 1 1;");
	assert_int_equal(HOST(&c, "LL", 2, 1), -EPROTO);
}

static void test_killed(void **state)
{
	struct client c;
	u32 tag;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		ready_client(&c, d);
		c.s.ops->start(&c.s);
		c.s.ops->timing(&c.s);
		c.s.ops->drain(&c.s);
		c.s.tx_len = 0;
		/* that of the other direction is not meant for us */
		assert_int_equal(HOST(&c, "LLL", d ? 64 : 65, NONE, CHANNEL),
				 0);
		assert_int_equal(HOST(&c, "LLL", d ? 65 : 64, NONE, 6), 0);
		assert_string_equal(c.log, "");
		assert_int_equal(HOST(&c, "LLL", d ? 65 : 64, NONE, CHANNEL),
				 0);
		assert_string_equal(c.log, d ? "KILLED;" : "DRAINED;KILLED;");
		assert_int_equal(HOST(&c, "LLL", d ? 65 : 64, NONE, CHANNEL),
				 0);
		assert_int_equal(HOST(&c, "LLL", 86, NONE, CHANNEL), 0);
		/* answers on their way */
		for (tag = 4; tag < (d ? 8 : 9); tag++)
			assert_int_equal(HOST(&c, "LLL", 0, tag, 5), 0);
		assert_int_equal(host_block(&c, CHANNEL, 400), 0);
		c.s.ops->start(&c.s);
		c.s.ops->timing(&c.s);
		assert_int_equal(c.s.tx_len, 0);
		assert_int_equal(frame(&c, 400), 0);
		assert_int_equal(c.data_len, 0);
		assert_string_equal(c.log, d ? "KILLED;" : "DRAINED;KILLED;");
	}
}

static void test_capture_data(void **state)
{
	struct client c;
	u32 cut;

	(void)state;
	for (cut = WHOLE; cut < CUTS; cut++) {
		ready_capture(&c);
		c.cut = cut;
		/* not started */
		assert_int_equal(host_block(&c, CHANNEL, 100), 0);
		assert_int_equal(c.data_len, 0);
		c.s.ops->start(&c.s);
		assert_int_equal(host_block(&c, CHANNEL, 1921), 0);
		assert_int_equal(c.data_len, 1921);
		assert_int_equal(host_block(&c, CHANNEL + 1, 3000), 0);
		assert_int_equal(c.data_len, 1921);
		assert_int_equal(host_block(&c, CHANNEL, 1), 0);
		assert_int_equal(c.data_len, 1922);
		c.s.ops->pause(&c.s);
		assert_int_equal(host_block(&c, CHANNEL, 40), 0);
		assert_int_equal(c.data_len, 1922);
		assert_int_equal(frame(&c, 4096), 0);
	}
	ready_capture(&c);
	c.s.ops->start(&c.s);
	assert_int_equal(host_block(&c, CHANNEL, 16 * MIB), 0);
	assert_int_equal(c.data_len, 16 * MIB);

	ready_playback(&c);
	c.s.ops->start(&c.s);
	assert_int_equal(host_block(&c, CHANNEL, 100), 0);
	assert_int_equal(c.data_len, 0);
	HOST(&c, "LLL", 86, NONE, CHANNEL);
	assert_string_equal(c.log, "STARTED;");
}

static void test_capture_messages(void **state)
{
	struct client c;

	(void)state;
	ready_capture(&c);
	HOST(&c, "LLL1", 77, NONE, CHANNEL);
	HOST(&c, "LLLLt0LLU", 79, NONE, CHANNEL, 2, "mic", 1, 2, 4321LL);
	/* what is said to playing streams only */
	HOST(&c, "LLLL", 61, NONE, CHANNEL, 100);
	HOST(&c, "LLL0", 76, NONE, CHANNEL);
	HOST(&c, "LLL", 86, NONE, CHANNEL);
	assert_string_equal(c.log, "SUSPENDED 1;MOVED 4321 0;");
}

/* The host takes nothing; nothing is lost by halves. */
static void test_tx_overflow(void **state)
{
	u8 frame_[HVSND_TX_SIZE];
	struct client c;
	int i, n = 0;

	(void)state;
	ready_playback(&c);
	for (i = 0; i < 1000; i++) {
		c.s.ops->start(&c.s);
		c.s.ops->stop(&c.s);
		c.s.ops->drain(&c.s);
		assert_true(c.s.tx_len <= HVSND_TX_SIZE);
	}
	assert_true(c.s.failed);
	/* one that would fit now would come after one that is missing */
	while (c.s.tx_len) {
		take(&c, frame_);
		n++;
	}
	assert_true(n > 30);
	c.s.ops->start(&c.s);
	assert_int_equal(c.s.tx_len, 0);
	assert_failed(&c, HOST(&c, "LLL", 86, NONE, CHANNEL), -ENOBUFS,
		      "take");
	assert_string_equal(c.log, "");

	ready_playback(&c);
	for (i = 0; i < 1000; i++)
		c.s.ops->pause(&c.s);
	assert_int_equal(c.s.ops->receive(&c.s, frame_, 0), -ENOBUFS);
}

/* ---- volume ---- */

#define INPUT_INFO(mute)	"LLLtLLLamvUUNt" mute "P"
#define OUTPUT_INFO(mute)	"LLLtLLLamUUNtP1v" mute

/* The host has that volume. */
static int answer_question(struct client *c, u32 tag, u32 left, u32 right,
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

static u32 info_of(const struct client *c)
{
	return c->s.params.direction == SNDRV_PCM_STREAM_PLAYBACK ? 29 : 31;
}

static int changed(struct client *c)
{
	return HOST(c, "LLLL", 66, NONE, info_of(c) == 29 ? 0x12 : 0x13, INDEX);
}

/* Takes what sets the volume, or mutes; returns its tag. */
static u32 take_set(struct client *c, const char *want)
{
	u8 frame[HVSND_TX_SIZE];
	char text[256], all[256];

	take(c, frame);
	decode(frame, text);
	sprintf(all, "L %u\nL %u\nL %u\n%s", command_of(frame), tag_of(frame),
		INDEX, want);
	assert_string_equal(text, all);
	assert_int_equal(command_of(frame), info_of(c) == 29 ?
			 (*want == 'v' ? 37 : 69) : (*want == 'v' ? 98 : 99));
	return tag_of(frame);
}

static void test_volume_told(void **state)
{
	struct client c;
	u32 tag;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		/* once at the beginning */
		tag = creating_client(&c, d);
		assert_int_equal(answer_create(&c, tag, CHANNEL, 7680), 0);
		tag = take_question(&c);
		assert_int_equal(answer_question(&c, tag, 0x10000, 5, true), 0);
		assert_string_equal(c.log, "READY 10000 0;VOLUME 65536 5 1;");
		assert_int_equal(c.s.tx_len, 0);

		/* and whenever it changes */
		c.log[0] = 0;
		assert_int_equal(changed(&c), 0);
		tag = take_command(&c, info_of(&c));
		answer_question(&c, tag, 0x10000, 5, true);
		assert_string_equal(c.log, "");
		changed(&c);
		tag = take_command(&c, info_of(&c));
		answer_question(&c, tag, 0x10000, 6, true);
		changed(&c);
		tag = take_command(&c, info_of(&c));
		answer_question(&c, tag, 0x10000, 6, false);
		/* an answer that came twice */
		answer_question(&c, tag, 1, 1, true);
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
		changed(&c);
		changed(&c);
		tag = take_command(&c, info_of(&c));
		HOST(&c, "LLL", d ? 65 : 64, NONE, CHANNEL);
		HOST(&c, "LLL", 0, tag, 5);
		assert_int_equal(changed(&c), 0);
		set_level(&c, 1, 2);
		assert_int_equal(c.s.tx_len, 0);
	}
}

static void test_volume_flood(void **state)
{
	struct client c;
	u32 tag;
	int i;

	(void)state;
	ready_playback(&c);
	for (i = 0; i < 10000; i++)
		assert_int_equal(changed(&c), 0);
	tag = take_command(&c, 29);
	assert_int_equal(c.s.tx_len, 0);
	answer_question(&c, tag, 1, 1, false);
	tag = take_command(&c, 29);
	assert_int_equal(c.s.tx_len, 0);
	answer_question(&c, tag, 2, 2, false);
	assert_int_equal(c.s.tx_len, 0);
	assert_string_equal(c.log, "VOLUME 1 1 0;VOLUME 2 2 0;");
	/* with answers to questions that have not even been sent */
	for (i = 0; i < 10000; i++) {
		changed(&c);
		assert_int_equal(answer_question(&c, c.s.pulse.next_tag - 1,
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
		ready_client(&c, d);
		set_level(&c, 0x8000, 0x1ffff);
		tag = take_set(&c, "v 32768 131071\n");
		set_mute(&c, true);
		mute = take_set(&c, "1\n");
		assert_int_equal(c.s.tx_len, 0);
		/* no more before that is answered, and then the latest */
		for (i = 0; i < 1000; i++) {
			set_level(&c, i, i + 1);
			set_mute(&c, i & 1);
		}
		set_mute(&c, false);
		assert_int_equal(c.s.tx_len, 0);
		HOST(&c, "LL", 2, tag);
		tag = take_set(&c, "v 999 1000\n");
		HOST(&c, "LL", 2, mute);
		mute = take_set(&c, "0\n");
		HOST(&c, "LL", 2, tag);
		HOST(&c, "LL", 2, mute);
		assert_int_equal(c.s.tx_len, 0);
		/* the echo is no news */
		changed(&c);
		tag = take_command(&c, info_of(&c));
		answer_question(&c, tag, 999, 1000, false);
		assert_string_equal(c.log, "");
		/* but what a host made of it is */
		changed(&c);
		tag = take_command(&c, info_of(&c));
		answer_question(&c, tag, 998, 1000, false);
		assert_string_equal(c.log, "VOLUME 998 1000 0;");
	}
}

/* What was set last is not overtaken by what was asked before. */
static void test_volume_stale(void **state)
{
	struct client c;
	u32 asked, tag, mute;

	(void)state;
	ready_playback(&c);
	changed(&c);
	asked = take_command(&c, 29);
	set_level(&c, 7, 8);
	tag = take_set(&c, "v 7 8\n");
	answer_question(&c, asked, 1, 2, true);
	set_mute(&c, false);
	mute = take_set(&c, "0\n");
	HOST(&c, "LL", 2, tag);
	assert_int_equal(c.s.tx_len, 0);
	assert_string_equal(c.log, "");
	HOST(&c, "LL", 2, mute);
	tag = take_command(&c, 29);
	answer_question(&c, tag, 7, 8, false);
	assert_string_equal(c.log, "");
	assert_int_equal(c.s.tx_len, 0);
}

/* A host whose volume cannot be set: it goes on, and says what it has. */
static void test_volume_refused(void **state)
{
	struct client c;
	u32 tag;

	(void)state;
	ready_playback(&c);
	changed(&c);
	tag = take_command(&c, 29);
	answer_question(&c, tag, 1, 2, false);
	set_level(&c, 7, 8);
	assert_int_equal(HOST(&c, "LLL", 0, take_set(&c, "v 7 8\n"), 15), 0);
	answer_question(&c, take_command(&c, 29), 1, 2, false);
	set_mute(&c, true);
	assert_int_equal(HOST(&c, "LLL", 0, take_set(&c, "1\n"), 15), 0);
	/* nor does a refused question end anything */
	assert_int_equal(HOST(&c, "LLL", 0, take_command(&c, 29), 5), 0);
	assert_int_equal(c.s.tx_len, 0);
	changed(&c);
	answer_question(&c, take_command(&c, 29), 1, 2, false);
	assert_string_equal(c.log,
			    "VOLUME 1 2 0;VOLUME 1 2 0;VOLUME 1 2 0;");
}

/* Of what is set while the host does not take anything, the last remains. */
static void test_volume_waits(void **state)
{
	u8 frame_[HVSND_TX_SIZE];
	struct client c;
	size_t full;
	u32 tag = 0;

	(void)state;
	ready_playback(&c);
	while (c.s.tx_len <= HVSND_TX_SIZE / 2)
		c.s.ops->start(&c.s);
	full = c.s.tx_len;
	set_level(&c, 1, 1);
	changed(&c);
	set_level(&c, 2, 3);
	set_mute(&c, true);
	assert_int_equal(c.s.tx_len, full);
	while (c.s.tx_len) {
		take(&c, frame_);
		tag = tag_of(frame_);
	}
	assert_int_equal(HOST(&c, "LL", 2, tag), 0);
	tag = take_set(&c, "v 2 3\n");
	HOST(&c, "LL", 2, take_set(&c, "1\n"));
	assert_int_equal(c.s.tx_len, 0);
	HOST(&c, "LL", 2, tag);
	take_command(&c, 29);
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
		default_params(&p, d);
		p.volume.level[0] = 26214;
		p.volume.level[1] = 0;
		p.volume.mute = true;
		create_text(&p, name, create);	/* not meant */
		assert_non_null(strstr(create, "v 65536 65536\n0\n0\n0\n0\n"));
		p.volume.level_set = true;
		create_text(&p, name, create);
		assert_non_null(strstr(create, d ?
			"v 26214 0\n0\n1\n0\n0\n0\n" :
			"v 26214 0\n0\n0\n0\n0\n0\n0\n0\n0\n1\nP"));
		if (!d)
			assert_non_null(strstr(create, "\n1\n0\n0\n0\n0\n0\n0\nB"));
		p.volume.mute_set = true;
		create_text(&p, name, create);
		assert_non_null(strstr(create, d ?
			"v 26214 0\n1\n1\n1\n0\n0\n" :
			"v 26214 0\n0\n0\n0\n0\n0\n0\n0\n1\n1\nP"));
		if (!d)
			assert_non_null(strstr(create, "\n1\n0\n1\n0\n0\n0\n0\nB"));
		else		/* no peak detection */
			assert_non_null(strstr(create,
					       "L 1920\n0\n0\n0\n0\n0\n0\n0\n0\n0\nP"));

		/* and again, before the first sound */
		assert_int_equal(open_params(&c, &p), 0);
		HOST(&c, "LLL", 2, take_command(&c, 8), 35);
		HOST(&c, "LLL", 2, take_command(&c, 9), 1);
		c.on_event = start_when_ready;
		answer_create(&c, take_command(&c, d ? 5 : 3), CHANNEL, 7680);
		take_command(&c, 35);
		tag = take_set(&c, "v 26214 0\n");
		HOST(&c, "LL", 2, take_set(&c, "1\n"));
		take_command(&c, d ? 58 : 41);
		HOST(&c, "LL", 2, tag);
		/* nothing to ask */
		assert_int_equal(c.s.tx_len, 0);
		changed(&c);
		tag = take_command(&c, info_of(&c));
		answer_question(&c, tag, 26214, 0, true);
		assert_string_equal(c.log, "READY 10000 0;");

		/* one of both: the host tells the other */
		for (i = 0; i < 2; i++) {
			p.volume.level_set = i;
			p.volume.mute_set = !i;
			assert_int_equal(open_params(&c, &p), 0);
			HOST(&c, "LLL", 2, take_command(&c, 8), 35);
			HOST(&c, "LLL", 2, take_command(&c, 9), 1);
			/* too early, so not at all */
			set_level(&c, 1, 2);
			set_mute(&c, false);
			answer_create(&c, take_command(&c, d ? 5 : 3), CHANNEL,
				      7680);
			take_command(&c, 35);
			HOST(&c, "LL", 2,
			     take_set(&c, i ? "v 26214 0\n" : "1\n"));
			tag = take_command(&c, info_of(&c));
			assert_int_equal(c.s.tx_len, 0);
			answer_question(&c, tag, 26214, i ? 0 : 4, true);
			assert_string_equal(c.log, i ?
				"READY 10000 0;VOLUME 26214 0 1;" :
				"READY 10000 0;VOLUME 26214 4 1;");
		}
	}
}

/* More channels than are told apart. */
static void test_volume_channels(void **state)
{
	struct hvsnd_session_params p;
	char name[4096], create[4096], want[1024];
	int i, n;

	(void)state;
	default_params(&p, SNDRV_PCM_STREAM_PLAYBACK);
	p.volume.level_set = true;
	for (i = 0; i < HVSND_CHANNELS; i++)
		p.volume.level[i] = i + 1;
	for (n = 1; n <= 32; n++) {
		p.channels = n;
		p.frame_bytes = 2 * n;
		create_text(&p, name, create);
		strcpy(want, "\nv");
		for (i = 1; i <= n; i++)
			sprintf(want + strlen(want), " %d", i < 8 ? i : 8);
		strcat(want, "\n");
		assert_non_null(strstr(create, want));
	}
}

/* What a host may say of a volume, and what it may not. */
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
		ready_client(&c, direction);				\
		changed(&c);						\
		take_command(&c, info_of(&c));				\
	})
	for (d = 0; d < 2; d++) {
		/* no volume is so great */
		answer_question(&c, ASKED(d), NONE, 0x80000000U, false);
		assert_string_equal(c.log, "VOLUME 2147483647 2147483647 0;");

		/* every end but the right one: nothing is told */
		for (n = 30; ; n++) {
			size_t whole;

			tag = ASKED(d);
			if (d)
				whole = build(msg, OUTPUT_INFO("0"), 2, tag,
					      INDEX, "name", 1, 2, 3, 3, 2,
					      48000, 4LL, 5LL, "x", 6, 7);
			else
				whole = build(msg, "LLLtLLLamvUUNt0", 2, tag,
					      INDEX, "name", 1, 2, 3, 3, 2,
					      48000, 6, 7, 4LL, 5LL, "x");
			if (n == whole)
				break;
			put32(msg, n - 20);
			assert_int_equal(feed(&c, msg, n), 0);
			assert_string_equal(c.log, "");
			changed(&c);
			take_command(&c, info_of(&c));
		}
		/* names that leave no room for the rest */
		tag = ASKED(d);
		assert_int_equal(HOST(&c, "LLLtLLL", 2, tag, INDEX, text, 1, 2,
				      3), 0);
		assert_string_equal(c.log, "");
		assert_int_equal(changed(&c), 0);
		take_command(&c, info_of(&c));

		/* other types than there are */
		tag = ASKED(d);
		assert_failed(&c, HOST(&c, "LLt", 2, tag, "x"), -EPROTO,
			      "protocol=");
		tag = ASKED(d);
		assert_failed(&c, HOST(&c, "LLLtLLLamL", 2, tag, INDEX, "x", 1,
				       2, 3, 3, 2, 48000, 5), -EPROTO,
			      "protocol=");
		ready_client(&c, d);
		assert_failed(&c, HOST(&c, "LLL", 66, NONE, 0x12), -EPROTO,
			      "protocol=");
		ready_client(&c, d);
		assert_failed(&c, HOST(&c, "LLLN", 66, NONE, 0x12), -EPROTO,
			      "protocol=");
		ready_client(&c, d);
		assert_failed(&c, HOST(&c, "LLt", 66, NONE, "event"), -EPROTO,
			      "protocol=");
	}

	/* of other channels than the stream's, or of more than there can be */
	for (n = 0; n < 256; n++) {
		size_t at = 20 + 10 + 5 + 6 + 15 + 7 + 4;
		size_t end = at + 2 + 4 * n;

		tag = ASKED(SNDRV_PCM_STREAM_PLAYBACK);
		build(msg, "LLLtLLLam", 2, tag, INDEX, "name", 1, 2, 3, 3, 2,
		      48000);
		msg[at] = 'v';
		msg[at + 1] = n;
		memset(msg + at + 2, 1, 4 * n);
		memcpy(msg + end, "U\0\0\0\0\0\0\0\0U\0\0\0\0\0\0\0\0NN1", 21);
		put32(msg, end + 21 - 20);
		assert_int_equal(feed(&c, msg, end + 21),
				 n <= 32 ? 0 : -EPROTO);
		assert_string_equal(c.log, n == 2 ?
				    "VOLUME 16843009 16843009 1;" : "");

		/* of a stream that has more than are told apart: told once */
		for (d = 0; n > HVSND_CHANNELS && n <= 32 && d < 2; d++) {
			c.log[0] = 0;
			c.s.params.channels = n;
			changed(&c);
			put32(msg + 26, take_command(&c, info_of(&c)));
			assert_int_equal(feed(&c, msg, end + 21), 0);
			assert_int_equal(!c.log[0], d);
		}
	}
}

/* ---- a hostile host ---- */

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
		{ 0, NONE, 0, "protocol=" },
		{ 0, CHANNEL, 0, "protocol=" },
		{ 16 * MIB + 1, NONE, 0, "protocol=" },
		{ 16 * MIB + 1, CHANNEL, 0, "protocol=" },
		{ NONE, CHANNEL, 0, "protocol=" },
		{ NONE, NONE, NONE, "protocol=" },
		{ 9, NONE, 0, "protocol=" },
		{ 1, NONE, 0, "protocol=" },
		{ 15, NONE, 1, "protocol=" },
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
			ready_client(&c, cut % 2);
			c.cut = cut;
			assert_failed(&c, feed(&c, d, 20), -EPROTO,
				      t[i].reason);
			open_client(&c, cut % 2);
			c.cut = cut;
			assert_failed(&c, feed(&c, d, 20), -EPROTO,
				      t[i].reason);
		}
	}
	/* the largest that may be, and a seek, are passed over */
	ready_playback(&c);
	put_descriptor(d, 16 * MIB, CHANNEL, 3);
	assert_int_equal(feed(&c, d, 20), 0);
}

static void test_hostile_messages(void **state)
{
	struct client c;
	u32 tag, op;

	(void)state;
#define EPROTO_IF(direction, part, ...) do {				\
		ready_client(&c, direction);				\
		assert_failed(&c, HOST(&c, __VA_ARGS__), -EPROTO, part); \
	} while (0)
	for (op = 101; op <= 103; op++) {
		EPROTO_IF(0, "share memory", "LLL", op, NONE, 1);
		open_client(&c, SNDRV_PCM_STREAM_CAPTURE);
		assert_failed(&c, HOST(&c, "LL", op, 77), -EPROTO,
			      "share memory");
	}
	/* no command, no tag */
	EPROTO_IF(0, "protocol=", "LU", 86, 5LL);
	EPROTO_IF(0, "protocol=", "UL", 5LL, 86);
	EPROTO_IF(0, "protocol=", "t", "hello, world!");
	EPROTO_IF(0, "protocol=", "Lt", 86, "longer");
	/* answers to what was never asked */
	EPROTO_IF(0, "protocol=", "LL", 2, 6);
	EPROTO_IF(0, "protocol=", "LL", 2, NONE);
	EPROTO_IF(0, "protocol=", "LLL", 0, NONE, 5);
	EPROTO_IF(0, "protocol=", "LLL", 0, 1000000, 5);
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LLL", 2, 2, 35), -EPROTO, "protocol=");
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LLL", 0, 0, 1), -EPROTO, "protocol=");
	tag = creating_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, answer_create(&c, tag - 1, 0, 0), -EPROTO,
		      "protocol=");
	/* malformed messages that matter */
	EPROTO_IF(0, "protocol=", "LLU", 86, NONE, 5LL);
	EPROTO_IF(0, "protocol=", "LL", 61, NONE);
	EPROTO_IF(0, "protocol=", "LLL", 61, NONE, CHANNEL);
	EPROTO_IF(0, "protocol=", "LLLU", 61, NONE, CHANNEL, 5LL);
	EPROTO_IF(0, "protocol=", "LLL", 76, NONE, CHANNEL);
	EPROTO_IF(0, "protocol=", "LLLL", 76, NONE, CHANNEL, 1);
	EPROTO_IF(1, "protocol=", "LLLN", 77, NONE, CHANNEL);
	EPROTO_IF(0, "protocol=", "LLLt", 78, NONE, CHANNEL, "x");
	EPROTO_IF(0, "protocol=", "LLLLtL", 78, NONE, CHANNEL, 1, "x", 1);
	EPROTO_IF(0, "protocol=", "LLLLt1LLLL0", 78, NONE, CHANNEL, 1, "x",
		  1, 2, 3, 4);
	EPROTO_IF(0, "protocol=", "LLLLLL0", 94, NONE, CHANNEL, 1, 2, 3);
	/* malformed answers */
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LL", 2, 1), -EPROTO, "protocol=");
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LLt", 2, 1, "x"), -EPROTO, "protocol=");
	open_client(&c, SNDRV_PCM_STREAM_PLAYBACK);
	assert_failed(&c, HOST(&c, "LL", 0, 1), -EPROTO, "protocol=");
	ready_playback(&c);
	c.s.ops->timing(&c.s);
	tag = take_command(&c, 14);
	assert_failed(&c, HOST(&c, "LLUU1TT", 2, tag, 0LL, 0LL, 0, 0),
		      -EPROTO, "protocol=");
}

static void test_hostile_create(void **state)
{
	struct client c;
	u32 tag;
	int d;

	(void)state;
	for (d = 0; d < 2; d++) {
		tag = creating_client(&c, d);
		assert_failed(&c, HOST(&c, "LLLL", 2, tag, 0, 0), -EPROTO,
			      "protocol=");
		/* the channel of control messages */
		tag = creating_client(&c, d);
		assert_failed(&c, answer_create(&c, tag, NONE, 0), -EPROTO,
			      "protocol=");
	}
#define CREATED(format, channels, rate, tail, ...) do {			\
		tag = creating_client(&c, SNDRV_PCM_STREAM_PLAYBACK);	\
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

/* Never opened, or open() refused: nothing happens. */
static void test_closed(void **state)
{
	struct client c;

	(void)state;
	memset(&c, 0, sizeof(c));
	c.s.ops = &hvsnd_pulse_ops;
	c.s.event = on_event;
	assert_true(HOST(&c, "LLL", 2, 1, 35) < 0);
	c.s.ops->start(&c.s);
	assert_int_equal(c.s.tx_len, 0);
}

/* ---- random bytes ---- */

static void random_op(struct client *c, u32 *x)
{
	switch (rnd(x) % 11) {
	case 0:
		c->s.ops->start(&c->s);
		break;
	case 1:
		c->s.ops->stop(&c->s);
		break;
	case 2:
		c->s.ops->pause(&c->s);
		break;
	case 3:
		c->s.ops->drain(&c->s);
		break;
	case 4:
		c->s.ops->timing(&c->s);
		break;
	case 5:
		frame(c, rnd(x) % 200000);
		break;
	case 6:
		set_level(c, rnd(x), rnd(x));
		break;
	case 7:
		set_mute(c, rnd(x) & 1);
		break;
	default:
		hvsnd_session_sent(&c->s, rnd(x) % (c->s.tx_len + 1));
	}
}

/* Something like a message, of commands and fields that matter. */
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
			return build(out, "LLLL", 66, NONE,
				     rnd(x) % 2 ? 0x12 : 0x13, INDEX);
		if (rnd(x) % 2)
			return build(out, INPUT_INFO("0"), 2, rnd(x) % 12,
				     INDEX, "n", 1, 2, 3, 3, 2, 48000, rnd(x),
				     rnd(x), 4LL, 5LL, "d");
		return build(out, OUTPUT_INFO("1"), 2, rnd(x) % 12, INDEX, "n",
			     1, 2, 3, 3, 2, 48000, 4LL, 5LL, "d", rnd(x),
			     rnd(x));
	}

	if (!(rnd(x) % 8))
		return build_block(out, rnd(x) % 8 ? CHANNEL : rnd(x),
				   1 + rnd(x) % 3000);
	p = out + build(out, t, commands[rnd(x) % sizeof(commands)],
			rnd(x) % 3 ? rnd(x) % 12 : NONE,
			rnd(x) % 8 ? CHANNEL : rnd(x));
	for (i = 0; i < n; i++) {
		char one[2] = { types[rnd(x) % (sizeof(types) - 1)], 0 };
		u8 tmp[64];
		size_t len;

		if (one[0] == 't')
			len = build(tmp, one, "name");
		else if (one[0] == 'U' || one[0] == 'r')
			len = build(tmp, one, (long long)rnd(x));
		else
			len = build(tmp, one, rnd(x), 2, 48000);
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
			open_client(&c, d);
			break;
		case 1:
			creating_client(&c, d);
			break;
		default:
			ready_client(&c, d);
		}
		c.cut = rnd(&x) % 3 ? rnd(&x) : WHOLE;
		for (k = 0, ret = 0; k < 30 && !ret; k++) {
			random_op(&c, &x);
			n = random_message(batch, &x);
			if (!(rnd(&x) % 16))
				for (i = 20; i < n; i++)
					batch[i] = rnd(&x);
			for (i = rnd(&x) % 3; i; i--)
				batch[rnd(&x) % n] ^= 1 << rnd(&x) % 8;
			ret = feed(&c, batch, n);
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
			default_params(&p, replays[i].direction);
			open_params(&c, &p);
			c.cut = rnd(&x);
			for (n = 0, ret = 0; n < v->n && !ret; n++) {
				const struct vector_frame *f = &v->frames[n];

				if (f->side == 'C' || f->len > sizeof(batch))
					continue;
				memcpy(batch, f->data, f->len);
				for (k = rnd(&x) % 4 ? 0 : 3; k; k--)
					batch[rnd(&x) % f->len] ^=
						1 << rnd(&x) % 8;
				ret = feed(&c, batch, f->len);
				random_op(&c, &x);
				hvsnd_session_sent(&c.s, c.s.tx_len);
				assert_int_equal(!!c.s.reason, !!ret);
			}
		}
		vector_free(v);
	}
}

UNIT_TESTS(pulse,
	   UNIT_TEST(test_replay),
	   UNIT_TEST(test_replay_reasons),
	   UNIT_TEST(test_golden),
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
	   UNIT_TEST(test_lenient),
	   UNIT_TEST(test_credit),
	   UNIT_TEST(test_credit_at_creation),
	   UNIT_TEST(test_odd_frames),
	   UNIT_TEST(test_commands),
	   UNIT_TEST(test_drain),
	   UNIT_TEST(test_underflow),
	   UNIT_TEST(test_timing),
	   UNIT_TEST(test_unasked),
	   UNIT_TEST(test_tags_come_round),
	   UNIT_TEST(test_killed),
	   UNIT_TEST(test_capture_data),
	   UNIT_TEST(test_capture_messages),
	   UNIT_TEST(test_tx_overflow),
	   UNIT_TEST(test_volume_told),
	   UNIT_TEST(test_volume_flood),
	   UNIT_TEST(test_volume_set),
	   UNIT_TEST(test_volume_stale),
	   UNIT_TEST(test_volume_refused),
	   UNIT_TEST(test_volume_waits),
	   UNIT_TEST(test_volume_created),
	   UNIT_TEST(test_volume_channels),
	   UNIT_TEST(test_volume_hostile),
	   UNIT_TEST(test_hostile_descriptors),
	   UNIT_TEST(test_hostile_messages),
	   UNIT_TEST(test_hostile_create),
	   UNIT_TEST(test_closed),
	   UNIT_TEST(test_random),
	   UNIT_TEST(test_mutated));
