/* SPDX-License-Identifier: GPL-2.0 */
/* Until when a stream's worker waits, and for what. */
#ifndef HVSOCK_DEADLINE_H
#define HVSOCK_DEADLINE_H

#include "pure.h"

/**
 * enum hvsnd_deadline - what a stream's worker waits for
 * @HVSND_DEADLINE_RETRY: the next attempt to connect
 * @HVSND_DEADLINE_HANDSHAKE: the host's answer to what opens a stream
 * @HVSND_DEADLINE_ANSWER: the host's answer to a request for a timing report
 * @HVSND_DEADLINE_DRAIN: the end of what a host plays that reports no timing
 * @HVSND_DEADLINE_LINGER: the end of a drain whose program has closed the PCM
 * @HVSND_DEADLINES: number of deadlines
 */
enum hvsnd_deadline {
	HVSND_DEADLINE_RETRY,
	HVSND_DEADLINE_HANDSHAKE,
	HVSND_DEADLINE_ANSWER,
	HVSND_DEADLINE_DRAIN,
	HVSND_DEADLINE_LINGER,
	HVSND_DEADLINES
};

u64 hvsnd_deadline_next(const u64 *deadlines, u64 since_ns);

#endif /* HVSOCK_DEADLINE_H */
