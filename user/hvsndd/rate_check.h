/* SPDX-License-Identifier: GPL-2.0 */
/* Detects that a guest sends audio at another sample rate than configured. */
#ifndef HVSNDD_RATE_CHECK_H
#define HVSNDD_RATE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "sample.h"

/**
 * struct rate_check - the rate measurement of one stream
 * @since_usec: start of the measurement; 0 if none is running
 * @last_usec: time at which data was received last
 * @bytes: number of bytes received since @since_usec
 * @backlog: number of bytes queued in the socket at @since_usec
 */
struct rate_check {
	uint64_t since_usec;
	uint64_t last_usec;
	uint64_t bytes;
	size_t backlog;
};

/**
 * rate_check_add() - Count received data
 * @c: the measurement, zeroed before the first call
 * @now: microseconds
 * @len: number of bytes
 *
 * Return: Whether rate_check_result() must be called now.
 */
int rate_check_add(struct rate_check *c, uint64_t now, size_t len);

/**
 * rate_check_result() - Finish a measurement and start the next one
 * @c: the measurement, after rate_check_add() returned true
 * @now: microseconds
 * @backlog: number of bytes queued in the socket
 * @spec: the configured sample format
 *
 * Return: The standard rate that was measured, if it differs from the
 * configured rate; 0 otherwise.
 */
uint32_t rate_check_result(struct rate_check *c, uint64_t now, size_t backlog,
			   const struct sample_spec *spec);

#endif /* HVSNDD_RATE_CHECK_H */
