// SPDX-License-Identifier: GPL-2.0
/*
 * The streams of the native protocol on an output that has names and volumes,
 * as Windows has, and on an output without a device. The outputs are models.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "model_loop.h"
#include "native_output.h"
#include "output_select.h"

static unsigned int failures;

#define CHECK(condition) check(condition, #condition, __LINE__)

static void check(bool condition, const char *what, int line)
{
	if (!condition && failures++ < 10)
		ktap_note("line %d: not so: %s", line, what);
}

/**
 * struct model - what the output's only stream has
 * @stream: the stream, must be the first member
 * @own: its volume before it is set
 * @set: number of calls of set_volume()
 */
static struct model {
	struct stream stream;
	struct stream_volume own;
	unsigned int set;
} model;

static struct stream *model_open(const struct stream *s)
{
	struct stream_volume v = model.own;

	model.stream = *s;
	model.stream.output = selected_output;
	if (s->gives_gain)
		v.gain = s->volume.gain;
	if (s->gives_mute)
		v.mute = s->volume.mute;
	model.stream.volume = v;
	s->on_volume(s->data, &v);
	return &model.stream;
}

static size_t model_room(struct stream *s)
{
	(void)s;
	return 0;
}

static void model_cork(struct stream *s, bool cork)
{
	(void)s;
	(void)cork;
}

static uint64_t model_delay(struct stream *s)
{
	(void)s;
	return 0;
}

static void model_set_volume(struct stream *s)
{
	CHECK(s == &model.stream);
	model.set++;
}

static void model_close(struct stream *s)
{
	(void)s;
}

static const struct output output_model = {
	.name = "model",
	.open = model_open,
	.room = model_room,
	.cork = model_cork,
	.delay = model_delay,
	.set_volume = model_set_volume,
	.close = model_close,
};

const struct output *selected_output = &output_model;

/* Without a device: takes anything. */
static size_t written;

static struct stream *plain_open(const struct stream *s)
{
	model.stream = *s;
	model.stream.output = selected_output;
	return &model.stream;
}

static size_t plain_room(struct stream *s)
{
	(void)s;
	return STREAM_BLOCK_SIZE;
}

static void plain_write(struct stream *s, const void *buf, size_t len)
{
	(void)s;
	(void)buf;
	written += len;
}

static const struct output output_plain = {
	.name = "plain",
	.open = plain_open,
	.room = plain_room,
	.write = plain_write,
	.close = model_close,
};

static void nothing(struct native *n)
{
	(void)n;
}

static struct guest guest = { .name = "work" };
static struct connection connection = { .guest = &guest };
static struct native_host host = {
	.name = "work",
	.spec = { SAMPLE_S16LE, 48000, 2 },
};

static const struct native_ops ops = {
	.volume = native_output_volume,
	.output = nothing,
};

static struct native native = {
	.host = &host,
	.ops = &ops,
	.owner = &connection,
};

/* A stream that begins at 50 %, if @gives. */
static struct native_stream *open_stream(const char *program, bool gives)
{
	struct native_stream *s = &native.streams[0];

	memset(s, 0, sizeof(*s));
	memset(&native.props, 0, sizeof(native.props));
	s->client = &native;
	s->spec = host.spec;
	s->volume.channels = 2;
	s->volume.level[0] = gives ? 0x8000 : NATIVE_VOLUME_NORM;
	s->volume.level[1] = gives ? 0x4000 : NATIVE_VOLUME_NORM;
	s->gives_level = gives;
	if (program)
		native_props_set(&native.props, "application.name", program);
	model.set = 0;
	CHECK(native_output_open(s));
	s->state = NATIVE_OPEN;
	return s;
}

static bool names(void)
{
	struct native_stream *s;
	char program[200];

	failures = 0;
	s = open_stream("paplay", false);
	CHECK(!strcmp(model.stream.name, "work: paplay"));
	native_output_close(s);
	s = open_stream("a\033b\xff", false);
	CHECK(!strcmp(model.stream.name, "work: a?b?"));
	native_output_close(s);
	s = open_stream(NULL, false);
	CHECK(!*model.stream.name);
	native_output_close(s);
	memset(program, 'x', sizeof(program) - 1);
	program[sizeof(program) - 1] = '\0';
	s = open_stream(program, false);
	CHECK(strlen(model.stream.name) == STREAM_NAME_SIZE - 1);
	native_output_close(s);
	return !failures;
}

static bool volume_of_open(void)
{
	struct native_stream *s;

	failures = 0;
	model.own = (struct stream_volume){ 0.125f, true };
	s = open_stream("x", true);
	/* The loudest channel is at a half, which is an eighth, cubed. */
	CHECK(model.stream.volume.gain == 0.125f && model.stream.volume.mute);
	CHECK(s->volume.level[0] == 0x8000 && s->volume.level[1] == 0x4000);
	CHECK(s->volume.mute);
	native_output_close(s);
	model.own = (struct stream_volume){ 0.125f, false };
	s = open_stream("x", false);
	CHECK(s->volume.level[0] == 0x8000 && s->volume.level[1] == 0x8000);
	CHECK(!s->volume.mute && !model.set);
	native_output_close(s);
	return !failures;
}

static bool volume_of_both(void)
{
	const struct stream_volume changed = { 0.015625f, true };
	u8 samples[] = { 0x00, 0x40, 0x00, 0x40 };
	struct native_stream *s;

	failures = 0;
	model.own = (struct stream_volume){ 1, false };
	s = open_stream("x", false);
	s->volume.level[0] = 0x8000;
	s->volume.level[1] = 0x10000;
	ops.volume(s);
	CHECK(model.set == 1 && model.stream.volume.gain == 1);
	native_volume_apply(s, samples, sizeof(samples));
	CHECK(samples[1] == 0x08 && samples[3] == 0x40);
	/* The output is at a quarter now. */
	model.stream.on_volume(model.stream.data, &changed);
	CHECK(s->volume.level[0] == 0x2000 && s->volume.level[1] == 0x4000);
	CHECK(s->volume.mute && model.set == 1);
	native_volume_apply(s, samples, sizeof(samples));
	CHECK(samples[1] == 0x01 && samples[3] == 0x40);
	native_output_close(s);
	return !failures;
}

/*
 * The clock of an output without a device fires only now and then. Between, a
 * timing report has what was played up to its own time.
 */
static bool clock_of_plain(void)
{
	static const u8 second[192000];
	const struct native_attr attr = { 192000, 192000, 0, 96000 };
	struct native_stream *s;
	size_t used = 0;
	size_t due;
	u64 start;

	failures = 0;
	selected_output = &output_plain;
	s = open_stream("x", false);
	native_queue_init(&s->queue, &s->spec, &attr, &used);
	CHECK(native_queue_begin(&s->queue, NATIVE_SEEK_RELATIVE, 0,
				 sizeof(second)));
	native_queue_write(&s->queue, second, sizeof(second));
	native_output_changed(s);
	for (start = loop_now(); loop_now() < start + 100000;
	     model_pass(1, NULL)) {
		due = sample_bytes(loop_now() - start, &s->spec);
		CHECK(native_output_latency(s) == 0);
		CHECK((size_t)s->queue.read_index == due && written == due);
	}
	native_output_close(s);
	native_queue_free(&s->queue);
	selected_output = &output_model;
	return !failures;
}

int main(void)
{
	native_host_init(&host);
	host.clients = &native;
	ktap_plan(4);
	ktap_result(names(), "an output gets the names of guest and program");
	ktap_result(volume_of_open(), "a new stream has the output's volume");
	ktap_result(volume_of_both(), "both sides change the volume");
	ktap_result(clock_of_plain(), "a report is not older than its time");
	return ktap_status();
}
