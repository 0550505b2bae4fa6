// SPDX-License-Identifier: GPL-2.0
/*
 * hear [-c CODE]... SOCKET|-: when sound came: connects, sends the Qubes codes,
 * and reads until the end or SIGTERM. Prints seconds since the epoch: "first TIME
 * last TIME bytes COUNT", of sound that is not silent; "first never" without.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void on_end(int sig)
{
	(void)sig;
	ended = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
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
	return fd;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_end };
	uint8_t codes[64], buf[65536];
	double first = 0, last = 0;
	long long bytes = 0;
	size_t n = 0;
	ssize_t got, i;
	int fd, c;

	while ((c = getopt(argc, argv, "c:")) != -1) {
		uint32_t code;

		if (c != 'c' || n == sizeof(codes))
			return 2;
		code = strtoul(optarg, NULL, 16);
		memcpy(codes + n, (uint8_t[]){ code, code >> 8, code >> 16, code >> 24 }, 4);
		n += 4;
	}
	if (optind >= argc)
		return 2;
	sigaction(SIGTERM, &action, NULL);
	fd = strcmp(argv[optind], "-") ? dial(argv[optind]) : 0;
	if (n && write(fd, codes, n) != (ssize_t)n)
		return 2;
	while (!ended) {
		got = read(fd, buf, sizeof(buf));
		if (got <= 0)
			break;
		for (i = 0; i < got && !buf[i]; i++)
			;
		if (i == got)
			continue;
		last = now();
		if (!first)
			first = last;
		bytes += got;
	}
	if (first)
		printf("first %.3f last %.3f bytes %lld\n", first, last, bytes);
	else
		puts("first never last never bytes 0");
	return 0;
}
