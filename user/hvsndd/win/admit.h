/* SPDX-License-Identifier: GPL-2.0 */
/* Admission of new connections. */
#ifndef HVSNDD_WIN_ADMIT_H
#define HVSNDD_WIN_ADMIT_H

#include <winsock2.h>

#include "../config.h"

/**
 * admit() - Start the protocol on a new connection, or refuse it
 * @e: the endpoint
 * @fd: the connection; closed if it is refused
 * @peer: the virtual machine at the other end
 * @log: rate limit of messages about unknown guests
 *
 * Return: the connection, or NULL after logging why it was refused.
 */
struct connection *admit(const struct endpoint_config *e, SOCKET fd,
			 REFGUID peer, struct log_limit *log);

#endif /* HVSNDD_WIN_ADMIT_H */
