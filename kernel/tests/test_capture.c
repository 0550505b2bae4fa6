// SPDX-License-Identifier: GPL-2.0
#include "parts.h"

#include "core/capture.h"

/* With parts_params(): a delay of 30 ms, and chunks of 10 ms. */
#define JITTER		1440
#define CHUNK		480
#define JITTER_FRAMES	11040

static struct parts parts;
static struct hvsnd_capture capture;
static u32 jitter[JITTER_FRAMES];
static u32 sent[JITTER_FRAMES + 64];	/* by the host: 1, 2, 3, ... */
static u32 next;			/* frame of the host's */

static void init(void)
{
	const struct hvsnd_geometry_params p = parts_params(true);

	parts_init(&parts, &p);
	memset(&capture, 0, sizeof(capture));
	memset(jitter, 0xee, sizeof(jitter));
	memset(parts.memory, 0xee, sizeof(parts.memory));
	capture.jitter.data = (u8 *)jitter;
	capture.jitter.frames = hvsnd_capture_jitter_frames(&parts.geometry);
	capture.jitter.frame_bytes = 4;
	hvsnd_capture_prepare(&capture);
	hvsnd_capture_begin(&capture);
	next = 0;
}

static size_t quota(u64 pos)
{
	return hvsnd_capture_quota(&capture, &parts.context, pos);
}

/* The host sends so many bytes, which begin at @phase of a frame. */
static void deliver_bytes(u64 pos, size_t len, u32 phase)
{
	u32 i;

	assert_in_range(len, 0, sizeof(sent) - 4);
	for (i = 0; i <= (phase + len) / 4 && i < ARRAY_SIZE(sent); i++)
		sent[i] = next + i + 1;
	hvsnd_capture_deliver(&capture, &parts.context, pos,
			      (u8 *)sent + phase, len, phase);
	next += (phase + len) / 4;
}

static void deliver(u64 pos, u32 frames)
{
	deliver_bytes(pos, 4 * frames, 0);
}

/* Frames of the PCM buffer: silence, or the host's from @first on. */
static void assert_recorded(u64 from, u32 frames, u32 first)
{
	u32 i, value;

	for (i = 0; i < frames; i++) {
		value = parts.memory[(from + i) % PARTS_FRAMES];
		assert_int_equal(value, first ? first + i : 0);
	}
}

/* From START to the first audio data in the jitter buffer, at position 0. */
static void sync(void)
{
	init();
	deliver(0, 16);
	assert_true(capture.synced);
	assert_int_equal(capture.silence, JITTER);
	quota(0);
	assert_int_equal(capture.jitter_in, JITTER + 16);
}

static void test_size(void **state)
{
	(void)state;
	init();
	assert_int_equal(hvsnd_capture_jitter_frames(&parts.geometry),
			 JITTER_FRAMES);
}

/* Before the silence that makes the delay only a few bytes are taken. */
static void test_first(void **state)
{
	(void)state;
	init();
	assert_int_equal(quota(0), 64);
	assert_false(capture.no_room);
	deliver(100, 16);
	assert_true(capture.synced);
	/* What the position has passed is silence. */
	assert_int_equal(capture.filled_ptr, 100);
	assert_recorded(0, 100, 0);
	assert_int_equal(capture.silence, JITTER);
	assert_int_equal(capture.partial_len, 64);
	assert_int_equal(hvsnd_capture_pending(&capture, 100), JITTER);
	assert_int_equal(parts.stats.inserted, 0);
	assert_int_equal(quota(100), (JITTER_FRAMES - JITTER - 16) * 4);
	assert_int_equal(capture.silence, 0);
	assert_int_equal(capture.partial_len, 0);
	assert_int_equal(hvsnd_capture_pending(&capture, 100), JITTER + 16);
	deliver(100, 1000);
	hvsnd_capture_advance(&capture, &parts.context, 100 + JITTER + 1016);
	assert_recorded(100, JITTER, 0);
	assert_recorded(100 + JITTER, 1016, 1);
	assert_int_equal(parts.stats.dropped, 0);
	assert_int_equal(parts.stats.inserted, 0);
}

/* The host's first bytes may be the end of a frame. */
static void test_first_phase(void **state)
{
	(void)state;
	init();
	deliver_bytes(0, 3, 1);
	assert_false(capture.synced);
	assert_int_equal(capture.partial_len, 0);
	deliver_bytes(0, 2, 1);
	assert_false(capture.synced);
	init();
	deliver_bytes(0, 5, 1);
	assert_true(capture.synced);
	assert_int_equal(capture.partial_len, 2);
	init();
	deliver_bytes(0, 1, 0);
	assert_true(capture.synced);
	assert_int_equal(capture.partial_len, 1);
}

/* Frames that were there before START count for the delay. */
static void test_first_after_start(void **state)
{
	(void)state;
	sync();
	hvsnd_capture_begin(&capture);
	assert_false(capture.synced);
	deliver(100, 16);
	assert_int_equal(capture.silence, JITTER - (JITTER + 16 - 100));
	/* More than the delay: no silence. */
	sync();
	deliver(0, 500);
	hvsnd_capture_begin(&capture);
	deliver(100, 16);
	assert_int_equal(capture.silence, 0);
	assert_int_equal(capture.jitter_in, JITTER + 16 + 500 + 16);
}

/* While there is silence to come, what does not fit is lost. */
static void test_partial_is_full(void **state)
{
	(void)state;
	init();
	deliver(0, 16);
	deliver(0, 16);
	assert_int_equal(capture.partial_len, HVSND_FRAME_MAX);
	deliver(0, 16);
	assert_int_equal(capture.partial_len, HVSND_FRAME_MAX);
}

/* A frame may come in any pieces. */
static void test_cuts(void **state)
{
	u32 cut, phase = 0;

	(void)state;
	sync();
	for (cut = 1; cut < 30; cut++) {
		deliver_bytes(0, cut, phase);
		phase = (phase + cut) % 4;
		assert_int_equal(capture.partial_len, phase);
	}
	hvsnd_capture_advance(&capture, &parts.context,
			      JITTER + 16 + 29 * 30 / 2 / 4);
	assert_recorded(JITTER, 16 + 29 * 30 / 2 / 4, 1);
}

/* Of a frame whose end was discarded, nothing is left, nor of one begun then */
static void test_discard(void **state)
{
	(void)state;
	sync();
	deliver_bytes(0, 4 * 10 + 3, 0);
	assert_int_equal(capture.partial_len, 3);
	hvsnd_capture_discard(&capture);
	assert_int_equal(capture.partial_len, 0);
	/* The frames from 21 to 30 are discarded, and the next one's start. */
	next = 30;
	deliver_bytes(0, 4 * 5 + 1, 3);
	hvsnd_capture_advance(&capture, &parts.context, JITTER + 16 + 15);
	assert_recorded(JITTER, 26, 1);
	assert_recorded(JITTER + 26, 5, 32);
	/* The frames that wait behind silence are whole. */
	init();
	deliver_bytes(0, 42, 0);
	hvsnd_capture_discard(&capture);
	assert_int_equal(capture.partial_len, 40);
}

/* A recording that begins again in the middle of a frame keeps the frame. */
static void test_begin_in_a_frame(void **state)
{
	(void)state;
	sync();
	deliver_bytes(0, 4 * 10 + 3, 0);
	hvsnd_capture_begin(&capture);
	assert_int_equal(capture.partial_len, 3);
	deliver_bytes(0, 4 * 2 + 1, 3);
	quota(0);
	hvsnd_capture_advance(&capture, &parts.context, JITTER + 29);
	assert_recorded(JITTER, 29, 1);
	/* The frames that waited behind silence are dropped. */
	init();
	deliver_bytes(0, 43, 0);
	hvsnd_capture_begin(&capture);
	assert_int_equal(capture.partial_len, 3);
	assert_memory_equal(capture.partial, &sent[10], 3);
	assert_int_equal(quota(0), 64);
	/* After another connection no rest comes. */
	deliver_bytes(0, 64, 0);
	assert_int_equal(capture.partial_len, 64);
	hvsnd_capture_prepare(&capture);
	assert_int_equal(capture.partial_len, 0);
}

static void test_may_take(void **state)
{
	(void)state;
	assert_true(hvsnd_capture_may_take(HVSND_PCM_RUNNING, false));
	assert_false(hvsnd_capture_may_take(HVSND_PCM_RUNNING, true));
	assert_false(hvsnd_capture_may_take(HVSND_PCM_STARTING, false));
	assert_false(hvsnd_capture_may_take(HVSND_PCM_PAUSED, false));
}

/* No more is taken than fits; the timer is to say when there is room. */
static void test_room(void **state)
{
	(void)state;
	sync();
	assert_int_equal(quota(0), 4 * (JITTER_FRAMES - JITTER - 16));
	deliver(0, JITTER_FRAMES - JITTER - 16);
	assert_int_equal(quota(0), 0);
	assert_true(capture.no_room);
	/* A part of a frame takes room as well. */
	assert_int_equal(quota(10), 40);
	assert_false(capture.no_room);
	deliver_bytes(10, 1, 0);
	assert_int_equal(quota(10), 39);
	/* What is beyond came too late to matter. */
	deliver_bytes(10, 63, 1);
	assert_int_equal(parts.stats.dropped, 6);
	assert_int_equal(parts.stats.dropped_late, 6);
	assert_int_equal(capture.jitter_in - capture.jitter_out, JITTER_FRAMES);
}

/* No room for the silence, nor for the frames that wait behind it. */
static void test_no_room_for_silence(void **state)
{
	(void)state;
	sync();
	deliver(0, JITTER_FRAMES - JITTER - 16 - 10);
	capture.insert = 15;
	assert_int_equal(hvsnd_capture_pending(&capture, 0),
			 JITTER_FRAMES - 10 + 15);
	assert_int_equal(quota(0), 0);
	assert_true(capture.no_room);
	assert_int_equal(capture.silence, 5);
	assert_int_equal(capture.insert, 0);
	deliver(0, 2);
	assert_int_equal(capture.partial_len, 8);
	assert_int_equal(quota(5), 0);
	assert_int_equal(capture.silence, 0);
	assert_int_equal(capture.partial_len, 8);
	assert_int_equal(quota(6), 0);
	assert_int_equal(capture.partial_len, 4);
	assert_int_equal(quota(8), 4);
	assert_int_equal(capture.partial_len, 0);
	assert_int_equal(parts.stats.dropped, 0);
}

/* A resync drops frames, or puts silence before those that come. */
static void test_resync(void **state)
{
	(void)state;
	sync();
	hvsnd_capture_resync(&capture, &parts.stats, 100);
	assert_int_equal(parts.stats.resyncs, 1);
	assert_int_equal(hvsnd_capture_pending(&capture, 0), JITTER + 16 - 100);
	deliver(0, 60);
	assert_int_equal(capture.skip, 40);
	deliver(0, 60);
	assert_int_equal(capture.skip, 0);
	assert_int_equal(parts.stats.dropped, 100);
	assert_int_equal(parts.stats.dropped_resync, 100);
	assert_int_equal(capture.jitter_in, JITTER + 16 + 20);
	hvsnd_capture_resync(&capture, &parts.stats, -30);
	assert_int_equal(parts.stats.resyncs, 2);
	assert_int_equal(parts.stats.inserted, 30);
	assert_true(quota(0) > 0);
	deliver(0, 10);
	hvsnd_capture_advance(&capture, &parts.context, JITTER + 76);
	assert_recorded(JITTER, 16, 1);
	assert_recorded(JITTER + 16, 20, 16 + 101);
	assert_recorded(JITTER + 36, 30, 0);
	assert_recorded(JITTER + 66, 10, 16 + 121);
}

/* What does not come in time is silence, and makes the delay longer. */
static void test_late(void **state)
{
	u64 pos = JITTER + 16 + 100;

	(void)state;
	sync();
	hvsnd_capture_advance(&capture, &parts.context, pos);
	assert_int_equal(capture.late, 100);
	assert_int_equal(parts.stats.inserted, 100);
	assert_recorded(JITTER + 16, 100, 0);
	deliver(pos, 10);
	/* A chunk more, of which 100 frames are there already. */
	assert_int_equal(capture.late, 0);
	assert_int_equal(parts.delay.jitter, JITTER + CHUNK);
	assert_int_equal(parts.stats.inserted, CHUNK);
	assert_int_equal(capture.jitter_in, JITTER + 16 + CHUNK - 100 + 10);
	/* An interruption that no delay bridges does not. */
	pos += CHUNK - 100 + 10 + 2 * JITTER + 1;
	hvsnd_capture_advance(&capture, &parts.context, pos);
	assert_int_equal(capture.late, 2 * JITTER + 1);
	deliver(pos, 10);
	assert_int_equal(parts.delay.jitter, JITTER + CHUNK);
	assert_int_equal(parts.stats.inserted, CHUNK + 2 * JITTER + 1);
}

/* Silence that was to be put anyway is not late, and not put again. */
static void test_late_in_silence(void **state)
{
	(void)state;
	init();
	deliver(0, 16);
	assert_int_equal(capture.silence, JITTER);
	hvsnd_capture_advance(&capture, &parts.context, 1000);
	assert_int_equal(capture.silence, JITTER - 1000);
	assert_int_equal(capture.late, 0);
	hvsnd_capture_advance(&capture, &parts.context, JITTER + 50);
	assert_int_equal(capture.silence, 0);
	assert_int_equal(capture.late, 50);
	assert_int_equal(parts.stats.inserted, 50);
	assert_int_equal(capture.filled_ptr, JITTER + 50);
}

/* Before the first audio data nothing is late, after a recording neither. */
static void test_advance_before_first(void **state)
{
	(void)state;
	sync();
	hvsnd_capture_prepare(&capture);
	hvsnd_capture_advance(&capture, &parts.context, 777);
	assert_int_equal(capture.late, 0);
	assert_int_equal(parts.stats.inserted, 0);
	assert_int_equal(capture.filled_ptr, 777);
	assert_recorded(0, 777, 0);
	/* Nor does the buffer go back. */
	hvsnd_capture_advance(&capture, &parts.context, 700);
	assert_int_equal(capture.filled_ptr, 777);
}

/* A machine that stood still: of what passed, the buffer has the newest. */
static void test_whole_buffer_late(void **state)
{
	u64 pos = 10 * PARTS_FRAMES + 7;

	(void)state;
	sync();
	hvsnd_capture_advance(&capture, &parts.context, pos);
	assert_int_equal(capture.filled_ptr, pos);
	assert_recorded(0, PARTS_FRAMES, 0);
	/* All the frames that came early go through it. */
	sync();
	deliver(0, 9000);
	hvsnd_capture_advance(&capture, &parts.context, JITTER + 9016);
	assert_recorded(JITTER + 9016 - PARTS_FRAMES, PARTS_FRAMES,
			9016 - PARTS_FRAMES + 1);
}

/* The numbers of frames do not end at 32 bits. */
static void test_far(void **state)
{
	u64 far = ((u64)PARTS_FRAMES << 32) - 100;

	(void)state;
	init();
	capture.filled_ptr = far;
	capture.jitter_in = far;
	capture.jitter_out = far;
	deliver(far, 16);
	assert_true(quota(far) > 0);
	deliver(far, 200);
	hvsnd_capture_advance(&capture, &parts.context, far + JITTER + 216);
	assert_recorded(far, JITTER, 0);
	assert_recorded(far + JITTER, 216, 1);
}

static bool set_appl(s64 appl_ptr)
{
	return hvsnd_capture_set_appl(&capture, &parts.context, appl_ptr);
}

/* A program may go back as far as the buffer still has the frames. */
static void test_set_appl(void **state)
{
	(void)state;
	init();
	capture.filled_ptr = 10000;
	assert_true(set_appl(10000));
	assert_true(set_appl(10000 - PARTS_FRAMES));
	assert_false(set_appl(10000 - PARTS_FRAMES - 1));
	assert_int_equal(capture.appl_ptr, 10000 - PARTS_FRAMES);
	/* One that lags by more goes on from there. */
	capture.appl_ptr = 10;
	assert_false(set_appl(9));
	assert_true(set_appl(11));
	assert_int_equal(capture.appl_ptr, 11);
	capture.filled_ptr = 0;
	assert_true(set_appl(-5));
	assert_int_equal(capture.appl_ptr, 0);
}

UNIT_TESTS(capture,
	   UNIT_TEST(test_size),
	   UNIT_TEST(test_first),
	   UNIT_TEST(test_first_phase),
	   UNIT_TEST(test_first_after_start),
	   UNIT_TEST(test_partial_is_full),
	   UNIT_TEST(test_cuts),
	   UNIT_TEST(test_discard),
	   UNIT_TEST(test_begin_in_a_frame),
	   UNIT_TEST(test_may_take),
	   UNIT_TEST(test_room),
	   UNIT_TEST(test_no_room_for_silence),
	   UNIT_TEST(test_resync),
	   UNIT_TEST(test_late),
	   UNIT_TEST(test_late_in_silence),
	   UNIT_TEST(test_advance_before_first),
	   UNIT_TEST(test_whole_buffer_late),
	   UNIT_TEST(test_far),
	   UNIT_TEST(test_set_appl));
