/* SPDX-License-Identifier: GPL-2.0 */
/* Admission of new connections. */
#ifndef HVSNDD_ADMIT_H
#define HVSNDD_ADMIT_H

#include "config.h"

/* Starts the protocol pulse on a connection; by default hvsndd serves it. */
extern struct connection *(*admit_pulse)(struct guest *g, int fd, bool dialled);

/**
 * admit() - Start the protocol on a new connection, or refuse it
 * @e: the endpoint
 * @fd: the connection, non-blocking; closed if it is refused
 * @g: the guest at the other end, or NULL if it may not connect
 * @peer: description of the other end
 * @log: rate limit of messages about unknown guests
 *
 * Return: The connection, or NULL after logging why it was refused.
 */
struct connection *admit(const struct endpoint_config *e, int fd,
			 struct guest *g, const char *peer,
			 struct log_limit *log);

#endif /* HVSNDD_ADMIT_H */
