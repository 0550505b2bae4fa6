// SPDX-License-Identifier: GPL-2.0
/*
 * The clock with reports of any delay at any time, as a host may send them. The
 * position never goes back, and its rate stays within the limits.
 */
#include <string.h>

#include "core/clock.h"
#include "fuzz.h"

#define NSEC	1000000000ULL

/* hvsnd_clock_time() is the inverse: the first time of a position. */
static void check_time(const struct hvsnd_clock *c, u64 frames)
{
	u64 at = hvsnd_clock_time(c, frames);

	if (!c->running) {
		MUST(at == ~0ULL);
		return;
	}
	if (at == ~0ULL)
		return;
	MUST(hvsnd_clock_frames(c, at) >= frames);
	if (at > c->base_ns)
		MUST(hvsnd_clock_frames(c, at - 1) < frames);
}

/* At most 1000 ppm off, and one frame for rounding. */
static void check_pace(const struct hvsnd_clock *c, u64 ns, u64 frames)
{
	u64 even = ns / NSEC * c->rate + ns % NSEC * c->rate / NSEC;

	MUST(frames <= even + even / 1000 + 2);
	MUST(!c->running || frames + 2 >= even - even / 1000);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u32 rate = 1 + take(&in, 3) % 900000, target = take_number(&in);
	u64 now = NSEC + take(&in, 4), then, position, frames;
	struct hvsnd_clock c;
	s64 delay, fix;
	bool ran;
	u8 op;

	hvsnd_clock_init(&c, rate, target);
	MUST(!hvsnd_clock_frames(&c, now));
	while (in.size) {
		op = take(&in, 1);
		then = now;
		position = hvsnd_clock_frames(&c, now);
		ran = c.running;
		/* Up to months between two calls */
		now += take_number(&in) & ((1ULL << 53) - 1);
		frames = hvsnd_clock_frames(&c, now);
		MUST(frames >= position);
		check_pace(&c, now - then, frames - position);
		MUST(ran || frames == position);
		switch (op % 8) {
		case 0:
			position = take_number(&in) & ((1ULL << 40) - 1);
			hvsnd_clock_start(&c, now, position);
			MUST(hvsnd_clock_frames(&c, now) == position);
			break;
		case 1:
			hvsnd_clock_stop(&c, now);
			MUST(hvsnd_clock_frames(&c, now) == frames);
			break;
		case 2:
			check_time(&c, frames + (take_number(&in) &
						 ((1ULL << 50) - 1)));
			break;
		default:
			delay = take_number(&in);
			if (op & 8)
				delay = -(u64)delay;
			if (op & 16)
				delay = (u64)delay + target;
			fix = hvsnd_clock_report(&c, now, delay);
			MUST(fix <= (s64)rate * 10 && fix >= -(s64)rate * 10);
			MUST(ran || !fix);
			MUST(hvsnd_clock_frames(&c, now) == frames);
			break;
		}
		MUST(c.ppb <= HVSND_CLOCK_MAX_PPB &&
		     c.ppb >= -HVSND_CLOCK_MAX_PPB);
		if (now > NSEC << 33)
			break;
	}
	return 0;
}
