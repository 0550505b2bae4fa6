// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/conn_state.h"

#define STATES	(HVSND_CONN_UP + 1)

static struct hvsnd_conn_view view(enum hvsnd_conn_state state)
{
	struct hvsnd_conn_view v = {
		.state = state,
		.may_connect = true,
		.may_close = true,
		.retry_passed = true,
	};

	return v;
}

static struct hvsnd_conn_view asked(enum hvsnd_conn_state state,
				    enum hvsnd_request request)
{
	struct hvsnd_conn_view v = view(state);

	v.requests = BIT(request);
	return v;
}

static bool is_open(enum hvsnd_conn_state state)
{
	return state != HVSND_CONN_DOWN && state != HVSND_CONN_BACKOFF &&
	       state != HVSND_CONN_TERMINATED;
}

/* Without a request: what is needed to connect, and what is then served. */
static void test_connect(void **state)
{
	struct hvsnd_conn_view v = view(HVSND_CONN_DOWN);
	enum hvsnd_conn_state s;

	(void)state;
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_CONNECT);
	v.state = HVSND_CONN_BACKOFF;
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_CONNECT);
	v.retry_passed = false;
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_WAIT);
	v.retry_passed = true;
	v.may_connect = false;
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_WAIT);
	v = view(HVSND_CONN_TERMINATED);
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_WAIT);
	for (s = HVSND_CONN_CONNECTING; s < STATES; s++) {
		v = view(s);
		assert_int_equal(hvsnd_conn_decide(&v),
				 s == HVSND_CONN_CLOSING ?
					 HVSND_ACTION_DISCONNECT :
					 HVSND_ACTION_SERVE);
	}
}

/* An attempt ends when the transport lets go, a connection at once. */
static void test_close(void **state)
{
	static const enum hvsnd_request requests[] = {
		HVSND_REQUEST_ABORT, HVSND_REQUEST_SUSPEND,
		HVSND_REQUEST_REMAKE,
	};
	struct hvsnd_conn_view v;
	enum hvsnd_conn_state s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		for (s = 0; s < STATES; s++) {
			v = asked(s, requests[i]);
			if (is_open(s))
				assert_int_equal(hvsnd_conn_decide(&v),
						 HVSND_ACTION_DISCONNECT);
			else
				assert_int_equal(hvsnd_conn_decide(&v),
						 requests[i] ==
						 HVSND_REQUEST_REMAKE ?
						 HVSND_ACTION_RENEW :
						 HVSND_ACTION_WAIT);
		}
		v = asked(HVSND_CONN_CONNECTING, requests[i]);
		v.may_close = false;
		assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_ABANDON);
		v.state = HVSND_CONN_CLOSING;
		assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_WAIT);
		v.state = HVSND_CONN_HANDSHAKE;
		assert_int_equal(hvsnd_conn_decide(&v),
				 HVSND_ACTION_DISCONNECT);
	}
	/* A request that was withdrawn does not bring an attempt back. */
	v = view(HVSND_CONN_CLOSING);
	v.may_close = false;
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_WAIT);
}

/* A card that is deleted, or a machine that sleeps, is stronger than REMAKE. */
static void test_barred(void **state)
{
	struct hvsnd_conn_view v = view(HVSND_CONN_DOWN);

	(void)state;
	v.requests = BIT(HVSND_REQUEST_REMAKE) | BIT(HVSND_REQUEST_SUSPEND);
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_WAIT);
	v.requests = BIT(HVSND_REQUEST_REMAKE) | BIT(HVSND_REQUEST_ABORT);
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_WAIT);
}

/* A drain without its program goes on until its end, then it is reaped. */
static void test_linger(void **state)
{
	struct hvsnd_conn_view v;
	enum hvsnd_conn_state s;

	(void)state;
	for (s = 0; s < STATES; s++) {
		v = view(s);
		v.life = HVSND_LIFE_LINGERING;
		v.over = true;
		assert_int_equal(hvsnd_conn_decide(&v),
				 is_open(s) ? HVSND_ACTION_DISCONNECT :
					      HVSND_ACTION_REAP);
		v.requests = BIT(HVSND_REQUEST_SUSPEND);
		assert_int_equal(hvsnd_conn_decide(&v),
				 is_open(s) ? HVSND_ACTION_DISCONNECT :
					      HVSND_ACTION_REAP);
	}
	v = asked(HVSND_CONN_UP, HVSND_REQUEST_REMAKE);
	v.life = HVSND_LIFE_LINGERING;
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_SERVE);
	v.requests = 0;
	v.state = HVSND_CONN_BACKOFF;
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_CONNECT);
	/* ALSA still uses a stream that is attached. */
	v = view(HVSND_CONN_UP);
	v.over = true;
	assert_int_equal(hvsnd_conn_decide(&v), HVSND_ACTION_SERVE);
}

/* What each state may follow. */
static void test_transitions(void **state)
{
	static const char * const may[STATES] = {
		/* to: DOWN BACKOFF TERMINATED CONNECTING CLOSING HANDSHAKE
		 *     ADMITTED UP
		 */
		[HVSND_CONN_DOWN]	= "1..1....",
		[HVSND_CONN_BACKOFF]	= "1..1....",
		[HVSND_CONN_TERMINATED]	= ".1......",
		[HVSND_CONN_CONNECTING]	= ".1..11..",
		[HVSND_CONN_CLOSING]	= ".1......",
		[HVSND_CONN_HANDSHAKE]	= ".11...11",
		[HVSND_CONN_ADMITTED]	= ".11..1..",
		[HVSND_CONN_UP]		= ".11.....",
	};
	enum hvsnd_conn_state from, to;

	(void)state;
	for (from = 0; from < STATES; from++)
		for (to = 0; to < STATES; to++)
			assert_int_equal(hvsnd_conn_may_follow(from, to),
					 may[from][to] == '1');
}

UNIT_TESTS(conn_state,
	   UNIT_TEST(test_connect),
	   UNIT_TEST(test_close),
	   UNIT_TEST(test_barred),
	   UNIT_TEST(test_linger),
	   UNIT_TEST(test_transitions));
