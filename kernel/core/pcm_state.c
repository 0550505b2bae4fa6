// SPDX-License-Identifier: GPL-2.0
#include "pcm_state.h"

#define BEGUN	(BIT(HVSND_PCM_STARTING) | BIT(HVSND_PCM_STARTING_LINKED) | \
		 BIT(HVSND_PCM_RUNNING))
#define ENDED	(BIT(HVSND_PCM_STOPPED) | BIT(HVSND_PCM_DRAINING))

static const u8 next_states[] = {
	[HVSND_PCM_SETUP] = BEGUN,
	[HVSND_PCM_STARTING] = BIT(HVSND_PCM_RUNNING) | BIT(HVSND_PCM_PAUSED) |
			       ENDED,
	[HVSND_PCM_STARTING_LINKED] = BIT(HVSND_PCM_RUNNING) |
				      BIT(HVSND_PCM_PAUSED) | ENDED,
	[HVSND_PCM_RUNNING] = BIT(HVSND_PCM_PAUSED) | ENDED,
	[HVSND_PCM_PAUSED] = BEGUN | ENDED,
	[HVSND_PCM_STOPPED] = BEGUN | BIT(HVSND_PCM_SETUP),
	[HVSND_PCM_DRAINING] = BEGUN | BIT(HVSND_PCM_DRAINING_COPY),
	[HVSND_PCM_DRAINING_COPY] = BEGUN,
};

/**
 * hvsnd_pcm_may_follow() - Check a transition between PCM states
 * @state: present state
 * @next: state to enter
 *
 * Context: Any.
 * Return: Whether @next can follow @state.
 */
bool hvsnd_pcm_may_follow(enum hvsnd_pcm_state state,
			  enum hvsnd_pcm_state next)
{
	return next_states[state] & BIT(next);
}
