// SPDX-License-Identifier: GPL-2.0
/* hvsnd add: a new card. */
#include <inttypes.h>
#include <stdio.h>

#include "cards.h"

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
	if (!arguments_are(argc, 1, -1))
		return STATUS_USAGE;
	if (!card_set_name(&card, argv[optind], reason))
		return usage("%s", reason);
	if (!parse_keys(&card, argc, argv, optind + 1))
		return STATUS_USAGE;
	if (!open_family(&f))
		return STATUS_FAILED;
	done = send_card(&f, SND_HVSOCK_CMD_CARD_ADD, &card, &answer);
	family_close(&f);
	if (!done)
		return refused(&f, card.name);
	if (output_json)
		output_print(answer ? answer : json_object_new_object(), false);
	else if (answer)
		printf("%s is card %" PRId64 "\n", output_text(answer, "name"),
		       output_value(answer, "index"));
	if (answer && !output_json)
		json_object_put(answer);
	return STATUS_OK;
}

const struct command command_add = {
	.name = "add",
	.arguments = "[-j] NAME [KEY VALUE]...",
	.summary = "add a card",
	.help =
		"Adds the ALSA card hw:NAME. Keys, with their defaults:\n"
		KEYS_HELP
		"  cookie-file PATH           a file with the PulseAudio cookie\n",
	.run = run,
};
