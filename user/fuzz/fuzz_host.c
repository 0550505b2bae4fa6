// SPDX-License-Identifier: GPL-2.0
/*
 * PulseAudio sessions and a simulated host. The host reads the session's
 * commands, answers in any order, and sends events and audio data. The input
 * selects all this, and sometimes an error of the host. One session plays,
 * another records. The input also selects the calls of their owner, and after
 * how many bytes.
 *
 * Everything runs twice, the second time byte by byte (after the first bytes of
 * a message in small pieces, for speed). The result must be the same. A session
 * never rejects a host without errors.
 */
#include <string.h>

#include "fuzz.h"
#include "core/proto/session.h"
#include "core/proto/tagstruct.h"

#define CONTROL	0xffffffffU
#define CHANNEL	7
#define INDEX	4711
#define OPEN_MAX	64
#define WIRE_SIZE	65536

struct question {
	u32 command;
	u32 tag;
};

struct stream {
	struct hvsnd_session s;
	struct question open[OPEN_MAX];	/* unanswered, oldest first */
	unsigned int open_count;
	u8 sent[HVSND_TX_SIZE * 2];	/* of the session, not read yet */
	size_t sent_len;
	size_t wire_len;
	bool wrong;			/* the host made an error */
	bool waits, admitted;		/* no stream yet; authenticated */
	bool ready, terminated, drains;
	u64 granted, framed;
	u64 audio, heard;		/* bytes on the channel; in events */
	s64 written, read;		/* of the last answer */
	int ret;
	u64 sum;			/* hash of all output and events */
	u8 wire[WIRE_SIZE];		/* of the host, not delivered yet */
};

static struct stream *told;		/* receives the events */
static bool receiving;

static void add(struct stream *st, const void *what, size_t len)
{
	const u8 *p = what;

	while (len--)
		st->sum = (st->sum ^ *p++) * 0x100000001b3;
}

static bool plays(const struct stream *st)
{
	return st->s.params.direction == SNDRV_PCM_STREAM_PLAYBACK;
}

static void on_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
{
	struct stream *st = told;

	MUST(receiving && s == &st->s && !st->ret && !st->terminated);
	MUST(st->ready != (ev->type == HVSND_EVENT_READY ||
			   ev->type == HVSND_EVENT_ADMITTED));
	switch (ev->type) {
	case HVSND_EVENT_ADMITTED:
		MUST(st->waits && !st->admitted);
		st->admitted = true;
		break;
	case HVSND_EVENT_READY:
		MUST(!st->waits);
		st->ready = true;
		break;
	case HVSND_EVENT_DATA:
		MUST(!plays(st) && ev->len);
		if (!ev->data)
			return;
		MUST(s->pulse.state == HVSND_PULSE_RUNNING);
		st->heard += ev->len;
		MUST(st->wrong || st->heard <= st->audio);
		return;
	case HVSND_EVENT_DRAINED:
		MUST(plays(st) && st->drains);
		st->drains = false;
		break;
	case HVSND_EVENT_TIMING:
		MUST(ev->timing.write_index >= 0 &&
		     ev->timing.write_index <= 1LL << 62);
		MUST(ev->timing.read_index >= 0 &&
		     ev->timing.read_index <= 1LL << 62);
		MUST(st->wrong || (ev->timing.write_index == st->written &&
				   ev->timing.read_index == st->read));
		add(st, &ev->timing.write_index, 8);
		add(st, &ev->timing.read_index, 8);
		break;
	case HVSND_EVENT_VOLUME:
		MUST(ev->volume->level_set && ev->volume->mute_set);
		for (u32 i = 0; i < HVSND_CHANNELS; i++)
			MUST(ev->volume->level[i] <= HVSND_VOLUME_MAX);
		add(st, ev->volume->level, sizeof(ev->volume->level));
		break;
	case HVSND_EVENT_TERMINATED:
		st->terminated = true;
		break;
	case HVSND_EVENT_STARTED:
	case HVSND_EVENT_UNDERFLOW:
	case HVSND_EVENT_OVERFLOW:
		MUST(plays(st));
		break;
	default:
		break;
	}
	MUST(ev->latency_us <= 60000000);
	add(st, &ev->type, sizeof(ev->type));
	add(st, &ev->latency_us, sizeof(ev->latency_us));
}

/* Number of questions of this kind that the host has not answered. */
static unsigned int asked(const struct stream *st, u32 command)
{
	unsigned int i, n = 0;

	for (i = 0; i < st->open_count; i++)
		n += st->open[i].command == command;
	return n;
}

/* Read a command of the session, which must be valid. */
static void hear_command(struct stream *st, const u8 *p, u32 len)
{
	static const u8 known[] = { 3,	5,  8,	9,  12, 14, 29, 31, 35,
				    37, 41, 42, 57, 58, 59, 69, 98, 99 };
	static const u8 once[] = { 14, 37, 57, 69, 98, 99 };
	struct hvsnd_tag_reader r;
	struct question q;

	hvsnd_tag_reader_init(&r, p, len);
	q.command = hvsnd_tag_get_u32(&r);
	q.tag = hvsnd_tag_get_u32(&r);
	MUST(!r.bad && !r.cut && q.tag != CONTROL && q.command < 256);
	MUST(memchr(known, q.command, sizeof(known)));
	MUST(st->ready || q.command == 8 || q.command == 9 || q.command == 3 ||
	     q.command == 5);
	MUST(!st->waits || (q.command != 3 && q.command != 5));
	for (unsigned int i = 0; i < st->open_count; i++)
		MUST(st->open[i].tag != q.tag);
	if (memchr(once, q.command, sizeof(once)) && !st->wrong)
		MUST(!asked(st, q.command));
	if (st->open_count == OPEN_MAX) {
		/* A host that never answers is slow, which is no error. */
		memmove(st->open, st->open + 1,
			sizeof(st->open) - sizeof(st->open[0]));
		st->open_count--;
	}
	st->open[st->open_count++] = q;
}

/* Read whole messages of the session. */
static void hear(struct stream *st)
{
	u32 length;

	while (st->sent_len >= 20) {
		length = hvsnd_get_be32(st->sent);
		MUST(hvsnd_get_be32(st->sent + 4) == CONTROL &&
		     !hvsnd_get_be32(st->sent + 16));
		MUST(length >= 10 && length <= HVSND_TX_SIZE);
		if (st->sent_len < 20 + length)
			return;
		hear_command(st, st->sent + 20, length);
		st->sent_len -= 20 + length;
		memmove(st->sent, st->sent + 20 + length, st->sent_len);
	}
}

static void transmit(struct stream *st, size_t n)
{
	if (n > st->s.tx_len)
		n = st->s.tx_len;
	memcpy(st->sent + st->sent_len, st->s.tx, n);
	st->sent_len += n;
	add(st, st->s.tx, n);
	hvsnd_session_sent(&st->s, n);
	hear(st);
}

static u8 message[8192];
static struct hvsnd_tag_writer w;

static void begin(u32 command, u32 tag)
{
	hvsnd_tag_writer_init(&w, message + 20, sizeof(message) - 20);
	hvsnd_tag_put_u32(&w, command);
	hvsnd_tag_put_u32(&w, tag);
}

static void put_64(u8 tag, u64 v)
{
	u8 *p = w.buf + w.len;

	p[0] = tag;
	hvsnd_put_be32(p + 1, v >> 32);
	hvsnd_put_be32(p + 5, v);
	w.len += 9;
}

/* Send to the session, with one changed byte if the input selects it. */
static void end(struct stream *st, struct input *in, bool spoil)
{
	size_t len = 20 + w.len;

	memset(message, 0, 20);
	hvsnd_put_be32(message, w.len);
	hvsnd_put_be32(message + 4, CONTROL);
	if (len > WIRE_SIZE - st->wire_len)
		return;
	if (spoil) {
		u32 at = take(in, 2) % len;

		message[at] ^= 1 + take(in, 1) % 255;
		st->wrong = true;
	}
	memcpy(st->wire + st->wire_len, message, len);
	st->wire_len += len;
}

static void put_spec(const struct stream *st)
{
	static const u8 map[HVSND_TAG_CHANNELS_MAX];

	hvsnd_tag_put_sample_spec(&w, st->s.pulse.format, st->s.params.channels,
				  st->s.params.rate);
	hvsnd_tag_put_channel_map(&w, map, st->s.params.channels);
}

static void put_volume(const struct stream *st, struct input *in)
{
	u32 level[HVSND_TAG_CHANNELS_MAX];

	for (u32 i = 0; i < st->s.params.channels; i++)
		level[i] = take_number(in);
	hvsnd_tag_put_cvolume(&w, level, st->s.params.channels);
}

static void put_name(struct input *in)
{
	static char name[5000];
	u32 len = take_number(in) % sizeof(name);

	memset(name, 'n', len);
	name[len] = 0;
	hvsnd_tag_put_string(&w, len % 2 ? name : NULL);
}

static void put_stream(struct stream *st, struct input *in)
{
	u32 missing = take_number(in);

	hvsnd_tag_put_u32(&w, CHANNEL);
	hvsnd_tag_put_u32(&w, INDEX);
	if (plays(st)) {
		hvsnd_tag_put_u32(&w, missing);
		st->granted += missing;
	}
	for (int i = 0; i < (plays(st) ? 4 : 2); i++)
		hvsnd_tag_put_u32(&w, take(in, 1));
	put_spec(st);
	hvsnd_tag_put_u32(&w, 0);
	put_name(in);
	hvsnd_tag_put_bool(&w, take(in, 1) & 1);
	put_64('U', take_number(in));
	hvsnd_tag_put_u8(&w, 'f');
}

static void put_timing(struct stream *st, struct input *in)
{
	put_64('U', take_number(in));
	put_64('U', take_number(in));
	hvsnd_tag_put_bool(&w, take(in, 1) & 1);
	hvsnd_tag_put_timeval(&w, 0, 0);
	hvsnd_tag_put_timeval(&w, take(in, 1), 0);
	st->written = take_number(in);
	st->read = take_number(in);
	put_64('r', st->written);
	put_64('r', st->read);
	put_64('U', 1);
	put_64('U', 2);
}

static void put_info(struct stream *st, struct input *in)
{
	hvsnd_tag_put_u32(&w, INDEX);
	put_name(in);
	for (int i = 0; i < 3; i++)
		hvsnd_tag_put_u32(&w, i);
	put_spec(st);
	if (plays(st))
		put_volume(st, in);
	put_64('U', 1);
	put_64('U', 2);
	hvsnd_tag_put_string(&w, "speex-float-1");
	hvsnd_tag_put_string(&w, "protocol-native.c");
	if (!plays(st)) {
		hvsnd_tag_begin_proplist(&w);
		hvsnd_tag_put_prop(&w, "media.name", "fuzz");
		hvsnd_tag_end_proplist(&w);
		hvsnd_tag_put_bool(&w, false);
		put_volume(st, in);
	}
	hvsnd_tag_put_bool(&w, take(in, 1) & 1);
}

static void answer(struct stream *st, struct input *in, bool refuse, bool spoil)
{
	struct question q;
	unsigned int i;

	if (!st->open_count)
		return;
	i = take(in, 1) % st->open_count;
	q = st->open[i];
	/* Events of the handshake must come only once. */
	begin(refuse ? 0 : 2, q.tag);
	if (refuse) {
		hvsnd_tag_put_u32(&w, take(in, 1));
		st->wrong |= !st->ready;
	} else if (q.command == 8) {
		hvsnd_tag_put_u32(&w, 32 + take(in, 1) % 8);
	} else if (q.command == 9) {
		hvsnd_tag_put_u32(&w, 1);
	} else if (q.command == 3 || q.command == 5) {
		put_stream(st, in);
	} else if (q.command == 14 || q.command == 57) {
		put_timing(st, in);
	} else if (q.command == 29 || q.command == 31) {
		put_info(st, in);
	}
	memmove(&st->open[i], &st->open[i + 1],
		(--st->open_count - i) * sizeof(q));
	end(st, in, spoil);
}

static void tell(struct stream *st, struct input *in, bool spoil)
{
	static const u8 events[] = { 61, 62, 63, 86, 76, 78, 94,
				     66, 64, 77, 79, 65, 82, 255 };
	u32 command = events[take(in, 1) % ARRAY_SIZE(events)],
	    channel = CHANNEL, bytes;

	if (command == 66) {
		begin(command, CONTROL);
		hvsnd_tag_put_u32(&w, take(in, 1));
		hvsnd_tag_put_u32(&w, INDEX + take(in, 1) % 2);
		end(st, in, spoil);
		return;
	}
	if (take(in, 1) % 8 == 0)
		channel++;
	begin(command, CONTROL);
	hvsnd_tag_put_u32(&w, channel);
	switch (command) {
	case 61:
		bytes = take_number(in);
		hvsnd_tag_put_u32(&w, bytes);
		st->granted += bytes;
		break;
	case 76:
	case 77:
		hvsnd_tag_put_bool(&w, take(in, 1) & 1);
		break;
	case 78:
	case 79:
		hvsnd_tag_put_u32(&w, 0);
		put_name(in);
		hvsnd_tag_put_bool(&w, take(in, 1) & 1);
		for (int i = 0; i < (command == 78 ? 4 : 2); i++)
			hvsnd_tag_put_u32(&w, i);
		put_64('U', take_number(in));
		break;
	case 94:
		for (int i = 0; i < 4; i++)
			hvsnd_tag_put_u32(&w, i);
		put_64('U', take_number(in));
		break;
	default:
		break;
	}
	end(st, in, spoil);
}

static void send_audio(struct stream *st, struct input *in)
{
	u32 len = 1 + take(in, 2) % 5000,
	    channel = CHANNEL + (take(in, 1) % 8 == 0);
	u8 *p = st->wire + st->wire_len;

	if (20 + len > WIRE_SIZE - st->wire_len)
		return;
	memset(p, 0x55, 20 + len);
	memset(p, 0, 20);
	hvsnd_put_be32(p, len);
	hvsnd_put_be32(p + 4, channel);
	st->wire_len += 20 + len;
	if (channel == CHANNEL)
		st->audio += len;
}

static void send_anything(struct stream *st, struct input *in)
{
	u32 len = take(in, 1) % 64;

	if (len > WIRE_SIZE - st->wire_len)
		return;
	while (len--)
		st->wire[st->wire_len++] = take(in, 1);
	st->wrong = true;
}

/* The session must not read data that the host has not sent yet. */
static void scramble(struct stream *st, u8 with)
{
	size_t have = st->s.pulse.rx.payload_have;

	if (have < sizeof(st->s.rx))
		memset(st->s.rx + have, with, sizeof(st->s.rx) - have);
}

static size_t piece(const struct stream *st, size_t left)
{
	const struct hvsnd_pulse *p = &st->s.pulse;
	bool late = p->rx.desc_have == sizeof(p->rx.desc) &&
		    p->rx.payload_have > 64;
	size_t n = late ? 97 : 1;

	return n < left ? n : left;
}

static void deliver(struct stream *st, size_t len, bool cut)
{
	size_t at = 0, n;

	if (len > st->wire_len)
		len = st->wire_len;
	told = st;
	receiving = true;
	while (at < len && !st->ret) {
		n = cut ? piece(st, len - at) : len - at;
		if (!at || st->s.pulse.rx.desc_have ==
			   sizeof(st->s.pulse.rx.desc) - 1)
			scramble(st, cut ? 0x31 : 0xc4);
		st->ret = st->s.ops->receive(&st->s, st->wire + at, n);
		at += n;
	}
	receiving = false;
	st->wire_len -= len;
	memmove(st->wire, st->wire + len, st->wire_len);
	MUST(st->ret <= 0);
	if (!st->ret)
		return;
	MUST(st->s.reason && *st->s.reason && !strchr(st->s.reason, '\n'));
	MUST(st->wrong || st->ret == -ENOBUFS);
}

static void frame(struct stream *st, struct input *in)
{
	u32 frame_bytes = st->s.params.frame_bytes;
	size_t bytes = take_number(in) % (1 << 20) * frame_bytes, n, len;
	u8 head[HVSND_HEAD_MAX];

	n = st->s.ops->frame(&st->s, bytes, head, &len);
	MUST(n <= bytes && n % frame_bytes == 0);
	if (!n)
		return;
	MUST(plays(st) && st->ready && !st->terminated && !st->ret);
	MUST(len == 20 && hvsnd_get_be32(head) == n &&
	     !hvsnd_get_be32(head + 16));
	MUST(st->wrong || hvsnd_get_be32(head + 4) == CHANNEL);
	st->framed += n;
	MUST(st->wrong || st->framed <= st->granted);
	add(st, &n, sizeof(n));
}

static void own(struct stream *st, struct input *in, u8 what)
{
	const struct hvsnd_session_ops *ops = st->s.ops;
	struct hvsnd_volume volume = { .level_set = what & 16,
				     .mute_set = what & 32,
				     .mute = what & 64 };
	bool may = st->ready && !st->terminated && !st->ret;
	struct hvsnd_session_params params;
	size_t before = st->s.tx_len;

	switch (what % 8) {
	case 0:
		ops->start(&st->s);
		break;
	case 1:
		ops->stop(&st->s);
		break;
	case 2:
		ops->pause(&st->s);
		break;
	case 3:
		st->drains |= st->ready && !st->terminated && !st->ret &&
			      plays(st);
		ops->drain(&st->s);
		break;
	case 4:
		ops->timing(&st->s);
		break;
	case 5:
		for (u32 i = 0; i < HVSND_CHANNELS; i++)
			volume.level[i] = take_number(in);
		ops->set_volume(&st->s, &volume);
		break;
	case 6:
		may = st->waits && st->admitted && !st->ret;
		st->waits = false;
		params = st->s.params;
		ops->create(&st->s, &params);
		MUST(may == (st->s.tx_len > before));
		break;
	default:
		frame(st, in);
		break;
	}
	/* A closed session gets no events. */
	MUST(st->s.tx_len == before || may);
}

static void set_up(struct stream *st, int direction, u8 how)
{
	struct hvsnd_session_params p = {
		.direction = direction,
		.format = how & 1 ? SNDRV_PCM_FORMAT_S16_LE :
				    SNDRV_PCM_FORMAT_S24_3LE,
		.rate = 48000,
		.channels = 1 + how / 16,
		.application = "fuzz\xff",
		.volume = { .level_set = how & 2, .mute_set = how & 4 },
		.wait = how & 8,
	};

	memset(st, 0, offsetof(struct stream, wire));
	st->s.ops = &hvsnd_pulse_ops;
	st->s.event = on_event;
	p.frame_bytes = (how & 1 ? 2 : 3) * p.channels;
	p.chunk = 480 * p.frame_bytes;
	p.queue = 8 * p.chunk;
	st->waits = p.wait;
	MUST(!st->s.ops->open(&st->s, &p));
}

static void check(struct stream *st)
{
	MUST(st->s.tx_len <= sizeof(st->s.tx));
	MUST(st->s.pulse.credit <= 4 << 20);
	if (st->ret)
		MUST(st->s.ops->receive(&st->s, message, 1) == st->ret);
	else
		MUST(st->s.pulse.rx.payload_have <= st->s.pulse.rx.length &&
		     st->s.pulse.rx.length <= 16 << 20);
}

static void play(struct stream *streams, const u8 *data, size_t size, bool cut)
{
	struct input in = { data, size };
	u8 op;

	set_up(&streams[0], SNDRV_PCM_STREAM_PLAYBACK, take(&in, 1));
	set_up(&streams[1], SNDRV_PCM_STREAM_CAPTURE, take(&in, 1));
	while (in.size) {
		struct stream *st;

		op = take(&in, 1);
		st = &streams[op & 1];
		switch (op >> 1 & 15) {
		case 0:
		case 1:
		case 2:
			transmit(st, sizeof(st->s.tx));
			answer(st, &in, false, false);
			deliver(st, WIRE_SIZE, cut);
			break;
		case 3:
			answer(st, &in, op & 128, op & 64);
			break;
		case 4:
			tell(st, &in, false);
			deliver(st, WIRE_SIZE, cut);
			break;
		case 5:
			tell(st, &in, op & 64);
			break;
		case 6:
			send_audio(st, &in);
			break;
		case 7:
			if (op & 64)
				send_anything(st, &in);
			break;
		case 8:
		case 9:
			deliver(st, take_number(&in), cut);
			break;
		case 10:
			transmit(st, take_number(&in) % sizeof(st->s.tx));
			break;
		default:
			own(st, &in, take(&in, 1));
			break;
		}
		check(st);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct stream whole[2], cut[2];

	play(whole, data, size, false);
	play(cut, data, size, true);
	for (int i = 0; i < 2; i++) {
		MUST(whole[i].ret == cut[i].ret &&
		     whole[i].s.reason == cut[i].s.reason);
		MUST(whole[i].sum == cut[i].sum &&
		     whole[i].heard == cut[i].heard);
		MUST(whole[i].framed == cut[i].framed);
	}
	return 0;
}
