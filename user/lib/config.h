/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration file: a section for each card. */
#ifndef HVSND_CONFIG_H
#define HVSND_CONFIG_H

#include <stdio.h>

#include "card.h"

#define CONFIG_FILE	   "/etc/snd-hvsock.conf"

/**
 * struct config - what a file says
 * @cards: the cards, in its order
 * @count: how many
 */
struct config {
	struct card cards[SND_HVSOCK_CARDS_MAX];
	size_t count;
};

/**
 * config_parse - read a file's text
 * @config: set when all is well, undefined otherwise
 * @text: the text
 * @len: its bytes
 * @line: where it is wrong, from 1 on
 * @reason: REASON_SIZE bytes: why
 *
 * Return: whether it is good.
 */
bool config_parse(struct config *config, const char *text, size_t len, unsigned int *line,
		  char *reason);

/**
 * config_write - write a card's section, as config_parse() reads it
 * @f: where to
 * @card: the card; keys that have their defaults are left out
 */
void config_write(FILE *f, const struct card *card);

#endif /* HVSND_CONFIG_H */
