/* SPDX-License-Identifier: GPL-2.0 */
/* The family's attributes and messages, as JSON has them. */
#ifndef HVSND_ATTRIBUTES_H
#define HVSND_ATTRIBUTES_H

#include <stddef.h>

#include <linux/snd_hvsock.h>

#include "common.h"

enum attribute_kind {
	STRING = 1,
	BOOL,
	U32,
	S32,
	U64,
	FLAG,
	WORD,
	NEST,
	LEVELS, /* one of several */
	KEYS, /* likewise: numbers of attributes of a card */
};

struct attributes;

/**
 * struct attribute - an attribute
 * @name: what it is called; NULL for none
 * @kind: what its value is
 * @words: WORD: names of the numbers
 * @count: WORD: how many there are
 * @set: NEST: the attributes inside
 */
struct attribute {
	const char *name;
	enum attribute_kind kind;
	const char *const *words;
	size_t count;
	const struct attributes *set;
};

/* A set of attributes, by their numbers. */
struct attributes {
	const struct attribute *rows;
	int count;
};

/* What a message has; @event is NULL for an answer. */
struct message {
	const char *event;
	const struct attributes *set;
};

extern const struct attributes card_attributes;
extern const struct message messages[SND_HVSOCK_CMD_MAX + 1];

#endif /* HVSND_ATTRIBUTES_H */
