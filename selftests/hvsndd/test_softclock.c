// SPDX-License-Identifier: GPL-2.0
/* The clock of outputs without a device keeps its rate in all formats. */
#include "ktap.h"
#include "model_loop.h"
#include "softclock.h"

static unsigned int failures;

#define CHECK(condition) check(condition, #condition, __LINE__)

static void check(bool condition, const char *what, int line)
{
	if (!condition && failures++ < 10)
		ktap_note("line %d: not so: %s", line, what);
}

static const struct sample_spec specs[] = {
	{ SAMPLE_U8, 8000, 1 },
	{ SAMPLE_S16LE, 44100, 2 },
	{ SAMPLE_S24LE, 48000, 5 },
	{ SAMPLE_FLOAT32LE, 96000, 8 },
	{ SAMPLE_S32LE, SAMPLE_RATE_MAX, SAMPLE_CHANNELS_MAX },
};

static size_t recorded;

static void on_data(void *data, const void *buf, size_t len)
{
	const struct sample_spec *spec = data;

	(void)buf;
	CHECK(len && len <= STREAM_BLOCK_SIZE);
	CHECK(!(len % sample_frame_size(spec)));
	recorded += len;
}

static void record(const struct sample_spec *spec)
{
	struct stream s = {
		.spec = *spec,
		.record = true,
		.on_data = on_data,
		.data = (void *)spec,
	};
	struct softclock c = { 0 };
	size_t second = sample_bytes(USEC_PER_SEC, spec);

	recorded = 0;
	CHECK(!softclock_start(&c, &s));
	model_pass(1000, NULL);
	CHECK(recorded <= second && recorded >= second - second / 50);
	softclock_stop(&c);
	CHECK(!model_timers());
}

static size_t played;

/* As fast as the clock allows. */
static void on_room(void *data)
{
	struct softclock *c = data;
	size_t n;

	while ((n = softclock_room(c))) {
		n = n < STREAM_BLOCK_SIZE ? n : STREAM_BLOCK_SIZE;
		softclock_consume(c, n);
		played += n;
	}
}

static void play(const struct sample_spec *spec)
{
	struct softclock c = { 0 };
	struct stream s = {
		.spec = *spec,
		.on_room = on_room,
		.data = &c,
	};
	size_t second = sample_bytes(USEC_PER_SEC, spec);

	CHECK(!softclock_start(&c, &s));
	/* What a guest may catch up with */
	on_room(&c);
	played = 0;
	model_pass(1000, NULL);
	CHECK(played >= second - second / 50 && played < second + second / 20);
	softclock_stop(&c);
}

static bool each(void (*test)(const struct sample_spec *spec))
{
	size_t i;

	failures = 0;
	for (i = 0; i < sizeof(specs) / sizeof(*specs); i++)
		test(&specs[i]);
	return !failures;
}

int main(void)
{
	ktap_plan(2);
	ktap_result(each(record), "a recording has its rate");
	ktap_result(each(play), "a guest plays at its rate");
	return ktap_status();
}
