/* SPDX-License-Identifier: GPL-2.0 */
/* The event loop: watched sockets and timers. */
#ifndef HVSNDD_LOOP_H
#define HVSNDD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define USEC_PER_SEC 1000000ULL
#define USEC_PER_MSEC 1000ULL

/**
 * struct watch - a watched socket or descriptor
 * @fd: the socket, non-blocking
 * @ready: called when the socket is readable or writable, or has ended
 * @data: argument of @ready
 * @event: internal
 * @in: whether the socket is watched for input
 * @out: whether the socket is watched for output
 */
struct watch {
	int fd;
	void (*ready)(void *data, bool in, bool out);
	void *data;
	void *event;
	bool in;
	bool out;
};

/*
 * Set what the socket is watched for. If both are false, the end of a
 * connection is not reported either.
 */
void watch_set(struct watch *w, bool in, bool out);

/**
 * struct timer - a one-shot timer on the clock of loop_now()
 * @call: called when the timer fires
 * @data: argument of @call
 * @event: internal
 * @is_set: the timer will fire
 */
struct timer {
	void (*call)(void *data);
	void *data;
	void *event;
	bool is_set;
};

/**
 * timer_init() - Create a timer
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

/* Microseconds of a clock that is never set. */
uint64_t loop_now(void);

/* Microseconds since 1970. The clock may be set. */
uint64_t loop_wall(void);

/* Create the loop, which a signal ends. Returns false on failure. */
bool loop_start(void);

/* Run until the loop is ended. Returns the exit status of the program. */
int loop_run(void);
void loop_free(void);

#endif /* HVSNDD_LOOP_H */
