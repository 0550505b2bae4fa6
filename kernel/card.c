// SPDX-License-Identifier: GPL-2.0
/* A card's configuration and cookie, for all of its parts. */
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "card.h"

/**
 * hvsnd_card_get_config - how a card is configured now
 * @card: the card
 * @config: set to that
 *
 * Context: process.
 */
void hvsnd_card_get_config(struct hvsnd_card *card,
			   struct hvsnd_card_config *config)
{
	spin_lock(&card->keys_lock);
	*config = card->config;
	spin_unlock(&card->keys_lock);
}

/**
 * hvsnd_card_set_cookie - give a card its cookie
 * @card: the card
 * @cookie: HVSND_COOKIE_SIZE bytes from kmalloc(), which are the card's from
 *          on, or NULL to forget it
 *
 * Context: process.
 */
void hvsnd_card_set_cookie(struct hvsnd_card *card, u8 *cookie)
{
	spin_lock(&card->keys_lock);
	swap(card->cookie, cookie);
	spin_unlock(&card->keys_lock);
	kfree_sensitive(cookie);
}

/**
 * hvsnd_card_get_cookie - what to tell the host
 * @card: the card
 * @cookie: set to it, HVSND_COOKIE_SIZE bytes; to be wiped by the caller
 *
 * Context: process.
 * Return: whether there is one.
 */
bool hvsnd_card_get_cookie(struct hvsnd_card *card, u8 *cookie)
{
	bool there;

	spin_lock(&card->keys_lock);
	there = card->cookie;
	if (there)
		memcpy(cookie, card->cookie, HVSND_COOKIE_SIZE);
	spin_unlock(&card->keys_lock);
	return there;
}
