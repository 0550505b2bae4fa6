// SPDX-License-Identifier: GPL-2.0
/* hvsnd cookie: PulseAudio's authentication. */
#include <string.h>

#include "cards.h"

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		OPTION_HELP, { "forget", no_argument, NULL, 'f' }, {}
	};
	uint8_t cookie[SND_HVSOCK_COOKIE_SIZE];
	char reason[REASON_SIZE];
	bool forget = false;
	struct family f;
	int c, err;

	while ((c = option(argc, argv, "f", options)) != -1)
		forget |= c == 'f';
	if (!arguments_are(argc, forget ? 1 : 2, forget ? 1 : 2))
		return STATUS_USAGE;
	if (!forget && !card_cookie(argv[optind + 1], cookie, reason))
		return fail(STATUS_FAILED, "%s", reason);
	if (!open_family(&f))
		return STATUS_FAILED;
	err = family_cookie(&f, argv[optind], forget ? NULL : cookie);
	explicit_bzero(cookie, sizeof(cookie));
	family_close(&f);
	return err ? refused(&f, argv[optind]) : STATUS_OK;
}

const struct command command_cookie = {
	.name = "cookie",
	.arguments = "CARD FILE|-  or  --forget CARD",
	.summary = "give a card the host's PulseAudio cookie",
	.help =
		"Gives a card the cookie with which PulseAudio on the host lets it in, 256 bytes from FILE or standard input.\n"
		"The next connection uses it. Nobody can read it back. hvsnd host-setup tells where the host has it.\n\n"
		"  -f, --forget  take it away again\n",
	.run = run,
};
