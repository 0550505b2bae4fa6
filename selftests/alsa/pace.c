// SPDX-License-Identifier: GPL-2.0
/*
 * A sound device's clock: takes frames from a PulseAudio pipe sink at a pace of
 * its own, and keeps what it took. What does not come in time is silence.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS 2000000

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	static char buf[1 << 20];
	int64_t begin, next, due, taken = 0, starved = 0;
	size_t frame, want, have = 0;
	double rate;
	FILE *out;
	ssize_t n;
	int fd;

	if (argc != 5 || !(rate = atof(argv[2])) || !(frame = atoi(argv[3]))) {
		fputs("usage: pace FIFO FRAMES_PER_SECOND FRAME_BYTES FILE\n", stderr);
		return 2;
	}
	signal(SIGTERM, end);
	signal(SIGINT, end);
	fd = open(argv[1], O_RDONLY | O_NONBLOCK);
	out = fopen(argv[4], "wb");
	if (fd < 0 || !out) {
		perror("pace");
		return 1;
	}
	/* A pipe holds 64 KiB, which is no sound device's latency. */
	fcntl(fd, F_SETPIPE_SZ, 16384);

	begin = next = now_ns();
	while (!ended) {
		struct timespec ts;

		next += TICK_NS;
		ts.tv_sec = next / 1000000000;
		ts.tv_nsec = next % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);

		due = (now_ns() - begin) * (rate / 1e9);
		want = (due - taken) * frame;
		if (want > sizeof(buf))
			want = sizeof(buf) / frame * frame;
		while (have < want) {
			n = read(fd, buf + have, want - have);
			if (n <= 0)
				break;
			have += n;
		}
		if (have < want) {
			starved += (want - have) / frame;
			memset(buf + have, 0, want - have);
			have = want;
		}
		fwrite(buf, 1, have, out);
		taken += have / frame;
		have = 0;
	}
	fclose(out);
	printf("taken=%lld starved=%lld\n", (long long)taken, (long long)starved);
	return 0;
}
