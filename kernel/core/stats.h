/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of what happened to a stream. */
#ifndef HVSOCK_CORE_STATS_H
#define HVSOCK_CORE_STATS_H

#include "pure.h"

/**
 * struct hvsnd_stats - what happened
 * @reconnects: how often the host came back
 * @resyncs: how often the delay had to be put right at once
 * @underflows: how often the host ran dry
 * @overflows: how often the host threw audio away
 * @xruns: how often the program came too late
 * @worst_delay_us: longest delay between position and loudspeaker or
 *                  microphone, in microseconds
 * @dropped: frames that the host, or the program, did not get
 * @dropped_late: those of them that were due before the connection took them,
 *                or that the recording program left no room for
 * @dropped_resync: those of them by which the delay was put right at once
 * @inserted: frames of silence that it got instead
 * @played: frames of playback that passed
 * @recorded: frames of capture that passed
 */
struct hvsnd_stats {
	u32 reconnects;
	u32 resyncs;
	u32 underflows;
	u32 overflows;
	u32 xruns;
	u32 worst_delay_us;
	u64 dropped;
	u64 dropped_late;
	u64 dropped_resync;
	u64 inserted;
	u64 played;
	u64 recorded;
};

static inline void hvsnd_stats_add(struct hvsnd_stats *sum,
				   const struct hvsnd_stats *s)
{
	sum->reconnects += s->reconnects;
	sum->resyncs += s->resyncs;
	sum->underflows += s->underflows;
	sum->overflows += s->overflows;
	sum->xruns += s->xruns;
	sum->worst_delay_us = max_t(u32, sum->worst_delay_us,
				    s->worst_delay_us);
	sum->dropped += s->dropped;
	sum->dropped_late += s->dropped_late;
	sum->dropped_resync += s->dropped_resync;
	sum->inserted += s->inserted;
	sum->played += s->played;
	sum->recorded += s->recorded;
}

#endif /* HVSOCK_CORE_STATS_H */
