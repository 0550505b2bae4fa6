// SPDX-License-Identifier: GPL-2.0
/* hvsnd doctor: every precondition in a line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/handshake.h"
#include "cards.h"
#include "doctor_private.h"

static void check_cards(struct doctor *d)
{
	struct family f;
	size_t i;

	/* The module's own line says why it is not there. */
	if (!doctor_is_live(d, MODULE))
		return;
	if (family_open(&f) ||
	    family_dump(&f, SND_HVSOCK_CMD_CARD_GET, NULL, &d->cards)) {
		say(d, WRONG, "cards", "%s", f.reason);
		family_close(&f);
		return;
	}
	family_close(&f);
	if (!json_object_array_length(d->cards))
		say(d, WRONG, "cards",
		    "there is no card. Run sudo hvsnd add NAME, or sudo hvsnd apply");
	for (i = 0; i < json_object_array_length(d->cards); i++) {
		struct json_object *card =
			json_object_array_get_idx(d->cards, i);
		const char *reason = output_text(card, "reason");

		say(d, OK, "card",
		    "%s: card %" PRId64 " at vsock:%" PRId64 ":%" PRId64 " (%s), link %s%s%s",
		    output_text(card, "name"), output_value(card, "index"),
		    output_value(card, "cid"), output_value(card, "port"),
		    output_text(card, "protocol"), output_text(card, "link"),
		    *reason ? ", last: " : "", reason);
	}
}

/* Of all device nodes the control's, which sound servers open first. */
static void check_rights(struct doctor *d)
{
	size_t i, n = d->cards ? json_object_array_length(d->cards) : 0;
	char path[64];

	for (i = 0; i < n; i++) {
		struct json_object *card =
			json_object_array_get_idx(d->cards, i);

		snprintf(path, sizeof(path), "/dev/snd/controlC%" PRId64,
			 output_value(card, "index"));
		if (access(path, F_OK)) {
			say(d, WRONG, "rights", "there is no %s. Start udev",
			    path);
			return;
		}
		if (access(path, R_OK | W_OK)) {
			say(d, WRONG, "rights",
			    "this user may not open %s. Run sudo usermod -aG audio USER, and log in again",
			    path);
			return;
		}
	}
	if (n && !geteuid())
		say(d, OK, "rights",
		    "root may use the cards. Run hvsnd doctor as the user who plays, too");
	else if (n)
		say(d, OK, "rights", "this user may use the cards");
}

/* @card: whose address it is, NULL for none; @pulse: what is spoken there */
static void check_host(struct doctor *d, const struct address *a,
		       struct json_object *card, bool pulse)
{
	bool has_cookie = card && output_value(card, "has-cookie");
	char text[ADDRESS_TEXT_SIZE];
	struct handshake s;

	address_text(a, text);
	if (!pulse) {
		handshake_connect(&s, a);
		if (s.stage == HANDSHAKE_CONNECT)
			say(d, WRONG, "host", "%s: %s", text, s.reason);
		else
			say(d, OK, "host", "%s accepts connections; the protocol was not tried",
			    text);
		return;
	}
	handshake_pulse(&s, a, d->cookie, false);
	if (s.stage == HANDSHAKE_READY)
		say(d, OK, "host",
		    "%s would play: ready after %u ms, latency of the device %.1f ms",
		    text, s.connect_ms + s.ready_ms, s.latency_us / 1000.0);
	else if (s.err == -EACCES && s.stage == HANDSHAKE_NEGOTIATE &&
		 !d->cookie && has_cookie)
		say(d, NOTE, "host",
		    "%s requires a cookie, and the card has one. Run hvsnd doctor -k FILE to try a cookie",
		    text);
	else
		say(d, WRONG, "host", "%s: %s", text, s.reason);
}

static void check_hosts(struct doctor *d, const char *address)
{
	size_t i, n = d->cards ? json_object_array_length(d->cards) : 0;
	char reason[REASON_SIZE], text[64];
	struct address a;

	if (address || !n) {
		if (address_parse(&a, address ? address : "4713", reason))
			check_host(d, &a, NULL, true);
		return;
	}
	for (i = 0; i < n; i++) {
		struct json_object *card =
			json_object_array_get_idx(d->cards, i);

		snprintf(text, sizeof(text), "vsock:%" PRId64 ":%" PRId64,
			 output_value(card, "cid"), output_value(card, "port"));
		if (!strcmp(output_text(card, "role"), "listen"))
			say(d, NOTE, "host",
			    "%s: not tried, because the host connects to %s",
			    text, output_text(card, "name"));
		else if (address_parse(&a, text, reason))
			check_host(d, &a, card, !strcmp(output_text(card, "protocol"), "pulse"));
	}
}

static int examine(struct doctor *d, const char *address)
{
	struct json_object *all;
	bool reachable;

	d->machine = machine_detect();
	uname(&d->names);
	d->kmod = kmod_new(NULL, NULL);
	d->lines = json_object_new_array();
	check_machine(d);
	/* Report a cause once, without its consequences. */
	if (check_sound(d))
		check_module(d);
	reachable = check_vsock(d);
	check_cards(d);
	check_rights(d);
	if (reachable || address)
		check_hosts(d, address);
	if (output_json) {
		all = json_object_new_object();
		output_bool(all, "ok", !d->wrong);
		json_object_object_add(all, "checks", d->lines);
		output_print(all, false);
	} else {
		json_object_put(d->lines);
	}
	if (d->cards)
		json_object_put(d->cards);
	kmod_unref(d->kmod);
	return d->wrong ? STATUS_FAILED : STATUS_OK;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP,
						 OPTION_JSON,
						 { "cookie", required_argument,
						   NULL, 'k' },
						 {} };
	uint8_t cookie[SND_HVSOCK_COOKIE_SIZE];
	char reason[REASON_SIZE];
	struct doctor d = {};
	struct address a;
	int c, status;

	while ((c = option(argc, argv, "k:", options)) != -1) {
		if (c == 'k' && !card_cookie(optarg, cookie, reason))
			return fail(STATUS_FAILED, "%s", reason);
		if (c == 'k')
			d.cookie = cookie;
	}
	if (!arguments_are(argc, 0, 1) ||
	    (argv[optind] && !parse_address(argv[optind], &a)))
		return STATUS_USAGE;
	status = examine(&d, argv[optind]);
	explicit_bzero(cookie, sizeof(cookie));
	return status;
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "[-j] [-k FILE] [ADDRESS]",
	.summary = "find out why there is no sound",
	.help =
		"Checks everything that is needed, from the kernel to the host's audio server, with a line for each: ok, or WRONG\n"
		"and what to do. Exit status 1 if something is wrong. As root it loads the module to get the kernel's error.\n"
		"Without ADDRESS it connects to the hosts of all cards. Put its output into bug reports.\n\n"
		"  -k, --cookie FILE  connect to the host with this PulseAudio cookie\n",
	.run = run,
};
