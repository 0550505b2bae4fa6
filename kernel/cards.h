/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All cards: how they are added, changed and deleted.
 *
 * hvsnd_card_add() creates a platform device and the snd_card on it, for
 * netlink and for the module's parameters alike. hvsnd_card_del() deletes both
 * and does not wait: ALSA keeps the snd_card, whose private_data is struct
 * hvsnd_card, until its last file is closed, and each stream holds a reference
 * until it is reaped. hvsnd_cards_end() waits, before the module is unloaded.
 */
#ifndef HVSOCK_CARDS_H
#define HVSOCK_CARDS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "snd_card.h"

extern struct mutex hvsnd_cards_mutex;
extern struct list_head hvsnd_cards;
extern u32 hvsnd_cards_generation;

struct hvsnd_card *hvsnd_card_add(const struct hvsnd_card_config *config,
				  struct hvsnd_config_error *error);
int hvsnd_card_set(struct hvsnd_card *card,
		   const struct hvsnd_card_config *config,
		   struct hvsnd_config_error *error);
void hvsnd_card_del(struct hvsnd_card *card);
void hvsnd_cards_end(void);
struct hvsnd_card *hvsnd_card_find(const char *id);

int hvsnd_card_driver_register(void);
void hvsnd_card_driver_unregister(void);

#endif /* HVSOCK_CARDS_H */
