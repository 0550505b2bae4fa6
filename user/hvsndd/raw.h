/* SPDX-License-Identifier: GPL-2.0 */
/* Connections of the protocols simple and qubes, which carry raw audio data. */
#ifndef HVSNDD_RAW_H
#define HVSNDD_RAW_H

#include "config.h"

/**
 * raw_open() - Serve a guest's connection
 * @g: the guest
 * @fd: the connection, non-blocking; closed on failure
 * @e: the endpoint at which the connection was made
 *
 * Return: The connection, or NULL after logging the cause.
 */
struct connection *raw_open(struct guest *g, int fd,
			    const struct endpoint_config *e);

#endif /* HVSNDD_RAW_H */
