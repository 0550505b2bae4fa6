// SPDX-License-Identifier: GPL-2.0
/* The virtual DAC's clock: exact arithmetic, the loop over simulated hours. */
#include "unit.h"

#include "core/clock.h"

#define NSEC	1000000000ULL
#define HOUR	(3600 * NSEC)
#define SECOND	1000ULL		/* of the simulation, in ms */

static const u32 rates[] = {
	8000, 11025, 16000, 22050, 32000, 37800, 44100, 48000, 64000, 88200,
	96000, 99999, 176400, 191999, 192000
};

static u64 seed = 0x9e3779b97f4a7c15ULL;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static s64 rnd_within(s64 limit)
{
	return (s64)(rnd() % (2 * limit + 1)) - limit;
}

/* By hand: kernels have no division of 128 bits. */
static unsigned __int128 div_nsec(unsigned __int128 x)
{
	unsigned __int128 quotient = 0;
	u64 part = 0;
	int i;

	for (i = 96; i >= 0; i -= 32) {
		part = part << 32 | (u32)(x >> i);
		quotient = quotient << 32 | (u32)(part / NSEC);
		part %= NSEC;
	}
	return quotient;
}

/* The definition, in one 128-bit step */
static u64 exact_frames(u64 elapsed, u32 rate, s32 ppb)
{
	unsigned __int128 product =
		(unsigned __int128)elapsed * rate * (u64)(1000000000 + ppb);

	return div_nsec(div_nsec(product));
}

static void test_exact(void **state)
{
	struct hvsnd_clock c;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		for (n = 0; n < 20000; n++) {
			u64 start = rnd() >> (4 + rnd() % 30);
			u64 base = rnd() >> (10 + rnd() % 50);
			u64 elapsed = rnd() >> (6 + rnd() % 58), found;

			hvsnd_clock_init(&c, rates[i], 4800);
			c.ppb = rnd_within(HVSND_CLOCK_MAX_PPB);
			c.integral = c.ppb * 65536LL;
			hvsnd_clock_start(&c, start, base);
			found = hvsnd_clock_frames(&c, start + elapsed);
			assert_int_equal(found,
					 base + exact_frames(elapsed, rates[i],
							     c.ppb));
		}
	}
	/* the nominal clock hits whole seconds exactly, for 10 years */
	hvsnd_clock_init(&c, 192000, 4800);
	hvsnd_clock_start(&c, 12345, 0);
	for (n = 0; n < 10 * 366 * 24; n++) {
		u64 t = 12345 + n * HOUR;

		assert_int_equal(hvsnd_clock_frames(&c, t),
				 n * 3600ULL * 192000);
		assert_int_equal(hvsnd_clock_time(&c, n * 3600ULL * 192000), t);
		if (n)
			assert_int_equal(hvsnd_clock_frames(&c, t - 1),
					 n * 3600ULL * 192000 - 1);
	}
}

static void test_inverse(void **state)
{
	struct hvsnd_clock c;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		hvsnd_clock_init(&c, rates[i], 4800);
		hvsnd_clock_start(&c, 1000, 77);
		for (n = 0; n < 20000; n++) {
			u64 frames =
				c.base_frames + (rnd() >> (22 + rnd() % 42));
			u64 t;

			c.ppb = rnd_within(HVSND_CLOCK_MAX_PPB);
			c.base_frac = n % 4 ? rnd() % (NSEC * NSEC) : 0;
			t = hvsnd_clock_time(&c, frames);
			assert_true(hvsnd_clock_frames(&c, t) >= frames);
			if (t > c.base_ns)
				assert_true(hvsnd_clock_frames(&c, t - 1) <
					    frames);
		}
		assert_int_equal(hvsnd_clock_time(&c, 0), 1000);
		assert_int_equal(hvsnd_clock_time(&c, 77), 1000);
		assert_true(hvsnd_clock_time(&c, UINT64_MAX) == UINT64_MAX);
		hvsnd_clock_stop(&c, 2000);
		assert_true(hvsnd_clock_time(&c, 0) == UINT64_MAX);
		assert_true(hvsnd_clock_time(&c, 1 << 20) == UINT64_MAX);
	}
}

/* Every report re-bases, most change the rate: nothing steps or is lost. */
static void test_rebase(void **state)
{
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		unsigned __int128 sum = 0;
		struct hvsnd_clock c;
		u64 now = NSEC, last = 0;
		s32 slowest = 0, fastest = 0;

		hvsnd_clock_init(&c, rates[i], rates[i] / 10);
		hvsnd_clock_start(&c, now, 0);
		for (n = 0; n < 50000; n++) {
			u64 gap = rnd() % (n % 3 ? 3000000 : 600000000);
			u64 before, t;

			sum += (unsigned __int128)gap * rates[i] *
			       (u64)(1000000000 + c.ppb);
			now += gap;
			before = hvsnd_clock_frames(&c, now);
			assert_true(before >= last);
			assert_int_equal(before, (u64)div_nsec(div_nsec(sum)));
			hvsnd_clock_report(&c, now,
					   (s64)c.target +
						   rnd_within(c.target / 2));
			assert_int_equal(hvsnd_clock_frames(&c, now), before);
			assert_true(hvsnd_clock_frames(&c, now - 1) <= before);
			t = hvsnd_clock_time(&c, before + 1);
			assert_true(t > now);
			assert_int_equal(hvsnd_clock_frames(&c, t), before + 1);
			assert_true(hvsnd_clock_frames(&c, t - 1) <= before);
			last = before;
			if (c.ppb < slowest)
				slowest = c.ppb;
			if (c.ppb > fastest)
				fastest = c.ppb;
		}
		assert_true(fastest - slowest > 100000);
		assert_true(slowest >= -HVSND_CLOCK_MAX_PPB &&
			    fastest <= HVSND_CLOCK_MAX_PPB);
	}
}

static void test_pause(void **state)
{
	struct hvsnd_clock c;
	u64 now = NSEC;
	u64 frames;
	int n;

	(void)state;
	hvsnd_clock_init(&c, 44100, 4410);
	assert_int_equal(hvsnd_clock_frames(&c, now), 0);
	assert_int_equal(hvsnd_clock_report(&c, now, INT64_MAX), 0);
	assert_true(hvsnd_clock_time(&c, 1) == UINT64_MAX);
	hvsnd_clock_stop(&c, now);
	assert_int_equal(hvsnd_clock_frames(&c, now + NSEC), 0);

	for (n = 0; n < 1000; n++) {
		hvsnd_clock_start(&c, now, hvsnd_clock_frames(&c, now));
		frames = hvsnd_clock_frames(&c, now + NSEC);
		assert_int_equal(frames, (n + 1) * 44100ULL);
		now += NSEC;
		hvsnd_clock_stop(&c, now);
		now += rnd() % HOUR;
		assert_int_equal(hvsnd_clock_frames(&c, now), frames);
		hvsnd_clock_stop(&c, now);
		assert_int_equal(hvsnd_clock_frames(&c, now), frames);
		assert_int_equal(hvsnd_clock_report(&c, now, 0), 0);
	}
	/* the time before the base is no position before the base */
	hvsnd_clock_start(&c, now, 100);
	assert_int_equal(hvsnd_clock_frames(&c, 0), 100);
	/* starting again from elsewhere, as prepare does */
	hvsnd_clock_start(&c, now, 0);
	assert_int_equal(hvsnd_clock_frames(&c, now + NSEC / 2), 22050);
}

/*
 * A host: plays at its own drift, reports at irregular times what it has
 * played, up to noise; truth is known here, in 10^-9 of a frame.
 */
struct sim {
	struct hvsnd_clock c;
	s32 drift;		/* of the host, ppm */
	u32 jitter;		/* of the reports, ms, uniform +- */
	u32 loss;		/* of the reports, percent */
	u32 burst;		/* every so many reports, 4 come 40 ms late */
	bool capture;		/* the host records: it is ahead of us */
	u64 now;
	u64 reported;
	s64 played; /* by the host, in 10^-9 frames of our position */
	u64 lock_ns;		/* when to begin to measure */
	u64 worst_ppb;
	u64 worst_us;
	unsigned int resyncs;
};

#define PPM(n)	((u64)((n) * 1000))
#define MS(n)	((u64)((n) * 1000))

static void sim_init(struct sim *s, u32 rate, s32 drift)
{
	memset(s, 0, sizeof(*s));
	s->drift = drift;
	s->now = 5 * NSEC;
	s->lock_ns = s->now + 10 * NSEC;
	hvsnd_clock_init(&s->c, rate, rate / 10);
	hvsnd_clock_start(&s->c, s->now, 0);
	s->played = -(s64)(s->c.target * NSEC);
}

/* In 10^-9 frames */
static s64 sim_delay(const struct sim *s)
{
	s64 delay = hvsnd_clock_frames(&s->c, s->now) * NSEC - s->played;

	return s->capture ? -delay : delay;
}

static u64 magnitude(s64 x)
{
	return x < 0 ? -x : x;
}

static void sim_run(struct sim *s, u64 ms)
{
	u64 end = s->now + ms * 1000000;

	while (s->now < end) {
		u64 gap = 100000000 + rnd() % 300000000;
		s64 rate = s->c.rate;
		s64 noise_ns = 0, delay, resync;
		u64 us, ppb;

		s->now += gap;
		s->played +=
			gap * rate + (s64)(gap * rate / 1000) * s->drift / 1000;
		if (rnd() % 100 < s->loss)
			continue;
		if (s->jitter)
			noise_ns = s->jitter * rnd_within(1000000);
		if (s->burst && s->reported % s->burst < 4)
			noise_ns += 40000000;
		s->reported++;
		hvsnd_clock_return(&s->c, s->now, s->capture);
		delay = (sim_delay(s) + noise_ns * rate) / (s64)NSEC;
		if (s->capture)
			delay = 2 * (s64)s->c.target - delay;
		resync = hvsnd_clock_report(&s->c, s->now, delay);
		if (resync) {
			s->resyncs++;
			s->played += resync * (s64)NSEC;
		}

		if (s->now < s->lock_ns)
			continue;
		us = magnitude(sim_delay(s) - (s64)(s->c.target * NSEC)) /
		     1000 / rate;
		ppb = magnitude(s->c.ppb - s->drift * 1000);
		if (us > s->worst_us)
			s->worst_us = us;
		if (ppb > s->worst_ppb)
			s->worst_ppb = ppb;
	}
}

static void sim_print(const struct sim *s, const char *what)
{
	print_message("%-22s %6u Hz %+6d ppm: rate within %6u ppb, delay %5u us, %u resyncs\n",
		      what, s->c.rate, s->drift, (u32)s->worst_ppb,
		      (u32)s->worst_us, s->resyncs);
}

/* At the limit there is no slack to win back what locking in has cost. */
static u64 sim_us_limit(const struct sim *s)
{
	return magnitude(s->drift) * 1000 == HVSND_CLOCK_MAX_PPB ? MS(10) :
								   MS(3);
}

static const s32 drifts[] = { 0, 20, -20, 500, -500, 1000, -1000 };
static const u32 sim_rates[] = { 8000, 44100, 48000, 192000 };

static void test_loop_drift(void **state)
{
	struct sim s;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(drifts); i++) {
		for (j = 0; j < ARRAY_SIZE(sim_rates); j++) {
			sim_init(&s, sim_rates[j], drifts[i]);
			sim_run(&s, 4 * 3600 * SECOND);
			sim_print(&s, "quiet");
			assert_true(s.worst_ppb <= PPM(20));
			assert_true(s.worst_us <= MS(3));
			assert_int_equal(s.resyncs, 0);
		}
	}
}

/* After 10 s of jitter the slope through 40 points is not known. */
static void test_loop_jitter(void **state)
{
	struct sim s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(drifts); i++) {
		sim_init(&s, 48000, drifts[i]);
		s.jitter = 5;
		s.lock_ns = s.now + 120 * NSEC;
		sim_run(&s, 8 * 3600 * SECOND);
		sim_print(&s, "jitter +-5 ms");
		assert_true(s.worst_ppb <=
			    PPM(25)); /* nearly always below 20 */
		assert_true(s.worst_us <= sim_us_limit(&s));
		assert_int_equal(s.resyncs, 0);

		sim_init(&s, 48000, drifts[i]);
		s.jitter = 1;
		s.burst = 200;
		s.lock_ns = s.now + 120 * NSEC;
		sim_run(&s, 8 * 3600 * SECOND);
		sim_print(&s, "bursts of 40 ms");
		assert_true(s.worst_ppb <= PPM(25));
		assert_true(s.worst_us <= sim_us_limit(&s));
		assert_int_equal(s.resyncs, 0);
	}
}

static void test_loop_loss(void **state)
{
	struct sim s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(drifts); i++) {
		sim_init(&s, 48000, drifts[i]);
		s.loss = 90;
		s.lock_ns = s.now + 120 * NSEC;
		sim_run(&s, 4 * 3600 * SECOND);
		/* nothing for 5 minutes: what was learnt carries */
		s.loss = 100;
		sim_run(&s, 300 * SECOND);
		s.loss = 50;
		sim_run(&s, 3600 * SECOND);
		sim_print(&s, "lost reports");
		assert_true(s.worst_ppb <= PPM(20));
		assert_true(s.worst_us <= sim_us_limit(&s));
		assert_int_equal(s.resyncs, 0);
	}
}

static void test_loop_beyond(void **state)
{
	static const s32 beyond[] = { 1500, -1500 };
	struct sim s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		sim_init(&s, 48000, beyond[i]);
		sim_run(&s, 3600 * SECOND);
		sim_print(&s, "beyond the limit");
		/* 500 ppm too much use up half of 100 ms in 100 s */
		assert_in_range(s.resyncs, 34, 37);
		assert_true(s.worst_us < 50500);
		assert_int_equal(s.c.ppb, beyond[i] > 0 ? 1000000 : -1000000);

		/* the host comes to its senses: no windup, 50 ms to win back */
		s.drift = 0;
		s.resyncs = 0;
		sim_run(&s, 120 * SECOND);
		s.worst_us = 0;
		s.worst_ppb = 0;
		sim_run(&s, 3600 * SECOND);
		sim_print(&s, "and back");
		assert_true(s.worst_ppb <= PPM(20));
		assert_true(s.worst_us <= MS(3));
		assert_true(s.resyncs <= 1);
	}
}

static void test_loop_step(void **state)
{
	static const s32 steps[] = {
		1, -1, 10, -10, 45, -45, 60, -60, 700, -700
	};
	struct sim s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		sim_init(&s, 48000, -30);
		s.jitter = 2;
		sim_run(&s, 1000 * SECOND);
		s.played += steps[i] * 48 * (s64)NSEC;
		s.resyncs = 0;
		sim_run(&s, 180 * SECOND);
		s.worst_us = 0;
		s.worst_ppb = 0;
		sim_run(&s, 3600 * SECOND);
		sim_print(&s, "after a step");
		assert_true(s.worst_ppb <= PPM(25));
		assert_true(s.worst_us <= MS(3));
		assert_int_equal(s.resyncs, magnitude(steps[i]) > 50);
	}
	/* the host moves to a sink with another drift */
	sim_init(&s, 48000, -100);
	sim_run(&s, 600 * SECOND);
	s.drift = 200;
	sim_run(&s, 120 * SECOND);
	s.worst_ppb = 0;
	sim_run(&s, 600 * SECOND);
	sim_print(&s, "another sink");
	assert_true(s.worst_ppb <= PPM(20));
	assert_true(s.worst_us <= MS(10));
	assert_int_equal(s.resyncs, 0);
	/* or its clock grows warm after hours: these do not weigh too much */
	sim_init(&s, 48000, 0);
	s.jitter = 1;
	sim_run(&s, 8 * 3600 * SECOND);
	s.drift = 2;
	sim_run(&s, 600 * SECOND);
	s.worst_us = 0;
	s.worst_ppb = 0;
	sim_run(&s, 3600 * SECOND);
	sim_print(&s, "grown warm");
	assert_true(s.worst_ppb <= PPM(20));
	assert_true(s.worst_us <= MS(1));
	assert_int_equal(s.resyncs, 0);
}

/* The host has a second and a half more than the stream needs. */
static void sim_init_late(struct sim *s, u32 rate, s32 drift, bool capture)
{
	u32 needed = rate / 10;

	sim_init(s, rate, drift);
	s->capture = capture;
	hvsnd_clock_learn(&s->c, s->now, needed + rate * 3 / 2, needed);
	s->played = s->c.target * NSEC;
	if (!capture)
		s->played = -s->played;
}

static void test_return(void **state)
{
	static const s32 limits[] = { 0, 20, -20, 450, -450 };
	struct sim s;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		for (j = 0; j < 2 * ARRAY_SIZE(sim_rates); j++) {
			sim_init_late(&s, sim_rates[j / 2], limits[i], j % 2);
			s.jitter = 1;
			sim_run(&s, 1000 * SECOND);
			/* half a second of it in 1000 s, at 500 ppm */
			assert_in_range(s.c.excess, s.c.rate * 99 / 100,
					s.c.rate * 101 / 100);
			assert_true(s.worst_ppb <= PPM(600));
			assert_true(s.worst_us <= MS(40));
			sim_run(&s, 3000 * SECOND);
			assert_int_equal(s.c.excess, 0);
			assert_int_equal(s.c.target, s.c.rate / 10);
			s.worst_us = 0;
			s.worst_ppb = 0;
			sim_run(&s, 3600 * SECOND);
			sim_print(&s, "after the return");
			assert_true(s.worst_ppb <= PPM(20));
			assert_true(s.worst_us <= MS(3));
			assert_int_equal(s.resyncs, 0);
		}
	}
	/* A clock that can run no slower, or faster, has nothing to spare. */
	for (j = 0; j < 2; j++) {
		sim_init_late(&s, 48000, j ? 1000 : -1000, j);
		sim_run(&s, 4 * 3600 * SECOND);
		sim_print(&s, "no return");
		assert_int_equal(s.resyncs, 0);
		assert_true(s.worst_us <= MS(40));
	}
}

static void test_learn(void **state)
{
	struct hvsnd_clock c;

	(void)state;
	hvsnd_clock_init(&c, 48000, 1440);
	hvsnd_clock_learn(&c, NSEC, 1500, 1600);
	assert_int_equal(c.target, 1500);
	assert_int_equal(c.excess, 0);
	hvsnd_clock_learn(&c, NSEC, 48000, 1600);
	assert_int_equal(c.target, 48000);
	assert_int_equal(c.excess, 46400);
	hvsnd_clock_reduce(&c, 6400);
	assert_int_equal(c.target, 41600);
	assert_int_equal(c.excess, 40000);
	/* with excess, what is needed counts: 1601 frames less are too many */
	hvsnd_clock_start(&c, 2 * NSEC, 0);
	assert_int_equal(hvsnd_clock_report(&c, 3 * NSEC, 41600 - 1600), 0);
	assert_int_equal(c.over_ns, 0);
	assert_int_equal(hvsnd_clock_report(&c, 4 * NSEC, 41600 - 1601), 0);
	assert_int_equal(hvsnd_clock_report(&c, 5 * NSEC, 41600 - 1601), -1601);
	/* no clock runs slower for the time in which nothing was reported */
	hvsnd_clock_return(&c, 6 * NSEC, false);
	hvsnd_clock_return(&c, 7 * NSEC, false);
	assert_int_equal(c.excess, 40000);
	hvsnd_clock_report(&c, 7 * NSEC, 41600);
	hvsnd_clock_return(&c, 8 * NSEC, false);
	assert_int_equal(c.excess, 40000 - 24);
	hvsnd_clock_return(&c, 20 * NSEC, false);
	assert_int_equal(c.excess, 40000 - 24);
}

/* What the loop makes of the signs, without the loop's own idea of them */
static void test_loop_sign(void **state)
{
	struct hvsnd_clock c;
	int n;

	(void)state;
	hvsnd_clock_init(&c, 48000, 4800);
	hvsnd_clock_start(&c, NSEC, 0);
	for (n = 0; n < 40; n++)
		assert_int_equal(hvsnd_clock_report(&c, NSEC + n * NSEC / 4,
						    4800 + 480),
				 0);
	assert_true(c.ppb < 0);

	hvsnd_clock_start(&c, 100 * NSEC, 0);
	assert_int_equal(hvsnd_clock_report(&c, 101 * NSEC, 4800 + 4800), 0);
	assert_int_equal(hvsnd_clock_report(&c, 102 * NSEC, 4800 + 4800), 4800);
	hvsnd_clock_start(&c, 200 * NSEC, 0);
	assert_int_equal(hvsnd_clock_report(&c, 201 * NSEC, 0), 0);
	assert_int_equal(hvsnd_clock_report(&c, 202 * NSEC, 0), -4800);
	/* one that lies cannot, nor several in the same moment */
	assert_int_equal(hvsnd_clock_report(&c, 203 * NSEC, 0), 0);
	assert_int_equal(hvsnd_clock_report(&c, 203 * NSEC + 50000000, 0), 0);
	assert_int_equal(hvsnd_clock_report(&c, 204 * NSEC, 4800), 0);
	assert_int_equal(hvsnd_clock_report(&c, 205 * NSEC, 0), 0);
}

static void test_loop_absurd(void **state)
{
	static const s64 absurd[] = {
		INT64_MIN, INT64_MAX, INT64_MIN + 1, -1, 0, 1, UINT32_MAX,
		-(s64)UINT32_MAX, INT64_MAX / 2, 48000 * 10, 1LL << 40
	};
	struct sim s;
	s64 resync;
	u64 last = 0;
	int n;

	(void)state;
	/* among good ones: no resync, and the rate is not touched */
	sim_init(&s, 48000, 300);
	sim_run(&s, 20 * SECOND);
	for (n = 0; n < 100000; n++) {
		sim_run(&s, 100);
		resync = hvsnd_clock_report(&s.c, s.now + 2000000,
					    absurd[n % ARRAY_SIZE(absurd)]);
		assert_int_equal(resync, 0);
	}
	sim_print(&s, "absurd ones between");
	assert_int_equal(s.resyncs, 0);
	assert_true(s.worst_ppb <= PPM(20));

	/* and nothing else, at absurd times */
	for (n = 0; n < 1000000; n++) {
		s64 delay = absurd[rnd() % ARRAY_SIZE(absurd)];
		s64 resync;
		u64 frames;

		s.now += n % 7 ? rnd() % NSEC : rnd() % (1000 * NSEC);
		resync = hvsnd_clock_report(&s.c, n % 5 ? s.now : rnd() >> 4,
					    n % 3 ? delay : (s64)rnd());
		assert_true(resync <= 480000 && resync >= -480000);
		assert_true(s.c.ppb <= HVSND_CLOCK_MAX_PPB &&
			    s.c.ppb >= -HVSND_CLOCK_MAX_PPB);
		frames = hvsnd_clock_frames(&s.c, s.now);
		assert_true(frames >= last);
		last = frames;
	}

	/* the extremes of what a card can be configured to */
	for (n = 0; n < 100000; n++) {
		if (n % 1000 == 0) {
			hvsnd_clock_init(&s.c, n % 2000 ? 192000 : 1,
					 n % 3 ? 0 : n % 4 ? UINT32_MAX : 1);
			s.now = NSEC;
			hvsnd_clock_start(&s.c, s.now, 0);
		}
		s.now += rnd() % NSEC;
		hvsnd_clock_report(&s.c, s.now,
				   n % 2 ? (s64)rnd() :
					   absurd[n % ARRAY_SIZE(absurd)]);
		assert_true(s.c.ppb <= HVSND_CLOCK_MAX_PPB &&
			    s.c.ppb >= -HVSND_CLOCK_MAX_PPB);
	}
}

/* Pausing keeps what was learnt about the host's rate. */
static void test_loop_pause(void **state)
{
	struct sim s;

	(void)state;
	sim_init(&s, 48000, 250);
	sim_run(&s, 60 * SECOND);
	hvsnd_clock_stop(&s.c, s.now);
	s.now += HOUR;
	hvsnd_clock_start(&s.c, s.now, hvsnd_clock_frames(&s.c, s.now));
	sim_run(&s, 3600 * SECOND);
	sim_print(&s, "pause");
	assert_int_equal(s.resyncs, 0);
	assert_true(s.worst_ppb <= PPM(20));
	assert_true(s.worst_us <= MS(3));
}

UNIT_TESTS(clock,
	   UNIT_TEST(test_exact),
	   UNIT_TEST(test_inverse),
	   UNIT_TEST(test_rebase),
	   UNIT_TEST(test_pause),
	   UNIT_TEST(test_loop_sign),
	   UNIT_TEST(test_loop_drift),
	   UNIT_TEST(test_loop_jitter),
	   UNIT_TEST(test_loop_loss),
	   UNIT_TEST(test_loop_beyond),
	   UNIT_TEST(test_loop_step),
	   UNIT_TEST(test_loop_absurd),
	   UNIT_TEST(test_loop_pause),
	   UNIT_TEST(test_learn),
	   UNIT_TEST(test_return));
