// SPDX-License-Identifier: GPL-2.0
/*
 * What a recording does in the model of a stream (model.c), as kernel/rx.c does
 * it, and what must be so of the frames that the application reads.
 *
 * The number of a frame counts the frames of the host's device, so a gap can be
 * seen. Silence is 0.
 */
#include "model.h"

#define ALIVE_MS	700	/* the longest time without a frame */

/* Frames in the jitter buffer */
static u32 waiting(void)
{
	return m.capture.jitter_in - m.capture.jitter_out;
}

/**
 * model_capture_excuse() - Note that what was recorded so far may be lost
 */
void model_capture_excuse(void)
{
	m.recording.excused = m.host.recorded;
}

/**
 * model_capture_create() - Create the recording's parts of a stream
 */
void model_capture_create(void)
{
	struct hvsnd_capture *c = &m.capture;

	memset(c, 0, sizeof(*c));
	memset(&m.recording, 0, sizeof(m.recording));
	c->jitter.data = (u8 *)m.recording.memory;
	c->jitter.frame_bytes = MODEL_FRAME;
}

/**
 * model_capture_start() - Begin to check what follows a START
 *
 * What the PCM buffer and the jitter buffer hold now must not be read.
 */
void model_capture_start(void)
{
	struct model_recording *r = &m.recording;
	u32 i;

	must(!waiting() && !m.capture.filled_ptr);
	r->begun = false;
	r->alive_ns = 0;
	r->first = m.host.recorded;
	r->last = 0;
	r->missing = 0;
	r->silent = 0;
	r->allowed = 0;
	r->from = 0;
	r->from_jitter = 0;
	r->stats = m.stats;
	r->poisoned = MODEL_RING;
	model_capture_excuse();
	for (i = 0; i < MODEL_RING; i++)
		m.memory[i] = MODEL_POISON;
	for (i = 0; i < MODEL_JITTER; i++)
		r->memory[i] = MODEL_POISON;
}

/**
 * model_capture_begin() - As hvsnd_stream_begin()
 *
 * Silence that was still to come does not come.
 */
void model_capture_begin(void)
{
	struct model_recording *r = &m.recording;
	struct hvsnd_capture *c = &m.capture;

	if (r->begun && c->synced) {
		r->allowed -= c->silence + c->insert;
		r->from = c->filled_ptr;
		r->from_jitter = c->jitter_out;
	}
	r->begun = true;
	model_capture_excuse();
	hvsnd_capture_begin(c);
}

static size_t quota(size_t left)
{
	struct hvsnd_capture *c = &m.capture;
	size_t bytes;

	c->no_room = false;
	m.discard = !hvsnd_capture_may_take(m.state, m.flush);
	if (m.discard)
		return left;
	if (hvsnd_remote_is_stale(&m.remote, m.epoch))
		model_begin(0);
	bytes = hvsnd_capture_quota(c, &m.context, model_position());
	must(waiting() <= c->jitter.frames);
	if (c->synced && bytes)
		must(bytes + c->partial_len <=
		     (size_t)(c->jitter.frames - waiting()) * MODEL_FRAME);
	return min_t(size_t, bytes, left);
}

/**
 * model_capture_deliver() - As hvsnd_stream_on_data()
 * @data: audio data
 * @len: bytes
 */
void model_capture_deliver(const u8 *data, size_t len)
{
	struct model_recording *r = &m.recording;
	struct hvsnd_capture *c = &m.capture;
	u32 phase = m.total % MODEL_FRAME;
	bool synced = c->synced;

	m.total += len;
	if (m.discard || !data || !synced)
		model_capture_excuse();
	if (m.discard || !data) {
		hvsnd_capture_discard(c);
		return;
	}
	hvsnd_capture_deliver(c, &m.context, model_position(), data, len,
			      phase);
	if (!synced && c->synced)
		r->allowed += c->silence + (c->filled_ptr - r->from) -
			      (c->jitter_out - r->from_jitter);
}

/* The worker may take its time between its calls, and ALSA may call. */
static void interrupt(void)
{
	u64 ns = model_rnd(500) * 1000;

	if (!model_rnd(20)) {
		m.now += ns;
		host_run(ns);
	}
	model_interrupt();
}

/**
 * model_capture_receive() - As hvsnd_stream_receive()
 *
 * Return: 0, or why the connection is to end.
 */
int model_capture_receive(void)
{
	struct model_host *h = &m.host;
	size_t n;
	int ret;

	m.heard = h->arrived;
	h->arrived = false;
	while (h->taken < h->answer_len) {
		interrupt();
		n = quota(h->answer_len - h->taken);
		if (!n)
			return 0;
		interrupt();
		n = min_t(size_t, n, 1 + model_rnd(model_rnd(4) ? 5000 : 50));
		if (m.session.pulse.state != HVSND_PULSE_RUNNING)
			model_capture_excuse();
		ret = m.session.ops->receive(&m.session, h->answer + h->taken,
					     n);
		h->taken += n;
		if (ret < 0)
			return ret;
		if (m.conn == HVSND_CONN_TERMINATED)
			return -ENODEV;
	}
	return h->closed ? -EPIPE : 0;
}

static void read_frame(u32 number)
{
	struct model_recording *r = &m.recording;
	u32 before = max_t(u32, r->last, r->excused);

	must(number != MODEL_POISON);
	if (!number) {
		r->silent++;
		model_sums.silent++;
		return;
	}
	/* Of this START, in order, none twice */
	must(number <= m.host.recorded);
	must(number > r->first);
	must(number > r->last);
	if (number > before)
		r->missing += number - before - 1;
	r->last = number;
	model_sums.heard++;
}

/**
 * model_capture_read() - Read what the position has passed
 * @from: first frame
 * @to: frame after the last one
 *
 * What has been read becomes invalid, except what a rewind may return to.
 */
void model_capture_read(u64 from, u64 to)
{
	struct model_recording *r = &m.recording;
	u64 filled = m.capture.filled_ptr, at;

	must(filled >= to);
	for (at = from; at < to; at++) {
		m.written[at % MODEL_RING] = m.memory[at % MODEL_RING];
		read_frame(m.memory[at % MODEL_RING]);
	}
	must(r->missing <= m.stats.dropped - r->stats.dropped);
	for (at = max_t(u64, r->poisoned, filled); at < filled + MODEL_RING / 2;
	     at++)
		m.memory[at % MODEL_RING] = MODEL_POISON;
	r->poisoned = max_t(u64, r->poisoned, filled + MODEL_RING / 2);
}

/* Silence that was counted is there, and what is there was counted. */
static void check_silence(void)
{
	struct model_recording *r = &m.recording;
	struct hvsnd_capture *c = &m.capture;
	u64 silent = r->silent + c->silence + c->insert, at;

	for (at = m.seen; at < c->filled_ptr; at++)
		silent += !m.memory[at % MODEL_RING];
	for (at = c->jitter_out; at < c->jitter_in; at++)
		silent += !r->memory[at % c->jitter.frames];
	must((s64)silent == r->allowed + (s64)(m.stats.inserted -
					       r->stats.inserted));
}

/* Nothing keeps the host's frames from the application. */
static bool is_alive(void)
{
	return m.state == HVSND_PCM_RUNNING && model_is_up() &&
	       host_is_recording() && !m.host.hangs && !m.host.liar &&
	       m.now >= m.host.late_until_ns &&
	       m.now >= m.host.deaf_until_ns && m.now >= m.busy_until_ns &&
	       !m.host.closed && !m.loop;
}

/**
 * model_capture_watch() - Check that what the host records arrives
 */
void model_capture_watch(void)
{
	struct model_recording *r = &m.recording;
	u64 limit_ns = ALIVE_MS * MODEL_MS +
		       div64_u64(m.delay.jitter * 1000 * MODEL_MS, MODEL_RATE);

	if (!is_alive() || !r->alive_ns) {
		r->alive_ns = m.now;
		r->alive_number = m.host.recorded;
	} else if (m.now > r->alive_ns + limit_ns) {
		must(r->last > r->alive_number);
	}
}

/**
 * model_capture_check() - Check a recording after the worker has run
 */
void model_capture_check(void)
{
	struct model_recording *r = &m.recording;
	struct hvsnd_capture *c = &m.capture;

	must(m.delay.jitter <= m.geometry.max_delay);
	must(m.delay.now <= 10 * MODEL_RATE);
	must(waiting() <= c->jitter.frames);
	if (m.state == HVSND_PCM_RUNNING && r->begun && c->synced &&
	    !hvsnd_remote_is_stale(&m.remote, m.epoch) &&
	    c->filled_ptr <= m.seen + MODEL_RING && !model_rnd(30))
		check_silence();
}
