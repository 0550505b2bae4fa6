/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets: connecting, listening, and the remedies of failures. */
#ifndef HVSND_ENDPOINT_H
#define HVSND_ENDPOINT_H

#include <sys/types.h>

#include "address.h"

/**
 * endpoint_open() - Start to connect
 * @a: the address
 * @timeout_ms: maximum time, for AF_VSOCK
 *
 * Return: A non-blocking socket, or a negative errno. The socket is connected
 * when it is writable and endpoint_result() returns 0.
 */
int endpoint_open(const struct address *a, unsigned int timeout_ms);

/**
 * endpoint_result() - Result of endpoint_open()
 * @fd: the socket, after it has become writable
 *
 * Return: 0 or a negative errno.
 */
int endpoint_result(int fd);

/**
 * endpoint_connect() - Connect, and wait for the result
 * @a: the address
 * @timeout_ms: maximum time
 *
 * Return: A non-blocking, connected socket, or a negative errno.
 */
int endpoint_connect(const struct address *a, unsigned int timeout_ms);

/**
 * struct endpoint_access - permissions of a UNIX socket's file
 * @mode: mode of the file, -1 for the default
 * @uid: owner of the file, -1 for the default
 * @gid: group of the file, -1 for the default
 */
struct endpoint_access {
	int mode;
	uid_t uid;
	gid_t gid;
};

/**
 * endpoint_listen() - Listen at an address
 * @a: the address, after address_to_listen()
 * @access: permissions of a UNIX socket's file, set before anybody can connect;
 *          NULL for the defaults
 *
 * The file of a UNIX socket at which nobody listens any more is replaced.
 *
 * Return: A non-blocking, listening socket, or a negative errno.
 */
int endpoint_listen(const struct address *a,
		    const struct endpoint_access *access);

/* Remove the file of a UNIX socket. */
void endpoint_remove(const struct address *a);

#define ENDPOINT_HINT_SIZE 768

/**
 * endpoint_hint() - Cause and remedy of a failure to connect
 * @a: the address
 * @err: the negative errno
 * @out: ENDPOINT_HINT_SIZE bytes
 *
 * Return: @out, one line.
 */
const char *endpoint_hint(const struct address *a, int err, char *out);

/**
 * endpoint_listen_hint() - Cause and remedy of a failure to listen
 * @a: the address
 * @err: the negative errno
 * @out: ENDPOINT_HINT_SIZE bytes
 *
 * Return: @out, one line.
 */
const char *endpoint_listen_hint(const struct address *a, int err, char *out);

#endif /* HVSND_ENDPOINT_H */
