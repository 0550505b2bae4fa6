/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes between descriptors: any number of links, bounded buffers, half-closes kept. */
#ifndef HVSND_PUMP_H
#define HVSND_PUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "address.h"

struct pump_link;

/**
 * struct pump - what is pumped
 * @listener: where connections are taken from, -1 for none
 * @target: each of those goes on to there; NULL: gets back what it sends
 * @timeout_ms: how long @target may take to connect
 * @error: the last link's first error: a negative errno, 0 for none
 * @links: internal
 * @count: how many links there are
 */
struct pump {
	int listener;
	const struct address *target;
	unsigned int timeout_ms;
	int error;
	struct pump_link *links;
	size_t count;
};

/**
 * pump_add - bytes from one to the other, and perhaps back
 * @p: the pump
 * @from: what is read; not closed
 * @to: what is written; shut down at the end of @from
 * @back_from: what is read for the other direction, -1 for no such
 * @back_to: what is written for it
 *
 * Return: false without memory.
 */
bool pump_add(struct pump *p, int from, int to, int back_from, int back_to);

/**
 * pump_run - pump until it is done, or SIGINT or SIGTERM comes
 * @p: the pump
 *
 * Return: 0, or a negative errno if it cannot go on.
 */
int pump_run(struct pump *p);

#endif /* HVSND_PUMP_H */
