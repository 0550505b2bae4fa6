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
		"Adds the ALSA card hw:NAME. Keys, with what they are if not given:\n"
		"  cid 2  port 4713           where the host's audio server is\n"
		"  protocol pulse             what it speaks; or simple, which is raw PCM (S16_LE, 44100, 2\n"
		"                             channels, if format, rate and channels do not say otherwise),\n"
		"                             or qubes, as Qubes OS has it on this port and the next\n"
		"  role connect               who calls whom; or listen: the host calls the guest (not with pulse)\n"
		"  rate 0  rate-min 8000  rate-max 192000   the only rate (frames/s), or the range of them\n"
		"  format any  channels 0     the only sample format (S16_LE) and number of channels, or any\n"
		"  latency 0                  how far the host trails, in us, more if it proves too short; 0: it follows\n"
		"                             from the program's period\n"
		"  connect-timeout 2000       how long the host may take to answer, in ms\n"
		"  on-lost silence            what programs get while the host is away; or error\n"
		"  playback-streams 8  capture-streams 2   how many at once (qubes, listen: 1)\n"
		"  name-streams command       what the host calls streams, after the program; or card\n"
		"  mic on                     whether programs may record; or off\n"
		"  retry-away 10              seconds between looks for a host that is away; 0: none\n"
		"  index N                    ALSA's card number; the first free one\n"
		"  cookie-file PATH           a file with the PulseAudio cookie\n",
	.run = run,
};
