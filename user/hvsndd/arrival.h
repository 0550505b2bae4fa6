/* SPDX-License-Identifier: GPL-2.0 */
/* Notices that a guest's sound has another rate than was agreed on. */
#ifndef HVSNDD_ARRIVAL_H
#define HVSNDD_ARRIVAL_H

#include <pulse/sample.h>
#include <stddef.h>
#include <stdint.h>

#define ARRIVAL_BACKLOG \
	262144 /* bytes that may wait in the socket, as vsock has it */

/**
 * struct arrival - the measurement of one stream
 * @since: when it began, microseconds; 0: not yet
 * @last: when sound came last
 * @bytes: taken since then
 * @backlog: bytes that waited in the socket at @since
 */
struct arrival {
	uint64_t since;
	uint64_t last;
	uint64_t bytes;
	size_t backlog;
};

/**
 * arrival_take - count sound that came
 * @a: zeroed before the first
 * @now: microseconds
 * @len: bytes
 *
 * Return: whether arrival_rate() is to be called.
 */
int arrival_take(struct arrival *a, uint64_t now, size_t len);

/**
 * arrival_rate - end a measurement, and begin the next one
 * @a: after arrival_take()
 * @now: microseconds
 * @backlog: bytes that wait in the socket
 * @sound: as it was agreed on
 *
 * Return: the usual rate at which sound arrived, if @sound has another one; 0
 * otherwise.
 */
uint32_t arrival_rate(struct arrival *a, uint64_t now, size_t backlog,
		      const pa_sample_spec *sound);

#endif /* HVSNDD_ARRIVAL_H */
