/* SPDX-License-Identifier: GPL-2.0 */
/* A card as the command line and the configuration file describe it. */
#ifndef HVSND_CARD_H
#define HVSND_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/snd_hvsock.h>

#include "core/config.h"
#include "common.h"
#include "keys.h"

#define CARD_VALUE_SIZE	 32
#define CARD_PATH_SIZE	 256

/**
 * struct card - a card as it is to be, or as it is
 * @name: ALSA's id
 * @line: where in a file it begins
 * @value: for each of card_keys, as text that was checked; empty if not given
 * @key_line: where in the file each is given
 * @cookie_file: where its cookie is, or empty
 * @cookie_line: where in the file that is given
 * @has_cookie: as it is: the kernel has one
 */
struct card {
	char name[SND_HVSOCK_MAX_NAME + 1];
	unsigned int line;
	char value[CARD_KEYS][CARD_VALUE_SIZE];
	unsigned int key_line[CARD_KEYS];
	char cookie_file[CARD_PATH_SIZE];
	unsigned int cookie_line;
	bool has_cookie;
};

/**
 * card_set_name() - Name a card
 * @card: the card
 * @name: what the user wrote
 * @reason: REASON_SIZE bytes: why not
 *
 * Return: Whether a card may be called so.
 */
bool card_set_name(struct card *card, const char *name, char *reason);

/**
 * card_set() - Give a card's key a value
 * @card: the card
 * @key: a key's name; also cookie-file
 * @value: what the user wrote
 * @reason: REASON_SIZE bytes: why not
 *
 * Return: Whether both are good and the key had no value before.
 */
bool card_set(struct card *card, const char *key, const char *value,
	      char *reason);

/**
 * card_key_find() - Find a key
 * @name: its name, or the one that it had before
 *
 * Return: Its index, or CARD_KEYS if there is none, as for cookie-file.
 */
size_t card_key_find(const char *name);

/**
 * card_key_renamed() - What to tell a user who wrote a key's former name
 * @name: what the user wrote
 * @notice: REASON_SIZE bytes: set to that
 *
 * Return: Whether that is a former name.
 */
bool card_key_renamed(const char *name, char *notice);

/* Number of a key's value; CARD_NUMBER and CARD_WORD only. */
uint32_t card_key_number(const struct card_key *key, const char *value);

/**
 * card_value() - Value of a key, or its default
 * @card: the card
 * @key: which
 *
 * Return: The value; "" for a key that has no default.
 */
const char *card_value(const struct card *card, enum card_key_index key);

/* The same as a number. */
uint32_t card_number(const struct card *card, enum card_key_index key);

/**
 * card_ports() - Vsock ports that a card listens at
 * @card: the card
 *
 * Return: How many, from the value of CARD_PORT on; 0 with role connect.
 */
unsigned int card_ports(const struct card *card);

/* Reduce the numbers of streams as the kernel does. */
uint32_t card_streams(const struct card *card, enum card_key_index key);

/**
 * card_config() - Keys of a card as the kernel has them
 * @card: the card
 * @config: set to the values and defaults; without name and number
 */
void card_config(const struct card *card, struct hvsnd_card_config *config);

/**
 * card_check() - Check whether the keys of a new card go together
 * @config: the keys; the wrong key is set to its default, for the next call
 * @reason: REASON_SIZE bytes: what is wrong
 *
 * Return: A wrong key, or CARD_KEYS.
 */
size_t card_check(struct hvsnd_card_config *config, char *reason);

/**
 * card_cookie() - Read a cookie
 * @path: of the file, or - for standard input
 * @cookie: SND_HVSOCK_COOKIE_SIZE bytes
 * @reason: REASON_SIZE bytes: why not
 *
 * Return: Whether that is a cookie.
 */
bool card_cookie(const char *path, uint8_t *cookie, char *reason);

#endif /* HVSND_CARD_H */
