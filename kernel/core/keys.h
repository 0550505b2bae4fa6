/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of a card's keys. The table (keys-gen.c) and the struct that has
 * the keys (config-gen.h) are made from the specification of the netlink
 * family.
 */
#ifndef HVSOCK_KEYS_H
#define HVSOCK_KEYS_H

#include "config-gen.h"
#include "pure.h"

#define HVSND_FORMAT_ANY	0xffffffff

/**
 * struct hvsnd_word - a value that has a name
 * @name: the name
 * @value: the value
 */
struct hvsnd_word {
	const char *name;
	u32 value;
};

/**
 * struct hvsnd_key - a key of a card
 * @attr: attribute, SND_HVSOCK_A_CARD_*
 * @offset: place of the u32 in struct hvsnd_card_config
 * @preset: value of a card for which the key is not given
 * @min: minimum
 * @max: maximum
 * @text: the attribute is a string, one of @words
 * @zero: 0 is possible as well
 * @fixed: the value cannot change after the card was added
 * @next_open: a change takes effect for streams that are opened later
 * @reconnect: a change needs new connections
 * @words: names of the values, the last one with a NULL name; or NULL if the
 *	value is a number
 * @msg: error message for any other value, or for a change if @fixed
 */
struct hvsnd_key {
	u16 attr;
	u16 offset;
	u32 preset;
	u32 min;
	u32 max;
	bool text;
	bool zero;
	bool fixed;
	bool next_open;
	bool reconnect;
	const struct hvsnd_word *words;
	const char *msg;
};

extern const struct hvsnd_key hvsnd_keys[HVSND_KEYS];

#endif /* HVSOCK_KEYS_H */
