/* SPDX-License-Identifier: GPL-2.0 */
/* Admission of new connections: which guest connects, and whether it may. */
#ifndef HVSNDD_ADMIT_H
#define HVSNDD_ADMIT_H

#include "config.h"

/**
 * admit() - Start the protocol on a new connection, or refuse it
 * @e: the endpoint
 * @fd: the connection, non-blocking; closed if it is refused
 * @log: rate limit of messages about unknown guests
 *
 * Return: The connection, or NULL after logging why it was refused.
 */
struct connection *admit(const struct endpoint_config *e, int fd,
			 struct log_limit *log);

#endif /* HVSNDD_ADMIT_H */
