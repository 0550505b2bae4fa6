// SPDX-License-Identifier: GPL-2.0
/* Guests: found by name or CID, kept or freed, and their saved decisions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "config.h"
#include "guest.h"
#include "state_file.h"

struct config config;

void log_line(int priority, const char *format, ...)
{
}

void log_limited(struct log_limit *limit, int priority, const char *format, ...)
{
}

static int begin(void **state)
{
	char folder[] = "/tmp/hvsnd-guest.XXXXXX";

	assert_non_null(mkdtemp(folder));
	strcpy(config.state_dir, folder);
	guests_allow_any = true;
	guest_default = (struct guest){ .playback = true };
	return 0;
}

static int end(void **state)
{
	char path[300];

	guests_free();
	snprintf(path, sizeof(path), "%s/microphones", config.state_dir);
	unlink(path);
	rmdir(config.state_dir);
	return 0;
}

static void test_names(void **state)
{
	struct guest *g = guest_lookup("3", true);

	assert_string_equal(g->name, "vm3");
	assert_true(g->has_cid);
	assert_int_equal(g->cid, 3);
	assert_ptr_equal(guest_lookup("vm3", false), g);
	assert_ptr_equal(guest_from_cid(3), g);
	assert_null(guest_lookup("4", false));
	assert_null(guest_lookup("vm", false));
	g = guest_lookup("vm4x", true);
	assert_false(g->has_cid);
	g = guest_lookup("4294967295", true);
	assert_false(g->has_cid);
	/* The name of a guest takes precedence over a CID. */
	g = guest_add("5");
	assert_ptr_equal(guest_lookup("5", true), g);
	assert_ptr_not_equal(guest_from_cid(5), g);
	assert_string_equal(guest_from_cid(5)->name, "vm5");
}

/* A saved decision does not allow a guest to connect. */
static void test_may_connect(void **state)
{
	struct guest *g;

	guest_lookup("1", true)->saved = SAVED_ALLOW;
	guest_lookup("9", true)->saved = SAVED_ALLOW;
	assert_null(guest_from_cid(1));
	assert_non_null(guest_from_cid(9));
	guests_allow_any = false;
	assert_null(guest_from_cid(9));
	g = guest_lookup("8", true);
	g->configured = true;
	assert_ptr_equal(guest_from_cid(8), g);
}

/* A guest with a saved decision is kept without a connection. */
static void test_free_unused(void **state)
{
	struct guest *g = guest_from_cid(3);

	g->saved = SAVED_ALLOW;
	guest_free_unused(g);
	assert_ptr_equal(guest_by_cid(3), g);
	g->saved = SAVED_NONE;
	guest_free_unused(g);
	assert_null(guest_by_cid(3));
}

/* At the end, an output may still hold a guest: it is there until the last. */
static void test_disconnect(void **state)
{
	struct guest *g = guest_from_cid(3);

	guest_hold(g);
	guests_disconnect();
	guest_release(g);
	assert_ptr_equal(guest_by_cid(3), g);
	guests_free();
	assert_null(guests);
}

static void test_file(void **state)
{
	char reason[400];
	struct guest *g;

	guest_lookup("3", true)->saved = SAVED_ALLOW;
	guest_lookup("work", true)->saved = SAVED_DENY;
	guest_lookup("7", true)->saved = SAVED_ALLOW;
	guest_lookup("8", true);
	assert_int_equal(state_file_save(reason, sizeof(reason)), 0);
	guests_free();

	guest_default.mic_policy = MIC_ALLOW;
	g = guest_add("games");
	g->has_cid = true;
	g->cid = 7;
	g->mic_policy = MIC_NEVER;
	assert_int_equal(state_file_start(), 0);
	assert_true(guest_by_cid(3)->mic_allowed);
	/* Saved decisions override the command line, except "never". */
	assert_false(guest_by_name("work")->mic_allowed);
	assert_false(g->mic_allowed);
	assert_null(guest_by_name("vm7"));
	assert_null(guest_by_cid(8));
	/* A denial also changes a saved permission to a denial. */
	guest_set_mic(guest_by_cid(3), false);
	guests_free();
	assert_int_equal(state_file_start(), 0);
	assert_false(guest_by_cid(3)->mic_allowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, begin, end),
		cmocka_unit_test_setup_teardown(test_may_connect, begin, end),
		cmocka_unit_test_setup_teardown(test_free_unused, begin, end),
		cmocka_unit_test_setup_teardown(test_disconnect, begin, end),
		cmocka_unit_test_setup_teardown(test_file, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
