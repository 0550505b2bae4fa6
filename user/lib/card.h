/* SPDX-License-Identifier: GPL-2.0 */
/* A card as the command line and the configuration file describe it. */
#ifndef HVSND_CARD_H
#define HVSND_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/snd_hvsock.h>

#include "common.h"

#define CARD_VALUE_SIZE	 32
#define CARD_PATH_SIZE	 256

enum card_key_type {
	CARD_NUMBER,
	CARD_WORD,
	CARD_SWITCH, /* on or off */
};

/**
 * struct card_key - one of the keys that are the kernel's
 * @name: what it is called
 * @type: what its value is
 * @attribute: SND_HVSOCK_A_CARD_*
 * @settled: cannot be changed once there is the card
 * @otherwise: the value of cards for which it is not given; NULL: any may be
 * @min: NUMBER: the least
 * @max: NUMBER: the most
 */
struct card_key {
	const char *name;
	enum card_key_type type;
	int attribute;
	bool settled;
	const char *otherwise;
	uint32_t min;
	uint32_t max;
};

#define CARD_KEYS 18

extern const struct card_key card_keys[CARD_KEYS];

/**
 * struct card - a card as it is to be, or as it is
 * @name: ALSA's id
 * @line: where in a file it begins
 * @value: for each of card_keys, as text that was checked; empty if not given
 * @cookie_file: where its cookie is, or empty
 * @has_cookie: as it is: the kernel has one
 */
struct card {
	char name[SND_HVSOCK_NAME_MAX + 1];
	unsigned int line;
	char value[CARD_KEYS][CARD_VALUE_SIZE];
	char cookie_file[CARD_PATH_SIZE];
	bool has_cookie;
};

/**
 * card_set_name - name a card
 * @card: the card
 * @name: what the user wrote
 * @reason: REASON_SIZE bytes: why not
 *
 * Return: whether a card may be called so.
 */
bool card_set_name(struct card *card, const char *name, char *reason);

/**
 * card_set - give a card's key a value
 * @card: the card
 * @key: a key's name; also cookie-file
 * @value: what the user wrote
 * @reason: REASON_SIZE bytes: why not
 *
 * Return: whether both are good and the key had no value before.
 */
bool card_set(struct card *card, const char *key, const char *value, char *reason);

/**
 * card_cookie - read a cookie
 * @path: of the file, or - for standard input
 * @cookie: SND_HVSOCK_COOKIE_SIZE bytes
 * @reason: REASON_SIZE bytes: why not
 *
 * Return: whether that is a cookie.
 */
bool card_cookie(const char *path, uint8_t *cookie, char *reason);

#endif /* HVSND_CARD_H */
