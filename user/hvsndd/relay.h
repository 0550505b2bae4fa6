/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections of the protocol pulse: each guest's connection is forwarded to
 * the host's PulseAudio server, through the filter.
 */
#ifndef HVSNDD_RELAY_H
#define HVSNDD_RELAY_H

#include "guest.h"

/**
 * relay_open() - Forward a guest's connection to the host's server
 * @g: the guest
 * @fd: the guest's connection, non-blocking; closed on failure
 * @dialled: hvsndd has connected to the guest. The guest may use the connection
 *           much later, and servers close connections that send nothing. So
 *           hvsndd connects to the server when the guest sends its first data.
 *
 * Return: The connection, or NULL after logging the cause.
 */
struct connection *relay_open(struct guest *g, int fd, bool dialled);

#endif /* HVSNDD_RELAY_H */
