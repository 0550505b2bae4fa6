/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands for cards share. */
#ifndef HVSND_CARDS_H
#define HVSND_CARDS_H

#include "../lib/family.h"
#include "hvsnd.h"

/* The module; complains and returns false without it. */
bool open_family(struct family *f);

/* Print the kernel's error about a card, or NULL. Return the exit status. */
int refused(struct family *f, const char *card);

/*
 * The cards, or the one called @name, each with the array "stream-list".
 * Complains and returns NULL if that cannot be.
 */
struct json_object *get_cards(struct family *f, const char *name);

/* The card's or stream's line of figures, for people. */
void print_stats(struct json_object *o, const char *indent);

/* Read KEY VALUE pairs from argv[first] on. Print an error for a bad one. */
bool parse_keys(struct card *card, int argc, char **argv, int first);

/**
 * send_card() - Add or change a card, and give it the cookie of its file
 * @f: an open family
 * @command: SND_HVSOCK_CMD_CARD_ADD or SND_HVSOCK_CMD_CARD_SET
 * @card: what is given
 * @answer: set to the kernel's answer or NULL; NULL if it is not wanted
 *
 * Return: Whether all of it was done; f->reason says why not.
 */
bool send_card(struct family *f, int command, const struct card *card,
	       struct json_object **answer);

/* Takes a card away; f->reason says why not. */
bool delete_card(struct family *f, const char *name);

#endif /* HVSND_CARDS_H */
