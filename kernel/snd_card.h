/* SPDX-License-Identifier: GPL-2.0 */
/* The snd_card of a card, and how its parts work together. */
#ifndef HVSOCK_SND_CARD_H
#define HVSOCK_SND_CARD_H

#include "card.h"

struct device;

int hvsnd_card_create(struct device *dev,
		      const struct hvsnd_card_config *config,
		      struct hvsnd_config_error *error);
int hvsnd_card_apply(struct hvsnd_card *card,
		     const struct hvsnd_card_config *config,
		     struct hvsnd_config_error *error);
void hvsnd_card_reconnect(struct hvsnd_card *card);
void hvsnd_card_free(struct hvsnd_card *card);
void hvsnd_cards_wait(void);

void hvsnd_card_get_info(struct hvsnd_card *card,
			 struct hvsnd_card_info *info);
void hvsnd_card_notify(struct hvsnd_card *card, u8 cmd);

#endif /* HVSOCK_SND_CARD_H */
