// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "model_loop.h"

#define TIMERS_MAX 8

/**
 * struct due - a timer
 * @timer: the timer; NULL: the entry is free
 * @usec: when it fires, if it is set
 */
static struct due {
	struct timer *timer;
	uint64_t usec;
} timers[TIMERS_MAX];

static uint64_t now = USEC_PER_SEC;

uint64_t loop_now(void)
{
	return now;
}

int timer_init(struct timer *t, void (*call)(void *data), void *data)
{
	struct due *d = timers;

	while (d < timers + TIMERS_MAX && d->timer)
		d++;
	if (d == timers + TIMERS_MAX)
		return -ENOMEM;
	*t = (struct timer){ .call = call, .data = data, .event = d };
	d->timer = t;
	return 0;
}

void timer_set(struct timer *t, uint64_t usec)
{
	struct due *d = t->event;

	d->usec = now + usec;
	t->is_set = true;
}

void timer_stop(struct timer *t)
{
	t->is_set = false;
}

void timer_free(struct timer *t)
{
	struct due *d = t->event;

	if (!d)
		return;
	d->timer = NULL;
	memset(t, 0, sizeof(*t));
}

void model_pass(unsigned int ms, void (*each_ms)(void))
{
	struct due *d;

	while (ms--) {
		now += USEC_PER_MSEC;
		if (each_ms)
			each_ms();
		for (d = timers; d < timers + TIMERS_MAX; d++) {
			if (!d->timer || !d->timer->is_set || d->usec > now)
				continue;
			d->timer->is_set = false;
			d->timer->call(d->timer->data);
		}
	}
}

unsigned int model_timers(void)
{
	unsigned int n = 0;
	struct due *d;

	for (d = timers; d < timers + TIMERS_MAX; d++)
		n += d->timer ? 1 : 0;
	return n;
}
