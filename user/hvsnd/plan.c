// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/translate.h"
#include "plan.h"

struct plan plans[PLANS_MAX];
size_t plans_used;
/* There is no room for all cards beside those that are deleted. */
static bool crowded;

/* Value that a card which is as @want has after it was added. */
static const char *wanted(const struct card *want, size_t key, char *buf)
{
	if (key != CARD_PLAYBACK_STREAMS && key != CARD_CAPTURE_STREAMS)
		return card_value(want, key);
	snprintf(buf, CARD_VALUE_SIZE, "%u", card_streams(want, key));
	return buf;
}

bool plan_compare(const struct card *want, const struct card *is,
		  struct card *change)
{
	char buf[CARD_VALUE_SIZE];
	bool fixed = false;
	size_t i;

	memset(change, 0, sizeof(*change));
	strcpy(change->name, want->name);
	strcpy(change->cookie_file, want->cookie_file);
	for (i = 0; i < CARD_KEYS; i++) {
		const char *value = wanted(want, i, buf);

		if (!*value || !strcmp(value, is->value[i]))
			continue;
		strcpy(change->value[i], value);
		fixed |= card_keys[i].fixed;
	}
	return fixed;
}

static struct plan *plan_of(const char *name)
{
	size_t i;

	for (i = 0; i < plans_used; i++) {
		if (!strcmp(plans[i].exists ? plans[i].is.name :
					      plans[i].want->name,
			    name))
			return &plans[i];
	}
	return NULL;
}

static bool is_crowded(void)
{
	unsigned int n = 0;
	char path[32];
	size_t i;

	for (i = 0; i < SND_HVSOCK_MAX_CARDS; i++) {
		snprintf(path, sizeof(path), "/proc/asound/card%zu", i);
		n += !access(path, F_OK);
	}
	for (i = 0; i < plans_used; i++)
		n += !plans[i].exists;
	return n > SND_HVSOCK_MAX_CARDS;
}

void plan_make(const struct config *config, struct json_object *cards)
{
	struct card change;
	struct plan *p;
	size_t i;

	for (i = 0;
	     i < json_object_array_length(cards) && i < SND_HVSOCK_MAX_CARDS;
	     i++) {
		p = &plans[plans_used++];
		translate_card(json_object_array_get_idx(cards, i), &p->is);
		p->exists = true;
	}
	for (i = 0; i < config->count; i++) {
		p = plan_of(config->cards[i].name);
		if (!p)
			p = &plans[plans_used++];
		p->want = &config->cards[i];
		p->renew = p->exists && plan_compare(p->want, &p->is, &change);
	}
	crowded = is_crowded();
}

bool plan_is_in_the_way(const struct plan *p, const struct card *want)
{
	const char *index = want->value[CARD_INDEX];
	uint32_t port = card_number(want, CARD_PORT),
		 taken = card_number(&p->is, CARD_PORT);

	if (!p->exists || p->want == want)
		return false;
	return (crowded && !p->want) ||
	       (*index && !strcmp(index, p->is.value[CARD_INDEX])) ||
	       (card_ports(want) && card_ports(&p->is) &&
		port < taken + card_ports(&p->is) &&
		taken < port + card_ports(want));
}

/* Of another driver. @file is in /proc/asound. */
static bool is_others(const char *file, const char *index)
{
	char path[64];
	size_t i;

	snprintf(path, sizeof(path), "/proc/asound/%.30s", file);
	if (access(path, F_OK))
		return false;
	for (i = 0; i < plans_used; i++) {
		if (plans[i].exists &&
		    !strcmp(index ? plans[i].is.value[CARD_INDEX] :
				    plans[i].is.name,
			    index ? index : file))
			return false;
	}
	return true;
}

void plan_check(struct config_errors *errors)
{
	char reason[REASON_SIZE], file[32];
	size_t i;

	for (i = 0; i < plans_used; i++) {
		struct plan *p = &plans[i];
		const char *index = p->want ? p->want->value[CARD_INDEX] : "";

		if (!p->want)
			continue;
		if (!p->exists && is_others(p->want->name, NULL)) {
			snprintf(reason, sizeof(reason), "%s: another driver's card has that name",
				 p->want->name);
			config_error(errors, p->want->line, reason);
		}
		snprintf(file, sizeof(file), "card%.8s", index);
		if (*index && is_others(file, index)) {
			snprintf(reason, sizeof(reason),
				 "index: another driver's card has number %s",
				 index);
			config_error(errors, config_line(p->want, CARD_INDEX),
				     reason);
		}
		if (p->renew && p->is.has_cookie && !*p->want->cookie_file) {
			snprintf(reason, sizeof(reason),
				 "%s: it must be deleted and added again, which loses its cookie. Set cookie-file = PATH",
				 p->want->name);
			config_error(errors, p->want->line, reason);
		}
	}
}
