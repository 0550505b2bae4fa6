// SPDX-License-Identifier: GPL-2.0
/*
 * A sound device with its own clock, at the other end of a FIFO. It plays what
 * PulseAudio's pipe sink writes to the FIFO, and saves it. Data that is late is
 * replaced by silence. With -w it is the microphone of a pipe source.
 *
 * A mark is a loud frame of equal 16-bit samples in a quiet stream. -m prints
 * the time (CLOCK_MONOTONIC) at which each mark is played. The microphone
 * records only marks, and prints their times. With -i it records a raw file
 * from a frame on, then silence.
 *
 * The first line of the output is the time of the device's first frame, in
 * nanoseconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MARK_LEAST	1000
#define MARKS		20000		/* different marks */
#define MARK_FRAMES	14017		/* between marks */

static volatile sig_atomic_t ended;
static int64_t tick_ns = 2000000;
static double rate;
static size_t frame;

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

static void tell(int value, int64_t begin, int64_t index)
{
	printf("mark %d %lld\n", value,
	       (long long)(begin + index / rate * 1e9));
}

static void find_marks(const char *buf, size_t frames, int64_t begin,
		       int64_t index)
{
	int16_t sample;
	size_t i;

	for (i = 0; i < frames; i++) {
		memcpy(&sample, buf + i * frame, sizeof(sample));
		if (sample >= MARK_LEAST)
			tell(sample, begin, index + i);
	}
}

static void put_marks(char *buf, size_t frames, int64_t begin, int64_t index)
{
	int16_t sample;
	size_t i, k;

	memset(buf, 0, frames * frame);
	for (i = 0; i < frames; i++) {
		if ((index + i) % MARK_FRAMES)
			continue;
		sample = MARK_LEAST + (index + i) / MARK_FRAMES % MARKS;
		for (k = 0; k < frame; k += sizeof(sample))
			memcpy(buf + i * frame + k, &sample, sizeof(sample));
		tell(sample, begin, index + i);
	}
}

/* Frames of the file, then zeros */
static void put_file(FILE *from, char *buf, size_t frames)
{
	size_t got = fread(buf, frame, frames, from);

	memset(buf + got * frame, 0, (frames - got) * frame);
}

static int usage(void)
{
	fputs("usage: pace [-m] [-t TICK_MS] FIFO FRAMES_PER_SECOND FRAME_BYTES FILE\n"
	      "       pace -w [-t TICK_MS] [-i FILE [-o FRAME]] FIFO FRAMES_PER_SECOND FRAME_BYTES\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static char buf[1 << 20];
	int64_t begin, next, due, taken = 0, starved = 0;
	bool marks = false, writes = false;
	FILE *out = NULL, *in = NULL;
	const char *input = NULL;
	long first = 0;
	size_t want, have = 0;
	ssize_t n;
	int option, fd;

	while ((option = getopt(argc, argv, "mwt:i:o:")) != -1) {
		switch (option) {
		case 'm':
			marks = true;
			break;
		case 't':
			tick_ns = atof(optarg) * 1e6;
			break;
		case 'w':
			writes = true;
			break;
		case 'i':
			input = optarg;
			break;
		case 'o':
			first = atol(optarg);
			break;
		default:
			return usage();
		}
	}
	argv += optind;
	if (argc - optind != (writes ? 3 : 4))
		return usage();
	rate = atof(argv[1]);
	frame = atoi(argv[2]);
	if (!rate || !frame || tick_ns <= 0)
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, end);
	signal(SIGINT, end);
	signal(SIGPIPE, SIG_IGN);
	fd = open(argv[0], (writes ? O_WRONLY : O_RDONLY) | O_NONBLOCK);
	if (!writes)
		out = fopen(argv[3], "wb");
	if (input)
		in = fopen(input, "rb");
	if (in)
		fseek(in, first * frame, SEEK_SET);
	if (fd < 0 || (!writes && !out) || (input && !in)) {
		perror("pace");
		return 1;
	}
	/* A pipe holds 64 KiB, which is more than a device's latency. */
	fcntl(fd, F_SETPIPE_SZ, 16384);

	begin = now_ns();
	printf("begin %lld\n", (long long)begin);
	next = begin;
	while (!ended) {
		struct timespec ts;

		next += tick_ns;
		ts.tv_sec = next / 1000000000;
		ts.tv_nsec = next % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);

		due = (now_ns() - begin) * (rate / 1e9);
		want = (due - taken) * frame;
		if (want > sizeof(buf))
			want = sizeof(buf) / frame * frame;
		if (writes) {
			/* A write of this size is atomic. */
			if (want > PIPE_BUF)
				want = PIPE_BUF / frame * frame;
			if (in)
				put_file(in, buf, want / frame);
			else
				put_marks(buf, want / frame, begin, taken);
			if (write(fd, buf, want) < 0)
				starved += want / frame;
			taken += want / frame;
			continue;
		}
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
		if (marks)
			find_marks(buf, have / frame, begin, taken);
		fwrite(buf, 1, have, out);
		taken += have / frame;
		have = 0;
	}
	if (out)
		fclose(out);
	printf("taken=%lld starved=%lld begin=%lld\n", (long long)taken,
	       (long long)starved, (long long)begin);
	return 0;
}
