/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets of AF_HYPERV, and the ids of virtual machines. */
#ifndef HVSNDD_WIN_HYPERV_H
#define HVSNDD_WIN_HYPERV_H

#include <stdbool.h>
#include <stdint.h>
#include <winsock2.h>

#define HYPERV_ID_SIZE 37 /* an id as text */

extern const GUID hyperv_any; /* the wildcard: any virtual machine */

/* Parse an id, with or without braces. Returns whether it is one. */
bool hyperv_parse(const char *text, GUID *id);

/* Write an id in lower case to @out, which has HYPERV_ID_SIZE bytes. */
const char *hyperv_text(const GUID *id, char *out);

/* The service id that stands for a port of AF_VSOCK. */
GUID hyperv_service(uint32_t port);

/**
 * hyperv_listen() - Listen for connections
 * @vm: the virtual machine that may connect, or &hyperv_any
 * @port: port of AF_VSOCK
 *
 * Return: the socket, or INVALID_SOCKET; then WSAGetLastError() is the cause.
 */
SOCKET hyperv_listen(const GUID *vm, uint32_t port);

/**
 * hyperv_accept() - Wait for a connection
 * @listener: the listening socket
 * @peer: set to the id of the virtual machine
 *
 * Return: the socket, or INVALID_SOCKET.
 */
SOCKET hyperv_accept(SOCKET listener, GUID *peer);

/**
 * hyperv_connect() - Connect to a program in a virtual machine, and wait for it
 * @vm: the virtual machine
 * @port: port of AF_VSOCK at which the program listens
 * @timeout_ms: maximum time
 *
 * Return: the socket, or INVALID_SOCKET.
 */
SOCKET hyperv_connect(const GUID *vm, uint32_t port, unsigned int timeout_ms);

#endif /* HVSNDD_WIN_HYPERV_H */
