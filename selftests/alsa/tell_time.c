// SPDX-License-Identifier: GPL-2.0
/* Answers each byte with CLOCK_MONOTONIC: nanoseconds in a 64-bit integer. */
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec ts;
	int64_t ns;
	char byte;

	while (read(0, &byte, 1) == 1) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		ns = ts.tv_sec * 1000000000LL + ts.tv_nsec;
		if (write(1, &ns, sizeof(ns)) != sizeof(ns))
			return 1;
	}
	return 0;
}
