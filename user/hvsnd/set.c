// SPDX-License-Identifier: GPL-2.0
/* hvsnd set: keys of a card. */
#include <stdio.h>

#include "cards.h"

static void print(struct json_object *answer)
{
	struct json_object *keys, *key;
	size_t i;

	if (!json_object_object_get_ex(answer, "next-open", &keys))
		return;
	printf("for streams opened from now on:");
	for (i = 0; i < json_object_array_length(keys); i++) {
		key = json_object_array_get_idx(keys, i);
		printf(" %s", json_object_get_string(key));
	}
	putchar('\n');
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP, OPTION_JSON, {} };
	char reason[REASON_SIZE];
	struct json_object *answer = NULL;
	struct card card = {};
	struct family f;
	bool done;

	while (option(argc, argv, "", options) != -1)
		;
	if (!arguments_are(argc, 3, -1))
		return STATUS_USAGE;
	if (!card_set_name(&card, argv[optind], reason))
		return usage("%s", reason);
	if (!parse_keys(&card, argc, argv, optind + 1))
		return STATUS_USAGE;
	if (!open_family(&f))
		return STATUS_FAILED;
	done = send_card(&f, SND_HVSOCK_CMD_CARD_SET, &card, &answer);
	family_close(&f);
	if (!done)
		return refused(&f, card.name);
	if (!answer)
		answer = json_object_new_object();
	if (output_json) {
		output_print(answer, false);
		return STATUS_OK;
	}
	print(answer);
	json_object_put(answer);
	return STATUS_OK;
}

const struct command command_set = {
	.name = "set",
	.arguments = "[-j] CARD KEY VALUE [KEY VALUE]...",
	.summary = "change keys of a card",
	.help =
		"Changes keys of a card, all of those given or none; hvsnd add --help tells of the keys. cid and port change at\n"
		"once, also for streams that are open. It says which keys count only for streams opened from now on.\n",
	.run = run,
};
