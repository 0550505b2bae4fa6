// SPDX-License-Identifier: GPL-2.0
/* hvsnd save: the cards as a configuration file. */
#include <stdio.h>
#include <string.h>

#include "../lib/config.h"
#include "../lib/translate.h"
#include "cards.h"

/* The same as a section of the file has. */
static struct json_object *describe(const struct card *card)
{
	struct json_object *o = json_object_new_object();
	size_t i;

	output_string(o, "name", card->name);
	for (i = 0; i < CARD_KEYS; i++) {
		const struct card_key *key = &card_keys[i];

		if (key->preset && strcmp(key->preset, card->value[i]))
			output_string(o, key->name, card->value[i]);
	}
	output_bool(o, "has-cookie", card->has_cookie);
	return o;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP, OPTION_JSON, {} };
	struct json_object *cards, *list, *all;
	struct family f;
	struct card card;
	size_t i;

	while (option(argc, argv, "", options) != -1)
		;
	if (!arguments_are(argc, 0, 0))
		return STATUS_USAGE;
	if (!open_family(&f))
		return STATUS_FAILED;
	if (family_dump(&f, SND_HVSOCK_CMD_CARD_GET, NULL, &cards)) {
		family_close(&f);
		return refused(&f, NULL);
	}
	list = json_object_new_array();
	for (i = 0; i < json_object_array_length(cards); i++) {
		translate_card(json_object_array_get_idx(cards, i), &card);
		/* The number that it happened to get. */
		*card.value[CARD_INDEX] = '\0';
		if (output_json) {
			json_object_array_add(list, describe(&card));
			continue;
		}
		printf("%s", i ? "\n" : "");
		config_write(stdout, &card);
	}
	all = json_object_new_object();
	json_object_object_add(all, "cards", list);
	if (output_json)
		output_print(all, false);
	else
		json_object_put(all);
	json_object_put(cards);
	family_close(&f);
	return STATUS_OK;
}

const struct command command_save = {
	.name = "save",
	.arguments = "[-j]",
	.summary = "print the cards as a configuration file",
	.help =
		"Prints the cards as hvsnd apply reads them: hvsnd save >" CONFIG_FILE
		". Cookies are not in it.\n",
	.run = run,
};
