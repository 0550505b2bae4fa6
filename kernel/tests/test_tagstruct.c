// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/proto/tagstruct.h"

static const u8 map[] = { 1, 2 };
static const u32 volume[] = { 0x10000, 0x8001 };

/* One of each, in the order of the expected bytes below. */
static void write_all(struct hvsnd_tag_writer *w)
{
	hvsnd_tag_put_u32(w, 0x01020304);
	hvsnd_tag_put_u8(w, 0xfe);
	hvsnd_tag_put_bool(w, true);
	hvsnd_tag_put_bool(w, false);
	hvsnd_tag_put_string(w, "ab");
	hvsnd_tag_put_string(w, "");
	hvsnd_tag_put_string(w, NULL);
	hvsnd_tag_put_arbitrary(w, "\xff\x00\x7f", 3);
	hvsnd_tag_put_arbitrary(w, NULL, 2);
	hvsnd_tag_put_timeval(w, 0x6b00fc02, 0x000378de);
	hvsnd_tag_put_sample_spec(w, 3, 2, 48000);
	hvsnd_tag_put_channel_map(w, map, 2);
	hvsnd_tag_put_cvolume(w, volume, 2);
	hvsnd_tag_begin_proplist(w);
	hvsnd_tag_put_prop(w, "k", "vw");
	hvsnd_tag_end_proplist(w);
}

static const u8 all[] =
	"L\x01\x02\x03\x04" "B\xfe" "1" "0" "tab\0" "t\0" "N"
	"x\0\0\0\3\xff\0\x7f" "x\0\0\0\2\0\0"
	"T\x6b\x00\xfc\x02\x00\x03\x78\xde" "a\x03\x02\x00\x00\xbb\x80"
	"m\x02\x01\x02" "v\x02\x00\x01\x00\x00\x00\x00\x80\x01"
	"Ptk\0L\0\0\0\3x\0\0\0\3vw\0N";
#define ALL_LEN	(sizeof(all) - 1)

static void test_write(void **state)
{
	struct hvsnd_tag_writer w;
	u8 buf[256];

	(void)state;
	hvsnd_tag_writer_init(&w, buf, sizeof(buf));
	write_all(&w);
	assert_false(w.overflow);
	assert_int_equal(w.len, ALL_LEN);
	assert_memory_equal(buf, all, ALL_LEN);
}

/* In too small a buffer: nothing behind it is touched, and it is said. */
static void test_write_overflow(void **state)
{
	struct hvsnd_tag_writer w;
	size_t size, len;
	u8 *buf;

	(void)state;
	for (size = 0; size <= ALL_LEN; size++) {
		buf = malloc(size ? size : 1);
		hvsnd_tag_writer_init(&w, buf, size);
		write_all(&w);
		assert_int_equal(w.overflow, size < ALL_LEN);
		assert_true(w.len <= size);
		assert_memory_equal(buf, all, w.len);
		/* Sticky: what would fit now is left out as well. */
		len = w.len;
		if (w.overflow) {
			hvsnd_tag_put_bool(&w, true);
			assert_int_equal(w.len, len);
		}
		free(buf);
	}
}

static void test_write_huge(void **state)
{
	struct hvsnd_tag_writer w;
	u8 buf[16];

	(void)state;
	hvsnd_tag_writer_init(&w, buf, sizeof(buf));
	hvsnd_tag_put_arbitrary(&w, NULL, 0xffffffff);
	assert_true(w.overflow);
	assert_int_equal(w.len, 0);
}

static const u8 answer[] =
	"L\xff\xff\xff\xfe" "r\xff\xff\xff\xff\xff\xff\xff\xfe"
	"U\x00\x00\x00\x01\x00\x00\x25\xca" "1" "0"
	"a\x0c\x08\x00\x02\xee\x00" "tname\0" "N"
	"T\1\2\3\4\5\6\7\x08" "m\x03\x01\x02\x03"
	"v\x03\0\1\0\0\0\0\x80\0\x7f\xff\xff\xff"
	"P" "tkey\0" "L\0\0\0\3" "x\0\0\0\3" "ab\0" "tk\0" "L\0\0\0\0"
	"x\0\0\0\0" "N" "PN" "L\0\0\0\7";
#define ANSWER_LEN (sizeof(answer) - 1)

/* Reads @len bytes of answer[]; returns how many values came through. */
static int read_answer(const u8 *buf, size_t len, struct hvsnd_tag_reader *r)
{
	u32 rate, v[3] = { 0, 0, 9 };
	u8 format, channels;
	int n = 0;
	bool ok;

#define VALUE(get, want) do {					\
		ok = (get) == (want);				\
		if (r->bad || r->cut)				\
			return n;				\
		assert_true(ok);				\
		n++;						\
	} while (0)
#define SKIP(call) do {						\
		call;						\
		if (r->bad || r->cut)				\
			return n;				\
		n++;						\
	} while (0)

	hvsnd_tag_reader_init(r, buf, len);
	VALUE(hvsnd_tag_get_u32(r), 0xfffffffe);
	VALUE(hvsnd_tag_get_s64(r), -2);
	VALUE(hvsnd_tag_get_usec(r), 0x1000025caULL);
	VALUE(hvsnd_tag_get_bool(r), true);
	VALUE(hvsnd_tag_get_bool(r), false);
	SKIP(hvsnd_tag_get_sample_spec(r, &format, &channels, &rate));
	assert_int_equal(format, 12);
	assert_int_equal(channels, 8);
	assert_int_equal(rate, 192000);
	SKIP(hvsnd_tag_skip_string(r));
	SKIP(hvsnd_tag_skip_string(r));
	SKIP(hvsnd_tag_skip_timeval(r));
	SKIP(hvsnd_tag_skip_channel_map(r));
	VALUE(hvsnd_tag_get_cvolume(r, v, 2), 3);
	assert_int_equal(v[0], 0x10000);
	assert_int_equal(v[1], 0x8000);
	assert_int_equal(v[2], 9);
	SKIP(hvsnd_tag_skip_proplist(r));
	SKIP(hvsnd_tag_skip_proplist(r));
	VALUE(hvsnd_tag_get_u32(r), 7);
	return n;
}

static void test_read(void **state)
{
	struct hvsnd_tag_reader r;

	(void)state;
	assert_int_equal(read_answer(answer, ANSWER_LEN, &r), 14);
	assert_int_equal(r.pos, ANSWER_LEN);
}

static void test_read_cut(void **state)
{
	struct hvsnd_tag_reader r;
	int n, last = 0;
	size_t len;
	u8 *buf;

	(void)state;
	for (len = 0; len < ANSWER_LEN; len++) {
		buf = malloc(len ? len : 1);
		memcpy(buf, answer, len);
		n = read_answer(buf, len, &r);
		assert_true(r.cut);
		assert_false(r.bad);
		assert_true(n >= last && n < 14);
		assert_true(r.pos <= len);
		last = n;
		/* Sticky, even if a value of that type stands there. */
		r.len = 0;
		r.pos = 0;
		r.buf = (const u8 *)"1";
		r.len = 1;
		assert_false(hvsnd_tag_get_bool(&r));
		assert_int_equal(hvsnd_tag_get_u32(&r), 0);
		free(buf);
	}
}

static void expect_bad(const char *bytes, size_t len,
		       void (*get)(struct hvsnd_tag_reader *r))
{
	struct hvsnd_tag_reader r;
	u8 *buf = malloc(len);

	memcpy(buf, bytes, len);
	hvsnd_tag_reader_init(&r, buf, len);
	get(&r);
	assert_true(r.bad);
	assert_false(r.cut);
	free(buf);
}

static void get_u32(struct hvsnd_tag_reader *r)
{
	assert_int_equal(hvsnd_tag_get_u32(r), 0);
}

static void get_bool(struct hvsnd_tag_reader *r)
{
	assert_false(hvsnd_tag_get_bool(r));
}

static void get_cvolume(struct hvsnd_tag_reader *r)
{
	u32 v[2] = { 5, 6 };

	assert_int_equal(hvsnd_tag_get_cvolume(r, v, 2), 0);
	assert_int_equal(v[0], 5);
	assert_int_equal(v[1], 6);
}

static void test_read_bad(void **state)
{
	(void)state;
	expect_bad("B\0\0\0\1", 5, get_u32);
	expect_bad("L\0\0\0\1", 5, get_bool);
	expect_bad("L\0\0\0\1", 5, hvsnd_tag_skip_string);
	expect_bad("N", 1, hvsnd_tag_skip_timeval);
	expect_bad("m\x21" "0123456789012345678901234567890123456789", 42,
		   hvsnd_tag_skip_channel_map);
	expect_bad("v\x21" "0123456789012345678901234567890123456789", 42,
		   get_cvolume);
	expect_bad("m\1\0\0\0\0", 6, get_cvolume);
	expect_bad("N", 1, hvsnd_tag_skip_proplist);
	expect_bad("PL\0\0\0\0", 6, hvsnd_tag_skip_proplist);
	expect_bad("Ptk\0N", 5, hvsnd_tag_skip_proplist);
	expect_bad("Ptk\0L\0\0\0\1tx\0", 12, hvsnd_tag_skip_proplist);
}

/* A property longer than what there is. */
static void test_read_long_property(void **state)
{
	static const u8 list[] = "Ptk\0L\0\0\0\4x\xff\xff\xff\xff" "abcdN";
	struct hvsnd_tag_reader r;

	(void)state;
	hvsnd_tag_reader_init(&r, list, sizeof(list) - 1);
	hvsnd_tag_skip_proplist(&r);
	assert_true(r.cut);
	assert_false(r.bad);
}

/* A string without an end must not be followed beyond the bytes. */
static void test_read_endless_string(void **state)
{
	struct hvsnd_tag_reader r;
	u8 *buf = malloc(4);

	(void)state;
	memcpy(buf, "tabc", 4);
	hvsnd_tag_reader_init(&r, buf, 4);
	hvsnd_tag_skip_string(&r);
	assert_true(r.cut);
	hvsnd_tag_reader_init(&r, buf, 1);
	hvsnd_tag_skip_string(&r);
	assert_true(r.cut);
	free(buf);
}

UNIT_TESTS(tagstruct,
	   UNIT_TEST(test_write),
	   UNIT_TEST(test_write_overflow),
	   UNIT_TEST(test_write_huge),
	   UNIT_TEST(test_read),
	   UNIT_TEST(test_read_cut),
	   UNIT_TEST(test_read_bad),
	   UNIT_TEST(test_read_long_property),
	   UNIT_TEST(test_read_endless_string));
