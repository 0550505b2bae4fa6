/* SPDX-License-Identifier: GPL-2.0 */
/* Data of connected sockets that the event loop watches. */
#ifndef HVSNDD_SOCKET_H
#define HVSNDD_SOCKET_H

#include <stddef.h>

#include "loop.h"

/**
 * socket_receive() - Receive data
 * @w: the socket
 * @buf: the buffer
 * @len: size of @buf in bytes, not 0
 *
 * Return: Number of bytes; 0 if the other side has closed the connection;
 * -EAGAIN if there is no data yet; another negative errno.
 */
int socket_receive(struct watch *w, void *buf, size_t len);

/**
 * socket_send() - Send data
 * @w: the socket
 * @buf: the data
 * @len: number of bytes
 *
 * Return: Number of bytes that were accepted; -EAGAIN if there is no room;
 * another negative errno.
 */
int socket_send(struct watch *w, const void *buf, size_t len);

/* Number of bytes, at most 256 KiB, that can be received at once. */
size_t socket_backlog(struct watch *w);

/* Stop to watch the socket, and close it. */
void socket_close(struct watch *w);

#endif /* HVSNDD_SOCKET_H */
