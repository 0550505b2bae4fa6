/* SPDX-License-Identifier: GPL-2.0 */
/* The state of a PCM substream, as ALSA's calls make it. */
#ifndef HVSOCK_PCM_STATE_H
#define HVSOCK_PCM_STATE_H

#include "pure.h"

/**
 * enum hvsnd_pcm_state - what ALSA wants of the stream
 * @HVSND_PCM_SETUP: nothing; the buffer may be gone
 * @HVSND_PCM_STARTING: START came. The clock waits for the first audio data
 *	to be sent, at most until hold_ns.
 * @HVSND_PCM_STARTING_LINKED: as STARTING, but the clocks of linked streams
 *	start together at hold_ns
 * @HVSND_PCM_RUNNING: the position advances
 * @HVSND_PCM_PAUSED: the position stands still, the host keeps what it has
 * @HVSND_PCM_STOPPED: nothing; the buffer is still there
 * @HVSND_PCM_DRAINING: the position has passed all that was written, and the
 *	host is to play it to the end
 * @HVSND_PCM_DRAINING_COPY: as DRAINING, but the buffer may be gone; what the
 *	host has not got was copied
 */
enum hvsnd_pcm_state {
	HVSND_PCM_SETUP,
	HVSND_PCM_STARTING,
	HVSND_PCM_STARTING_LINKED,
	HVSND_PCM_RUNNING,
	HVSND_PCM_PAUSED,
	HVSND_PCM_STOPPED,
	HVSND_PCM_DRAINING,
	HVSND_PCM_DRAINING_COPY,
};

/* The position advances, or is about to. */
static inline bool hvsnd_pcm_is_on(enum hvsnd_pcm_state state)
{
	return state == HVSND_PCM_STARTING ||
	       state == HVSND_PCM_STARTING_LINKED || state == HVSND_PCM_RUNNING;
}

/* The clock waits. */
static inline bool hvsnd_pcm_is_starting(enum hvsnd_pcm_state state)
{
	return state == HVSND_PCM_STARTING ||
	       state == HVSND_PCM_STARTING_LINKED;
}

/* The application has written all; the host is to play it to the end. */
static inline bool hvsnd_pcm_is_draining(enum hvsnd_pcm_state state)
{
	return state == HVSND_PCM_DRAINING || state == HVSND_PCM_DRAINING_COPY;
}

/* ALSA wants nothing of the stream. */
static inline bool hvsnd_pcm_is_idle(enum hvsnd_pcm_state state)
{
	return state == HVSND_PCM_SETUP || state == HVSND_PCM_STOPPED;
}

bool hvsnd_pcm_may_follow(enum hvsnd_pcm_state state,
			  enum hvsnd_pcm_state next);

#endif /* HVSOCK_PCM_STATE_H */
