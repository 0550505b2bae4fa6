/* SPDX-License-Identifier: GPL-2.0 */
/* Messages of the kernel's netlink family as JSON, and as struct card. */
#ifndef HVSND_TRANSLATE_H
#define HVSND_TRANSLATE_H

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "card.h"
#include "output.h"

/**
 * translate_message() - Convert an answer or a notification to JSON
 * @msg: message of the family
 *
 * Return: A new object, or NULL for a message without attributes.
 */
struct json_object *translate_message(struct nl_msg *msg);

/**
 * translate_card() - Convert a card
 * @o: object that translate_message() returned for a card
 * @card: set to the keys of the card
 */
void translate_card(struct json_object *o, struct card *card);

#endif /* HVSND_TRANSLATE_H */
