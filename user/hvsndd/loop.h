/* SPDX-License-Identifier: GPL-2.0 */
/* The event loop: libpulse's main loop, with watched descriptors and timers. */
#ifndef HVSNDD_LOOP_H
#define HVSNDD_LOOP_H

#include <pulse/mainloop.h>
#include <stdbool.h>
#include <stdint.h>

#define USEC_PER_SEC 1000000ULL
#define USEC_PER_MSEC 1000ULL

/* The main loop; valid after loop_start(). */
extern pa_mainloop_api *loop_api;

/**
 * struct watch - a watched descriptor
 * @fd: the descriptor
 * @ready: called when the descriptor is readable or writable, or has ended
 * @data: argument of @ready
 * @event: internal
 * @in: whether the descriptor is watched for input
 * @out: whether the descriptor is watched for output
 */
struct watch {
	int fd;
	void (*ready)(void *data, bool in, bool out);
	void *data;
	pa_io_event *event;
	bool in;
	bool out;
};

/*
 * Set what the descriptor is watched for. If both are false, the end of a
 * connection is not reported either.
 */
void watch_set(struct watch *w, bool in, bool out);

/**
 * struct timer - a one-shot timer on CLOCK_MONOTONIC
 * @w: internal
 * @call: called when the timer fires
 * @data: argument of @call
 */
struct timer {
	struct watch w;
	void (*call)(void *data);
	void *data;
};

/**
 * timer_init - create a timer
 * @t: the timer
 * @call: called when the timer fires
 * @data: argument of @call
 *
 * Return: 0 or a negative errno.
 */
int timer_init(struct timer *t, void (*call)(void *data), void *data);

/* Fire once, in @usec microseconds. An earlier timer_set() is cancelled. */
void timer_set(struct timer *t, uint64_t usec);
void timer_stop(struct timer *t);

/* Free a timer. A zeroed timer is allowed. */
void timer_free(struct timer *t);

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t loop_now(void);

/* Create the loop, which SIGINT and SIGTERM end. Returns false on failure. */
bool loop_start(void);

/* Run until the loop is ended. Returns the exit status of the program. */
int loop_run(void);
void loop_free(void);

#endif /* HVSNDD_LOOP_H */
