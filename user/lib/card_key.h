/* SPDX-License-Identifier: GPL-2.0 */
/* What is known of each key of a card. */
#ifndef HVSND_CARD_KEY_H
#define HVSND_CARD_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/snd_hvsock.h>

enum card_key_type {
	CARD_NUMBER,
	CARD_WORD, /* sent as its number */
	CARD_TEXT, /* a word that is sent as such */
};

/**
 * struct card_key - one of the keys that are the kernel's
 * @name: what it is called
 * @former: what it was called before, or NULL
 * @type: what its value is
 * @attribute: SND_HVSOCK_A_CARD_*
 * @fixed: cannot be changed once there is the card
 * @preset: the value of cards for which it is not given; NULL: any may be
 * @min: NUMBER: minimum
 * @max: NUMBER: maximum
 * @zero: NUMBER: 0 is possible as well
 * @words: WORD and TEXT: what it may be, ends with NULL; WORD: in the order of
 * their numbers
 */
struct card_key {
	const char *name;
	const char *former;
	enum card_key_type type;
	int attribute;
	bool fixed;
	const char *preset;
	uint32_t min;
	uint32_t max;
	bool zero;
	const char *const *words;
};

#endif /* HVSND_CARD_KEY_H */
