// SPDX-License-Identifier: GPL-2.0
#include "geometry.h"

#define MAX_AHEAD_BYTES		(1024 * 1024)
#define MAX_AHEAD_MS		300
#define MAX_AHEAD_RAW_MS	40	/* of a host that cannot forget */
#define MIN_CHUNK_MS		5
#define MAX_CHUNK_MS		20
#define JITTER_MS		10	/* that the default delay bridges */
#define MIN_DELAY_MS		3
#define MAX_START_TIMEOUT_MS	300
#define USEC			1000000

static u32 frames(const struct hvsnd_geometry_params *p, u32 ms)
{
	return p->rate * ms / 1000;
}

static void set_delay(struct hvsnd_geometry *g,
		      const struct hvsnd_geometry_params *p)
{
	u32 delay;

	/*
	 * The latency of the host's sink follows from the chunk, and the host
	 * should not wake up more often than the application does.
	 */
	g->chunk = clamp_t(u32, p->period, frames(p, MIN_CHUNK_MS),
			   frames(p, MAX_CHUNK_MS));
	g->chunk = max_t(u32, g->chunk, frames(p, p->min_chunk_ms));
	/* The host renders one chunk while the next is on its way. */
	g->delay = 2 * g->chunk + frames(p, JITTER_MS);
	/* A recording has nothing ahead that could bridge more than that. */
	g->max_delay = g->delay * (p->capture ? 2 : 1);
	if (!p->latency_us)
		return;
	delay = div64_u64((u64)p->latency_us * p->rate, USEC);
	g->delay = max_t(u32, delay, frames(p, MIN_DELAY_MS));
	g->max_delay = max_t(u32, g->max_delay, g->delay);
	g->chunk = min_t(u32, g->chunk, g->delay / 3);
}

/**
 * hvsnd_geometry_set() - Determine a stream's geometry
 * @g: geometry
 * @p: what it follows from
 *
 * Context: Any.
 */
void hvsnd_geometry_set(struct hvsnd_geometry *g,
			const struct hvsnd_geometry_params *p)
{
	u32 rest;

	g->params = *p;
	set_delay(g, p);
	g->max_ahead = max_t(u32, 2 * p->period, frames(p, MAX_AHEAD_MS));
	g->max_ahead = min_t(u32, g->max_ahead,
			     MAX_AHEAD_BYTES / p->frame_bytes);
	/* What was sent to a host that cannot forget will be heard. */
	if (!p->timed)
		g->max_ahead = min_t(u32, g->max_ahead,
				     frames(p, MAX_AHEAD_RAW_MS));
	/*
	 * Virtual machines stand still for 0.2 s now and then. The host has
	 * that much even just before it is sent more, if the application has.
	 * Whole periods, since the timer wakes up then anyway.
	 */
	g->write_low_water = min_t(u32, g->max_ahead, p->buffer) / 4 * 3;
	if (p->timed) {
		g->write_low_water += (p->period - 1) / 2;
		div_u64_rem(g->write_low_water, p->period, &rest);
		g->write_low_water = max_t(u32, g->write_low_water - rest,
					   p->period);
	}
	/*
	 * With a short ring the timer wakes the program that writes what is to
	 * be sent, and its write has it sent.
	 */
	g->timer_low_water = g->write_low_water;
	if (p->buffer < g->max_ahead && g->write_low_water >= 2 * p->period)
		g->timer_low_water -= p->period;
	g->start_timeout = min_t(u32, p->buffer / 8 * 3,
				 frames(p, MAX_START_TIMEOUT_MS));
	/* The host asks for more when it has played half. */
	g->queue = 2 * (g->delay + g->max_ahead + g->chunk);
}
