/* SPDX-License-Identifier: GPL-2.0 */
/* What follows from a stream's period, buffer and latency. */
#ifndef HVSOCK_GEOMETRY_H
#define HVSOCK_GEOMETRY_H

#include "pure.h"

#define HVSND_LATENCY_MAX_US	2000000	/* no device is further away */

/**
 * struct hvsnd_geometry_params - what a stream's geometry follows from
 * @rate: frames per second
 * @frame_bytes: bytes per frame
 * @period: frames per period
 * @buffer: frames in the PCM ring
 * @latency_us: delay that the card asks for, in microseconds; 0 for the default
 * @min_chunk_ms: milliseconds that the host takes at least at a time
 * @capture: whether the stream records
 * @timed: whether the host reports timing, and forgets what it was sent when it
 *	is told to
 */
struct hvsnd_geometry_params {
	u32 rate;
	u32 frame_bytes;
	u32 period;
	u32 buffer;
	u32 latency_us;
	u32 min_chunk_ms;
	bool capture;
	bool timed;
};

/**
 * struct hvsnd_geometry - sizes that hold as long as a connection, in frames
 * @params: what they follow from
 * @chunk: what the host takes at a time
 * @delay: how far the host trails the position to begin with (D)
 * @max_delay: what the delay may grow to
 * @max_ahead: how far ahead of the position audio data is sent (W)
 * @write_low_water: what is written is sent if no more than this is ahead
 * @timer_low_water: the same for what is found when the timer fires
 * @start_timeout: how long the position waits at START for a host that is
 *	about to answer
 * @queue: what the host may hold
 */
struct hvsnd_geometry {
	struct hvsnd_geometry_params params;
	u32 chunk;
	u32 delay;
	u32 max_delay;
	u32 max_ahead;
	u32 write_low_water;
	u32 timer_low_water;
	u32 start_timeout;
	u32 queue;
};

/* Frames that last so many milliseconds. */
static inline u32 hvsnd_geometry_ms(const struct hvsnd_geometry *g, u32 ms)
{
	return g->params.rate * ms / 1000;
}

void hvsnd_geometry_set(struct hvsnd_geometry *g,
			const struct hvsnd_geometry_params *p);

#endif /* HVSOCK_GEOMETRY_H */
