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
	return pa_usec_to_bytes(usec, &p->voice->sound);
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
	unsigned char silence[VOICE_BLOCK];
	size_t len = bytes_of(p, loop_now() - p->since);

	if (len > sizeof(silence))
		len = sizeof(silence);
	len -= len % pa_frame_size(&p->voice->sound);
	p->since += pa_bytes_to_usec(len, &p->voice->sound);
	/* What could not be given in time is not made up for. */
	if (loop_now() - p->since > BURST_MS * USEC_PER_MSEC)
		p->since = loop_now();
	timer_set(&p->timer, PERIOD_MS * USEC_PER_MSEC);
	if (!len)
		return;
	voice_silence(p->voice, silence, len);
	p->voice->heard(p->voice->data, silence, len);
}

static void on_timer(void *data)
{
	struct pace *p = data;

	if (p->voice->record)
		be_silent(p);
	else
		p->voice->ready(p->voice->data);
}

int pace_start(struct pace *p, struct voice *v)
{
	p->voice = v;
	p->since = loop_now();
	p->bytes = bytes_of(p, BURST_MS * USEC_PER_MSEC);
	if (p->timer.call)
		return 0;
	if (timer_init(&p->timer, on_timer, p))
		return -1;
	if (v->record)
		timer_set(&p->timer, PERIOD_MS * USEC_PER_MSEC);
	return 0;
}

void pace_stop(struct pace *p)
{
	timer_free(&p->timer);
}

size_t pace_room(struct pace *p)
{
	if (p->bytes < VOICE_BLOCK)
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
