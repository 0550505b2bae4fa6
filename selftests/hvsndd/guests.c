// SPDX-License-Identifier: GPL-2.0
/*
 * guests [-n COUNT] [-r PPM] [-f SOCKET] [-s SOCKET] [-g SOCKET] FILE SOCKET:
 * guests that play, each with a clock. Of SOCKET.1 to SOCKET.COUNT each is sent
 * FILE, 48 kHz stereo of 16 bits, 10 ms at a time when it is due; PPM is by how
 * much the clock is fast. Meanwhile one guest sends to -f as fast as it can,
 * one connects to -s and neither goes on sending nor ever reads, and one sends
 * garbage to -g, and connects anew whenever it is thrown out.
 *
 * Prints how late the sound could be sent; fails if a connection that plays has
 * failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 1920
#define CHUNK_NS 10000000LL
#define MOST 256

struct guest {
	int fd;
	size_t sent;
};

static struct guest guests[MOST];
static const char *garbage;
static int garbage_fd = -1;
static unsigned long thrown_out;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int dial(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		perror(path);
		exit(2);
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void disturb(int flood)
{
	static uint8_t noise[65536];
	static uint32_t x = 1;
	size_t i;

	for (i = 0; i < 256; i++) {
		x = x * 1664525 + 1013904223;
		noise[i] = x >> 24;
	}
	if (flood >= 0)
		send(flood, noise, sizeof(noise), MSG_NOSIGNAL);
	if (!garbage)
		return;
	if (garbage_fd < 0)
		garbage_fd = dial(garbage);
	if (send(garbage_fd, noise, 256, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
		close(garbage_fd);
		garbage_fd = -1;
		thrown_out++;
	}
}

int main(int argc, char **argv)
{
	int count = 1, flood = -1, stalled = -1, c, i;
	int64_t begin, due, late = 0;
	char path[200], *sound;
	double ppm = 0;
	struct stat st;
	size_t len, chunk;
	bool more = true;
	FILE *f;

	while ((c = getopt(argc, argv, "n:r:f:s:g:")) != -1) {
		switch (c) {
		case 'n':
			count = atoi(optarg);
			break;
		case 'r':
			ppm = atof(optarg);
			break;
		case 'f':
			flood = dial(optarg);
			break;
		case 's':
			stalled = dial(optarg);
			if (send(stalled, "stalled", 7, 0) != 7)
				return 2;
			break;
		case 'g':
			garbage = optarg;
			break;
		default:
			return 2;
		}
	}
	f = optind + 2 == argc ? fopen(argv[optind], "r") : NULL;
	if (!f || fstat(fileno(f), &st) || count > MOST)
		return 2;
	len = st.st_size;
	sound = malloc(len);
	if (!sound || fread(sound, 1, len, f) != len) {
		free(sound);
		return 2;
	}
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s.%d", argv[optind + 1], i + 1);
		guests[i].fd = dial(path);
	}
	begin = now();
	for (chunk = 1; more; chunk++) {
		due = begin + chunk * CHUNK_NS / (1 + ppm / 1e6);
		do {
			struct timespec pause = { .tv_nsec = 500000 };

			disturb(flood);
			nanosleep(&pause, NULL);
		} while (now() < due);
		more = false;
		for (i = 0; i < count; i++) {
			struct guest *g = &guests[i];
			size_t end = chunk * CHUNK < len ? chunk * CHUNK : len;
			ssize_t n = 0;

			if (g->sent < end)
				n = send(g->fd, sound + g->sent, end - g->sent,
					 MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN) {
				perror("a guest's connection");
				return 1;
			}
			g->sent += n > 0 ? n : 0;
			more |= g->sent < len;
			/* Of what is due, the part that has no room yet. */
			if (g->sent < end) {
				int64_t behind =
					(end - g->sent) * CHUNK_NS / CHUNK;

				late = behind > late ? behind : late;
			}
		}
	}
	printf("%d guests, %.1f s: at most %.1f ms had to wait; garbage was thrown out %lu times\n",
	       count, (now() - begin) / 1e9, late / 1e6, thrown_out);
	return late > 100000000;
}
