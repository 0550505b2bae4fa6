// SPDX-License-Identifier: GPL-2.0
/* hvsnd probe: connect and shake hands, from user space. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/card.h"
#include "../lib/handshake.h"
#include "hvsnd.h"

static const char *const stages[] = { "connect", "handshake", "ready" };

static void print_json(const struct handshake *s, const char *text)
{
	struct json_object *o = json_object_new_object();

	output_string(o, "address", text);
	output_string(o, "stage", stages[s->stage]);
	output_bool(o, "ok", s->stage == HANDSHAKE_READY);
	output_number(o, "connect-ms", s->connect_ms);
	output_number(o, "error", -s->err);
	output_string(o, "reason",
		      s->stage == HANDSHAKE_READY ? NULL : s->reason);
	if (s->stage == HANDSHAKE_READY) {
		output_number(o, "handshake-ms", s->ready_ms);
		output_number(o, "latency-us", s->latency_us);
	}
	output_print(o, false);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		OPTION_HELP,
		OPTION_JSON,
		{ "capture", no_argument, NULL, 'c' },
		{ "cookie", required_argument, NULL, 'k' },
		{}
	};
	char reason[REASON_SIZE], text[ADDRESS_TEXT_SIZE];
	const char *file = NULL;
	uint8_t cookie[SND_HVSOCK_COOKIE_SIZE];
	bool capture = false;
	struct address a;
	struct handshake s;
	int c;

	while ((c = option(argc, argv, "ck:", options)) != -1) {
		capture |= c == 'c';
		if (c == 'k')
			file = optarg;
	}
	if (!arguments_are(argc, 0, 1) ||
	    !parse_address(argv[optind] ? argv[optind] : "4713", &a))
		return STATUS_USAGE;
	if (file && !card_cookie(file, cookie, reason))
		return fail(STATUS_FAILED, "%s", reason);
	handshake_pulse(&s, &a, file ? cookie : NULL, capture);
	explicit_bzero(cookie, sizeof(cookie));
	address_text(&a, text);
	if (output_json)
		print_json(&s, text);
	else if (s.stage == HANDSHAKE_READY)
		printf("%s: would %s: connected in %u ms, stream ready in %u ms, latency of the device %.1f ms\n",
		       text, capture ? "record" : "play", s.connect_ms,
		       s.ready_ms, s.latency_us / 1000.0);
	else
		fail(STATUS_FAILED, "%s: %s", text, s.reason);
	if (s.stage == HANDSHAKE_READY)
		return STATUS_OK;
	return s.stage == HANDSHAKE_CONNECT ? STATUS_UNREACHABLE :
					      STATUS_FAILED;
}

const struct command command_probe = {
	.name = "probe",
	.arguments = "[-j] [-c] [-k FILE] [ADDRESS]",
	.summary = "see whether the host would play",
	.help =
		"Connects to ADDRESS (4713, a port of the host's) from user space and sets up a stream there as the module does,\n"
		"without playing anything. Says what is wrong and what to do.\n\n"
		"  -c, --capture      a stream that records\n"
		"  -k, --cookie FILE  with this PulseAudio cookie\n",
	.run = run,
};
