// SPDX-License-Identifier: GPL-2.0
/*
 * hvsndd's server of PulseAudio's protocol against the module's client, in one
 * process: data cut anywhere, both sides acting in any order.
 *
 * Each frame of audio data has a number. The server must play them in order,
 * and lose only those that the client has discarded with stop().
 */
#include <math.h>
#include <string.h>

#include "core/proto/session.h"
#include "ktap.h"
#include "native.h"

#define RUNS 400
#define STEPS 600
#define FRAME 4
#define RATE 48000
#define LINK_SIZE 524288
#define QUEUE 9600

static unsigned int failures;

#define CHECK(condition) check(condition, #condition, __LINE__)

static bool check(bool condition, const char *what, int line)
{
	if (!condition && failures++ < 10)
		ktap_note("line %d: not so: %s", line, what);
	return condition;
}

/* Random numbers that depend on the seed alone */
static u32 state;

static u32 any(u32 below)
{
	state = state * 1664525 + 1013904223;
	return (u64)(state >> 1) * below >> 31;
}

/* Bytes on their way to the server. */
static u8 up[LINK_SIZE];
static size_t up_len;

static struct native_host host;
static struct native native;
static struct hvsnd_session session;
static enum native_mic mic;
static bool has_output;
static bool output_volume;
static unsigned int volumes_set;
static u64 wall;

/**
 * struct seen - what both sides have seen
 * @next: number of the next frame that the client sends
 * @stopped: frames with lower numbers may be missing
 * @played: number of the last frame that was played
 * @recorded: number of the next frame that the source delivers
 * @received: number of the last frame that the client received
 * @partial: bytes of a frame that was received in part
 * @partial_len: number of these bytes
 * @ready: READY events
 * @drained: DRAINED events
 * @volumes: VOLUME events
 * @last: the last VOLUME
 * @write_index: of the last timing report
 * @read_index: of the last timing report
 * @reports: number of timing reports
 */
static struct seen {
	u32 next;
	u32 stopped;
	u32 played;
	u32 recorded;
	u32 received;
	u8 partial[FRAME];
	size_t partial_len;
	unsigned int ready;
	unsigned int drained;
	unsigned int volumes;
	struct hvsnd_volume last;
	s64 write_index;
	s64 read_index;
	unsigned int reports;
} seen;

static enum native_mic may_record(struct native *n)
{
	(void)n;
	return mic;
}

static bool may_play(struct native *n)
{
	(void)n;
	return true;
}

static bool open_stream(struct native_stream *s)
{
	s->output_volume = output_volume;
	return true;
}

static void set_volume(struct native_stream *s)
{
	CHECK(s->state == NATIVE_OPEN);
	volumes_set++;
}

static void nothing(struct native_stream *s)
{
	(void)s;
}

static u64 latency(struct native_stream *s)
{
	return s->record ? 2000 : 5000;
}

static u64 wall_us(void)
{
	return ++wall;
}

static void output(struct native *n)
{
	(void)n;
	has_output = true;
}

static const struct native_ops ops = {
	.may_record = may_record,
	.may_play = may_play,
	.open = open_stream,
	.close = nothing,
	.changed = nothing,
	.latency = latency,
	.volume = set_volume,
	.wall_us = wall_us,
	.output = output,
};

static void on_data(const u8 *buf, size_t len)
{
	u32 number;

	while (len--) {
		seen.partial[seen.partial_len++] = *buf++;
		if (seen.partial_len < FRAME)
			continue;
		seen.partial_len = 0;
		number = hvsnd_get_be32(seen.partial);
		CHECK(number > seen.received);
		seen.received = number;
	}
}

static void on_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
{
	(void)s;
	switch (ev->type) {
	case HVSND_EVENT_READY:
		seen.ready++;
		break;
	case HVSND_EVENT_DRAINED:
		seen.drained++;
		break;
	case HVSND_EVENT_DATA:
		if (ev->data)
			on_data(ev->data, ev->len);
		break;
	case HVSND_EVENT_VOLUME:
		seen.volumes++;
		seen.last = *ev->volume;
		break;
	case HVSND_EVENT_TIMING:
		CHECK(ev->timing.read_index >= seen.read_index);
		seen.write_index = ev->timing.write_index;
		seen.read_index = ev->timing.read_index;
		seen.reports++;
		break;
	case HVSND_EVENT_OVERFLOW:
		CHECK(!"the client exceeded what the server requested");
		break;
	default:
		break;
	}
}

static void begin(int direction)
{
	static const u8 cookie[HVSND_COOKIE_SIZE] = { 1, 2, 3 };
	struct hvsnd_session_params p = {
		.direction = direction,
		.format = SNDRV_PCM_FORMAT_S16_LE,
		.rate = RATE,
		.channels = 2,
		.map = { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR },
		.frame_bytes = FRAME,
		.queue = QUEUE * FRAME,
		.prebuf = any(3) * 960 * FRAME,
		.chunk = 480 * FRAME,
		.application = "test",
		.node = "node",
		.cookie = cookie,
	};

	memset(&host, 0, sizeof(host));
	memset(&native, 0, sizeof(native));
	memset(&session, 0, sizeof(session));
	memset(&seen, 0, sizeof(seen));
	seen.next = 1;
	seen.recorded = 1;
	up_len = 0;
	mic = NATIVE_MIC_ALLOWED;
	host.name = "guest";
	host.version = "1";
	host.cookie = cookie;
	host.spec = (struct sample_spec){ SAMPLE_S16LE, RATE, 2 };
	native_host_init(&host);
	native.host = &host;
	native.ops = &ops;
	native_open(&native);
	session.ops = &hvsnd_pulse_ops;
	session.event = on_event;
	CHECK(!session.ops->open(&session, &p));
}

static void end(void)
{
	native_close(&native);
	CHECK(!host.queue_bytes);
}

static void client_sends(void)
{
	CHECK(up_len + session.tx_len <= sizeof(up));
	memcpy(up + up_len, session.tx, session.tx_len);
	up_len += session.tx_len;
	hvsnd_session_sent(&session, session.tx_len);
}

/* The client frames audio data, as far as it has credit. */
static void client_plays(size_t frames)
{
	u8 head[HVSND_HEAD_MAX];
	size_t head_len, n;

	client_sends();
	n = session.ops->frame(&session, frames * FRAME, head, &head_len);
	if (!n || up_len + head_len + n > sizeof(up))
		return;
	memcpy(up + up_len, head, head_len);
	up_len += head_len;
	while (n) {
		hvsnd_put_be32(up + up_len, seen.next++);
		up_len += FRAME;
		n -= FRAME;
	}
}

/* Some of the bytes arrive. */
static void server_receives(size_t len)
{
	size_t n;

	client_sends();
	if (len > up_len)
		len = up_len;
	n = native_receive(&native, up, len);
	CHECK(!native.reason);
	up_len -= n;
	memmove(up, up + n, up_len);
}

static void client_receives(size_t len)
{
	if (len > native.tx_len)
		len = native.tx_len;
	CHECK(!session.ops->receive(&session, native.tx, len));
	native_sent(&native, len);
}

static struct native_stream *stream(void)
{
	return native.streams[0].state == NATIVE_OPEN ? &native.streams[0] :
							NULL;
}

static void server_plays(size_t frames)
{
	static u8 buf[QUEUE * FRAME];
	struct native_stream *s = stream();
	size_t n, i;
	u32 number;

	if (!s || s->corked)
		return;
	n = native_stream_read(s, buf, frames * FRAME);
	if (!n && frames)
		native_stream_starved(s, frames * FRAME);
	for (i = 0; i < n; i += FRAME) {
		number = hvsnd_get_be32(buf + i);
		CHECK(number == seen.played + 1 ||
		      (number > seen.played && number <= seen.stopped));
		seen.played = number;
	}
	CHECK(s->queue.attr.tlength + QUEUE * FRAME >=
	      s->queue.write_index - s->queue.read_index);
}

static void server_records(size_t frames)
{
	static u8 buf[QUEUE * FRAME];
	struct native_stream *s = stream();
	size_t i;

	if (!s)
		return;
	for (i = 0; i < frames; i++)
		hvsnd_put_be32(buf + i * FRAME, seen.recorded++);
	native_stream_record(s, buf, frames * FRAME);
}

static void client_stops(void)
{
	session.ops->stop(&session);
	/* Everything up to here may be discarded, but not what follows. */
	seen.stopped = seen.next;
}

static void client_acts(void)
{
	struct hvsnd_volume v = { .level_set = true, .mute_set = true };

	if (!seen.ready)
		return;
	/*
	 * The client skips what arrives while it is stopped, so it must not
	 * stop within a frame of recorded data.
	 */
	if (session.params.direction == SNDRV_PCM_STREAM_CAPTURE)
		client_receives(native.tx_len);
	switch (any(12)) {
	case 0:
		client_stops();
		break;
	case 1:
		session.ops->pause(&session);
		break;
	case 2:
		v.level[0] = HVSND_VOLUME_NORM;
		v.level[1] = HVSND_VOLUME_NORM;
		session.ops->set_volume(&session, &v);
		break;
	case 3:
	case 4:
	case 5:
		session.ops->timing(&session);
		break;
	default:
		session.ops->start(&session);
	}
}

static void step(bool playback)
{
	switch (any(8)) {
	case 0:
		client_acts();
		break;
	case 1:
	case 2:
		if (playback)
			client_plays(any(2000));
		break;
	case 3:
		server_receives(any(any(2) ? 64 : 65536));
		break;
	case 4:
		server_receives(up_len);
		break;
	case 5:
		client_receives(any(any(2) ? 32 : 65536));
		break;
	default:
		if (playback)
			server_plays(any(1000));
		else
			server_records(any(1000));
	}
}

/* Let everything that is on its way arrive. */
static void settle(void)
{
	int i;

	for (i = 0; i < 20; i++) {
		server_receives(up_len);
		client_receives(native.tx_len);
	}
	CHECK(!up_len && !native.tx_len);
}

static bool playback(void)
{
	u32 wanted;
	int run, i;

	failures = 0;
	for (run = 0; run < RUNS; run++) {
		state = run + 1;
		begin(SNDRV_PCM_STREAM_PLAYBACK);
		for (i = 0; i < STEPS; i++)
			step(true);
		settle();
		CHECK(seen.ready == 1);
		/* Whatever has happened: what is sent now is played. */
		session.ops->start(&session);
		wanted = seen.next + 20000;
		for (i = 0; i < 1000 && seen.next < wanted; i++) {
			client_plays(1000);
			settle();
			server_plays(480);
		}
		CHECK(seen.next >= wanted);
		client_plays(1);
		session.ops->drain(&session);
		for (i = 0; i < 200 && !seen.drained; i++) {
			settle();
			server_plays(480);
		}
		CHECK(seen.drained == 1);
		CHECK(seen.played == seen.next - 1);
		session.ops->timing(&session);
		settle();
		CHECK(seen.reports && seen.write_index == seen.read_index);
		end();
		if (failures) {
			ktap_note("seed %d", run + 1);
			return false;
		}
	}
	return true;
}

static bool capture(void)
{
	u32 from;
	int run, i;

	failures = 0;
	for (run = 0; run < RUNS; run++) {
		state = run + 1;
		begin(SNDRV_PCM_STREAM_CAPTURE);
		for (i = 0; i < STEPS; i++)
			step(false);
		settle();
		CHECK(seen.ready == 1);
		session.ops->stop(&session);
		session.ops->start(&session);
		settle();
		from = seen.recorded;
		seen.partial_len = 0;
		for (i = 0; i < 100; i++) {
			server_records(480);
			settle();
		}
		CHECK(seen.received == seen.recorded - 1);
		CHECK(seen.recorded == from + 48000);
		CHECK(!stream()->dropped);
		end();
		if (failures) {
			ktap_note("seed %d", run + 1);
			return false;
		}
	}
	return true;
}

/* The microphone's request waits, is allowed, or refused. */
static bool microphone(void)
{
	failures = 0;
	begin(SNDRV_PCM_STREAM_CAPTURE);
	mic = NATIVE_MIC_ASK;
	settle();
	CHECK(!seen.ready && native_is_held(&native));
	CHECK(native_wants_mic(&native));
	native_allow_mic(&native);
	settle();
	CHECK(seen.ready == 1 && !native_is_held(&native));
	end();

	begin(SNDRV_PCM_STREAM_CAPTURE);
	mic = NATIVE_MIC_ASK;
	settle();
	native_refuse_held(&native);
	CHECK(session.ops->receive(&session, native.tx, native.tx_len) ==
	      -EACCES);
	end();

	begin(SNDRV_PCM_STREAM_CAPTURE);
	mic = NATIVE_MIC_NEVER;
	client_sends();
	server_receives(up_len);
	client_receives(native.tx_len);
	client_sends();
	server_receives(up_len);
	client_receives(native.tx_len);
	client_sends();
	server_receives(up_len);
	CHECK(session.ops->receive(&session, native.tx, native.tx_len) ==
	      -EACCES);
	end();
	return !failures;
}

/* The client's volume reaches the stream; the host's reaches the client. */
static bool volume(void)
{
	struct hvsnd_volume v = {
		.level = { 0x8000, 0x4000 },
		.level_set = true,
	};
	struct native_stream *s;
	u8 samples[4] = { 0x00, 0x40, 0x00, 0x40 };

	failures = 0;
	begin(SNDRV_PCM_STREAM_PLAYBACK);
	settle();
	s = stream();
	session.ops->set_volume(&session, &v);
	settle();
	CHECK(s->volume.level[0] == 0x8000 && s->volume.level[1] == 0x4000);
	/* 0x8000 is a half, cubed an eighth; 0x4000 is 1/64. */
	native_volume_apply(s, samples, sizeof(samples));
	CHECK(samples[0] == 0 && samples[1] == 0x08);
	CHECK(samples[2] == 0 && samples[3] == 0x01);
	CHECK(seen.volumes == 1); /* of the beginning */
	v.level_set = false;
	v.mute_set = true;
	v.mute = true;
	session.ops->set_volume(&session, &v);
	settle();
	CHECK(s->volume.mute);
	native_volume_apply(s, samples, sizeof(samples));
	CHECK(samples[1] == 0 && samples[3] == 0);
	end();
	return !failures;
}

/* The same with an output that has a volume of its own. */
static bool volume_of_output(void)
{
	struct hvsnd_volume v = {
		.level = { 0x8000, 0x4000 },
		.level_set = true,
		.mute_set = true,
	};
	struct native_stream *s;
	u8 samples[4] = { 0x00, 0x40, 0x00, 0x40 };

	failures = 0;
	output_volume = true;
	begin(SNDRV_PCM_STREAM_PLAYBACK);
	settle();
	s = stream();
	volumes_set = 0;
	session.ops->set_volume(&session, &v);
	settle();
	CHECK(volumes_set == 1 && native_volume_gain(s) == 0.125f);
	/* Only the balance is left for the samples, a half, cubed. */
	native_volume_apply(s, samples, sizeof(samples));
	CHECK(samples[1] == 0x40 && samples[3] == 0x08);
	seen.volumes = 0;
	native_volume_changed(s, 0.125f, false);
	CHECK(!native.tx_len); /* It is the same. */
	native_volume_changed(s, 0.015625f, true);
	settle();
	CHECK(seen.volumes == 1 && seen.last.mute);
	CHECK(seen.last.level[0] == 0x4000 && seen.last.level[1] == 0x2000);
	CHECK(volumes_set == 1);
	/* Zero has no balance. */
	native_volume_changed(s, NAN, false);
	CHECK(!s->volume.level[0] && !s->volume.level[1]);
	native_volume_changed(s, 1, false);
	CHECK(s->volume.level[0] == 0x10000 && s->volume.level[1] == 0x10000);
	/* An output does not amplify. */
	s->volume.level[0] = 0x20000;
	CHECK(native_volume_gain(s) == 1);
	native_volume_changed(s, 1, false);
	CHECK(s->volume.level[0] == 0x20000);
	native_volume_apply(s, samples, sizeof(samples));
	CHECK(samples[1] == 0x7f && samples[3] == 0x08);
	output_volume = false;
	end();
	return !failures;
}

static bool cookie(void)
{
	static const u8 other[NATIVE_COOKIE_SIZE] = { 1, 2, 4 };

	failures = 0;
	begin(SNDRV_PCM_STREAM_PLAYBACK);
	host.cookie = other;
	server_receives(sizeof(up));
	CHECK(session.ops->receive(&session, native.tx, native.tx_len) ==
	      -EACCES);
	CHECK(!native.authorized && !native.reason);
	end();
	begin(SNDRV_PCM_STREAM_PLAYBACK);
	host.cookie = NULL;
	settle();
	CHECK(seen.ready == 1);
	end();
	return !failures;
}

/* One byte each of a queue of U8, mono. */
static void put(struct native_queue *q, enum native_seek seek, s64 offset,
		const char *text)
{
	if (native_queue_begin(q, seek, offset, strlen(text)))
		CHECK(strlen(text) <= q->attr.maxlength);
	native_queue_write(q, (const u8 *)text, strlen(text));
}

static bool gets(struct native_queue *q, const char *text)
{
	char buf[64];
	size_t n = native_queue_readable(q);

	native_queue_read(q, (u8 *)buf, n);
	return n == strlen(text) && !memcmp(buf, text, n);
}

/* PulseAudio's rules for indices, seeking and requests */
static bool queue(void)
{
	const struct sample_spec spec = { SAMPLE_U8, 8000, 1 };
	const struct native_attr attr = { 20, 10, 4, 3 };
	struct native_queue q;
	size_t used = 0;

	failures = 0;
	native_queue_init(&q, &spec, &attr, &used);
	put(&q, NATIVE_SEEK_RELATIVE, 0, "abc");
	CHECK(gets(&q, "")); /* prebuf */
	CHECK(!native_queue_pop_request(&q));
	put(&q, NATIVE_SEEK_RELATIVE, 0, "d");
	CHECK(gets(&q, "abcd"));
	CHECK(native_queue_pop_request(&q) == 4);
	put(&q, NATIVE_SEEK_RELATIVE, 0, "efgh");
	put(&q, NATIVE_SEEK_RELATIVE, -2, "GHI");
	CHECK(gets(&q, "efGHI"));
	put(&q, NATIVE_SEEK_RELATIVE, 2, "l");
	CHECK(gets(&q, "\x80\x80l"));
	CHECK(q.read_index == 12 && q.write_index == 12);
	/* A part of it comes too late. */
	put(&q, NATIVE_SEEK_ABSOLUTE, 10, "KLMN");
	CHECK(gets(&q, "MN"));
	put(&q, NATIVE_SEEK_RELATIVE_ON_READ, 1, "p");
	put(&q, NATIVE_SEEK_RELATIVE_END, -2, "O");
	put(&q, NATIVE_SEEK_RELATIVE_END, 0, "qr");
	CHECK(gets(&q, "Opqr"));
	/* More than maxlength is discarded, but counts. */
	put(&q, NATIVE_SEEK_RELATIVE, 0, "123456789012345678901");
	CHECK(q.discarding && q.write_index == q.read_index + 21);
	native_queue_flush(&q);
	CHECK(q.write_index == q.read_index && q.prebuffering);
	put(&q, NATIVE_SEEK_RELATIVE, 0, "xy");
	CHECK(gets(&q, ""));
	native_queue_trigger(&q);
	CHECK(gets(&q, "xy"));
	CHECK(used == q.size);
	native_queue_free(&q);
	CHECK(!used);
	return !failures;
}

int main(void)
{
	ktap_plan(7);
	ktap_result(queue(), "queue: indices, seeking and prebuffer");
	ktap_result(playback(), "playback: all frames arrive once, in order");
	ktap_result(capture(), "capture: all frames arrive once, in order");
	ktap_result(microphone(), "a request to record waits");
	ktap_result(volume(), "volume and mute");
	ktap_result(volume_of_output(), "volume and mute of the output");
	ktap_result(cookie(), "cookie");
	return ktap_status();
}
