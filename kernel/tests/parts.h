/* SPDX-License-Identifier: GPL-2.0 */
/* What a pure part of a stream is tested with: the parts that it uses. */
#ifndef HVSOCK_TESTS_PARTS_H
#define HVSOCK_TESTS_PARTS_H

#include "unit.h"

#include "core/context.h"

#define PARTS_RATE	48000
#define PARTS_FRAMES	4800	/* in the PCM buffer */
#define PARTS_PERIOD	480
#define PARTS_MS	1000000ULL	/* in nanoseconds */

/**
 * struct parts - what a part of a stream uses
 * @geometry: sizes
 * @ring: PCM buffer
 * @silence: silence, all zeros
 * @clock: clock
 * @delay: delay
 * @stats: counters
 * @context: all of these
 * @memory: frames of @ring, each with a number of its own
 */
struct parts {
	struct hvsnd_geometry geometry;
	struct hvsnd_ring ring;
	struct hvsnd_silence silence;
	struct hvsnd_clock clock;
	struct hvsnd_delay delay;
	struct hvsnd_stats stats;
	struct hvsnd_context context;
	u32 memory[PARTS_FRAMES];
};

/* Frames of 4 bytes in periods of 10 ms, for a host that reports timing. */
static inline struct hvsnd_geometry_params parts_params(bool capture)
{
	const struct hvsnd_geometry_params p = {
		.rate = PARTS_RATE,
		.frame_bytes = 4,
		.period = PARTS_PERIOD,
		.buffer = PARTS_FRAMES,
		.capture = capture,
		.timed = true,
	};

	return p;
}

static inline void parts_init(struct parts *f,
			      const struct hvsnd_geometry_params *p)
{
	memset(f, 0, sizeof(*f));
	hvsnd_geometry_set(&f->geometry, p);
	f->ring.data = (u8 *)f->memory;
	f->ring.frames = PARTS_FRAMES;
	f->ring.frame_bytes = 4;
	f->silence.frames = HVSND_SILENCE_BLOCK / 4;
	hvsnd_delay_init(&f->delay, &f->geometry);
	hvsnd_clock_init(&f->clock, p->rate, f->delay.jitter);
	f->context.geometry = &f->geometry;
	f->context.ring = &f->ring;
	f->context.silence = &f->silence;
	f->context.clock = &f->clock;
	f->context.delay = &f->delay;
	f->context.stats = &f->stats;
}

#endif /* HVSOCK_TESTS_PARTS_H */
