// SPDX-License-Identifier: GPL-2.0
/* hvsnd relay: what listens here leads there. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/endpoint.h"
#include "../lib/forward.h"
#include "hvsnd.h"

static bool parse_mode(const char *text, int *mode)
{
	char *end;
	unsigned long v = strtoul(text, &end, 8);

	if (*text < '0' || *text > '7' || *end || v > 0777) {
		usage("'%s' is no mode: must be octal, as 660", text);
		return false;
	}
	*mode = v;
	return true;
}

/* A name, or a number; empty: unchanged. */
static bool parse_id(const char *text, bool group, unsigned int *id)
{
	struct passwd *user = group || !*text ? NULL : getpwnam(text);
	struct group *g = group && *text ? getgrnam(text) : NULL;
	unsigned long v;
	char *end;

	if (user)
		*id = user->pw_uid;
	else if (g)
		*id = g->gr_gid;
	if (user || g || !*text)
		return true;
	v = strtoul(text, &end, 10);
	*id = v;
	return *text >= '0' && *text <= '9' && !*end && v < UINT32_MAX;
}

static bool parse_owner(const char *text, struct endpoint_access *access)
{
	char copy[128], *colon;

	snprintf(copy, sizeof(copy), "%s", text);
	colon = strchr(copy, ':');
	if (colon)
		*colon++ = '\0';
	if (*text && parse_id(copy, false, &access->uid) &&
	    parse_id(colon ? colon : "", true, &access->gid))
		return true;
	usage("'%s' is no owner: must be USER, USER:GROUP or :GROUP, by names or numbers that exist here",
	      text);
	return false;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		OPTION_HELP,
		{ "mode", required_argument, NULL, 'm' },
		{ "owner", required_argument, NULL, 'o' },
		{ "timeout", required_argument, NULL, 't' },
		{}
	};
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE], path[256];
	struct endpoint_access access = { -1, -1, -1 };
	struct forwarder p = { .timeout_ms = 2000 };
	struct address local, target;
	bool has_access = false;
	int c, err;

	while ((c = option(argc, argv, "m:o:t:", options)) != -1) {
		if ((c == 't' && !parse_seconds(optarg, &p.timeout_ms)) ||
		    (c == 'm' && !parse_mode(optarg, &access.mode)) ||
		    (c == 'o' && !parse_owner(optarg, &access)))
			return STATUS_USAGE;
		has_access |= c == 'm' || c == 'o';
	}
	if (!arguments_are(argc, 2, 2))
		return STATUS_USAGE;
	/* A path is no other kind of address. */
	snprintf(path, sizeof(path), "%s%s",
		 argv[optind][0] == '/' ? "unix:" : "", argv[optind]);
	if (!parse_address(path, &local) ||
	    !parse_address(argv[optind + 1], &target))
		return STATUS_USAGE;
	if (target.kind == ADDRESS_VSOCK && !target.has_cid)
		return fail(STATUS_UNREACHABLE, "%s: %s",
			    address_text(&target, text),
			    endpoint_hint(&target, -EADDRNOTAVAIL, hint));
	if (target.kind == ADDRESS_VSOCK && target.cid == ADDRESS_CID_ANY)
		return fail(STATUS_UNREACHABLE, "%s: %s",
			    address_text(&target, text),
			    endpoint_hint(&target, -EDESTADDRREQ, hint));
	if (has_access &&
	    (local.kind != ADDRESS_UNIX || address_is_abstract(&local)))
		return usage("%s has no mode and no owner: only the file of a UNIX socket does",
			     address_text(&local, text));
	p.target = &target;
	address_to_listen(&local);
	p.listener = endpoint_listen(&local, has_access ? &access : NULL);
	if (p.listener < 0)
		return fail(STATUS_FAILED, "%s: %s", address_text(&local, text),
			    endpoint_listen_hint(&local, p.listener, hint));
	err = forwarder_run(&p);
	endpoint_remove(&local);
	return err ? fail(STATUS_FAILED, "it cannot go on: %s",
			  strerror(-err)) :
		     STATUS_OK;
}

const struct command command_relay = {
	.name = "relay",
	.arguments = "[-m MODE] [-o OWNER] [-t SECONDS] LOCAL ADDRESS",
	.summary = "lead connections from a local socket to an address",
	.help =
		"Listens at LOCAL and leads each connection to ADDRESS, until it is ended. LOCAL is unix:PATH or a path,\n"
		"unix:@NAME (an abstract socket), or a vsock address; a port without CID is open to any CID. So programs that\n"
		"know only UNIX sockets reach the host:\n"
		"  hvsnd relay /tmp/pulse 4713 &          PULSE_SERVER=unix:/tmp/pulse paplay ...\n"
		"  hvsnd relay --mode 777 unix:/tmp/.X11-unix/X5 6000 &   DISPLAY=:5 xterm\n\n"
		"  -m, --mode MODE        of the socket's file, in octal: who can write it can connect\n"
		"  -o, --owner OWNER      of the socket's file: USER, USER:GROUP or :GROUP\n"
		"  -t, --timeout SECONDS  how long connecting may take (2)\n",
	.run = run,
};
