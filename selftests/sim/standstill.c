// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps all programs with a lower priority from running, at the given times
 * after its start, as if the virtual machine were not scheduled. Must run with
 * SCHED_FIFO on a machine with one processor.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	int64_t begin = now_ns(), from, to;
	double at, length;
	struct timespec ts;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 1; i < argc; i++) {
		if (sscanf(argv[i], "%lf:%lf", &at, &length) != 2) {
			fputs("usage: standstill SECONDS:MILLISECONDS...\n",
			      stderr);
			return 2;
		}
		from = begin + at * 1e9;
		ts.tv_sec = from / 1000000000;
		ts.tv_nsec = from % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		from = now_ns();
		while ((to = now_ns()) < from + length * 1e6)
			;
		printf("standstill from=%lld to=%lld\n", (long long)from,
		       (long long)to);
	}
	return 0;
}
