// SPDX-License-Identifier: GPL-2.0
/*
 * A PulseAudio session and a hostile host. The first bytes select the stream
 * and the calls of its owner, the rest are the data from the host.
 *
 * Everything runs twice, the second time with the host's data in small pieces.
 * The output of the session must not depend on the pieces.
 */
#include <string.h>

#include "fuzz.h"
#include "core/proto/session.h"

#define HEAD	8

struct run {
	struct hvsnd_session s;
	u32 random;
	u64 sum;		/* hash of all output and events, in order */
	u64 audio;		/* hash of captured bytes */
	int ret;
};

static const struct {
	snd_pcm_format_t format;
	u32 bytes;
} formats[] = {
	{ SNDRV_PCM_FORMAT_U8, 1 }, { SNDRV_PCM_FORMAT_S16_LE, 2 },
	{ SNDRV_PCM_FORMAT_S24_3LE, 3 }, { SNDRV_PCM_FORMAT_FLOAT_BE, 4 },
};

static void add(u64 *sum, const void *what, size_t len)
{
	const u8 *p = what;

	while (len--)
		*sum = (*sum ^ *p++) * 0x100000001b3;
}

static void on_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
{
	struct run *r = (struct run *)s;

	if (ev->type == HVSND_EVENT_DATA) {
		MUST(s->params.direction == SNDRV_PCM_STREAM_CAPTURE);
		if (ev->data)
			add(&r->audio, ev->data, ev->len);
		return;
	}
	add(&r->sum, &ev->type, sizeof(ev->type));
	add(&r->sum, &ev->latency_us, sizeof(ev->latency_us));
	add(&r->sum, &ev->suspended, sizeof(ev->suspended));
	if (ev->type == HVSND_EVENT_TIMING) {
		MUST(ev->timing.write_index >= 0 && ev->timing.read_index >= 0);
		MUST(ev->timing.write_index <= 1LL << 62);
		MUST(ev->timing.read_index <= 1LL << 62);
		add(&r->sum, &ev->timing.write_index, 8);
		add(&r->sum, &ev->timing.read_index, 8);
	}
	if (ev->type == HVSND_EVENT_VOLUME)
		add(&r->sum, ev->volume->level, sizeof(ev->volume->level));
}

static u32 next(struct run *r)
{
	r->random = r->random * 1664525 + 1013904223;
	return r->random >> 8;
}

/* Calls of the owner between two pieces */
static void act(struct run *r, const u8 *head)
{
	const struct hvsnd_session_ops *ops = r->s.ops;
	struct hvsnd_volume volume = { .level = { 1, 2, 3 }, };
	struct hvsnd_session_params params;
	size_t bytes, len, n;
	u8 frame[HVSND_HEAD_MAX];

	switch (next(r) % 12) {
	case 0:
		ops->start(&r->s);
		break;
	case 1:
		ops->stop(&r->s);
		break;
	case 2:
		ops->pause(&r->s);
		break;
	case 3:
		ops->drain(&r->s);
		break;
	case 4:
	case 5:
		ops->timing(&r->s);
		break;
	case 6:
		volume.level_set = head[7] & 1;
		volume.mute_set = head[7] & 2;
		ops->set_volume(&r->s, &volume);
		break;
	case 7:
	case 8:
		if (r->s.params.direction != SNDRV_PCM_STREAM_PLAYBACK)
			break;
		bytes = next(r) % 5000 * r->s.params.frame_bytes;
		n = ops->frame(&r->s, bytes, frame, &len);
		MUST(n <= bytes && n % r->s.params.frame_bytes == 0);
		MUST(!n || len <= sizeof(frame));
		add(&r->sum, &n, sizeof(n));
		break;
	case 9:
		params = r->s.params;
		params.volume = volume;
		params.volume.level_set = head[7] & 1;
		ops->create(&r->s, &params);
		break;
	default:
		/* The connection does not always have room. */
		n = r->s.tx_len;
		if (n && next(r) % 4 == 0)
			n = next(r) % n;
		add(&r->sum, r->s.tx, n);
		hvsnd_session_sent(&r->s, n);
		break;
	}
	MUST(r->s.tx_len <= sizeof(r->s.tx));
	MUST(r->s.pulse.credit <= 4 << 20);
}

/* Tag that waits for this kind of answer; sends the question if necessary. */
static u32 waiting(struct run *r, unsigned int kind)
{
	const struct hvsnd_session_ops *ops = r->s.ops;
	const struct hvsnd_volume volume = {
		.level = { r->s.pulse.next_tag }, .level_set = true,
		.mute_set = true,
	};
	struct hvsnd_pulse *pulse = &r->s.pulse;

	switch (kind % 6) {
	case 0:
		return pulse->pending_tag;
	case 1:
		ops->start(&r->s);
		ops->drain(&r->s);
		return pulse->drain_tag;
	case 2:
		ops->timing(&r->s);
		return pulse->timing_tag;
	case 3:
		ops->set_volume(&r->s, &volume);
		return pulse->volume.level_tag;
	case 4:
		return pulse->volume.mute_tag;
	default:
		return pulse->volume.info_tag;
	}
}

/* fe ed 00 N in the input stands for the tag of a question. */
static void answer(struct run *r, u8 *p, size_t len)
{
	size_t i;
	u32 tag;

	for (i = 0; i + 4 <= len; i++) {
		if (p[i] != 0xfe || p[i + 1] != 0xed || p[i + 2])
			continue;
		tag = waiting(r, p[i + 3]);
		p[i] = tag >> 24;
		p[i + 1] = tag >> 16;
		p[i + 2] = tag >> 8;
		p[i + 3] = tag;
	}
}

/* The session must not read data that the host has not sent yet. */
static void scramble(struct run *r, bool cut)
{
	size_t have = r->s.pulse.rx.payload_have;

	if (have < sizeof(r->s.rx))
		memset(r->s.rx + have, cut ? 0x31 : 0xc4,
		       sizeof(r->s.rx) - have);
}

static void play(struct run *r, const u8 *input, size_t size, bool cut)
{
	u8 *data = malloc(size);

	struct hvsnd_session_params p = {
		.direction = input[0] & 1,
		.format = formats[input[1] % 4].format,
		.rate = 48000,
		.channels = 1 + input[2] % 8,
		.application = "fuzz\xff",
		.node = "node",
	};
	u32 pieces = 0;
	size_t at = HEAD;

	memcpy(data, input, size);
	memset(r, 0, sizeof(*r));
	r->s.ops = &hvsnd_pulse_ops;
	r->s.event = on_event;
	r->random = data[3] | data[4] << 8 | data[5] << 16;
	p.frame_bytes = formats[data[1] % 4].bytes * p.channels;
	p.chunk = 480 * p.frame_bytes;
	p.prebuf = 2 * p.chunk;
	p.queue = 8 * p.chunk;
	p.volume.level_set = data[7] & 4;
	p.volume.mute_set = data[7] & 8;
	p.wait = data[7] & 16;
	MUST(!r->s.ops->open(&r->s, &p));
	while (at < size && !r->ret) {
		size_t most = 1 + next(r) % (1 + data[6] * 8), n, end;

		end = at + (most < size - at ? most : size - at);
		answer(r, data + at, end - at);
		while (at < end && !r->ret) {
			n = end - at;
			if (cut)
				n = 1 + (data[3] + pieces++ * 7) %
						(n < 23 ? n : 23);
			scramble(r, cut);
			r->ret = r->s.ops->receive(&r->s, data + at, n);
			at += n;
		}
		MUST(r->ret <= 0);
		MUST(!r->ret || r->s.reason);
		if (!r->ret)
			act(r, data);
	}
	if (r->ret)
		MUST(r->s.ops->receive(&r->s, data, 1) == r->ret);
	free(data);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct run whole, cut;

	if (size < HEAD)
		return 0;
	play(&whole, data, size, false);
	play(&cut, data, size, true);
	MUST(whole.ret == cut.ret && whole.s.reason == cut.s.reason);
	MUST(whole.sum == cut.sum);
	MUST(whole.audio == cut.audio);
	return 0;
}
