/* SPDX-License-Identifier: GPL-2.0 */
/* What hvsnd apply has to do with each card. */
#ifndef HVSND_PLAN_H
#define HVSND_PLAN_H

#include "../lib/config.h"
#include "../lib/output.h"

/**
 * struct plan - what becomes of a card
 * @want: as the file has it; NULL: it is deleted
 * @is: as it is, or as it was before it was deleted
 * @exists: it is there now
 * @renew: @want differs from @is in a key that is fixed
 */
struct plan {
	const struct card *want;
	struct card is;
	bool exists;
	bool renew;
};

#define PLANS_MAX (2 * SND_HVSOCK_MAX_CARDS)

extern struct plan plans[PLANS_MAX];
extern size_t plans_used;

/**
 * plan_make() - Fill in the plans
 * @config: the cards of the file
 * @cards: the cards of the kernel, as JSON
 */
void plan_make(const struct config *config, struct json_object *cards);

/* Report what is wrong with the file for the cards that exist. */
void plan_check(struct config_errors *errors);

/**
 * plan_compare() - Compare a card with its configuration
 * @want: the configuration
 * @is: the card
 * @change: set to the keys of @want that differ from @is
 *
 * Return: Whether a key differs that cannot change.
 */
bool plan_compare(const struct card *want, const struct card *is,
		  struct card *change);

/**
 * plan_is_in_the_way() - Whether a card must be deleted for another one
 * @p: the card
 * @want: the other one
 *
 * Return: Whether it has the number of @want, listens at its port, or is to be
 * deleted while there is no room for both.
 */
bool plan_is_in_the_way(const struct plan *p, const struct card *want);

#endif /* HVSND_PLAN_H */
