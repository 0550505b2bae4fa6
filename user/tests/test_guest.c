// SPDX-License-Identifier: GPL-2.0
/* Which guest a CID or a name is, and that a decision about one does not let it in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "bus.h"
#include "config.h"
#include "control.h"
#include "guest.h"
#include "state.h"

struct config config;

int control_guest(struct guest *g)
{
	return 0;
}

void control_free(struct control *c)
{
}

void bus_add(struct guest *g)
{
}

void bus_remove(struct guest *g)
{
}

void bus_changed(struct guest *g)
{
}

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
	strcpy(config.state, folder);
	guests_any = true;
	guest_default = (struct guest){ .playback = true };
	return 0;
}

static int end(void **state)
{
	char path[300];

	guests_free();
	snprintf(path, sizeof(path), "%s/microphones", config.state);
	unlink(path);
	rmdir(config.state);
	return 0;
}

static void test_names(void **state)
{
	struct guest *g = guest_meant("3", true);

	assert_string_equal(g->name, "vm3");
	assert_true(g->has_cid);
	assert_int_equal(g->cid, 3);
	assert_ptr_equal(guest_meant("vm3", false), g);
	assert_ptr_equal(guest_of_cid(3), g);
	assert_null(guest_meant("4", false));
	assert_null(guest_meant("vm", false));
	g = guest_meant("vm4x", true);
	assert_false(g->has_cid);
	g = guest_meant("4294967295", true);
	assert_false(g->has_cid);
	/* A name of its own goes before a CID. */
	g = guest_add("5");
	assert_ptr_equal(guest_meant("5", true), g);
	assert_ptr_not_equal(guest_of_cid(5), g);
	assert_string_equal(guest_of_cid(5)->name, "vm5");
}

/* Who may connect is the command line's to say. */
static void test_not_let_in(void **state)
{
	struct guest *g;

	guest_meant("1", true)->kept = KEPT_ALLOW;
	guest_meant("9", true)->kept = KEPT_ALLOW;
	assert_null(guest_of_cid(1));
	assert_non_null(guest_of_cid(9));
	guests_any = false;
	assert_null(guest_of_cid(9));
	g = guest_meant("8", true);
	g->known = true;
	assert_ptr_equal(guest_of_cid(8), g);
}

/* What is kept outlives the connection; what is not does not. */
static void test_put(void **state)
{
	struct guest *g = guest_of_cid(3);

	g->kept = KEPT_ALLOW;
	guest_put(g);
	assert_ptr_equal(guest_by_cid(3), g);
	g->kept = KEPT_NOTHING;
	guest_put(g);
	assert_null(guest_by_cid(3));
}

static void test_file(void **state)
{
	char reason[400];
	struct guest *g;

	guest_meant("3", true)->kept = KEPT_ALLOW;
	guest_meant("work", true)->kept = KEPT_DENY;
	guest_meant("7", true)->kept = KEPT_ALLOW;
	guest_meant("8", true);
	assert_int_equal(state_save(reason, sizeof(reason)), 0);
	guests_free();

	guest_default.first = true;
	g = guest_add("games");
	g->has_cid = true;
	g->cid = 7;
	g->never = true;
	assert_int_equal(guests_start(), 0);
	assert_true(guest_by_cid(3)->microphone);
	/* A denial is stronger than the command line's permission; never is stronger than all. */
	assert_false(guest_by_name("work")->microphone);
	assert_false(g->microphone);
	assert_null(guest_by_name("vm7"));
	assert_null(guest_by_cid(8));
	/* A denial by any way takes back what was allowed for good. */
	guest_allow(guest_by_cid(3), false);
	guests_free();
	assert_int_equal(guests_start(), 0);
	assert_false(guest_by_cid(3)->microphone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, begin, end),
		cmocka_unit_test_setup_teardown(test_not_let_in, begin, end),
		cmocka_unit_test_setup_teardown(test_put, begin, end),
		cmocka_unit_test_setup_teardown(test_file, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
