// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the frames of bench/sound from standard input: S16_LE, stereo. Prints
 * the time of the first frame (CLOCK_MONOTONIC), the number of frames, and the
 * number of gaps: frames that do not follow their predecessor.
 *
 * Gaps among the first SKIP_FRAMES do not count. Exits after SKIP_FRAMES +
 * FRAMES, at the first gap that counts, or on SIGTERM.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TABLE_FRAMES	(1 << 21)
#define CHUNK		4096

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end };
	static int16_t buf[CHUNK / 2];
	long skip, take, frames = 0, gaps = 0, value, expected = -1;
	size_t have = 0, i;
	long long first = 0;
	struct timespec ts;
	ssize_t n;

	if (argc != 3) {
		fputs("usage: gaps SKIP_FRAMES FRAMES <AUDIO_DATA\n", stderr);
		return 2;
	}
	skip = atol(argv[1]);
	take = atol(argv[2]);
	/* Without SA_RESTART, so that SIGTERM interrupts read(). */
	sigaction(SIGTERM, &action, NULL);
	while (!ended && !gaps && frames < skip + take &&
	       (n = read(0, (char *)buf + have, sizeof(buf) - have)) > 0) {
		have += n;
		for (i = 0; i + 1 < have / 2; i += 2) {
			value = buf[i] | (long)(buf[i + 1] - 1) << 15;
			if (buf[i] < 0 || buf[i + 1] < 1 ||
			    buf[i + 1] > TABLE_FRAMES >> 15) {
				/* Silence, or other audio data */
				gaps += expected >= 0 && frames >= skip;
				expected = -1;
				continue;
			}
			if (!first) {
				clock_gettime(CLOCK_MONOTONIC, &ts);
				first = ts.tv_sec * 1000000000LL + ts.tv_nsec;
			}
			gaps += expected >= 0 && value != expected &&
				frames >= skip;
			expected = (value + 1) % TABLE_FRAMES;
			frames++;
		}
		for (n = 0; i < have / 2; i++)
			buf[n++] = buf[i];
		have = 2 * n + have % 2;
	}
	printf("heard_first_ns=%lld heard_frames=%ld gaps=%ld\n", first, frames,
	       gaps);
	return 0;
}
