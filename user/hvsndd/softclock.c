// SPDX-License-Identifier: GPL-2.0
#include "softclock.h"

/*
 * The clock runs 1 % fast, so that a guest with a fast clock loses no data. A
 * guest that was delayed may catch up by BURST_MS. A guest that sends as fast
 * as it can is limited to this rate.
 */
#define PERCENT 101
#define BURST_MS 2000
#define PERIOD_MS 10

static size_t bytes_of(const struct softclock *c, uint64_t usec)
{
	return sample_bytes(usec, &c->stream->spec);
}

static void refill(struct softclock *c)
{
	size_t max = bytes_of(c, BURST_MS * USEC_PER_MSEC);
	uint64_t now = loop_now(), usec = now - c->since_usec;

	c->bytes += bytes_of(c, usec * PERCENT / 100);
	if (c->bytes > max)
		c->bytes = max;
	c->since_usec = now;
}

static void produce_silence(struct softclock *c)
{
	const struct sample_spec *spec = &c->stream->spec;
	unsigned char silence[STREAM_BLOCK_SIZE];
	size_t frame = sample_frame_size(spec), len, n;
	const size_t max = sizeof(silence) - sizeof(silence) % frame;
	uint64_t now = loop_now();

	/* After a delay of more than BURST_MS, continue from now. */
	if (now - c->since_usec > BURST_MS * USEC_PER_MSEC)
		c->since_usec = now;
	len = bytes_of(c, now - c->since_usec);
	c->since_usec += sample_usec(len, spec);
	timer_set(&c->timer, PERIOD_MS * USEC_PER_MSEC);
	sample_silence(spec->format, silence, max);
	for (; len; len -= n) {
		n = len < max ? len : max;
		c->stream->on_data(c->stream->data, silence, n);
	}
}

static void on_timer(void *data)
{
	struct softclock *c = data;

	if (c->stream->record)
		produce_silence(c);
	else
		c->stream->on_room(c->stream->data);
}

int softclock_start(struct softclock *c, struct stream *s)
{
	int err;

	c->stream = s;
	c->since_usec = loop_now();
	c->bytes = bytes_of(c, BURST_MS * USEC_PER_MSEC);
	if (c->timer.call)
		return 0;
	err = timer_init(&c->timer, on_timer, c);
	if (!err && s->record)
		timer_set(&c->timer, PERIOD_MS * USEC_PER_MSEC);
	return err;
}

void softclock_stop(struct softclock *c)
{
	timer_free(&c->timer);
}

size_t softclock_room(struct softclock *c)
{
	size_t period = bytes_of(c, PERIOD_MS * USEC_PER_MSEC);

	if (c->bytes < STREAM_BLOCK_SIZE || c->bytes < period)
		refill(c);
	/* Less than a period is not worth a wakeup. */
	if (c->bytes < period) {
		timer_set(&c->timer, 2 * PERIOD_MS * USEC_PER_MSEC);
		return 0;
	}
	return c->bytes;
}

void softclock_consume(struct softclock *c, size_t len)
{
	c->bytes -= len;
}
