/* SPDX-License-Identifier: GPL-2.0 */
/* The instruction by which functions.c is told to write its counts. */
#ifndef HVSOCK_BENCH_MARK_H
#define HVSOCK_BENCH_MARK_H

/* mov $0x6b72616d, %eax */
#define MARK_CODE	{ 0xb8, 0x6d, 0x61, 0x72, 0x6b }
#define MARK_ASM	"mov $0x6b72616d, %%eax"

#endif /* HVSOCK_BENCH_MARK_H */
