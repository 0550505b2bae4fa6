/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The delay between the position and the host's loudspeaker or microphone, as
 * the host's timing reports tell it.
 */
#ifndef HVSOCK_DELAY_H
#define HVSOCK_DELAY_H

#include "clock.h"
#include "geometry.h"
#include "stats.h"

#define HVSND_REPORTS_FIRST	8	/* tell which delay to keep */
#define HVSND_LATE_DEVICE_MS	5000	/* no device begins later */
#define HVSND_ANSWER_MS		2000	/* a host this quiet is gone */

/**
 * enum hvsnd_device - whether the host's device consumes since START
 * @HVSND_DEVICE_UNKNOWN: no report has come
 * @HVSND_DEVICE_WAITING: reports have come, each with the same count of bytes
 * @HVSND_DEVICE_BEGUN: the device has consumed something
 */
enum hvsnd_device {
	HVSND_DEVICE_UNKNOWN,
	HVSND_DEVICE_WAITING,
	HVSND_DEVICE_BEGUN,
};

/**
 * struct hvsnd_delay - a stream's delay, in frames
 * @jitter: how far the host trails the position to bridge jitter (D)
 * @latency: what the host's device adds, as it said when the stream was ready
 * @reported_latency: the same, as the last timing report has it
 * @round_trip_us: how long that report took
 * @now: between the position and the host's loudspeaker or microphone
 * @worst: the longest @now since the stream was created
 * @device: whether the host's device consumes
 * @first_read: bytes that the device had consumed at the first report
 * @late_pos: a device that has not begun at this position is not waited for
 * @reports: timing reports that count since the device began
 * @sum: of the first reports' delays
 * @asked_ns: time of the last request for a report, in nanoseconds
 * @asked_total: bytes of audio data framed by then
 * @asked_epoch: START that the request is about, 0 if its report does not count
 * @due_ns: when to ask again, if the host has said something
 * @latest_ns: when to ask again in any case
 */
struct hvsnd_delay {
	u32 jitter;
	u32 latency;
	u32 reported_latency;
	u32 round_trip_us;
	u32 now;
	u32 worst;
	enum hvsnd_device device;
	s64 first_read;
	u64 late_pos;
	u32 reports;
	s64 sum;
	u64 asked_ns;
	u64 asked_total;
	u32 asked_epoch;
	u64 due_ns;
	u64 latest_ns;
};

/**
 * struct hvsnd_report - a timing report
 * @now_ns: when it came, in nanoseconds
 * @latency_us: what the host's device adds, in microseconds
 * @read_index: bytes that the device has consumed
 * @delay: delay at hvsnd_delay_report_ns(), in frames
 */
struct hvsnd_report {
	u64 now_ns;
	u64 latency_us;
	s64 read_index;
	s64 delay;
};

void hvsnd_delay_init(struct hvsnd_delay *d, const struct hvsnd_geometry *g);
void hvsnd_delay_relearn(struct hvsnd_delay *d, struct hvsnd_clock *c,
			 const struct hvsnd_geometry *g, u64 pos);
u32 hvsnd_delay_latency(const struct hvsnd_geometry *g, u64 us);
void hvsnd_delay_set_latency(struct hvsnd_delay *d,
			     const struct hvsnd_geometry *g, u64 us);
u32 hvsnd_delay_lengthen(struct hvsnd_delay *d, struct hvsnd_clock *c,
			 const struct hvsnd_geometry *g, u32 late);
bool hvsnd_delay_trails(const struct hvsnd_delay *d,
			const struct hvsnd_clock *c, u64 pos);
u32 hvsnd_delay_answer_ms(const struct hvsnd_geometry *g, bool begun);
bool hvsnd_delay_is_due(const struct hvsnd_delay *d, u64 now_ns,
			bool received);
void hvsnd_delay_ask(struct hvsnd_delay *d, u64 now_ns, u64 total, u32 epoch);
u64 hvsnd_delay_report_ns(const struct hvsnd_delay *d,
			  const struct hvsnd_geometry *g, u64 now_ns);
s64 hvsnd_delay_follow(struct hvsnd_delay *d, struct hvsnd_clock *c,
		       const struct hvsnd_geometry *g,
		       const struct hvsnd_report *r);

#endif /* HVSOCK_DELAY_H */
