/* SPDX-License-Identifier: GPL-2.0 */
/* Which guest is at the other end of a connection. */
#ifndef HVSNDD_IDENTIFY_H
#define HVSNDD_IDENTIFY_H

#include "config.h"

/**
 * identify() - Find or add the guest at the other end of a connection
 * @e: the endpoint
 * @fd: the connection
 * @text: set to a description of the other end, ADDRESS_TEXT_SIZE bytes
 *
 * Return: The guest, or NULL if it may not connect.
 */
struct guest *identify(const struct endpoint_config *e, int fd, char *text);

#endif /* HVSNDD_IDENTIFY_H */
