/* SPDX-License-Identifier: GPL-2.0 */
/* A handshake with the host's audio server, by the module's own protocol code. */
#ifndef HVSND_SHAKE_H
#define HVSND_SHAKE_H

#include "endpoint.h"

enum shake_stage {
	SHAKE_CONNECT, /* nobody answered */
	SHAKE_TALK, /* what answered is not right */
	SHAKE_READY, /* it would play */
};

/**
 * struct shake - how it went
 * @stage: how far
 * @err: what stopped it there: a negative errno, 0 when READY
 * @reason: why, and what to do, one line
 * @connect_ms: how long connecting took
 * @ready_ms: and the handshake
 * @latency_us: READY: the host's device's latency
 */
struct shake {
	enum shake_stage stage;
	int err;
	char reason[ENDPOINT_HINT_SIZE];
	unsigned int connect_ms;
	unsigned int ready_ms;
	unsigned long long latency_us;
};

/**
 * shake_pulse - set up a stream at a PulseAudio server, and let go of it
 * @s: set
 * @a: where it is
 * @cookie: 256 bytes, or NULL
 * @capture: a stream that records, not one that plays
 */
void shake_pulse(struct shake *s, const struct address *a,
		 const unsigned char *cookie, bool capture);

/**
 * shake_connect - only see whether somebody listens
 * @s: set
 * @a: where
 */
void shake_connect(struct shake *s, const struct address *a);

#endif /* HVSND_SHAKE_H */
