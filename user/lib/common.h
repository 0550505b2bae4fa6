/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSND_COMMON_H
#define HVSND_COMMON_H

#include <stdbool.h>
#include <stdio.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* Size of a buffer for the reason of an error, one line. */
#define REASON_SIZE 400

/* Write the reason of an error. The value of the expression is false. */
#define refuse(reason, ...)                                 \
	({                                                  \
		snprintf(reason, REASON_SIZE, __VA_ARGS__); \
		false;                                      \
	})

#endif /* HVSND_COMMON_H */
