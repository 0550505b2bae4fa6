/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual DAC's clock: frames from nanoseconds, disciplined by the host.
 *
 * The position runs from the moment the stream starts, at the nominal rate
 * times (1 + ppb / 10^9). Nothing here waits or reads a clock: times come in
 * as nanoseconds of one monotonic clock, frames go out.
 */
#ifndef HVSOCK_CLOCK_H
#define HVSOCK_CLOCK_H

#include "pure.h"

#define HVSND_CLOCK_MAX_PPB	1000000	/* most correction: 1000 ppm */

/**
 * struct hvsnd_clock - one stream's clock
 * @base_ns: when the position was @base_frames
 * @base_frames: position at @base_ns, in frames since the stream started
 * @base_frac: what @base_frames leaves out, in 10^-18 frames
 * @rate: nominal rate in frames per second
 * @ppb: correction in force, in parts per billion of @rate
 * @running: whether the position advances
 * @target: what the loop holds the reported delay at, in frames
 * @excess: frames of @target that the stream does not need, and gives back
 * @return_ns: up to when the loop has given back
 * @integral: the host's rate against ours as the loop believes it, in 2^-16
 *	parts per billion
 * @offset_ns: the delay minus @target as the loop believes it
 * @memory_ms: how far back the loop averages
 * @outliers: reports in a row that contradict @offset_ns on the same side,
 *	negative for too low
 * @last_report_ns: time of the last report that the loop took, 0 for none
 * @over_ns: since when reports call for a resync, 0 when they do not
 *
 * The owner of the clock serialises all calls on it.
 */
struct hvsnd_clock {
	u64 base_ns;
	u64 base_frames;
	u64 base_frac;
	u32 rate;
	s32 ppb;
	bool running;
	u32 target;
	u32 excess;
	u64 return_ns;
	s64 integral;
	s64 offset_ns;
	u32 memory_ms;
	s32 outliers;
	u64 last_report_ns;
	u64 over_ns;
};

void hvsnd_clock_init(struct hvsnd_clock *c, u32 rate, u32 target);
void hvsnd_clock_start(struct hvsnd_clock *c, u64 now_ns, u64 frames);
void hvsnd_clock_stop(struct hvsnd_clock *c, u64 now_ns);
u64 hvsnd_clock_frames(const struct hvsnd_clock *c, u64 now_ns);
u64 hvsnd_clock_time(const struct hvsnd_clock *c, u64 frames);
s64 hvsnd_clock_report(struct hvsnd_clock *c, u64 now_ns, s64 delay);
void hvsnd_clock_learn(struct hvsnd_clock *c, u64 now_ns, u32 delay,
		       u32 needed);
void hvsnd_clock_reduce(struct hvsnd_clock *c, u32 frames);
void hvsnd_clock_return(struct hvsnd_clock *c, u64 now_ns, bool capture);

#endif /* HVSOCK_CLOCK_H */
