/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trial connection to the host's audio server, made with the protocol code of
 * the kernel module.
 */
#ifndef HVSND_HANDSHAKE_H
#define HVSND_HANDSHAKE_H

#include "endpoint.h"

/**
 * enum handshake_stage - how far the handshake got
 * @HANDSHAKE_CONNECT: the connection could not be made
 * @HANDSHAKE_NEGOTIATE: the server answered wrongly or not at all
 * @HANDSHAKE_READY: the server has created the stream
 */
enum handshake_stage {
	HANDSHAKE_CONNECT,
	HANDSHAKE_NEGOTIATE,
	HANDSHAKE_READY,
};

/**
 * struct handshake - result of a handshake
 * @stage: how far the handshake got
 * @err: why it did not get further: a negative errno; 0 if HANDSHAKE_READY
 * @reason: cause and remedy of a failure, one line
 * @connect_ms: time needed for connecting
 * @ready_ms: time needed for the handshake
 * @latency_us: HANDSHAKE_READY: latency of the host's device
 */
struct handshake {
	enum handshake_stage stage;
	int err;
	char reason[ENDPOINT_HINT_SIZE];
	unsigned int connect_ms;
	unsigned int ready_ms;
	unsigned long long latency_us;
};

/**
 * handshake_pulse() - Create a stream on a PulseAudio server, and disconnect
 * @h: set to the result
 * @a: address of the server
 * @cookie: 256 bytes, or NULL
 * @capture: create a record stream instead of a playback stream
 */
void handshake_pulse(struct handshake *h, const struct address *a,
		     const unsigned char *cookie, bool capture);

/**
 * handshake_connect() - Connect to a server, and disconnect
 * @h: set to the result
 * @a: address of the server
 */
void handshake_connect(struct handshake *h, const struct address *a);

#endif /* HVSND_HANDSHAKE_H */
