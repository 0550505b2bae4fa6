/* SPDX-License-Identifier: GPL-2.0 */
/* KTAP output of test programs: plan, one line for each test, exit status. */
#ifndef HVSOCK_KTAP_H
#define HVSOCK_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { KTAP_PASS = 0, KTAP_FAIL = 1, KTAP_SKIP = 4 };

static unsigned int ktap_planned, ktap_done, ktap_failed, ktap_skipped;

static inline void ktap_plan(unsigned int tests)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	ktap_planned = tests;
	printf("KTAP version 1\n1..%u\n", tests);
}

static inline __attribute__((format(printf, 1, 2))) void
ktap_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static inline bool ktap_result(bool passed, const char *name)
{
	ktap_done++;
	ktap_failed += !passed;
	printf("%sok %u %s\n", passed ? "" : "not ", ktap_done, name);
	return passed;
}

static inline void ktap_skip(const char *name, const char *reason)
{
	ktap_done++;
	ktap_skipped++;
	printf("ok %u %s # SKIP %s\n", ktap_done, name, reason);
}

/* Exit status of the program */
static inline int ktap_status(void)
{
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n",
	       ktap_done - ktap_failed - ktap_skipped, ktap_failed,
	       ktap_skipped);
	if (ktap_failed || ktap_done != ktap_planned)
		return KTAP_FAIL;
	return ktap_skipped && ktap_skipped == ktap_done ? KTAP_SKIP :
							   KTAP_PASS;
}

static inline __attribute__((noreturn)) void ktap_bail(const char *what,
						       const char *why)
{
	printf("Bail out! %s: %s\n", what, why);
	exit(KTAP_FAIL);
}

#endif /* HVSOCK_KTAP_H */
