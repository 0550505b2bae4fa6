/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Forwarding of bytes between descriptors, in both directions, for any number
 * of connections. If one direction ends, the other one continues.
 */
#ifndef HVSND_FORWARD_H
#define HVSND_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "address.h"

struct forward_connection;

/**
 * struct forwarder - a set of connections
 * @listener: listening socket from which connections are accepted, or -1
 * @target: where accepted connections are forwarded to; NULL to send back what
 *          they send
 * @timeout_ms: maximum time for connecting to @target
 * @error: first error of the connection that ended last: a negative errno, or 0
 * @connections: internal
 * @count: number of connections
 */
struct forwarder {
	int listener;
	const struct address *target;
	unsigned int timeout_ms;
	int error;
	struct forward_connection *connections;
	size_t count;
};

/**
 * forwarder_add() - Add a connection
 * @fw: the forwarder
 * @from: descriptor that is read; not closed
 * @to: descriptor that is written; shut down at the end of @from
 * @back_from: descriptor that is read for the other direction, or -1
 * @back_to: descriptor that is written for the other direction
 *
 * Return: False without memory.
 */
bool forwarder_add(struct forwarder *fw, int from, int to, int back_from,
		   int back_to);

/**
 * forwarder_run() - Forward bytes
 * @fw: the forwarder
 *
 * Without a listener, forwarding ends when all connections have ended. It also
 * ends on SIGINT and SIGTERM.
 *
 * Return: 0, or a negative errno if forwarding cannot continue.
 */
int forwarder_run(struct forwarder *fw);

#endif /* HVSND_FORWARD_H */
