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
	struct card cards[SND_HVSOCK_MAX_CARDS];
	size_t count;
};

/**
 * struct config_errors - who hears of each error
 * @complain: called with the line, from 1 on, and what is wrong there
 * @advise: the same for what is right but should be written otherwise; or NULL
 * @data: for @complain
 * @count: errors so far
 */
struct config_errors {
	void (*complain)(void *data, unsigned int line, const char *reason);
	void (*advise)(void *data, unsigned int line, const char *notice);
	void *data;
	unsigned int count;
};

/* Tells of one more error. */
void config_error(struct config_errors *errors, unsigned int line,
		  const char *reason);

/**
 * config_parse() - Read a file's text
 * @config: set when all is well, undefined otherwise
 * @text: the text
 * @len: its bytes
 * @errors: told of every line that is wrong in itself
 *
 * Return: Whether it is good.
 */
bool config_parse(struct config *config, const char *text, size_t len,
		  struct config_errors *errors);

/**
 * config_check() - Check that keys and cards go together
 * @config: from config_parse()
 * @errors: told of every key that is wrong
 *
 * Return: Whether it is good.
 */
bool config_check(const struct config *config, struct config_errors *errors);

/* Line of a key of a card in its file, or of the card without the key. */
unsigned int config_line(const struct card *card, size_t key);

/**
 * config_write() - Write a card's section, as config_parse() reads it
 * @f: where to
 * @card: the card; keys that have their defaults are left out
 */
void config_write(FILE *f, const struct card *card);

#endif /* HVSND_CONFIG_H */
