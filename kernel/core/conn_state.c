// SPDX-License-Identifier: GPL-2.0
#include "conn_state.h"

static const u8 previous_states[] = {
	[HVSND_CONN_DOWN] = BIT(HVSND_CONN_DOWN) | BIT(HVSND_CONN_BACKOFF),
	[HVSND_CONN_BACKOFF] = BIT(HVSND_CONN_TERMINATED) |
			       BIT(HVSND_CONN_CONNECTING) |
			       BIT(HVSND_CONN_CLOSING) |
			       BIT(HVSND_CONN_HANDSHAKE) |
			       BIT(HVSND_CONN_ADMITTED) | BIT(HVSND_CONN_UP),
	[HVSND_CONN_TERMINATED] = BIT(HVSND_CONN_HANDSHAKE) |
				  BIT(HVSND_CONN_ADMITTED) |
				  BIT(HVSND_CONN_UP),
	[HVSND_CONN_CONNECTING] = BIT(HVSND_CONN_DOWN) |
				  BIT(HVSND_CONN_BACKOFF),
	[HVSND_CONN_CLOSING] = BIT(HVSND_CONN_CONNECTING),
	[HVSND_CONN_HANDSHAKE] = BIT(HVSND_CONN_CONNECTING) |
				 BIT(HVSND_CONN_ADMITTED),
	[HVSND_CONN_ADMITTED] = BIT(HVSND_CONN_HANDSHAKE),
	[HVSND_CONN_UP] = BIT(HVSND_CONN_HANDSHAKE),
};

/**
 * hvsnd_conn_may_follow() - Check a change of a connection's state
 * @state: present state
 * @next: state to enter
 *
 * Context: Any.
 * Return: Whether @next may follow @state.
 */
bool hvsnd_conn_may_follow(enum hvsnd_conn_state state,
			   enum hvsnd_conn_state next)
{
	return previous_states[next] & BIT(state);
}

static bool is_asked(const struct hvsnd_conn_view *v,
		     enum hvsnd_request request)
{
	return v->requests & BIT(request);
}

/**
 * hvsnd_conn_decide() - Determine the worker's next action
 * @v: what the action depends on
 *
 * Context: Any.
 * Return: Action.
 */
enum hvsnd_conn_action hvsnd_conn_decide(const struct hvsnd_conn_view *v)
{
	bool attached = v->life == HVSND_LIFE_ATTACHED;
	bool ended = !attached && v->over;
	/* A lingering stream that is aborted is over. */
	bool barred = is_asked(v, HVSND_REQUEST_SUSPEND) ||
		      (attached && is_asked(v, HVSND_REQUEST_ABORT));
	bool renewed = attached && is_asked(v, HVSND_REQUEST_REMAKE);

	if (hvsnd_conn_is_open(v->state)) {
		if (!ended && !barred && !renewed &&
		    v->state != HVSND_CONN_CLOSING)
			return HVSND_ACTION_SERVE;
		if (hvsnd_conn_is_made(v->state) || v->may_close)
			return HVSND_ACTION_DISCONNECT;
		return v->state == HVSND_CONN_CLOSING ? HVSND_ACTION_WAIT :
							HVSND_ACTION_ABANDON;
	}
	if (ended)
		return HVSND_ACTION_REAP;
	if (barred)
		return HVSND_ACTION_WAIT;
	if (renewed)
		return HVSND_ACTION_RENEW;
	if (v->state == HVSND_CONN_TERMINATED || !v->may_connect ||
	    !v->retry_passed)
		return HVSND_ACTION_WAIT;
	return HVSND_ACTION_CONNECT;
}
