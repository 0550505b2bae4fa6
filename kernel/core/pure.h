/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure parts, which are in this folder, may use. They do no I/O, take
 * no lock and never sleep, so the same files compile into the module and into
 * the unit tests and fuzzers in user space.
 */
#ifndef HVSOCK_PURE_H
#define HVSOCK_PURE_H

#ifdef __KERNEL__

#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>
#include <sound/asound.h>

/* Checks what the code itself guarantees, whatever the host does. */
#define HVSND_EXPECT(condition)	WARN_ON_ONCE(HVSND_DEBUG && !(condition))

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <linux/types.h>
#include <sound/asound.h>

/* HVSND_DEBUG is set for the unit tests and the fuzzers. */
#if HVSND_DEBUG
#include <assert.h>
#define HVSND_EXPECT(condition)	assert(condition)
#else
#define HVSND_EXPECT(condition)	((void)(0 && (condition)))
#endif

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define BIT(n)		(1UL << (n))
#define READ_ONCE(x)	__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define __force

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define min_t(type, a, b) ({	\
	type a_ = (a);		\
	type b_ = (b);		\
				\
	a_ < b_ ? a_ : b_;	\
})

#define max_t(type, a, b) ({	\
	type a_ = (a);		\
	type b_ = (b);		\
				\
	a_ > b_ ? a_ : b_;	\
})

#define clamp_t(type, value, min, max) \
	min_t(type, max_t(type, value, min), max)

#define WRITE_ONCE(x, value)	((x) = (value))

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

#endif

#endif /* HVSOCK_PURE_H */
