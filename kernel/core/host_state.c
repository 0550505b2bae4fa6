// SPDX-License-Identifier: GPL-2.0
#include "host_state.h"

/**
 * hvsnd_host_next_state() - State of the host after a report
 * @state: the state before
 * @event: the report
 * @connected: number of streams that the host serves
 * @unused: the host has made a connection that no stream uses yet
 *
 * Context: Any.
 * Return: The state after @event.
 */
enum hvsnd_host_state hvsnd_host_next_state(enum hvsnd_host_state state,
					    enum hvsnd_host_event event,
					    u32 connected, bool unused)
{
	/* One stream's failure means nothing while others are served. */
	if (connected)
		return HVSND_HOST_UP;
	switch (event) {
	case HVSND_HOST_EVENT_FOUND:
	case HVSND_HOST_EVENT_CONNECTED:
		return HVSND_HOST_UP;
	case HVSND_HOST_EVENT_UNUSED:
		/* A host that refuses streams connects again for the next. */
		return state == HVSND_HOST_REFUSED ? state : HVSND_HOST_UP;
	case HVSND_HOST_EVENT_NOT_FOUND:
		/* What a stream has reported since is newer. */
		return state == HVSND_HOST_UNKNOWN ? HVSND_HOST_NOT_FOUND :
						     state;
	case HVSND_HOST_EVENT_REFUSED:
		return unused || hvsnd_host_is_reachable(state) ?
			       HVSND_HOST_REFUSED :
			       HVSND_HOST_AWAY;
	case HVSND_HOST_EVENT_FAILED:
		break;
	}
	return unused ? state : HVSND_HOST_AWAY;
}
