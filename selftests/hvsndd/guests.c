// SPDX-License-Identifier: GPL-2.0
/*
 * guests [-n COUNT] [-r PPM] [-f SOCKET] [-s SOCKET] [-g SOCKET] FILE SOCKET:
 * guests that play, each with a clock that is PPM fast. FILE, 48 kHz stereo of
 * 16 bits, is sent to each of SOCKET.1 to SOCKET.COUNT, in blocks of 10 ms at
 * the time of each block. Other guests disturb: one sends to -f as fast as
 * it can, one connects to -s and neither sends nor receives, and one sends
 * garbage to -g and connects again whenever it is disconnected.
 *
 * Prints how late data could be sent. Fails if a connection that plays fails.
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
#define GUESTS_MAX 256

struct guest {
	int fd;
	size_t sent;
};

static struct guest guests[GUESTS_MAX];
static int count = 1;
static const char *garbage;
static int garbage_fd = -1;
static unsigned long disconnected;

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
		disconnected++;
	}
}

/* Returns a file's content, or NULL. */
static char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *data = NULL;
	struct stat st;

	if (!f)
		return NULL;
	if (!fstat(fileno(f), &st)) {
		*len = st.st_size;
		data = malloc(*len);
	}
	if (data && fread(data, 1, *len, f) != *len) {
		free(data);
		data = NULL;
	}
	fclose(f);
	return data;
}

/* Send what is due. Returns the duration of data without room, or -1. */
static int64_t play(struct guest *g, const char *data, size_t due)
{
	ssize_t n = 0;

	if (g->sent < due)
		n = send(g->fd, data + g->sent, due - g->sent, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		perror("a guest's connection");
		return -1;
	}
	g->sent += n > 0 ? n : 0;
	return (due - g->sent) * CHUNK_NS / CHUNK;
}

/* Returns the longest time that data had to wait, or -1. */
static int64_t run(const char *data, size_t len, double ppm, int flood)
{
	int64_t begin = now(), late = 0;
	bool more = true;
	size_t chunk;
	int i;

	for (chunk = 1; more; chunk++) {
		int64_t time = begin + chunk * CHUNK_NS / (1 + ppm / 1e6);
		size_t due = chunk * CHUNK < len ? chunk * CHUNK : len;

		do {
			struct timespec pause = { .tv_nsec = 500000 };

			disturb(flood);
			nanosleep(&pause, NULL);
		} while (now() < time);
		more = false;
		for (i = 0; i < count; i++) {
			int64_t behind = play(&guests[i], data, due);

			if (behind < 0)
				return -1;
			late = behind > late ? behind : late;
			more |= guests[i].sent < len;
		}
	}
	return late;
}

int main(int argc, char **argv)
{
	int flood = -1, stalled = -1, c, i;
	char path[200], *data;
	double ppm = 0;
	int64_t begin, late;
	size_t len;

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
	data = optind + 2 == argc ? read_file(argv[optind], &len) : NULL;
	if (!data || count > GUESTS_MAX)
		return 2;
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s.%d", argv[optind + 1], i + 1);
		guests[i].fd = dial(path);
	}
	begin = now();
	late = run(data, len, ppm, flood);
	free(data);
	if (late < 0)
		return 1;
	printf("%d guests, %.1f s: at most %.1f ms had to wait; garbage was disconnected %lu times\n",
	       count, (now() - begin) / 1e9, late / 1e6, disconnected);
	return late > 100000000;
}
