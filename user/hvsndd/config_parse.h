/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parsers of option values, which fill the configuration. Functions that return
 * bool return false after printing an error.
 */
#ifndef HVSNDD_CONFIG_PARSE_H
#define HVSNDD_CONFIG_PARSE_H

#include "config.h"

/* Values (config_parse.c) */

/* Print "@what '@value' must be @must" and return false. */
bool config_invalid(const char *what, const char *value, const char *must);
bool config_number(const char *what, const char *text, unsigned int min,
		   unsigned int max, unsigned int *value);

/* Set @value to the index of @text in @words, which NULL terminates. */
bool config_choice(const char *what, const char *text, const char *const *words,
		   int *value);
bool config_protocol(const char *text, enum protocol *protocol);

/* Copy a guest's name to @name, which has GUEST_NAME_SIZE bytes. */
bool config_name(const char *text, char *name);

/**
 * config_pop_key() - Remove ",KEY=VALUE" from the end of a text
 * @text: the text
 * @key: set to the key
 * @value: set to the value
 *
 * Return: False, without a message, if the text does not end in ",KEY=VALUE".
 */
bool config_pop_key(char *text, char **key, char **value);

/* What the addresses of all systems have (config_address.c) */

/* Add an endpoint. Returns NULL after printing an error. */
struct endpoint_config *config_new_endpoint(void);

/**
 * config_address_key() - Apply protocol=VALUE or direction=VALUE
 * @e: the endpoint
 * @key: the key
 * @value: the value
 * @keys: the allowed keys, for the message about another key
 *
 * Return: False after printing an error.
 */
bool config_address_key(struct endpoint_config *e, const char *key,
			const char *value, const char *keys);

/* Addresses (config_endpoint.c) */

bool config_endpoint(const char *argument, bool connect);

/* Add the endpoints that the command line does not name. */
bool config_default_endpoints(void);

/* Check an endpoint whose protocol is known. */
bool config_check_endpoint(const struct endpoint_config *e);

/*
 * Complete the endpoints after all options, with this default protocol
 * (config_finish.c).
 */
bool config_finish_endpoints(enum protocol protocol);

/* Guests (config_guest.c) */

bool config_guest(const char *argument);

/* Allow unknown guests if "--guest any" was given. */
void config_finish_guests(void);

/* Identities of guests (config_guest_id.c) */

/**
 * config_guest_id() - Find or add the guest of --guest
 * @text: CID, id of a virtual machine or name
 * @name: the name that the guest gets, GUEST_NAME_SIZE bytes; "" for a default,
 *        which may be written to @name
 *
 * Return: The guest, or NULL after printing an error.
 */
struct guest *config_guest_id(const char *text, char *name);

/* Linux: add the guest whose endpoint is known. */
bool config_endpoint_guest(const struct endpoint_config *e);
bool config_has_cid(const struct endpoint_config *e);

/* Directories, server and cookie (config_host.c) */

bool config_server(const char *text);

/* Read the cookie. Returns false, without a message, if that fails. */
bool config_load_cookie(const char *path);

/* Use the server and the cookie that libpulse uses, unless they are set. */
bool config_finish_server(void);

#endif /* HVSNDD_CONFIG_PARSE_H */
