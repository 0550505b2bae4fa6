/* SPDX-License-Identifier: GPL-2.0 */
/* The host's sound server, as PULSE_SERVER names it: one or several addresses. */
#ifndef HVSNDD_SERVER_H
#define HVSNDD_SERVER_H

#include <stdbool.h>

#include "../lib/address.h"

#define SERVERS_MAX 8
#define SERVER_HINT_SIZE 1024

/**
 * struct server - one of the addresses
 * @address: it, unless @host
 * @host: of a TCP address, "" for none
 * @port: of that
 * @family: AF_UNSPEC, AF_INET or AF_INET6
 */
struct server {
	struct address address;
	char host[128];
	char port[16];
	int family;
};

/**
 * server_parse - read what PULSE_SERVER may be
 * @text: addresses between blanks; {ID} in front of one stands for the machine
 * that it is of
 * @reason: REASON_SIZE bytes: why not
 *
 * Return: whether there is an address of this machine in it.
 */
bool server_parse(const char *text, char *reason);

/**
 * server_open - begin a connection
 * @index: the address to begin with, from 0 on; set to the one that was taken
 *
 * Return: as endpoint_open(), of the first address that does not fail at once.
 */
int server_open(unsigned int *index);

/* Whether it is a UNIX socket, which takes credentials. */
bool server_is_unix(unsigned int index);

/* The addresses as messages name them. */
const char *server_text(void);

/* What it means that the last of them failed. Returns @out of SERVER_HINT_SIZE bytes. */
const char *server_hint(int err, char *out);

#endif /* HVSNDD_SERVER_H */
