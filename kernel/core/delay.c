// SPDX-License-Identifier: GPL-2.0
#include "delay.h"

#define STANDSTILL_MS		100	/* so much more delay: it stood still */
#define REPORT_MS		200	/* between requests */
#define REPORT_FIRST_MS		50
#define REPORT_SILENT_MS	500	/* while the host says nothing */
#define REPORT_LATE_MS		50	/* a slower answer tells too little */
#define ERROR_MAX_S		10
#define NSEC			1000000000
#define NSEC_MSEC		1000000
#define NSEC_USEC		1000
#define USEC			1000000

/**
 * hvsnd_delay_init() - Begin with the delay that the geometry asks for
 * @d: delay
 * @g: geometry
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_delay_init(struct hvsnd_delay *d, const struct hvsnd_geometry *g)
{
	memset(d, 0, sizeof(*d));
	d->jitter = g->delay;
	d->now = g->delay;
}

/**
 * hvsnd_delay_relearn() - Forget what reports told of the host's device
 * @d: delay
 * @c: clock
 * @g: geometry
 * @pos: position in frames
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_delay_relearn(struct hvsnd_delay *d, struct hvsnd_clock *c,
			 const struct hvsnd_geometry *g, u64 pos)
{
	d->reports = 0;
	d->asked_epoch = 0;
	d->device = HVSND_DEVICE_UNKNOWN;
	d->late_pos = pos + hvsnd_geometry_ms(g, HVSND_LATE_DEVICE_MS);
	c->excess = 0;
}

/**
 * hvsnd_delay_latency() - Convert a latency that the host told
 * @g: geometry
 * @us: microseconds; the host may say anything
 *
 * Context: Any.
 * Return: Latency in frames, at most 2 s.
 */
u32 hvsnd_delay_latency(const struct hvsnd_geometry *g, u64 us)
{
	us = min_t(u64, us, HVSND_LATENCY_MAX_US);
	return div64_u64(us * g->params.rate, USEC);
}

/**
 * hvsnd_delay_set_latency() - Take the latency of the host's device
 * @d: delay
 * @g: geometry
 * @us: microseconds; the host may say anything
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_delay_set_latency(struct hvsnd_delay *d,
			     const struct hvsnd_geometry *g, u64 us)
{
	d->latency = hvsnd_delay_latency(g, us);
	d->reported_latency = d->latency;
	d->now = d->jitter + d->latency;
}

/**
 * hvsnd_delay_lengthen() - Bridge more jitter from now on
 * @d: delay
 * @c: clock
 * @g: geometry
 * @late: frames that came too late, 0 where the host had none
 *
 * Adds @late or a chunk, whichever is more, up to the geometry's maximum. An
 * interruption that no delay would have bridged adds nothing.
 *
 * Context: Any; the caller serialises.
 * Return: Frames by which the delay is longer.
 */
u32 hvsnd_delay_lengthen(struct hvsnd_delay *d, struct hvsnd_clock *c,
			 const struct hvsnd_geometry *g, u32 late)
{
	u32 more = max_t(u32, late, g->chunk);

	if (late > g->max_delay)
		return 0;
	more = min_t(u32, more, g->max_delay - d->jitter);
	d->jitter += more;
	c->target += more;
	return more;
}

/**
 * hvsnd_delay_trails() - Whether the host trails by more than it needs
 * @d: delay of a playback stream
 * @c: clock
 * @pos: position in frames
 *
 * While the host's device has not begun, and while the host trails because the
 * device began late, the host asks for less than the position passes.
 *
 * Context: Any; the caller serialises.
 * Return: Whether what is due is sent though the host did not ask for it.
 */
bool hvsnd_delay_trails(const struct hvsnd_delay *d,
			const struct hvsnd_clock *c, u64 pos)
{
	return d->device == HVSND_DEVICE_BEGUN ? c->excess : pos < d->late_pos;
}

/**
 * hvsnd_delay_answer_ms() - Time in which the host has to answer
 * @g: geometry
 * @begun: whether the host's device has begun
 *
 * Opening a slow device, such as a wireless headset, may keep the host from
 * answering.
 *
 * Context: Any.
 * Return: Milliseconds.
 */
u32 hvsnd_delay_answer_ms(const struct hvsnd_geometry *g, bool begun)
{
	return begun || !g->params.timed ? HVSND_ANSWER_MS :
					   HVSND_LATE_DEVICE_MS;
}

/**
 * hvsnd_delay_is_due() - Whether to ask for a timing report
 * @d: delay
 * @now_ns: time in nanoseconds
 * @received: whether the host has just said something
 *
 * The host says something when its device has consumed something. Reports that
 * always come at the same moment of that cycle agree best. A host that says
 * nothing is asked less often.
 *
 * Context: Any; the caller serialises.
 * Return: Whether it is time.
 */
bool hvsnd_delay_is_due(const struct hvsnd_delay *d, u64 now_ns, bool received)
{
	return now_ns >= (received ? d->due_ns : d->latest_ns);
}

/**
 * hvsnd_delay_ask() - Note that a timing report is asked for
 * @d: delay
 * @now_ns: time in nanoseconds
 * @total: bytes of audio data framed so far
 * @epoch: START that the host knows of
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_delay_ask(struct hvsnd_delay *d, u64 now_ns, u64 total, u32 epoch)
{
	u64 ms = d->reports < HVSND_REPORTS_FIRST ? REPORT_FIRST_MS : REPORT_MS;

	d->asked_ns = now_ns;
	d->asked_total = total;
	d->asked_epoch = epoch;
	d->due_ns = now_ns + ms * NSEC_MSEC;
	d->latest_ns = now_ns + REPORT_SILENT_MS * (u64)NSEC_MSEC;
}

/**
 * hvsnd_delay_report_ns() - Moment at which the host wrote a timing report
 * @d: delay
 * @g: geometry
 * @now_ns: when the report came, in nanoseconds
 *
 * Half of the round trip before it came. A recording's report may have waited
 * behind audio data that had no room.
 *
 * Context: Any; the caller serialises.
 * Return: Time in nanoseconds.
 */
u64 hvsnd_delay_report_ns(const struct hvsnd_delay *d,
			  const struct hvsnd_geometry *g, u64 now_ns)
{
	u64 trip = now_ns - d->asked_ns;

	if (g->params.capture)
		trip = min_t(u64, trip, NSEC_MSEC);
	return d->asked_ns + trip / 2;
}

static bool device_has_begun(struct hvsnd_delay *d, s64 read_index)
{
	if (d->device == HVSND_DEVICE_UNKNOWN) {
		d->device = HVSND_DEVICE_WAITING;
		d->first_read = read_index;
	}
	if (d->first_read != read_index)
		d->device = HVSND_DEVICE_BEGUN;
	return d->device == HVSND_DEVICE_BEGUN;
}

/* The first reports tell which delay is to be kept. */
static void learn(struct hvsnd_delay *d, struct hvsnd_clock *c,
		  const struct hvsnd_geometry *g, s64 delay, u64 at_ns)
{
	u32 needed = max_t(u32, d->latency, d->reported_latency) + d->jitter +
		     g->chunk;
	u32 standstill = hvsnd_geometry_ms(g, STANDSTILL_MS);

	/* A device that stands still again is still beginning. */
	if (d->reports && delay > div64_s64(d->sum, d->reports) + standstill)
		d->reports = 0;
	d->sum = delay + (d->reports ? d->sum : 0);
	d->reports++;
	delay = max_t(s64, div64_s64(d->sum, d->reports), d->jitter / 2);
	d->now = delay;
	d->worst = max_t(u32, d->worst, d->now);
	/* A latency that was asked for holds unless the device began late. */
	if (g->params.latency_us) {
		needed = max_t(u32, d->jitter, d->latency + g->chunk);
		if (delay <= needed + standstill)
			delay = needed;
	}
	hvsnd_clock_learn(c, at_ns, delay, needed);
}

/**
 * hvsnd_delay_follow() - Have the clock follow the host
 * @d: delay
 * @c: clock, running
 * @g: geometry
 * @r: report that answers the last request
 *
 * Context: Any; the caller serialises.
 * Return: Frames by which the delay is to be made shorter at once, negative
 * where it is to be made longer; 0 for none.
 */
s64 hvsnd_delay_follow(struct hvsnd_delay *d, struct hvsnd_clock *c,
		       const struct hvsnd_geometry *g,
		       const struct hvsnd_report *r)
{
	u64 at_ns = hvsnd_delay_report_ns(d, g, r->now_ns);
	u64 trip = r->now_ns - d->asked_ns;
	s64 limit = (s64)ERROR_MAX_S * g->params.rate;
	bool capture = g->params.capture;
	bool first = d->device == HVSND_DEVICE_UNKNOWN;
	s64 delay, resync;
	bool begun;

	begun = capture || device_has_begun(d, r->read_index);
	if (trip > REPORT_LATE_MS * NSEC_MSEC)
		return 0;
	d->reported_latency = hvsnd_delay_latency(g, r->latency_us);
	d->round_trip_us = div64_u64(trip, NSEC_USEC);

	delay = clamp_t(s64, r->delay, -limit, limit);
	/* The first one counts only if the next finds that it has begun. */
	if (!begun && !first) {
		d->reports = 0;
		d->now = max_t(s64, delay, d->now);
		d->worst = max_t(u32, d->worst, d->now);
		return 0;
	}
	if (d->reports < HVSND_REPORTS_FIRST) {
		learn(d, c, g, delay, at_ns);
		return 0;
	}
	hvsnd_clock_return(c, at_ns, capture);
	/* Capture has it the other way round: more delay, a faster host. */
	resync = hvsnd_clock_report(c, at_ns, capture ?
				    2 * (s64)c->target - delay : delay);
	if (resync)
		d->asked_epoch = 0;
	delay = div64_s64(c->offset_ns * g->params.rate, NSEC);
	if (capture) {
		delay = -delay;
		resync = -resync;
	}
	d->now = clamp_t(s64, c->target + delay, 0, limit);
	d->worst = max_t(u32, d->worst, d->now);
	return resync;
}
