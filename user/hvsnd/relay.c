// SPDX-License-Identifier: GPL-2.0
/* hvsnd relay: what listens here leads there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "../lib/pump.h"
#include "hvsnd.h"

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP,
						 { "timeout", required_argument, NULL, 't' },
						 {} };
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE], path[256];
	struct pump p = { .timeout_ms = 2000 };
	struct address local, target;
	int c, err;

	while ((c = option(argc, argv, "t:", options)) != -1) {
		if (c == 't' && !parse_seconds(optarg, &p.timeout_ms))
			return STATUS_USAGE;
	}
	if (!arguments_are(argc, 2, 2))
		return STATUS_USAGE;
	/* A path is no other kind of address. */
	snprintf(path, sizeof(path), "%s%s", argv[optind][0] == '/' ? "unix:" : "", argv[optind]);
	if (!parse_address(path, &local) || !parse_address(argv[optind + 1], &target))
		return STATUS_USAGE;
	if (target.kind == ADDRESS_VSOCK && !target.has_cid)
		return fail(STATUS_UNREACHABLE, "%s: %s", address_text(&target, text),
			    endpoint_hint(&target, -EADDRNOTAVAIL, hint));
	p.target = &target;
	p.listener = endpoint_listen(&local);
	if (p.listener < 0)
		return fail(STATUS_FAILED, "%s: %s", address_text(&local, text),
			    endpoint_hint(&local, p.listener, hint));
	err = pump_run(&p);
	if (local.kind == ADDRESS_UNIX)
		unlink(local.path);
	return err ? fail(STATUS_FAILED, "it cannot go on: %s", strerror(-err)) : STATUS_OK;
}

const struct command command_relay = {
	.name = "relay",
	.arguments = "[-t SECONDS] LOCAL ADDRESS",
	.summary = "lead connections from a local socket to an address",
	.help =
		"Listens at LOCAL, a UNIX socket's path or any other address, and leads each connection to ADDRESS, until it\n"
		"is ended. So programs that know only UNIX sockets reach the host:\n"
		"  hvsnd relay /tmp/pulse 4713 &          PULSE_SERVER=unix:/tmp/pulse paplay ...\n"
		"  hvsnd relay /tmp/.X11-unix/X5 6005 &   DISPLAY=:5 xterm\n\n"
		"  -t, --timeout SECONDS  how long connecting may take (2)\n",
	.run = run,
};
