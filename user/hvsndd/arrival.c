// SPDX-License-Identifier: GPL-2.0
#include "arrival.h"
#include "loop.h"

#define WINDOW_USEC (5 * USEC_PER_SEC)
/* Sound that stops and starts has no rate. */
#define GAP_USEC (300 * USEC_PER_MSEC)
/* Rates are further apart than twice this, and no clock is as wrong. */
#define NEAR 0.015

static const uint32_t usual[] = { 8000,	 11025, 16000, 22050, 24000,  32000,
				  44100, 48000, 88200, 96000, 176400, 192000 };

int arrival_take(struct arrival *a, uint64_t now, size_t len)
{
	if (a->since && now - a->last > GAP_USEC)
		a->since = 0;
	a->last = now;
	a->bytes += len;
	return !a->since || now - a->since >= WINDOW_USEC;
}

static int is_near(double rate, uint32_t other)
{
	return rate > other * (1 - NEAR) && rate < other * (1 + NEAR);
}

uint32_t arrival_rate(struct arrival *a, uint64_t now, size_t backlog,
		      const pa_sample_spec *sound)
{
	uint32_t found = 0;
	double rate;
	size_t i;

	if (a->since) {
		rate = ((double)a->bytes + backlog - a->backlog) /
		       pa_frame_size(sound) * 1e6 / (now - a->since);
		for (i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
			if (is_near(rate, usual[i]) &&
			    !is_near(rate, sound->rate))
				found = usual[i];
		}
	}
	a->since = now;
	a->bytes = 0;
	a->backlog = backlog;
	return found;
}
