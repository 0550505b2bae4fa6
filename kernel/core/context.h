/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of a stream share. */
#ifndef HVSOCK_CONTEXT_H
#define HVSOCK_CONTEXT_H

#include "clock.h"
#include "delay.h"
#include "geometry.h"
#include "ring.h"
#include "stats.h"

/**
 * struct hvsnd_context - what the parts of a stream share
 * @geometry: sizes
 * @ring: PCM buffer
 * @silence: silence in the stream's format
 * @clock: clock
 * @delay: delay
 * @stats: counters
 */
struct hvsnd_context {
	const struct hvsnd_geometry *geometry;
	const struct hvsnd_ring *ring;
	const struct hvsnd_silence *silence;
	struct hvsnd_clock *clock;
	struct hvsnd_delay *delay;
	struct hvsnd_stats *stats;
};

#endif /* HVSOCK_CONTEXT_H */
