// SPDX-License-Identifier: GPL-2.0
/*
 * The streams of the native protocol on the selected output.
 *
 * An output with a device tells when it takes data, and how much it has still
 * to play. An output without a device takes anything at any time; here, a clock
 * decides how much of the queue has been played.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/clean.h"
#include "loop.h"
#include "native_output.h"
#include "output_select.h"

#define TICK_MIN_USEC USEC_PER_MSEC
#define TICK_MAX_USEC (20 * USEC_PER_MSEC)
/* A device takes an eighth of its buffer at a time (output_alsa.c). */
#define DEVICE_STEPS 8
/* Silence after the last data, before the device is stopped. */
#define TAIL_USEC (100 * USEC_PER_MSEC)

/**
 * struct endpoint - a stream on the output
 * @s: the stream
 * @stream: the output's stream; NULL while a record stream is stopped
 * @timer: the clock of an output without a device
 * @playing: the clock runs, or the device plays
 * @since_usec: clock: time at which it was started
 * @taken: clock: bytes that were taken since then
 * @dry_usec: device: time at which it has played all data
 */
struct endpoint {
	struct native_stream *s;
	struct stream *stream;
	struct timer timer;
	bool playing;
	uint64_t since_usec;
	uint64_t taken;
	uint64_t dry_usec;
};

static struct connection *connection_of(const struct native_stream *s)
{
	return s->client->owner;
}

static bool has_device(const struct endpoint *e)
{
	return e->stream->output->delay;
}

/* Pass on at most @len bytes. Returns the number of bytes. */
static size_t play(struct endpoint *e, size_t len)
{
	size_t room = e->stream->output->room(e->stream), n;
	uint8_t buf[STREAM_BLOCK_SIZE];

	if (len > room)
		len = room;
	n = native_stream_read(e->s, buf,
			       len < sizeof(buf) ? len : sizeof(buf));
	if (n)
		e->stream->output->write(e->stream, buf, n);
	return n;
}

/* Take what the clock has passed, and set the timer. */
static void run_clock(struct endpoint *e)
{
	const struct sample_spec *spec = &e->s->spec;
	uint64_t due = sample_bytes(loop_now() - e->since_usec, spec), n;

	while (e->taken < due && native_stream_readable(e->s)) {
		n = play(e, due - e->taken);
		e->taken += n;
		/* The output takes no more now. */
		if (!n)
			break;
	}
	if (e->taken < due && !native_stream_readable(e->s)) {
		native_stream_starved(e->s, due - e->taken);
		e->taken = due;
	}
	e->playing = native_stream_is_active(e->s);
	if (!e->playing) {
		timer_stop(&e->timer);
		return;
	}
	n = native_stream_until_request(e->s);
	n = n ? sample_usec(n, spec) : TICK_MIN_USEC;
	timer_set(&e->timer, n < TICK_MIN_USEC ? TICK_MIN_USEC :
			     n > TICK_MAX_USEC ? TICK_MAX_USEC :
						 n);
}

static void fill_with_silence(struct endpoint *e)
{
	size_t room = e->stream->output->room(e->stream), n;
	size_t frame = sample_frame_size(&e->s->spec);
	uint8_t buf[STREAM_BLOCK_SIZE];
	const size_t max = sizeof(buf) - sizeof(buf) % frame;

	sample_silence(e->s->spec.format, buf, sizeof(buf));
	while (room >= frame) {
		n = room < max ? room - room % frame : max;
		e->stream->output->write(e->stream, buf, n);
		room -= n;
	}
}

/* The device takes data. */
static void run_device(struct endpoint *e)
{
	uint64_t now = loop_now();
	bool wrote = false;

	if (!e->playing)
		return;
	while (play(e, STREAM_BLOCK_SIZE))
		wrote = true;
	if (wrote)
		e->dry_usec = now + e->stream->output->delay(e->stream);
	if (now + e->s->step_us < e->dry_usec)
		return;
	native_stream_starved(e->s, sample_bytes(e->s->step_us, &e->s->spec));
	if (!native_stream_is_active(e->s) && now >= e->dry_usec + TAIL_USEC) {
		e->playing = false;
		e->stream->output->cork(e->stream, true);
		return;
	}
	fill_with_silence(e);
}

static void on_room(void *data)
{
	struct endpoint *e = data;

	if (has_device(e))
		run_device(e);
	else if (e->playing)
		run_clock(e);
}

static void on_clock(void *data)
{
	run_clock(data);
}

static void on_data(void *data, const void *buf, size_t len)
{
	struct endpoint *e = data;
	struct guest *g = connection_of(e->s)->guest;
	uint64_t dropped = e->s->dropped;

	native_stream_record(e->s, buf, len);
	dropped = e->s->dropped - dropped;
	g->dropped_bytes += dropped;
	g->recorded_bytes += len - dropped;
}

static void on_volume(void *data, const struct stream_volume *v)
{
	struct endpoint *e = data;

	native_volume_changed(e->s, v->gain, v->mute);
}

static struct stream_volume volume_of(const struct native_stream *s)
{
	return (struct stream_volume){
		.gain = native_volume_gain(s),
		.mute = s->volume.mute,
	};
}

/* As the relay names a stream: the guest and the program. */
static void set_name(struct stream *stream, const struct native_stream *s)
{
	static const char key[] = "application.name";
	const char *program = native_props_get(&s->props, key);
	int n;

	if (!program)
		program = native_props_get(&s->client->props, key);
	if (!program)
		return;
	n = snprintf(stream->name, sizeof(stream->name), "%s: ",
		     stream->guest->name);
	output_clean(stream->name + n, sizeof(stream->name) - n, program,
		     strlen(program));
}

static bool open_stream(struct endpoint *e)
{
	struct stream s = {
		.guest = connection_of(e->s)->guest,
		.spec = e->s->spec,
		.record = e->s->record,
		.volume = volume_of(e->s),
		.gives_gain = e->s->gives_level,
		.gives_mute = e->s->gives_mute,
		.on_room = on_room,
		.on_data = on_data,
		.on_volume = on_volume,
		.data = e,
	};

	set_name(&s, e->s);
	e->stream = selected_output->open(&s);
	return e->stream;
}

static void close_stream(struct endpoint *e)
{
	if (e->stream)
		e->stream->output->close(e->stream);
	e->stream = NULL;
}

bool native_output_open(struct native_stream *s)
{
	struct endpoint *e = calloc(1, sizeof(*e));

	if (!e)
		return false;
	e->s = s;
	if (timer_init(&e->timer, on_clock, e) || !open_stream(e)) {
		timer_free(&e->timer);
		free(e);
		return false;
	}
	s->owner = e;
	s->output_volume = !s->record && selected_output->set_volume;
	if (!s->record && has_device(e)) {
		s->latency_us = sample_usec(e->stream->output->room(e->stream),
					    &s->spec);
		s->step_us = s->latency_us / DEVICE_STEPS;
		e->stream->output->cork(e->stream, true);
	}
	return true;
}

void native_output_close(struct native_stream *s)
{
	struct endpoint *e = s->owner;

	close_stream(e);
	timer_free(&e->timer);
	free(e);
	s->owner = NULL;
}

/* The microphone is closed while the stream is stopped. */
static void record_changed(struct endpoint *e)
{
	if (native_stream_is_stopped(e->s))
		close_stream(e);
	else if (!e->stream && !open_stream(e))
		native_stream_kill(e->s);
}

void native_output_changed(struct native_stream *s)
{
	struct endpoint *e = s->owner;

	if (s->record) {
		record_changed(e);
		return;
	}
	if (e->playing || !native_stream_is_active(s))
		return;
	e->playing = true;
	e->since_usec = loop_now();
	e->taken = 0;
	if (has_device(e)) {
		e->dry_usec = e->since_usec;
		e->stream->output->cork(e->stream, false);
		run_device(e);
	} else {
		run_clock(e);
	}
}

u64 native_output_latency(struct native_stream *s)
{
	struct endpoint *e = s->owner;

	if (!e->stream)
		return 0;
	if (has_device(e))
		return s->record || e->playing ?
			       e->stream->output->delay(e->stream) :
			       0;
	if (!s->record && e->playing)
		run_clock(e);
	return 0;
}

void native_output_volume(struct native_stream *s)
{
	struct endpoint *e = s->owner;

	if (!e->stream || !s->output_volume)
		return;
	e->stream->volume = volume_of(s);
	e->stream->output->set_volume(e->stream);
}
