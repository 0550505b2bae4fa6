// SPDX-License-Identifier: GPL-2.0
#include "deadline.h"

/**
 * hvsnd_deadline_next() - Find the earliest deadline
 * @deadlines: HVSND_DEADLINES times in nanoseconds, 0 for what is not awaited;
 *	others may set them to 0 at the same time
 * @since_ns: time up to which deadlines have passed, in nanoseconds
 *
 * Context: Any.
 * Return: Time in nanoseconds, after @since_ns; ~0 if nothing is awaited.
 */
u64 hvsnd_deadline_next(const u64 *deadlines, u64 since_ns)
{
	u64 earliest = ~0ULL, at;
	unsigned int i;

	for (i = 0; i < HVSND_DEADLINES; i++) {
		at = READ_ONCE(deadlines[i]);
		if (at > since_ns && at < earliest)
			earliest = at;
	}
	return earliest;
}
