/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of the pure parts are written for cmocka. This has the same files
 * be KUnit's suites as well:
 *
 *	UNIT_TESTS(simple,
 *		   UNIT_TEST(test_playback),
 *		   UNIT_TEST(test_capture));
 */
#ifndef HVSOCK_UNIT_H
#define HVSOCK_UNIT_H

#ifdef __KERNEL__

#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/ctype.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#define INT64_MAX	S64_MAX
#define INT64_MIN	S64_MIN
#define UINT32_MAX	U32_MAX
#define UINT64_MAX	U64_MAX

/* Out of line, as KUnit's own take much of a stack with KASAN. */
#define fail_msg(fmt, ...) \
	unit_fail("%s:%d: " fmt "\n", __FILE__, __LINE__, ##__VA_ARGS__)

static __printf(1, 2) noinline void __maybe_unused unit_fail(const char *fmt,
							     ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	KUNIT_FAIL_AND_ABORT(kunit_get_current_test(), "%pV", &vaf);
	va_end(args);
}

#define print_message(...) \
	kunit_info(kunit_get_current_test(), __VA_ARGS__)

#define assert_true(c) do {						\
	if (!(c))							\
		fail_msg("not so: %s", #c);				\
} while (0)

#define assert_int_equal(a, b) do {					\
	u64 a_ = (a), b_ = (b);						\
									\
	if (a_ != b_)							\
		fail_msg("%s = %#llx, not %#llx", #a, a_, b_);		\
} while (0)

#define assert_string_equal(a, b) do {					\
	const char *a_ = (a), *b_ = (b);				\
									\
	if (strcmp(a_, b_))						\
		fail_msg("%s = \"%s\", not \"%s\"", #a, a_, b_);	\
} while (0)

#define assert_false(c)			assert_true(!(c))
#define assert_null(p)			assert_true(!(p))
#define assert_non_null(p)		assert_true(p)
#define assert_memory_equal(a, b, n)	assert_true(!memcmp(a, b, n))

#define assert_in_range(v, min, max) do {				\
	u64 v_ = (v);							\
									\
	assert_true(v_ >= (min) && v_ <= (max));			\
} while (0)

static inline void *malloc(size_t n)
{
	void *p = kvmalloc(n, GFP_KERNEL);

	assert_non_null(p);
	return p;
}

static inline void free(void *p)
{
	kvfree(p);
	/* What kmemleak noted of it goes only where others may run. */
	schedule();
}

/*
 * The number of random tries of a test. In a kernel with KASAN a try takes ten
 * times as long as in user space, where all tries run under ASan. A few of them
 * are enough to show that the kernel runs the same code.
 */
#define UNIT_TRIES(n)	((n) / 40)
/* Each allocation has KASAN, kmemleak and lockdep walk the whole stack. */
#define UNIT_QUICK	true

#define UNIT_TEST(f) \
	{ .run_case = (void (*)(struct kunit *))(f), .name = #f }

#define UNIT_TESTS(title, ...)						\
static struct kunit_case title##_cases[] = { __VA_ARGS__, { } };	\
static struct kunit_suite title##_suite = {				\
	.name = #title,							\
	.test_cases = title##_cases,					\
};									\
kunit_test_suite(title##_suite)

#else

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define __printf(at, first)	__attribute__((format(printf, at, first)))

#define UNIT_TRIES(n)	(n)
#define UNIT_QUICK	false

#define UNIT_TEST(f)	cmocka_unit_test(f)

#define UNIT_TESTS(title, ...)						\
int main(void)								\
{									\
	const struct CMUnitTest tests[] = { __VA_ARGS__ };		\
									\
	return cmocka_run_group_tests_name(#title, tests, NULL, NULL);	\
}									\
struct unit_tests_end

#endif

#endif /* HVSOCK_UNIT_H */
