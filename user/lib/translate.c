// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "translate.h"

static void append(struct json_object *o, const char *key,
		   struct json_object *value)
{
	struct json_object *array;

	if (!json_object_object_get_ex(o, key, &array)) {
		array = json_object_new_array();
		json_object_object_add(o, key, array);
	}
	json_object_array_add(array, value);
}

static struct json_object *translate(const struct attributes *set,
				     struct nlattr *head, int len);

static size_t min_size(enum attribute_kind kind)
{
	switch (kind) {
	case U64:
		return 8;
	case STRING:
	case FLAG:
	case NEST:
		return 0;
	default:
		return 4;
	}
}

/* A newer kernel may have more words and attributes. */
static const char *word(const struct attribute *a, uint32_t value)
{
	return value < a->count ? a->words[value] : "other";
}

static const char *key_name(uint32_t number)
{
	const char *name = NULL;

	if (number < (uint32_t)card_attributes.count)
		name = card_attributes.rows[number].name;
	return name ? name : "other";
}

static void take_attribute(struct json_object *o, const struct attribute *a,
			   struct nlattr *nla)
{
	char *copy;

	if ((size_t)nla_len(nla) < min_size(a->kind))
		return;
	switch (a->kind) {
	case STRING:
		copy = strndup(nla_data(nla), nla_len(nla));
		output_string(o, a->name, copy);
		free(copy);
		break;
	case BOOL:
		output_bool(o, a->name, nla_get_u32(nla));
		break;
	case U32:
		output_number(o, a->name, nla_get_u32(nla));
		break;
	case S32:
		output_number(o, a->name, (int32_t)nla_get_u32(nla));
		break;
	case U64:
		output_number(o, a->name, nla_get_u64(nla));
		break;
	case FLAG:
		output_bool(o, a->name, true);
		break;
	case WORD:
		output_string(o, a->name, word(a, nla_get_u32(nla)));
		break;
	case NEST:
		json_object_object_add(o, a->name,
				       translate(a->set, nla_data(nla),
						 nla_len(nla)));
		break;
	case LEVELS:
		append(o, a->name, json_object_new_int64(nla_get_u32(nla)));
		break;
	case KEYS:
		append(o, a->name,
		       json_object_new_string(key_name(nla_get_u32(nla))));
		break;
	}
}

/* Attributes that only a newer kernel has are left out. */
static struct json_object *translate(const struct attributes *set,
				     struct nlattr *head, int len)
{
	struct json_object *o = json_object_new_object();
	struct nlattr *nla;
	int left;

	nla_for_each_attr(nla, head, len, left) {
		if (nla_type(nla) < set->count && set->rows[nla_type(nla)].name)
			take_attribute(o, &set->rows[nla_type(nla)], nla);
	}
	return o;
}

struct json_object *translate_message(struct nl_msg *msg)
{
	struct genlmsghdr *header = genlmsg_hdr(nlmsg_hdr(msg));
	struct json_object *o, *all;

	if (!genlmsg_valid_hdr(nlmsg_hdr(msg), 0) ||
	    header->cmd > SND_HVSOCK_CMD_MAX || !messages[header->cmd].set)
		return NULL;
	o = translate(messages[header->cmd].set, genlmsg_attrdata(header, 0),
		      genlmsg_attrlen(header, 0));
	if (!messages[header->cmd].event)
		return o;
	/* The event first. */
	all = json_object_new_object();
	output_string(all, "event", messages[header->cmd].event);
	json_object_object_foreach(o, key, value)
		json_object_object_add(all, key, json_object_get(value));
	json_object_put(o);
	return all;
}

void translate_card(struct json_object *o, struct card *card)
{
	struct json_object *flag;
	size_t i;

	memset(card, 0, sizeof(*card));
	snprintf(card->name, sizeof(card->name), "%s", output_text(o, "name"));
	card->has_cookie = json_object_object_get_ex(o, "has-cookie", &flag);
	for (i = 0; i < CARD_KEYS; i++)
		snprintf(card->value[i], CARD_VALUE_SIZE, "%s",
			 output_text(o, card_keys[i].name));
}
