// SPDX-License-Identifier: GPL-2.0
/* hvsnd del: take a card away. */
#include "cards.h"

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP, {} };
	struct family f;
	bool done;

	while (option(argc, argv, "", options) != -1)
		;
	if (!arguments_are(argc, 1, 1))
		return STATUS_USAGE;
	if (!open_family(&f))
		return STATUS_FAILED;
	done = delete_card(&f, argv[optind]);
	family_close(&f);
	return done ? STATUS_OK : refused(&f, argv[optind]);
}

const struct command command_del = {
	.name = "del",
	.arguments = "CARD",
	.summary = "take a card away",
	.help =
		"Takes a card away. It does not wait for programs that use it: they get the error ENODEV.\n",
	.run = run,
};
