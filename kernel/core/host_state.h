/* SPDX-License-Identifier: GPL-2.0 */
/* What a card knows of its host, and what each report changes of that. */
#ifndef HVSOCK_HOST_STATE_H
#define HVSOCK_HOST_STATE_H

#include "pure.h"

/**
 * enum hvsnd_host_state - what is known of the host
 * @HVSND_HOST_UNKNOWN: no attempt to connect has ended yet
 * @HVSND_HOST_NOT_FOUND: the first probe failed, and no stream has tried yet
 * @HVSND_HOST_UP: the host serves a stream, or took the last connection
 * @HVSND_HOST_REFUSED: the host took the last connection, but refused the
 *	stream or did not answer
 * @HVSND_HOST_AWAY: the last connection failed or was lost
 */
enum hvsnd_host_state {
	HVSND_HOST_UNKNOWN,
	HVSND_HOST_NOT_FOUND,
	HVSND_HOST_UP,
	HVSND_HOST_REFUSED,
	HVSND_HOST_AWAY,
};

/**
 * enum hvsnd_host_event - what streams, connections and probes report
 * @HVSND_HOST_EVENT_FOUND: the host took a connection without a stream
 * @HVSND_HOST_EVENT_UNUSED: the host made a connection that no stream uses yet
 * @HVSND_HOST_EVENT_NOT_FOUND: a probe failed
 * @HVSND_HOST_EVENT_CONNECTED: the host serves one more stream
 * @HVSND_HOST_EVENT_REFUSED: the host took a connection, but refused the
 *	stream or did not answer
 * @HVSND_HOST_EVENT_FAILED: a connection could not be made or was lost
 */
enum hvsnd_host_event {
	HVSND_HOST_EVENT_FOUND,
	HVSND_HOST_EVENT_UNUSED,
	HVSND_HOST_EVENT_NOT_FOUND,
	HVSND_HOST_EVENT_CONNECTED,
	HVSND_HOST_EVENT_REFUSED,
	HVSND_HOST_EVENT_FAILED,
};

/* A host that has not been tried counts: most hosts are there at boot. */
static inline bool hvsnd_host_is_reachable(enum hvsnd_host_state state)
{
	return state != HVSND_HOST_NOT_FOUND && state != HVSND_HOST_AWAY;
}

/* Whether a probe would tell anything new. */
static inline bool hvsnd_host_needs_probe(enum hvsnd_host_state state)
{
	return state == HVSND_HOST_UNKNOWN || !hvsnd_host_is_reachable(state);
}

enum hvsnd_host_state hvsnd_host_next_state(enum hvsnd_host_state state,
					    enum hvsnd_host_event event,
					    u32 connected, bool unused);

#endif /* HVSOCK_HOST_STATE_H */
