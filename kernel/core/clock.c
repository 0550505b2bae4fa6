// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual DAC's clock: frames from nanoseconds, disciplined by the host.
 *
 * Positions are exact: they are kept in 10^-18 frames, in which one
 * nanosecond is rate * (10^9 + ppb), so changing the correction any number of
 * times loses nothing. The sums are done in digits of base 10^9, because
 * mul_u64_u64_div_u64() rounds on some machines before 6.13 and a position
 * that rounds can step back.
 *
 * The loop: let x be the delay's error in time, p our correction and d the
 * host's rate, both relative to the nominal one. Then x' = p - d, whence the
 * signs: a host that falls behind has d < p, x grows, and p must come down.
 * An observer follows x and d from the noisy reports, with the gains of a
 * straight-line fit over the last memory_ms: short at first, so that it locks
 * in seconds, long later, so that jitter averages out. The correction is then
 * p = d - x / tau. The observer is told what p really was, so running into
 * the limit cannot wind it up.
 */
#include "clock.h"

#define NSEC		1000000000U	/* ns in a second; base of digits */
#define NSEC_MSEC	1000000

#define MAX_ERROR_S	10		/* larger errors are not believed */
#define MAX_GAP_NS	(10LL * NSEC)
#define CONFIRM_NS	(NSEC / 10)	/* from report to resync */

#define MEMORY_MIN_MS	500
#define MEMORY_RELOCK_MS 8000		/* when only the delay is new */
#define MEMORY_MAX_MS	128000
#define TAU_MIN_MS	1000

#define OUTLIER_NS	2000000		/* beyond this a report contradicts */
#define MAX_OUTLIERS	32		/* as many in a row are no outliers */
#define MAX_STEP_NS	10000000	/* what one report may say at most */

#define RETURN_DIVISOR	2000		/* 500 ppm of the excess' return */

static s64 clamp_to(s64 value, s64 limit)
{
	if (value > limit)
		return limit;
	return value < -limit ? -limit : value;
}

static u64 advance(const struct hvsnd_clock *c, u64 now_ns, u64 *frac)
{
	u64 secs, whole, digit;
	u32 ns, part, rem, low;

	*frac = c->base_frac;
	if (!c->running || now_ns <= c->base_ns)
		return c->base_frames;

	secs = div_u64_rem(now_ns - c->base_ns, NSEC, &ns);
	whole = div_u64_rem((u64)c->rate * (u32)(NSEC + c->ppb), NSEC, &part);

	digit = div_u64_rem((u64)ns * part + c->base_frac, NSEC, &low);
	digit = div_u64_rem(digit + secs * part + ns * whole, NSEC, &rem);
	*frac = (u64)rem * NSEC + low;
	return c->base_frames + secs * whole + digit;
}

static void rebase(struct hvsnd_clock *c, u64 now_ns)
{
	c->base_frames = advance(c, now_ns, &c->base_frac);
	if (now_ns > c->base_ns)
		c->base_ns = now_ns;
}

static void set_ppb(struct hvsnd_clock *c, u64 now_ns, s64 ppb)
{
	rebase(c, now_ns);
	c->ppb = clamp_to(ppb, HVSND_CLOCK_MAX_PPB);
}

/* Forgets the delay, and the host's rate as far as memory_ms is cut. */
static void relock(struct hvsnd_clock *c, u32 memory_ms)
{
	c->offset_ns = 0;
	c->outliers = 0;
	c->last_report_ns = 0;
	c->over_ns = 0;
	if (c->memory_ms > memory_ms)
		c->memory_ms = memory_ms;
}

/**
 * hvsnd_clock_init() - Make a stopped clock at position 0
 * @c: clock
 * @rate: nominal rate in frames per second, 1 to 900000
 * @target: what to hold the delay at, in frames
 *
 * Forgets what was learnt about the host's rate. Where only @target changes,
 * write it to the clock instead.
 *
 * Context: Any.
 */
void hvsnd_clock_init(struct hvsnd_clock *c, u32 rate, u32 target)
{
	memset(c, 0, sizeof(*c));
	c->rate = rate;
	c->target = target;
	c->memory_ms = MEMORY_MIN_MS;
}

/**
 * hvsnd_clock_start() - Run from a position
 * @c: clock, running or not
 * @now_ns: time in nanoseconds
 * @frames: position at @now_ns, in frames
 *
 * Keeps what was learnt about the host's rate, but not about the delay.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_clock_start(struct hvsnd_clock *c, u64 now_ns, u64 frames)
{
	c->base_ns = now_ns;
	c->base_frames = frames;
	c->base_frac = 0;
	c->running = true;
	relock(c, MEMORY_RELOCK_MS);
	c->ppb = div64_s64(c->integral, 65536);
}

/**
 * hvsnd_clock_stop() - Freeze the position
 * @c: clock, running or not
 * @now_ns: time in nanoseconds
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_clock_stop(struct hvsnd_clock *c, u64 now_ns)
{
	rebase(c, now_ns);
	c->running = false;
}

/**
 * hvsnd_clock_frames() - Position at a time
 * @c: clock
 * @now_ns: time in nanoseconds; taken as the last start, stop or report when
 *	it lies before that
 *
 * Context: Any; the caller serialises.
 *
 * Return: Frames, rounded down; never less than for an earlier @now_ns.
 */
u64 hvsnd_clock_frames(const struct hvsnd_clock *c, u64 now_ns)
{
	u64 frac;

	return advance(c, now_ns, &frac);
}

/**
 * hvsnd_clock_time() - When a position is reached
 * @c: clock
 * @frames: position in frames
 *
 * Context: Any; the caller serialises.
 *
 * Return: The earliest time in nanoseconds at which hvsnd_clock_frames() is at
 * least @frames if nothing changes until then; for a position reached already,
 * a time that has passed; U64_MAX when the clock is stopped or @frames is
 * decades away.
 */
u64 hvsnd_clock_time(const struct hvsnd_clock *c, u64 frames)
{
	u32 speed = NSEC + c->ppb;
	u64 left, high, mid, low;
	u32 rem, part;

	if (!c->running)
		return ~0ULL;
	if (frames <= c->base_frames)
		return c->base_ns;

	/* (frames - base) / rate, rounded up, in 10^-9 ns */
	left = (u64)NSEC * NSEC - c->base_frac;
	left = div_u64_rem(left, NSEC, &part);
	high = div_u64_rem(frames - c->base_frames - 1, c->rate, &rem);
	mid = div_u64_rem((u64)rem * NSEC + left, c->rate, &rem);
	low = div_u64_rem((u64)rem * NSEC + part, c->rate, &rem);
	if (rem)
		low++;

	/* / speed, rounded up, in ns */
	if (high >= speed)
		return ~0ULL;
	mid = div_u64_rem(high * NSEC + mid, speed, &rem);
	low = div_u64_rem((u64)rem * NSEC + low, speed, &rem);
	if (rem)
		low++;
	return c->base_ns + mid * NSEC + low;
}

/* Has the loop take what a report says; returns false when it cannot be so. */
static bool observe(struct hvsnd_clock *c, u64 now_ns, s64 offset_ns)
{
	u64 gap_ns = now_ns - c->last_report_ns;
	u64 norm;
	s64 ppb, step, gain;
	u32 gap, rem;

	if (gap_ns > MAX_GAP_NS)
		gap_ns = MAX_GAP_NS;
	gap = div_u64_rem(gap_ns, NSEC_MSEC, &rem);
	c->memory_ms += gap;
	if (c->memory_ms > MEMORY_MAX_MS)
		c->memory_ms = MEMORY_MAX_MS;
	norm = (u64)c->memory_ms * (c->memory_ms + gap);

	ppb = c->ppb - div64_s64(c->integral, 65536);
	c->offset_ns += div64_s64((s64)gap_ns * ppb, NSEC);
	step = offset_ns - c->offset_ns;

	if (step > OUTLIER_NS)
		c->outliers = c->outliers > 0 ? c->outliers + 1 : 1;
	else if (step < -OUTLIER_NS)
		c->outliers = c->outliers < 0 ? c->outliers - 1 : -1;
	else
		c->outliers = 0;
	if (c->outliers >= MAX_OUTLIERS || c->outliers <= -MAX_OUTLIERS)
		return false;

	step = clamp_to(step, MAX_STEP_NS);

	/* in 2^-16; the fit's first gain, (4n - 2) / n(n + 1) */
	gain = div64_u64((4ULL * c->memory_ms - 2 * gap) * gap * 65536, norm);
	c->offset_ns += div64_s64(step * gain, 65536);

	/* in 2^-24 ppb per ns; its second, 6 / n(n + 1) */
	gain = div64_u64(6000ULL * gap << 24, norm);
	c->integral -= div64_s64(step * gain, 256);
	c->integral = clamp_to(c->integral, HVSND_CLOCK_MAX_PPB * 65536LL);
	return true;
}

/**
 * hvsnd_clock_report() - Take a timing report from the host
 * @c: clock
 * @now_ns: time in nanoseconds that @delay holds for
 * @delay: our position minus what the host has played, in frames
 *
 * More delay than the target means that the host is slower than we are, and
 * the clock slows down; less, that it is faster. Capture has it the other way
 * round, there pass 2 * target - fill.
 *
 * A report may say anything. One that is off by more than half the target, or
 * more than what is needed of it, is kept from the loop; when reports say so
 * for 100 ms with none in between that does not, the delay is to be put right
 * at once by the caller, who should not pass on reports from before that.
 *
 * Context: Any; the caller serialises.
 *
 * Return: 0, or the frames that the delay is to be reduced by, negative where
 * it is to be increased; never more than 10 s.
 */
s64 hvsnd_clock_report(struct hvsnd_clock *c, u64 now_ns, s64 delay)
{
	s64 target = c->target;
	s64 limit = min_t(s64, target / 2, target - c->excess);
	s64 span = (s64)c->rate * MAX_ERROR_S;
	s64 error;
	u32 tau;

	if (!c->running ||
	    (c->last_report_ns && now_ns < c->last_report_ns + NSEC_MSEC))
		return 0;

	if (delay > target + span)
		error = span;
	else if (delay < target - span)
		error = -span;
	else
		error = delay - target;

	if (error > limit || error < -limit) {
		if (!c->over_ns)
			c->over_ns = now_ns;
		if (now_ns < c->over_ns + CONFIRM_NS)
			return 0;
		relock(c, MEMORY_RELOCK_MS);
		set_ppb(c, now_ns, div64_s64(c->integral, 65536));
		return error;
	}
	c->over_ns = 0;

	error = div64_s64(error * (s64)NSEC, c->rate);
	if (c->last_report_ns && !observe(c, now_ns, error))
		relock(c, MEMORY_MIN_MS);
	if (!c->last_report_ns)
		c->offset_ns = error;
	c->last_report_ns = now_ns;

	tau = c->memory_ms / 2;
	if (tau < TAU_MIN_MS)
		tau = TAU_MIN_MS;
	set_ppb(c, now_ns, div64_s64(c->integral, 65536) -
			   div64_s64(c->offset_ns * 1000, tau));
	return 0;
}

/**
 * hvsnd_clock_learn() - Take a measured delay as the target
 * @c: clock
 * @now_ns: time in nanoseconds
 * @delay: the measured delay in frames
 * @needed: the delay in frames that the stream needs
 *
 * What @delay has beyond @needed becomes the excess.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_clock_learn(struct hvsnd_clock *c, u64 now_ns, u32 delay, u32 needed)
{
	c->target = delay;
	c->excess = delay > needed ? delay - needed : 0;
	c->return_ns = now_ns;
}

/**
 * hvsnd_clock_reduce() - Give back excess delay at once
 * @c: clock
 * @frames: frames by which the caller has made the delay shorter, at most the
 *	excess
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_clock_reduce(struct hvsnd_clock *c, u32 frames)
{
	c->excess -= frames;
	c->target -= frames;
}

/**
 * hvsnd_clock_return() - Give back excess delay by running slower or faster
 * @c: clock
 * @now_ns: time in nanoseconds of the next hvsnd_clock_report()
 * @capture: whether less delay takes a faster clock instead of a slower one
 *
 * Lowers the target by 0.5 ms a second. The loop is told, so that it does not
 * take the lower target for a host of another rate. Waits while the correction
 * is at its limit: the clock could not follow.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_clock_return(struct hvsnd_clock *c, u64 now_ns, bool capture)
{
	s64 limit = capture ? HVSND_CLOCK_MAX_PPB : -HVSND_CLOCK_MAX_PPB;
	u64 gap_ns, frames;
	s64 ns;

	if (!c->running || !c->excess || now_ns <= c->return_ns)
		return;
	gap_ns = now_ns - c->return_ns;
	if (!c->last_report_ns || c->ppb == limit || gap_ns > MAX_GAP_NS) {
		c->return_ns = now_ns;
		return;
	}
	frames = div64_u64(gap_ns * c->rate, (u64)RETURN_DIVISOR * NSEC);
	/* The rest of a frame is left for the next time. */
	c->return_ns += div64_u64(frames * RETURN_DIVISOR * NSEC, c->rate);
	frames = min_t(u64, frames, c->excess);
	hvsnd_clock_reduce(c, frames);
	ns = div64_u64(frames * NSEC, c->rate);
	c->offset_ns += capture ? -ns : ns;
}
