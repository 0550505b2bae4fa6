// SPDX-License-Identifier: GPL-2.0
#include "loop.h"
#include "rate_check.h"

#define WINDOW_USEC (5 * USEC_PER_SEC)
/* A pause makes the measured rate meaningless: start again after it. */
#define GAP_USEC (300 * USEC_PER_MSEC)
/* Larger than the error of any clock; standard rates are further apart. */
#define TOLERANCE 0.015

static const uint32_t rates[] = { 8000,	 11025, 16000, 22050, 24000,  32000,
				  44100, 48000, 88200, 96000, 176400, 192000 };

int rate_check_add(struct rate_check *c, uint64_t now, size_t len)
{
	if (c->since_usec && now - c->last_usec > GAP_USEC)
		c->since_usec = 0;
	c->last_usec = now;
	c->bytes += len;
	return !c->since_usec || now - c->since_usec >= WINDOW_USEC;
}

static int is_near(double rate, uint32_t other)
{
	return rate > other * (1 - TOLERANCE) && rate < other * (1 + TOLERANCE);
}

uint32_t rate_check_result(struct rate_check *c, uint64_t now, size_t backlog,
			   const struct sample_spec *spec)
{
	uint32_t found = 0;
	double rate;
	size_t i;

	if (c->since_usec) {
		rate = ((double)c->bytes + backlog - c->backlog) /
		       sample_frame_size(spec) * 1e6 / (now - c->since_usec);
		for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
			if (is_near(rate, rates[i]) &&
			    !is_near(rate, spec->rate))
				found = rates[i];
		}
	}
	c->since_usec = now;
	c->bytes = 0;
	c->backlog = backlog;
	return found;
}
