/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device clock in software, for streams that have no device. Playback: data
 * is consumed at the nominal rate. Recording: silence is produced at that rate.
 */
#ifndef HVSNDD_SOFTCLOCK_H
#define HVSNDD_SOFTCLOCK_H

#include "loop.h"
#include "stream.h"

/**
 * struct softclock - the clock of one stream
 * @stream: the stream
 * @timer: playback: fires when there is room again; recording: periodic
 * @since_usec: time up to which @bytes is computed, or silence was produced
 * @bytes: playback: number of bytes that may be consumed now
 */
struct softclock {
	struct stream *stream;
	struct timer timer;
	uint64_t since_usec;
	size_t bytes;
};

/**
 * softclock_start() - Start the clock of a stream
 * @c: zeroed, or a clock that was started before
 * @s: the stream; a recording stream receives silence from now on
 *
 * Return: 0 or a negative errno.
 */
int softclock_start(struct softclock *c, struct stream *s);
void softclock_stop(struct softclock *c);

/* Playback: number of bytes that may be consumed now. */
size_t softclock_room(struct softclock *c);

/* Playback: @len bytes were consumed. */
void softclock_consume(struct softclock *c, size_t len);

#endif /* HVSNDD_SOFTCLOCK_H */
