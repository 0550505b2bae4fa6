/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets for addresses, and what it means when they fail. */
#ifndef HVSND_ENDPOINT_H
#define HVSND_ENDPOINT_H

#include <sys/types.h>

#include "address.h"

/**
 * endpoint_open - begin a connection
 * @a: where to
 * @timeout_ms: how long vsock may take
 *
 * Return: a non-blocking socket that is connected, or will be when it polls
 * writable and endpoint_result() says 0; a negative errno otherwise.
 */
int endpoint_open(const struct address *a, unsigned int timeout_ms);

/**
 * endpoint_result - how a connection went
 * @fd: from endpoint_open(), after it polled
 *
 * Return: 0 or a negative errno.
 */
int endpoint_result(int fd);

/**
 * endpoint_connect - connect, waiting for it
 * @a: where to
 * @timeout_ms: how long at most
 *
 * Return: a non-blocking, connected socket, or a negative errno.
 */
int endpoint_connect(const struct address *a, unsigned int timeout_ms);

/**
 * struct endpoint_access - who may connect to a UNIX socket
 * @mode: of its file, or -1 for what the umask leaves
 * @uid: its owner, or -1 for the process's
 * @gid: its group, or -1 for the process's
 */
struct endpoint_access {
	int mode;
	uid_t uid;
	gid_t gid;
};

/**
 * endpoint_listen - be there for connections
 * @a: where, after address_to_listen(); the socket file of a server that is
 * gone is replaced
 * @access: of the socket's file, before anybody can connect; NULL: nothing is
 * changed
 *
 * Return: a non-blocking, listening socket, or a negative errno.
 */
int endpoint_listen(const struct address *a,
		    const struct endpoint_access *access);

/* Removes the socket's file, if it has one. */
void endpoint_remove(const struct address *a);

#define ENDPOINT_HINT_SIZE 768

/**
 * endpoint_hint - what a failure to connect means, and what to do
 * @a: where to
 * @err: the negative errno
 * @out: ENDPOINT_HINT_SIZE bytes
 *
 * Return: @out, one line.
 */
const char *endpoint_hint(const struct address *a, int err, char *out);

/* The same for a failure to listen. */
const char *endpoint_listen_hint(const struct address *a, int err, char *out);

#endif /* HVSND_ENDPOINT_H */
