/* SPDX-License-Identifier: GPL-2.0 */
/* The one event loop: libpulse's, with descriptors and timers as hvsndd needs them. */
#ifndef HVSNDD_LOOP_H
#define HVSNDD_LOOP_H

#include <pulse/mainloop.h>
#include <stdbool.h>
#include <stdint.h>

#define USEC_PER_SEC 1000000ULL
#define USEC_PER_MSEC 1000ULL

/* The loop, from loop_start() on. */
extern pa_mainloop_api *loop_api;

/**
 * struct watch - a descriptor that is watched
 * @fd: the descriptor
 * @ready: called when it can be read or written, or has ended
 * @data: for @ready
 * @event: internal
 * @in: whether it is watched for input
 * @out: and for output
 */
struct watch {
	int fd;
	void (*ready)(void *data, bool in, bool out);
	void *data;
	pa_io_event *event;
	bool in;
	bool out;
};

/* Watches for what is said, from now on; for nothing, it hears of no hang-up either. */
void watch_set(struct watch *w, bool in, bool out);

/**
 * struct timer - a one-shot timer of the monotonic clock
 * @w: internal
 * @call: what is called
 * @data: for @call
 */
struct timer {
	struct watch w;
	void (*call)(void *data);
	void *data;
};

/**
 * timer_init - make a timer
 * @t: the timer
 * @call: what it calls
 * @data: with what
 *
 * Return: 0 or a negative errno.
 */
int timer_init(struct timer *t, void (*call)(void *data), void *data);

/* Fires once, @usec from now; an earlier time is forgotten. */
void timer_set(struct timer *t, uint64_t usec);
void timer_stop(struct timer *t);

/* It may never have been made, if its memory is zero. */
void timer_free(struct timer *t);

/* Microseconds of the monotonic clock. */
uint64_t loop_now(void);

/* Returns whether there is a loop; SIGINT and SIGTERM will end it. */
bool loop_start(void);

/* Runs until it is ended; returns the exit status. */
int loop_run(void);
void loop_quit(int status);
void loop_free(void);

#endif /* HVSNDD_LOOP_H */
