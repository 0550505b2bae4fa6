// SPDX-License-Identifier: GPL-2.0
/* A card's configuration and cookie, for all of its parts. */
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "card.h"

/**
 * hvsnd_card_get_config() - Present configuration of a card
 * @card: the card
 * @config: set to that
 *
 * Context: Process.
 */
void hvsnd_card_get_config(struct hvsnd_card *card,
			   struct hvsnd_card_config *config)
{
	spin_lock(&card->keys_lock);
	*config = card->config;
	spin_unlock(&card->keys_lock);
}

/**
 * hvsnd_card_set_cookie() - Set the cookie of a card
 * @card: the card
 * @cookie: HVSND_COOKIE_SIZE bytes from kmalloc(), which the card frees; or
 *	NULL for none
 *
 * Context: Process.
 */
void hvsnd_card_set_cookie(struct hvsnd_card *card, u8 *cookie)
{
	spin_lock(&card->keys_lock);
	swap(card->cookie, cookie);
	spin_unlock(&card->keys_lock);
	kfree_sensitive(cookie);
}

/**
 * hvsnd_card_get_cookie() - Cookie of a card, for the host
 * @card: the card
 * @cookie: set to it, HVSND_COOKIE_SIZE bytes, which the caller must wipe
 *
 * Context: Process.
 * Return: Whether there is one.
 */
bool hvsnd_card_get_cookie(struct hvsnd_card *card, u8 *cookie)
{
	bool has_cookie;

	spin_lock(&card->keys_lock);
	has_cookie = card->cookie;
	if (has_cookie)
		memcpy(cookie, card->cookie, HVSND_COOKIE_SIZE);
	spin_unlock(&card->keys_lock);
	return has_cookie;
}
