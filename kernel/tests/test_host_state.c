// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/host_state.h"
#include "core/reason.h"

#define STATES	(HVSND_HOST_AWAY + 1)
#define EVENTS	(HVSND_HOST_EVENT_FAILED + 1)

/* The state after each event, in the order of the enums. */
static const enum hvsnd_host_state next[STATES][EVENTS] = {
	[HVSND_HOST_UNKNOWN] = {
		HVSND_HOST_UP, HVSND_HOST_UP, HVSND_HOST_NOT_FOUND,
		HVSND_HOST_UP, HVSND_HOST_REFUSED, HVSND_HOST_AWAY,
	},
	[HVSND_HOST_NOT_FOUND] = {
		HVSND_HOST_UP, HVSND_HOST_UP, HVSND_HOST_NOT_FOUND,
		HVSND_HOST_UP, HVSND_HOST_AWAY, HVSND_HOST_AWAY,
	},
	[HVSND_HOST_UP] = {
		HVSND_HOST_UP, HVSND_HOST_UP, HVSND_HOST_UP,
		HVSND_HOST_UP, HVSND_HOST_REFUSED, HVSND_HOST_AWAY,
	},
	[HVSND_HOST_REFUSED] = {
		HVSND_HOST_UP, HVSND_HOST_REFUSED, HVSND_HOST_REFUSED,
		HVSND_HOST_UP, HVSND_HOST_REFUSED, HVSND_HOST_AWAY,
	},
	[HVSND_HOST_AWAY] = {
		HVSND_HOST_UP, HVSND_HOST_UP, HVSND_HOST_AWAY,
		HVSND_HOST_UP, HVSND_HOST_AWAY, HVSND_HOST_AWAY,
	},
};

/* No stream is served. */
static void test_each_event(void **state)
{
	int s, e;

	(void)state;
	for (s = 0; s < STATES; s++) {
		for (e = 0; e < EVENTS; e++)
			assert_int_equal(hvsnd_host_next_state(s, e, 0,
							       false),
					 next[s][e]);
	}
}

/* A host that serves a stream is up, whatever becomes of another one. */
static void test_connected(void **state)
{
	int s, e;

	(void)state;
	for (s = 0; s < STATES; s++) {
		for (e = 0; e < EVENTS; e++)
			assert_int_equal(hvsnd_host_next_state(s, e, 1,
							       e % 2),
					 HVSND_HOST_UP);
	}
}

/*
 * A connection that the host made and that no stream uses yet shows that the
 * host is there, although a stream has failed.
 */
static void test_unused(void **state)
{
	enum hvsnd_host_event failed = HVSND_HOST_EVENT_FAILED;
	enum hvsnd_host_event refused = HVSND_HOST_EVENT_REFUSED;
	int s;

	(void)state;
	for (s = 0; s < STATES; s++) {
		assert_int_equal(hvsnd_host_next_state(s, failed, 0, true), s);
		assert_int_equal(hvsnd_host_next_state(s, refused, 0, true),
				 HVSND_HOST_REFUSED);
	}
}

/* The jacks show a host that nobody has tried, and one that refuses. */
static void test_reachable(void **state)
{
	(void)state;
	assert_true(hvsnd_host_is_reachable(HVSND_HOST_UNKNOWN));
	assert_true(hvsnd_host_is_reachable(HVSND_HOST_UP));
	assert_true(hvsnd_host_is_reachable(HVSND_HOST_REFUSED));
	assert_false(hvsnd_host_is_reachable(HVSND_HOST_NOT_FOUND));
	assert_false(hvsnd_host_is_reachable(HVSND_HOST_AWAY));
	assert_true(hvsnd_host_needs_probe(HVSND_HOST_UNKNOWN));
	assert_true(hvsnd_host_needs_probe(HVSND_HOST_AWAY));
	assert_false(hvsnd_host_needs_probe(HVSND_HOST_UP));
	assert_false(hvsnd_host_needs_probe(HVSND_HOST_REFUSED));
}

/* Each reason has a cause and a remedy. */
static void test_reasons(void **state)
{
	static const struct {
		int err;
		bool listens;
		const char *cause;
	} reasons[] = {
		{ -ECONNREFUSED, false, "nobody listens there" },
		{ -ECONNRESET, false, "nobody listens there" },
		{ -ECONNRESET, true, "connection lost" },
		{ -ETIMEDOUT, false, "no answer" },
		{ -ENODEV, false, "no vsock transport" },
		{ -EHOSTUNREACH, false, "no vsock transport" },
		{ -EAFNOSUPPORT, false, "the kernel has no vsock" },
		{ -ENOTCONN, true, "the host has not connected" },
		{ -ENETUNREACH, false,
		  "the vsock transport does not reach this CID" },
		{ -EADDRINUSE, false, "another program listens there" },
		{ -EIO, false, "cannot connect" },
	};
	const char *reason;
	size_t i;
	int len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		reason = hvsnd_reason_connect(reasons[i].err,
					      reasons[i].listens);
		len = hvsnd_reason_cause(reason);
		assert_int_equal(len, strlen(reasons[i].cause));
		assert_memory_equal(reason, reasons[i].cause, len);
		assert_true(strlen(reason) > len + 2u);
	}
	assert_int_equal(hvsnd_reason_cause("cause"), 5);
}

UNIT_TESTS(host_state,
	   UNIT_TEST(test_each_event),
	   UNIT_TEST(test_connected),
	   UNIT_TEST(test_unused),
	   UNIT_TEST(test_reachable),
	   UNIT_TEST(test_reasons));
