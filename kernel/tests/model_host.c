// SPDX-License-Identifier: GPL-2.0
/*
 * A PulseAudio server for one stream: it answers, asks for audio data and plays
 * it, or records and sends what it records, and does what a server may do at
 * any time. It checks what it gets.
 */
#include "model.h"

#include "core/proto/pulse_wire.h"

#define CHANNEL		5
#define RECORD_QUEUE	(1 << 18)	/* frames that were not sent */
#define CONTROL_ROOM	16384		/* bytes that no audio data takes */

static struct hvsnd_tag_writer writer;
static u8 message[256];

static void begin(u32 command, u32 tag)
{
	hvsnd_tag_writer_init(&writer, message + PULSE_DESC_SIZE,
			      sizeof(message) - PULSE_DESC_SIZE);
	hvsnd_tag_put_u32(&writer, command);
	hvsnd_tag_put_u32(&writer, tag);
}

static void put_usec(u64 us)
{
	u8 *p = writer.buf + writer.len;

	*p = 'U';
	hvsnd_put_be32(p + 1, us >> 32);
	hvsnd_put_be32(p + 5, us);
	writer.len += 9;
}

static void put_index(s64 index)
{
	u8 *type = writer.buf + writer.len;

	put_usec(index);
	*type = 'r';
}

/* Into the connection, which holds no more than @answer. */
static void put(const void *data, u32 len)
{
	struct model_host *h = &m.host;

	if (h->taken) {
		h->answer_len -= h->taken;
		memmove(h->answer, h->answer + h->taken, h->answer_len);
		h->taken = 0;
	}
	must(h->answer_len + len <= sizeof(h->answer));
	memcpy(h->answer + h->answer_len, data, len);
	h->answer_len += len;
	h->arrived = model_records();
}

static void answer(void)
{
	hvsnd_pulse_put_descriptor(message, writer.len, PULSE_CONTROL);
	must(!writer.overflow);
	put(message, PULSE_DESC_SIZE + writer.len);
}

/* An event of the stream, with nothing more to it. */
static void say(u32 command)
{
	begin(command, PULSE_NONE);
	hvsnd_tag_put_u32(&writer, CHANNEL);
	answer();
}

static void request(u32 bytes)
{
	if (!bytes)
		return;
	m.host.granted += bytes;
	begin(PULSE_REQUEST, PULSE_NONE);
	hvsnd_tag_put_u32(&writer, CHANNEL);
	hvsnd_tag_put_u32(&writer, bytes);
	answer();
}

/* Bytes that are in the queue, or were asked for. */
static u64 expected_bytes(void)
{
	return (m.host.in - m.host.out) * MODEL_FRAME +
	       (m.host.granted > m.host.received ?
			m.host.granted - m.host.received : 0);
}

static u64 latency_us(void)
{
	static const u64 lies[] = { 0, 1, 1999999, 60000000, UINT64_MAX };

	if (m.host.liar && !model_rnd(3))
		return lies[model_rnd(ARRAY_SIZE(lies))];
	return 5000 + m.host.extra_us;
}

/**
 * host_init() - Choose what the host of a run is like
 */
void host_init(void)
{
	m.host.liar = !model_rnd(4);
	m.host.ppm = (s32)model_rnd(1000) - 500;
	m.host.expected = MODEL_UNKNOWN;
}

/**
 * host_connect() - Connect to the host
 *
 * Return: Whether somebody listens.
 */
bool host_connect(void)
{
	struct model_host *h = &m.host;

	if (h->away)
		return false;
	h->connected = true;
	h->closed = false;
	h->created = false;
	h->corked = true;
	h->suspended = false;
	h->received = 0;
	h->granted = 0;
	h->desc_have = 0;
	h->body_have = 0;
	h->answer_len = 0;
	h->drain_tag = PULSE_NONE;
	h->expected = MODEL_UNKNOWN;
	h->forgotten = m.forget_to;
	if (h->liar)
		h->heard = 0;
	h->out = h->in;
	m.known = false;
	m.torn = false;
	model_sums.connections++;
	return true;
}

/**
 * host_disconnect() - End the connection, and forget everything
 */
void host_disconnect(void)
{
	m.host.answer_len = 0;
	m.host.taken = 0;
	m.host.arrived = false;
	m.host.connected = false;
	m.host.created = false;
	m.host.out = m.host.in;
	m.host.expected = MODEL_UNKNOWN;
}

static void put_attr(void)
{
	hvsnd_tag_put_u32(&writer, 4 << 20);	/* maxlength */
	hvsnd_tag_put_u32(&writer, m.host.tlength);	/* or fragsize */
	if (model_records())
		return;
	hvsnd_tag_put_u32(&writer, 0);		/* prebuf */
	hvsnd_tag_put_u32(&writer, 0);		/* minreq */
}

static void take_create(u32 tag)
{
	struct model_host *h = &m.host;

	h->chunk = m.params.chunk / MODEL_FRAME;
	if (model_records() && model_rnd(2))
		h->chunk = 1 + model_rnd(3000);
	/* Some hosts ask for much less than they are asked to keep. */
	h->tlength = model_rnd(3) ? m.params.queue :
				    MODEL_FRAME * (1000 + model_rnd(4000));
	h->created = true;
	h->corked |= model_records();
	h->granted = h->tlength;
	begin(PULSE_REPLY, tag);
	hvsnd_tag_put_u32(&writer, CHANNEL);
	hvsnd_tag_put_u32(&writer, 7);		/* sink input */
	if (!model_records())
		hvsnd_tag_put_u32(&writer, h->tlength);	/* missing */
	put_attr();
	hvsnd_tag_put_sample_spec(&writer, m.session.pulse.format, 2,
				  MODEL_RATE);
	hvsnd_tag_put_channel_map(&writer, (const u8 *)"\1\2", 2);
	hvsnd_tag_put_u32(&writer, 0);		/* sink */
	hvsnd_tag_put_string(&writer, "sink");
	hvsnd_tag_put_bool(&writer, h->suspended);
	put_usec(latency_us());
	answer();
}

static void take_timing(u32 tag)
{
	struct model_host *h = &m.host;
	s64 write_index = h->in * MODEL_FRAME,
	    read_index = h->out * MODEL_FRAME;
	s64 *lie = model_records() && model_rnd(2) ? &write_index : &read_index;

	if (h->liar && !model_rnd(5))
		*lie = (u64)model_rnd(MODEL_NONE) << model_rnd(31);
	begin(PULSE_REPLY, tag);
	put_usec(model_records() ? 0 : latency_us());	/* sink */
	put_usec(model_records() ? latency_us() : 0);	/* source */
	hvsnd_tag_put_bool(&writer, !h->corked || h->liar);
	hvsnd_tag_put_timeval(&writer, 0, 0);
	hvsnd_tag_put_timeval(&writer, 0, 0);
	put_index(write_index);
	put_index(read_index);
	answer();
}

/* What is not to be forgotten must not be. */
static void take_flush(void)
{
	struct model_host *h = &m.host;
	u64 frame, newer = 0, forgotten = h->in - h->out;

	for (frame = h->out; frame < h->in; frame++)
		newer += h->queue[frame % MODEL_QUEUE] > m.forget_to;
	must(newer <= m.forget_rest || m.forget_all);
	h->out = h->in;
	h->forgotten = m.forget_to;
	h->expected = MODEL_UNKNOWN;
	h->drain_tag = PULSE_NONE;
	if (m.forget_all && h->liar)
		h->heard = 0;
	m.forget_all = false;
	model_sums.flushes++;
	request(forgotten * MODEL_FRAME);
}

/* What has begun to go out, goes out. */
static void take_record_flush(void)
{
	m.host.out = m.host.in;
	model_sums.flushes++;
}

/* Returns whether it is one of a recording's. */
static bool take_record_command(u32 command, u32 tag,
				struct hvsnd_tag_reader *r)
{
	struct model_host *h = &m.host;

	switch (command) {
	case PULSE_CORK_RECORD_STREAM:
		h->corked = hvsnd_tag_get_bool(r);
		break;
	case PULSE_FLUSH_RECORD_STREAM:
		must(h->corked);
		take_record_flush();
		break;
	case PULSE_GET_RECORD_LATENCY:
		take_timing(tag);
		return true;
	default:
		return false;
	}
	model_capture_excuse();
	begin(PULSE_REPLY, tag);
	answer();
	return true;
}

static void take_message(const u8 *body, u32 len)
{
	struct model_host *h = &m.host;
	struct hvsnd_tag_reader r;
	u32 command, tag;

	hvsnd_tag_reader_init(&r, body, len);
	command = hvsnd_tag_get_u32(&r);
	tag = hvsnd_tag_get_u32(&r);
	must(!r.bad && !r.cut);
	switch (command) {
	case PULSE_AUTH:
		begin(PULSE_REPLY, tag);
		hvsnd_tag_put_u32(&writer, PULSE_VERSION);
		answer();
		return;
	case PULSE_SET_CLIENT_NAME:
		begin(PULSE_REPLY, tag);
		hvsnd_tag_put_u32(&writer, 3);
		answer();
		return;
	case PULSE_CREATE_PLAYBACK_STREAM:
	case PULSE_CREATE_RECORD_STREAM:
		must(!h->created);
		must(command == (model_records() ?
				 PULSE_CREATE_RECORD_STREAM :
				 PULSE_CREATE_PLAYBACK_STREAM));
		take_create(tag);
		return;
	case PULSE_SUBSCRIBE:
	case PULSE_GET_SINK_INPUT_INFO:
	case PULSE_GET_SOURCE_OUTPUT_INFO:
		return;
	}
	/* A guest that is recording learns late that its stream is gone. */
	if (model_records() && !h->created)
		return;
	must(h->created);
	must(hvsnd_tag_get_u32(&r) == CHANNEL);
	if (model_records()) {
		must(take_record_command(command, tag, &r));
		return;
	}
	switch (command) {
	case PULSE_CORK_PLAYBACK_STREAM:
		h->corked = hvsnd_tag_get_bool(&r);
		break;
	case PULSE_FLUSH_PLAYBACK_STREAM:
		must(h->corked);
		take_flush();
		break;
	case PULSE_DRAIN_PLAYBACK_STREAM:
		/* A corked stream would never end. */
		must(!h->corked);
		h->drain_tag = tag;
		break;
	case PULSE_GET_PLAYBACK_LATENCY:
		take_timing(tag);
		break;
	default:
		must(false);
	}
}

/* The frames of a sound come in order, and what is missing was counted. */
static void take_frame(u32 number)
{
	struct model_host *h = &m.host;
	u32 at = number % MODEL_NUMBERS;
	u64 frame = m.frame_of[at];

	must(h->in - h->out < MODEL_QUEUE);
	h->queue[h->in++ % MODEL_QUEUE] = number;
	if (!number)
		return;
	if (m.sound_of[at] != m.sound) {
		/* The rest of what was drained. */
		must(m.sound_of[at] < m.sound);
		return;
	}
	if (h->sound != m.sound && h->expected != MODEL_UNKNOWN)
		h->expected = 0;
	h->sound = m.sound;
	if (h->expected != MODEL_UNKNOWN) {
		must(frame >= h->expected);
		for (; h->expected < frame; h->expected++)
			h->lost += m.written[h->expected % MODEL_WRITTEN] != 0;
		must(h->lost - m.sound_lost <=
		     m.stats.dropped - m.sound_dropped);
	}
	h->expected = frame + 1;
}

/**
 * host_take() - Receive bytes
 * @data: bytes
 * @len: how many
 *
 * Return: How many are taken.
 */
size_t host_take(const u8 *data, size_t len)
{
	struct model_host *h = &m.host;
	u32 length, channel, number;
	size_t i;

	for (i = 0; i < len; i++) {
		if (h->desc_have < PULSE_DESC_SIZE) {
			h->desc[h->desc_have++] = data[i];
			continue;
		}
		length = hvsnd_get_be32(h->desc);
		channel = hvsnd_get_be32(h->desc + 4);
		if (channel == PULSE_CONTROL) {
			must(length <= sizeof(h->body));
			h->body[h->body_have++] = data[i];
			if (h->body_have == length)
				take_message(h->body, length);
		} else {
			must(h->created && channel == CHANNEL);
			must(!(length % MODEL_FRAME));
			h->body[h->body_have % MODEL_FRAME] = data[i];
			if (!(++h->body_have % MODEL_FRAME)) {
				memcpy(&number, h->body, MODEL_FRAME);
				if (m.torn)
					number = 0;
				m.torn = false;
				take_frame(number);
				h->received += MODEL_FRAME;
			}
		}
		if (h->body_have == length) {
			h->desc_have = 0;
			h->body_have = 0;
			/* No more than was requested, or is known. */
			must(h->received <=
			     h->granted + m.session.unrequested_bytes);
		}
	}
	return len;
}

static void play_frame(void)
{
	struct model_host *h = &m.host;
	u32 number = h->queue[h->out++ % MODEL_QUEUE];

	if (!number)
		return;
	/* Nothing is heard twice, nor what was to be forgotten. */
	must(number > h->heard);
	must(number <= m.forget_from || number > h->forgotten);
	h->heard = number;
	model_sums.heard++;
}

static void play(u64 frames)
{
	struct model_host *h = &m.host;

	for (; frames && h->out < h->in; frames--)
		play_frame();
	if (h->out == h->in && h->drain_tag != PULSE_NONE) {
		begin(PULSE_REPLY, h->drain_tag);
		answer();
		h->drain_tag = PULSE_NONE;
	} else if (frames && !h->dry) {
		say(PULSE_UNDERFLOW);
	} else if (h->dry && !frames) {
		say(PULSE_STARTED);
	}
	h->dry = frames;
	if (expected_bytes() + h->tlength / 4 < h->tlength)
		request(h->tlength - expected_bytes());
}

/**
 * host_is_recording() - Whether the host sends what it records
 *
 * Return: Whether it does.
 */
bool host_is_recording(void)
{
	return m.host.created && !m.host.corked && !m.host.suspended;
}

/* In chunks, but now and then what there is. */
static void send_audio(void)
{
	struct model_host *h = &m.host;
	u32 frames, used;

	for (;;) {
		frames = min_t(u64, h->in - h->out, h->chunk);
		if (!frames || (frames < h->chunk && model_rnd(40)))
			return;
		used = h->answer_len - h->taken + PULSE_DESC_SIZE;
		if (used + frames * MODEL_FRAME + CONTROL_ROOM >
		    sizeof(h->answer))
			return;
		hvsnd_pulse_put_descriptor(message, frames * MODEL_FRAME,
					   CHANNEL);
		put(message, PULSE_DESC_SIZE);
		for (; frames; frames--)
			put(&h->queue[h->out++ % MODEL_QUEUE], MODEL_FRAME);
	}
}

/* The number of a frame says when it was recorded. */
static void record(u64 frames)
{
	struct model_host *h = &m.host;

	if (!host_is_recording()) {
		h->recorded += frames;
		model_capture_excuse();
		frames = 0;
	}
	for (; frames; frames--)
		h->queue[h->in++ % MODEL_QUEUE] = ++h->recorded;
	if (h->in - h->out > RECORD_QUEUE) {
		h->out = h->in - RECORD_QUEUE;
		model_capture_excuse();
	}
	if (h->created && !h->hangs && m.now >= h->late_until_ns)
		send_audio();
}

/**
 * host_run() - Play or record for some time
 * @ns: time in nanoseconds
 */
void host_run(u64 ns)
{
	struct model_host *h = &m.host;
	u64 frames;

	if (!model_records() &&
	    (!h->created || h->corked || h->suspended || h->hangs))
		return;
	h->rest_ns += ns * (1000000 + h->ppm) / 1000000;
	frames = div64_u64(h->rest_ns * MODEL_RATE, 1000 * MODEL_MS);
	h->rest_ns -= div64_u64(frames * 1000 * MODEL_MS, MODEL_RATE);
	if (!model_records()) {
		play(frames);
		return;
	}
	record(frames);
	model_capture_watch();
}

static void moved(void)
{
	begin(model_records() ? PULSE_RECORD_STREAM_MOVED :
				PULSE_PLAYBACK_STREAM_MOVED, PULSE_NONE);
	hvsnd_tag_put_u32(&writer, CHANNEL);
	hvsnd_tag_put_u32(&writer, 0);
	hvsnd_tag_put_string(&writer, "other");
	hvsnd_tag_put_bool(&writer, m.host.suspended);
	put_attr();
	put_usec(latency_us());
	answer();
}

/**
 * host_event() - Do what a host may do at any time
 */
void host_event(void)
{
	struct model_host *h = &m.host;

	switch (model_rnd(11)) {
	case 0:
		h->away = !h->away;
		break;
	case 1:
		h->closed = h->connected;
		break;
	case 2:
		h->hangs = !h->hangs && !model_rnd(4);
		break;
	case 3:
	case 4:
		if (!h->created)
			break;
		h->suspended = !h->suspended;
		begin(model_records() ? PULSE_RECORD_STREAM_SUSPENDED :
					PULSE_PLAYBACK_STREAM_SUSPENDED,
		      PULSE_NONE);
		hvsnd_tag_put_u32(&writer, CHANNEL);
		hvsnd_tag_put_bool(&writer, h->suspended);
		answer();
		break;
	case 5:
		if (h->created)
			moved();
		break;
	case 6:
		/* It is late, or asks for more than it will. */
		if (model_records())
			h->late_until_ns = m.now + model_rnd(200) * MODEL_MS;
		else if (h->created)
			request(MODEL_FRAME * model_rnd(2000));
		break;
	case 7:
		if (h->created)
			say(PULSE_OVERFLOW);
		if (model_records())
			h->deaf_until_ns = m.now + model_rnd(500) * MODEL_MS;
		break;
	case 8:
		/* Its user ends the stream. */
		if (!h->created || model_rnd(3))
			break;
		say(model_records() ? PULSE_RECORD_STREAM_KILLED :
				      PULSE_PLAYBACK_STREAM_KILLED);
		h->created = false;
		h->out = h->in;
		h->expected = MODEL_UNKNOWN;
		break;
	default:
		/* Its device has another latency. */
		h->extra_us = model_rnd(2) * model_rnd(300000);
		break;
	}
}
