/* SPDX-License-Identifier: GPL-2.0 */
/* Connections that carry nothing but sound: protocols simple and qubes. */
#ifndef HVSNDD_RAW_H
#define HVSNDD_RAW_H

#include "config.h"

/**
 * raw_open - talk with a guest
 * @g: the guest
 * @fd: the connection, non-blocking; taken over
 * @p: where it was made
 *
 * Return: the link, or NULL after a complaint.
 */
struct connection *raw_open(struct guest *g, int fd,
			    const struct endpoint_config *p);

#endif /* HVSNDD_RAW_H */
