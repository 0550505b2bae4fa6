/* SPDX-License-Identifier: GPL-2.0 */
/* The connection of a stream: its state, and what to do about it next. */
#ifndef HVSOCK_CONN_STATE_H
#define HVSOCK_CONN_STATE_H

#include "pure.h"

/**
 * enum hvsnd_conn_state - state of a connection, in the order of progress
 * @HVSND_CONN_DOWN: no connection, and none was lost
 * @HVSND_CONN_BACKOFF: the last connection was lost or could not be made
 * @HVSND_CONN_TERMINATED: the host's user, or its policy, ended the stream; no
 *	connection before the next prepare
 * @HVSND_CONN_CONNECTING: the transport connects
 * @HVSND_CONN_CLOSING: the attempt to connect is abandoned, but the transport
 *	cannot release the socket yet
 * @HVSND_CONN_HANDSHAKE: waiting for the host's answer to the request for a
 *	stream
 * @HVSND_CONN_ADMITTED: the host let the guest in, and was asked for no stream
 * @HVSND_CONN_UP: the host has the stream
 */
enum hvsnd_conn_state {
	HVSND_CONN_DOWN,
	HVSND_CONN_BACKOFF,
	HVSND_CONN_TERMINATED,
	HVSND_CONN_CONNECTING,
	HVSND_CONN_CLOSING,
	HVSND_CONN_HANDSHAKE,
	HVSND_CONN_ADMITTED,
	HVSND_CONN_UP,
};

/**
 * enum hvsnd_request - requests to the worker of a stream, as bits
 * @HVSND_REQUEST_ABORT: the card is being deleted: end the connection
 * @HVSND_REQUEST_SUSPEND: the machine sleeps: have no connection
 * @HVSND_REQUEST_REMAKE: end the connection, and make another
 * @HVSND_REQUEST_RETRY: try to connect at once
 * @HVSND_REQUEST_RESET_BACKOFF: wait as short as after the first failure
 */
enum hvsnd_request {
	HVSND_REQUEST_ABORT,
	HVSND_REQUEST_SUSPEND,
	HVSND_REQUEST_REMAKE,
	HVSND_REQUEST_RETRY,
	HVSND_REQUEST_RESET_BACKOFF,
};

/**
 * enum hvsnd_life - who uses a stream
 * @HVSND_LIFE_ATTACHED: ALSA and the worker
 * @HVSND_LIFE_LINGERING: the worker alone, until the host has played a drain
 * @HVSND_LIFE_DEAD: nobody; the reaper may free the stream
 */
enum hvsnd_life {
	HVSND_LIFE_ATTACHED,
	HVSND_LIFE_LINGERING,
	HVSND_LIFE_DEAD,
};

/**
 * enum hvsnd_conn_action - next action of the worker
 * @HVSND_ACTION_WAIT: nothing
 * @HVSND_ACTION_CONNECT: connect
 * @HVSND_ACTION_SERVE: receive and send over the connection
 * @HVSND_ACTION_ABANDON: enter CLOSING
 * @HVSND_ACTION_DISCONNECT: end the connection or the attempt, then decide
 *	again
 * @HVSND_ACTION_RENEW: forget that a connection was lost, then decide again
 * @HVSND_ACTION_REAP: leave the stream to the reaper
 */
enum hvsnd_conn_action {
	HVSND_ACTION_WAIT,
	HVSND_ACTION_CONNECT,
	HVSND_ACTION_SERVE,
	HVSND_ACTION_ABANDON,
	HVSND_ACTION_DISCONNECT,
	HVSND_ACTION_RENEW,
	HVSND_ACTION_REAP,
};

/**
 * struct hvsnd_conn_view - what the next action depends on
 * @state: state of the connection
 * @life: who uses the stream
 * @requests: bits of enum hvsnd_request
 * @over: nothing is left to wait for, if the stream is not attached
 * @may_connect: the host may have a connection for the stream now
 * @may_close: the transport can release the socket
 * @retry_passed: the back-off has passed
 */
struct hvsnd_conn_view {
	enum hvsnd_conn_state state;
	enum hvsnd_life life;
	unsigned long requests;
	bool over;
	bool may_connect;
	bool may_close;
	bool retry_passed;
};

/* There is a socket. */
static inline bool hvsnd_conn_is_open(enum hvsnd_conn_state state)
{
	return state >= HVSND_CONN_CONNECTING;
}

/* The transport has connected. */
static inline bool hvsnd_conn_is_made(enum hvsnd_conn_state state)
{
	return state >= HVSND_CONN_HANDSHAKE;
}

/* The host has let the guest in. */
static inline bool hvsnd_conn_is_admitted(enum hvsnd_conn_state state)
{
	return state >= HVSND_CONN_ADMITTED;
}

bool hvsnd_conn_may_follow(enum hvsnd_conn_state state,
			   enum hvsnd_conn_state next);
enum hvsnd_conn_action hvsnd_conn_decide(const struct hvsnd_conn_view *v);

#endif /* HVSOCK_CONN_STATE_H */
