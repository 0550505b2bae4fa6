/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections of the protocol pulse that hvsndd serves itself, for hosts
 * without a PulseAudio server.
 */
#ifndef HVSNDD_NATIVE_CONNECTION_H
#define HVSNDD_NATIVE_CONNECTION_H

#include "guest.h"

/**
 * native_connection_open() - Serve a guest's connection
 * @g: the guest
 * @fd: the guest's connection, non-blocking; closed on failure
 * @dialled: hvsndd has connected to the guest, which may use the connection
 *           much later
 *
 * Return: The connection, or NULL after logging the cause.
 */
struct connection *native_connection_open(struct guest *g, int fd,
					  bool dialled);

#endif /* HVSNDD_NATIVE_CONNECTION_H */
