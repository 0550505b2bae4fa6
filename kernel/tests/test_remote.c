// SPDX-License-Identifier: GPL-2.0
/* The states of the PCM and of the host's stream, and the commands. */
#include "unit.h"

#include "core/remote.h"

#define PCM_STATES	(HVSND_PCM_DRAINING_COPY + 1)
#define REMOTE_STATES	(HVSND_REMOTE_FINISHED + 1)

/* A host's stream that knows of a START. */
static struct hvsnd_remote known(enum hvsnd_remote_state state)
{
	const struct hvsnd_remote r = { .state = state, .epoch = 7 };

	return r;
}

/* All was sent, and nothing is to be forgotten. */
static struct hvsnd_wanted wanted(enum hvsnd_pcm_state state)
{
	const struct hvsnd_wanted w = {
		.state = state,
		.epoch = 7,
		.sent = true,
		.complete = true,
	};

	return w;
}

static void test_pcm_states(void **state)
{
	/* One row for each state, one letter for each that may follow. */
	static const char follows[PCM_STATES][PCM_STATES + 1] = {
		/* SETUP, STARTING, _LINKED, RUNNING, PAUSED, STOPPED, ... */
		[HVSND_PCM_SETUP] = ".xxx....",
		[HVSND_PCM_STARTING] = "...xxxx.",
		[HVSND_PCM_STARTING_LINKED] = "...xxxx.",
		[HVSND_PCM_RUNNING] = "....xxx.",
		[HVSND_PCM_PAUSED] = ".xxx.xx.",
		[HVSND_PCM_STOPPED] = "xxxx....",
		[HVSND_PCM_DRAINING] = ".xxx...x",
		[HVSND_PCM_DRAINING_COPY] = ".xxx....",
	};
	unsigned int from, to;

	(void)state;
	for (from = 0; from < PCM_STATES; from++)
		for (to = 0; to < PCM_STATES; to++)
			assert_int_equal(hvsnd_pcm_may_follow(from, to),
					 follows[from][to] == 'x');
}

static void test_pcm_kinds(void **state)
{
	/* on, starting, draining, idle */
	static const char kinds[PCM_STATES][5] = {
		[HVSND_PCM_SETUP] = "...x",
		[HVSND_PCM_STARTING] = "xx..",
		[HVSND_PCM_STARTING_LINKED] = "xx..",
		[HVSND_PCM_RUNNING] = "x...",
		[HVSND_PCM_PAUSED] = "....",
		[HVSND_PCM_STOPPED] = "...x",
		[HVSND_PCM_DRAINING] = "..x.",
		[HVSND_PCM_DRAINING_COPY] = "..x.",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < PCM_STATES; i++) {
		assert_int_equal(hvsnd_pcm_is_on(i), kinds[i][0] == 'x');
		assert_int_equal(hvsnd_pcm_is_starting(i), kinds[i][1] == 'x');
		assert_int_equal(hvsnd_pcm_is_draining(i), kinds[i][2] == 'x');
		assert_int_equal(hvsnd_pcm_is_idle(i), kinds[i][3] == 'x');
	}
}

static void test_epochs(void **state)
{
	static const u32 epochs[] = { 0, 1, 0x80000000, UINT32_MAX };
	struct hvsnd_remote r = { .state = HVSND_REMOTE_CORKED };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(epochs); i++) {
		hvsnd_remote_reset(&r, epochs[i]);
		assert_true(hvsnd_remote_is_stale(&r, epochs[i]));
		hvsnd_remote_begin(&r, epochs[i]);
		assert_false(hvsnd_remote_is_stale(&r, epochs[i]));
		assert_true(hvsnd_remote_is_stale(&r, epochs[i] + 1));
		hvsnd_remote_set_stale(&r, epochs[i]);
		assert_true(hvsnd_remote_is_stale(&r, epochs[i]));
	}
}

/* A connection ends in any state, and takes everything with it. */
static void test_reset(void **state)
{
	struct hvsnd_remote r;
	unsigned int i;

	(void)state;
	for (i = 0; i < REMOTE_STATES; i++) {
		r = known(i);
		r.suspended = true;
		hvsnd_remote_reset(&r, 7);
		assert_int_equal(r.state, HVSND_REMOTE_CORKED);
		assert_false(r.suspended);
		assert_true(hvsnd_remote_is_stale(&r, 7));
	}
}

/* What was told to start goes on; nothing is drained of a new START. */
static void test_begin(void **state)
{
	static const enum hvsnd_remote_state after[REMOTE_STATES] = {
		[HVSND_REMOTE_CORKED] = HVSND_REMOTE_CORKED,
		[HVSND_REMOTE_PLAYING] = HVSND_REMOTE_PLAYING,
		[HVSND_REMOTE_DRAINING] = HVSND_REMOTE_PLAYING,
		[HVSND_REMOTE_DRAINED] = HVSND_REMOTE_PLAYING,
		[HVSND_REMOTE_FINISHED] = HVSND_REMOTE_CORKED,
	};
	struct hvsnd_remote r;
	unsigned int i;

	(void)state;
	for (i = 0; i < REMOTE_STATES; i++) {
		r = known(i);
		assert_int_equal(hvsnd_remote_is_running(&r),
				 after[i] == HVSND_REMOTE_PLAYING);
		hvsnd_remote_begin(&r, 8);
		assert_int_equal(r.state, after[i]);
		assert_int_equal(r.epoch, 8);
	}
}

static void test_drained(void **state)
{
	struct hvsnd_remote r;
	unsigned int i, pcm;
	bool draining;

	(void)state;
	/* Only a host that was told to drain has drained. */
	for (i = 0; i < REMOTE_STATES; i++) {
		r = known(i);
		hvsnd_remote_drained(&r);
		assert_int_equal(r.state, i == HVSND_REMOTE_DRAINING ?
					  HVSND_REMOTE_DRAINED : i);
	}
	/* It counts for this START, while the PCM drains. */
	for (i = 0; i < REMOTE_STATES; i++) {
		for (pcm = 0; pcm < PCM_STATES; pcm++) {
			r = known(i);
			draining = hvsnd_pcm_is_draining(pcm);
			assert_int_equal(hvsnd_remote_is_drained(&r, pcm, 7),
					 draining && i >= HVSND_REMOTE_DRAINED);
			assert_false(hvsnd_remote_is_drained(&r, pcm, 8));
			assert_int_equal(hvsnd_remote_is_unfinished(&r, pcm, 7),
					 hvsnd_pcm_is_on(pcm) ||
					 (draining &&
					  i < HVSND_REMOTE_DRAINED));
			assert_int_equal(hvsnd_remote_is_unfinished(&r, pcm, 8),
					 hvsnd_pcm_is_on(pcm) || draining);
		}
	}
}

static void test_suspended(void **state)
{
	struct hvsnd_remote r = known(HVSND_REMOTE_CORKED);

	(void)state;
	/* A stream that was not started wakes the device itself. */
	assert_false(hvsnd_remote_suspend(&r, true));
	assert_false(r.suspended);
	r = known(HVSND_REMOTE_PLAYING);
	assert_false(hvsnd_remote_suspend(&r, false));
	assert_false(hvsnd_remote_suspend(&r, true));
	assert_true(r.suspended);
	assert_false(hvsnd_remote_suspend(&r, true));
	/* It wakes once, also one that was stopped in its sleep. */
	hvsnd_remote_told(&r, HVSND_COMMAND_STOP);
	assert_false(hvsnd_remote_suspend(&r, true));
	assert_true(r.suspended);
	assert_true(hvsnd_remote_suspend(&r, false));
	assert_false(r.suspended);
	assert_false(hvsnd_remote_suspend(&r, false));
}

static void test_told(void **state)
{
	struct hvsnd_remote r = known(HVSND_REMOTE_CORKED);

	(void)state;
	hvsnd_remote_told(&r, HVSND_COMMAND_NONE);
	assert_int_equal(r.state, HVSND_REMOTE_CORKED);
	hvsnd_remote_told(&r, HVSND_COMMAND_START);
	assert_int_equal(r.state, HVSND_REMOTE_PLAYING);
	hvsnd_remote_told(&r, HVSND_COMMAND_PAUSE);
	assert_int_equal(r.state, HVSND_REMOTE_CORKED);
	hvsnd_remote_told(&r, HVSND_COMMAND_START);
	hvsnd_remote_told(&r, HVSND_COMMAND_DRAIN);
	assert_int_equal(r.state, HVSND_REMOTE_DRAINING);
	/* One that was paused before its end is not at its end. */
	hvsnd_remote_told(&r, HVSND_COMMAND_PAUSE);
	assert_int_equal(r.state, HVSND_REMOTE_CORKED);
	hvsnd_remote_told(&r, HVSND_COMMAND_START);
	hvsnd_remote_told(&r, HVSND_COMMAND_DRAIN);
	hvsnd_remote_drained(&r);
	hvsnd_remote_told(&r, HVSND_COMMAND_PAUSE);
	assert_int_equal(r.state, HVSND_REMOTE_FINISHED);
	hvsnd_remote_told(&r, HVSND_COMMAND_STOP);
	assert_int_equal(r.state, HVSND_REMOTE_CORKED);
}

static void test_next(void **state)
{
	static const struct {
		enum hvsnd_remote_state remote;
		enum hvsnd_pcm_state pcm;
		enum hvsnd_command command;
	} cases[] = {
		{ HVSND_REMOTE_CORKED, HVSND_PCM_SETUP, HVSND_COMMAND_NONE },
		{ HVSND_REMOTE_CORKED, HVSND_PCM_STARTING,
		  HVSND_COMMAND_START },
		{ HVSND_REMOTE_CORKED, HVSND_PCM_RUNNING, HVSND_COMMAND_START },
		{ HVSND_REMOTE_FINISHED, HVSND_PCM_RUNNING,
		  HVSND_COMMAND_START },
		{ HVSND_REMOTE_PLAYING, HVSND_PCM_RUNNING, HVSND_COMMAND_NONE },
		{ HVSND_REMOTE_PLAYING, HVSND_PCM_PAUSED, HVSND_COMMAND_PAUSE },
		{ HVSND_REMOTE_DRAINING, HVSND_PCM_PAUSED,
		  HVSND_COMMAND_PAUSE },
		{ HVSND_REMOTE_CORKED, HVSND_PCM_PAUSED, HVSND_COMMAND_NONE },
		/* The flush of a stop says what there is to say. */
		{ HVSND_REMOTE_PLAYING, HVSND_PCM_STOPPED, HVSND_COMMAND_NONE },
		/* A sound shorter than the delay is started to be drained. */
		{ HVSND_REMOTE_CORKED, HVSND_PCM_DRAINING,
		  HVSND_COMMAND_START },
		{ HVSND_REMOTE_PLAYING, HVSND_PCM_DRAINING,
		  HVSND_COMMAND_DRAIN },
		{ HVSND_REMOTE_PLAYING, HVSND_PCM_DRAINING_COPY,
		  HVSND_COMMAND_DRAIN },
		{ HVSND_REMOTE_DRAINING, HVSND_PCM_DRAINING_COPY,
		  HVSND_COMMAND_NONE },
		{ HVSND_REMOTE_DRAINED, HVSND_PCM_DRAINING_COPY,
		  HVSND_COMMAND_PAUSE },
		{ HVSND_REMOTE_FINISHED, HVSND_PCM_DRAINING_COPY,
		  HVSND_COMMAND_NONE },
	};
	struct hvsnd_remote r;
	struct hvsnd_wanted w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		r = known(cases[i].remote);
		w = wanted(cases[i].pcm);
		assert_int_equal(hvsnd_remote_next(&r, &w), cases[i].command);
		w.flush = true;
		assert_int_equal(hvsnd_remote_next(&r, &w), HVSND_COMMAND_STOP);
	}
	/* What was written goes before START and DRAIN. */
	w = wanted(HVSND_PCM_RUNNING);
	w.sent = false;
	r = known(HVSND_REMOTE_CORKED);
	assert_int_equal(hvsnd_remote_next(&r, &w), HVSND_COMMAND_NONE);
	w = wanted(HVSND_PCM_DRAINING);
	w.sent = false;
	r = known(HVSND_REMOTE_PLAYING);
	assert_int_equal(hvsnd_remote_next(&r, &w), HVSND_COMMAND_NONE);
	w = wanted(HVSND_PCM_DRAINING);
	w.complete = false;
	assert_int_equal(hvsnd_remote_next(&r, &w), HVSND_COMMAND_NONE);
	/* A pause does not wait for anything. */
	w = wanted(HVSND_PCM_PAUSED);
	w.sent = false;
	assert_int_equal(hvsnd_remote_next(&r, &w), HVSND_COMMAND_PAUSE);
}

/* Whatever there is and is wanted, few commands bring them together. */
static void test_all_combinations(void **state)
{
	enum hvsnd_command command;
	struct hvsnd_remote r;
	struct hvsnd_wanted w;
	unsigned int i, steps;

	(void)state;
	for (i = 0; i < REMOTE_STATES * PCM_STATES * 16; i++) {
		r = known(i % REMOTE_STATES);
		w = wanted(i / REMOTE_STATES % PCM_STATES);
		w.flush = i / REMOTE_STATES / PCM_STATES & 1;
		w.sent = i / REMOTE_STATES / PCM_STATES & 2;
		w.complete = i / REMOTE_STATES / PCM_STATES & 4;
		w.epoch += i / REMOTE_STATES / PCM_STATES >> 3;
		for (steps = 0; steps < 4; steps++) {
			command = hvsnd_remote_next(&r, &w);
			if (!command)
				break;
			/* Nothing that is corked is drained. */
			assert_true(command != HVSND_COMMAND_DRAIN ||
				    r.state == HVSND_REMOTE_PLAYING);
			assert_true(command != HVSND_COMMAND_START ||
				    !hvsnd_remote_is_running(&r));
			assert_true(command != HVSND_COMMAND_PAUSE ||
				    hvsnd_remote_is_running(&r));
			hvsnd_remote_told(&r, command);
			if (command == HVSND_COMMAND_STOP)
				w.flush = false;
		}
		assert_in_range(steps, 0, 3);
	}
}

UNIT_TESTS(remote,
	   UNIT_TEST(test_pcm_states),
	   UNIT_TEST(test_pcm_kinds),
	   UNIT_TEST(test_epochs),
	   UNIT_TEST(test_reset),
	   UNIT_TEST(test_begin),
	   UNIT_TEST(test_drained),
	   UNIT_TEST(test_suspended),
	   UNIT_TEST(test_told),
	   UNIT_TEST(test_next),
	   UNIT_TEST(test_all_combinations));
