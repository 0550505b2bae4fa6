// SPDX-License-Identifier: GPL-2.0
#include "pace.h"

/*
 * A guest whose clock is 1 % fast still plays undisturbed, and one that was
 * held up may make up for it; one that floods is held to this.
 */
#define PERCENT 101
#define BURST_MS 2000
#define PERIOD_MS 10

static size_t bytes_of(const struct pace *p, uint64_t usec)
{
	return pa_usec_to_bytes(usec, &p->stream->spec);
}

static void refill(struct pace *p)
{
	size_t most = bytes_of(p, BURST_MS * USEC_PER_MSEC);
	uint64_t now = loop_now(), usec = now - p->since;

	p->bytes += bytes_of(p, usec * PERCENT / 100);
	if (p->bytes > most)
		p->bytes = most;
	p->since = now;
}

static void be_silent(struct pace *p)
{
	unsigned char silence[STREAM_BLOCK_SIZE];
	size_t len = bytes_of(p, loop_now() - p->since);

	if (len > sizeof(silence))
		len = sizeof(silence);
	len -= len % pa_frame_size(&p->stream->spec);
	p->since += pa_bytes_to_usec(len, &p->stream->spec);
	/* What could not be given in time is not made up for. */
	if (loop_now() - p->since > BURST_MS * USEC_PER_MSEC)
		p->since = loop_now();
	timer_set(&p->timer, PERIOD_MS * USEC_PER_MSEC);
	if (!len)
		return;
	stream_silence(p->stream, silence, len);
	p->stream->on_data(p->stream->data, silence, len);
}

static void on_timer(void *data)
{
	struct pace *p = data;

	if (p->stream->record)
		be_silent(p);
	else
		p->stream->on_room(p->stream->data);
}

int pace_start(struct pace *p, struct stream *s)
{
	p->stream = s;
	p->since = loop_now();
	p->bytes = bytes_of(p, BURST_MS * USEC_PER_MSEC);
	if (p->timer.call)
		return 0;
	if (timer_init(&p->timer, on_timer, p))
		return -1;
	if (s->record)
		timer_set(&p->timer, PERIOD_MS * USEC_PER_MSEC);
	return 0;
}

void pace_stop(struct pace *p)
{
	timer_free(&p->timer);
}

size_t pace_room(struct pace *p)
{
	if (p->bytes < STREAM_BLOCK_SIZE)
		refill(p);
	/* Worth a wake-up, or nothing. */
	if (p->bytes < bytes_of(p, PERIOD_MS * USEC_PER_MSEC)) {
		timer_set(&p->timer, 2 * PERIOD_MS * USEC_PER_MSEC);
		return 0;
	}
	return p->bytes;
}

void pace_take(struct pace *p, size_t len)
{
	p->bytes -= len;
}
