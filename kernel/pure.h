/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure parts (clock.c, proto/) may lean on. They do no I/O, take no
 * lock and never sleep, so the same files compile into the module and into
 * the unit tests and fuzzers in user space.
 */
#ifndef HVSOCK_PURE_H
#define HVSOCK_PURE_H

#ifdef __KERNEL__

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>
#include <sound/asound.h>

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sound/asound.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 div)
{
	return (u64)((unsigned __int128)a * b / div);
}

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
