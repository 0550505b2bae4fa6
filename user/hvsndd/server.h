/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of the host's sound server, in the syntax of PULSE_SERVER. */
#ifndef HVSNDD_SERVER_H
#define HVSNDD_SERVER_H

#include <stdbool.h>

#include "../lib/address.h"

#define SERVERS_MAX 8
#define SERVER_HINT_SIZE 1024

/**
 * struct server - one address of the server
 * @address: the address, unless @host is set
 * @host: host of a TCP address, "" for another address
 * @port: port of a TCP address
 * @family: AF_UNSPEC, AF_INET or AF_INET6
 */
struct server {
	struct address address;
	char host[128];
	char port[16];
	int family;
};

/**
 * server_parse() - Parse the addresses of the server
 * @text: addresses separated by spaces. {ID} before an address is the id or the
 *        name of the machine that the address belongs to.
 * @reason: set to the reason of a failure, REASON_SIZE bytes
 *
 * Return: False if there is an invalid address, or none for this machine.
 */
bool server_parse(const char *text, char *reason);

/**
 * server_open() - Start to connect to the server
 * @index: index of the first address to try; set to the index that is used
 *
 * Return: As endpoint_open(), for the first address that does not fail at once.
 */
int server_open(unsigned int *index);

/* Whether an address is a UNIX socket, on which credentials can be sent. */
bool server_is_unix(unsigned int index);

/* The addresses in messages. */
const char *server_text(void);

/**
 * server_hint() - Cause and remedy of a failure to connect
 * @err: negative errno of the last address
 * @out: SERVER_HINT_SIZE bytes
 *
 * Return: @out.
 */
const char *server_hint(int err, char *out);

#endif /* HVSNDD_SERVER_H */
