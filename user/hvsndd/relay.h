/* SPDX-License-Identifier: GPL-2.0 */
/* PulseAudio's native protocol, from a guest to the host's server and back, through the filter. */
#ifndef HVSNDD_RELAY_H
#define HVSNDD_RELAY_H

#include "guest.h"

/**
 * relay_open - lead a guest to the host's server
 * @g: the guest
 * @fd: the connection, non-blocking; taken over
 *
 * Return: the link, or NULL after a complaint.
 */
struct connection *relay_open(struct guest *g, int fd);

#endif /* HVSNDD_RELAY_H */
