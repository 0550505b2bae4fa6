/* SPDX-License-Identifier: GPL-2.0 */
/* Attempts to connect to a guest that listens. */
#ifndef HVSNDD_CONNECT_H
#define HVSNDD_CONNECT_H

#include "config.h"

/* as ENDPOINT_HINT_SIZE */
#define CONNECT_CAUSE_SIZE 768

struct connecting;

/**
 * connecting_new() - Prepare to connect
 * @e: the endpoint
 * @done: called in the loop when an attempt has ended: with the connection; or
 *        with -1 and an error. A failure may be reported at once.
 * @data: argument of @done
 *
 * Return: What connecting_free() frees, or NULL without memory.
 */
struct connecting *connecting_new(const struct endpoint_config *e,
				  void (*done)(void *data, int fd, int error),
				  void *data);

/* Start an attempt. There is none under way. */
void connecting_start(struct connecting *c);

/**
 * connecting_guest() - Find or add the guest that was connected to
 * @c: the attempt, which has succeeded
 * @fd: the connection
 * @text: set to a description of the other end, ADDRESS_TEXT_SIZE bytes
 *
 * Return: The guest, or NULL if it may not connect.
 */
struct guest *connecting_guest(struct connecting *c, int fd, char *text);

/* Cause and remedy of an error. Returns @out, CONNECT_CAUSE_SIZE bytes. */
const char *connecting_cause(const struct connecting *c, int error, char *out);

/* NULL is allowed. */
void connecting_free(struct connecting *c);

#endif /* HVSNDD_CONNECT_H */
