// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/ring.h"

#define FRAMES		10
#define FRAME_BYTES	3
#define UNTOUCHED	0xee

/* A multiple of FRAMES that does not fit into 32 bits. */
#define FAR		((u64)FRAMES << 40)

static u8 memory[(FRAMES + 2) * FRAME_BYTES];
static const struct hvsnd_ring ring = {
	.data = memory + FRAME_BYTES,
	.frames = FRAMES,
	.frame_bytes = FRAME_BYTES,
};

static void clear(void)
{
	memset(memory, UNTOUCHED, sizeof(memory));
}

/* A frame of the ring has three bytes of the same value. */
static void assert_frame(u32 at, u8 value)
{
	u32 i;

	for (i = 0; i < FRAME_BYTES; i++)
		assert_int_equal(ring.data[at * FRAME_BYTES + i], value);
}

static void assert_only_inside(void)
{
	u32 i;

	for (i = 0; i < FRAME_BYTES; i++) {
		assert_int_equal(memory[i], UNTOUCHED);
		assert_int_equal(ring.data[FRAMES * FRAME_BYTES + i],
				 UNTOUCHED);
	}
}

static void test_piece(void **state)
{
	static const struct {
		u64 from, frames;
		u32 at, piece;
	} cases[] = {
		{ 0, 0, 0, 0 },
		{ 0, 4, 0, 4 },
		{ 0, 10, 0, 10 },
		{ 0, 11, 0, 10 },
		{ 3, 7, 3, 7 },
		{ 3, 8, 3, 7 },
		{ 9, 5, 9, 1 },
		{ 10, 5, 0, 5 },
		{ 29, 5, 9, 1 },
		{ FAR + 7, 2, 7, 2 },
		{ FAR + 7, UINT64_MAX, 7, 3 },
		{ UINT64_MAX, 100, 5, 5 },
	};
	size_t i;
	u8 *data;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		data = NULL;
		assert_int_equal(hvsnd_ring_piece(&ring, cases[i].from,
						  cases[i].frames, &data),
				 cases[i].piece);
		assert_true(data == ring.data + cases[i].at * FRAME_BYTES);
	}
}

static void test_write(void **state)
{
	u8 data[FRAMES * FRAME_BYTES];
	u32 i, n, from;

	(void)state;
	for (i = 0; i < FRAMES; i++)
		memset(data + i * FRAME_BYTES, i + 1, FRAME_BYTES);
	for (from = 0; from < FRAMES; from++) {
		for (n = 0; n <= FRAMES; n++) {
			clear();
			hvsnd_ring_write(&ring, FAR + from, data, n);
			for (i = 0; i < FRAMES; i++)
				assert_frame((from + i) % FRAMES,
					     i < n ? i + 1 : UNTOUCHED);
			assert_only_inside();
		}
	}
}

/* A block of silence is shorter than what is to be silent. */
static void test_silence(void **state)
{
	struct hvsnd_silence silence = { .frames = 4 };
	u32 i, n, from;

	(void)state;
	memset(silence.block, 0x80, sizeof(silence.block));
	/* Beyond the whole frames there is nothing to be used. */
	memset(silence.block + 4 * FRAME_BYTES, 0x55, FRAME_BYTES);
	for (from = 0; from < FRAMES; from++) {
		for (n = 0; n <= FRAMES; n++) {
			clear();
			hvsnd_ring_silence(&ring, FAR + from, &silence, n);
			for (i = 0; i < FRAMES; i++)
				assert_frame((from + i) % FRAMES,
					     i < n ? 0x80 : UNTOUCHED);
			assert_only_inside();
		}
	}
}

/* Both rings wrap, at different frames. */
static void test_move(void **state)
{
	u8 data[7 * FRAME_BYTES];
	const struct hvsnd_ring source = {
		.data = data,
		.frames = 7,
		.frame_bytes = FRAME_BYTES,
	};
	u32 i, n, from, to;

	(void)state;
	for (i = 0; i < source.frames; i++)
		memset(data + i * FRAME_BYTES, i + 1, FRAME_BYTES);
	for (from = 0; from < source.frames; from++) {
		for (to = 0; to < FRAMES; to++) {
			n = source.frames - (from + to) % 2;
			clear();
			hvsnd_ring_move(&ring, FAR + to, &source, 7000 + from,
					n);
			for (i = 0; i < FRAMES; i++)
				assert_frame((to + i) % FRAMES, i < n ?
					     (from + i) % source.frames + 1 :
					     UNTOUCHED);
			assert_only_inside();
		}
	}
	clear();
	hvsnd_ring_move(&ring, 3, &source, 5, 0);
	for (i = 0; i < FRAMES; i++)
		assert_frame(i, UNTOUCHED);
}

UNIT_TESTS(ring,
	   UNIT_TEST(test_piece),
	   UNIT_TEST(test_write),
	   UNIT_TEST(test_silence),
	   UNIT_TEST(test_move));
