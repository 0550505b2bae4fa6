// SPDX-License-Identifier: GPL-2.0
/*
 * A recording: audio data in any pieces, at any times, and timing reports that
 * say anything. The buffers keep their limits, and nothing is counted twice.
 */
#include <string.h>

#include "core/capture.h"
#include "fuzz.h"

#define RING	512		/* frames of 4 bytes */
#define NSEC	1000000000ULL

static struct hvsnd_geometry geometry;
static struct hvsnd_clock the_clock;
static struct hvsnd_delay delay;
static struct hvsnd_stats stats;
static struct hvsnd_capture capture;
static u8 memory[4 * RING];
static u8 jitter[4 * 65536];
static u8 received[4 * 65536];
static const struct hvsnd_ring ring = { memory, RING, 4 };
static const struct hvsnd_silence silence = { .frames = 128 };
static const struct hvsnd_context context = {
	&geometry, &ring, &silence, &the_clock, &delay, &stats
};

static void init(void)
{
	const struct hvsnd_geometry_params p = {
		.rate = 8000,
		.frame_bytes = 4,
		.period = 64,
		.buffer = RING,
		.capture = true,
		.timed = true,
	};

	memset(&capture, 0, sizeof(capture));
	memset(&stats, 0, sizeof(stats));
	hvsnd_geometry_set(&geometry, &p);
	hvsnd_delay_init(&delay, &geometry);
	hvsnd_clock_init(&the_clock, p.rate, delay.jitter);
	hvsnd_clock_start(&the_clock, NSEC, 0);
	capture.jitter.data = jitter;
	capture.jitter.frames = hvsnd_capture_jitter_frames(&geometry);
	capture.jitter.frame_bytes = 4;
	MUST(4 * (size_t)capture.jitter.frames <= sizeof(jitter));
	hvsnd_capture_prepare(&capture);
	hvsnd_capture_begin(&capture);
}

static void report(struct input *in, u64 now)
{
	const struct hvsnd_report r = {
		.now_ns = now + take(in, 3),
		.latency_us = take_number(in),
		.read_index = take_number(in),
		.delay = take(in, 1) & 1 ? take_number(in) : -take_number(in),
	};
	s64 resync;

	hvsnd_delay_ask(&delay, now, 0, 1);
	resync = hvsnd_delay_follow(&delay, &the_clock, &geometry, &r);
	MUST(resync <= 40 * 8000 && resync >= -40 * 8000);
	MUST(delay.now <= 10 * 8000 && delay.now <= delay.worst);
	if (resync > 0)
		capture.skip = resync;
	else
		capture.insert = -resync;
}

static void deliver(struct input *in, u64 pos, u64 *total)
{
	size_t quota = hvsnd_capture_quota(&capture, &context, pos);
	size_t n = take(in, 3);

	n = n < quota ? n : quota;
	if (!n)
		return;
	memset(received, take(in, 1), n);
	hvsnd_capture_deliver(&capture, &context, pos, received, n, *total % 4);
	*total += n;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u64 now = NSEC, total = 0, filled, pos;
	u8 op;

	init();
	while (in.size) {
		op = take(&in, 1);
		now += (u64)take(&in, 2) * 10000;
		pos = hvsnd_clock_frames(&the_clock, now);
		filled = capture.filled_ptr;
		switch (op % 4) {
		case 0:
			hvsnd_capture_advance(&capture, &context, pos);
			MUST(capture.filled_ptr >= pos);
			break;
		case 1:
			report(&in, now);
			break;
		default:
			deliver(&in, pos, &total);
			break;
		}
		MUST(capture.filled_ptr >= filled);
		MUST(capture.jitter_in - capture.jitter_out <=
		     capture.jitter.frames);
		MUST(capture.partial_len <= sizeof(capture.partial));
		MUST(delay.jitter <= geometry.max_delay);
		MUST(stats.dropped ==
		     stats.dropped_late + stats.dropped_resync);
	}
	return 0;
}
