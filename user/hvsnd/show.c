// SPDX-License-Identifier: GPL-2.0
/* hvsnd show: cards, links and streams. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../lib/translate.h"
#include "cards.h"

static double ms(struct json_object *stream, const char *key)
{
	int64_t rate = output_value(stream, "rate");

	return rate ? output_value(stream, key) * 1000.0 / rate : 0;
}

static void print_stream(struct json_object *o)
{
	printf("  stream %" PRId64 "  %s by %s (pid %" PRId64
	       "), %s%s, %s %" PRId64 " Hz %" PRId64
	       " channels, delay %.1f of %.1f ms\n",
	       output_value(o, "id"), output_text(o, "direction"),
	       output_text(o, "application"), output_value(o, "pid"),
	       output_text(o, "state"),
	       output_value(o, "connected") ? "" : ", not connected",
	       output_text(o, "format"), output_value(o, "rate"),
	       output_value(o, "channels"), ms(o, "delay"),
	       ms(o, "target-delay"));
	if (!output_value(o, "connected"))
		return;
	printf("    delay: %.1f ms for jitter, %.1f ms in the host's device, %+.1f ms else;"
	       " answers take %.1f ms\n",
	       ms(o, "jitter-delay"), ms(o, "device-delay"),
	       ms(o, "delay") - ms(o, "jitter-delay") - ms(o, "device-delay"),
	       output_value(o, "round-trip-us") / 1000.0);
}

/* Keys that are not as they are without being given. */
static void print_keys(const struct card *card)
{
	bool any = false;
	size_t i;

	for (i = 0; i < CARD_KEYS; i++) {
		const struct card_key *key = &card_keys[i];

		if (!key->preset || !strcmp(key->name, "cid") ||
		    !strcmp(key->name, "port") ||
		    !strcmp(key->name, "protocol") ||
		    !strcmp(card->value[i], key->preset))
			continue;
		printf("%s%s %s", any ? ", " : "  ", key->name, card->value[i]);
		any = true;
	}
	if (card->has_cookie)
		printf("%scookie given", any ? ", " : "  ");
	if (any || card->has_cookie)
		putchar('\n');
}

static void print_card(struct json_object *o)
{
	const char *link = output_text(o, "link"), *reason = output_text(o, "reason");
	/* The kernel also tells why it last was. */
	bool gone = !strcmp(link, "down") && *reason;
	struct json_object *streams;
	struct card card;
	size_t i;

	printf("%s  card %" PRId64 " at vsock:%" PRId64 ":%" PRId64 " (%s), link %s%s%s\n",
	       output_text(o, "name"), output_value(o, "index"), output_value(o, "cid"),
	       output_value(o, "port"), output_text(o, "protocol"), link,
	       gone ? ": " : "", gone ? reason : "");
	translate_card(o, &card);
	print_keys(&card);
	json_object_object_get_ex(o, "stream-list", &streams);
	for (i = 0; i < json_object_array_length(streams); i++)
		print_stream(json_object_array_get_idx(streams, i));
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP, OPTION_JSON, {} };
	struct json_object *cards, *all;
	struct family f;
	size_t i;

	while (option(argc, argv, "", options) != -1)
		;
	if (!arguments_are(argc, 0, 1))
		return STATUS_USAGE;
	if (!open_family(&f))
		return STATUS_FAILED;
	cards = get_cards(&f, argv[optind]);
	family_close(&f);
	if (!cards)
		return STATUS_FAILED;
	if (output_json) {
		all = json_object_new_object();
		json_object_object_add(all, "cards", cards);
		output_print(all, false);
		return STATUS_OK;
	}
	for (i = 0; i < json_object_array_length(cards); i++)
		print_card(json_object_array_get_idx(cards, i));
	if (!i)
		puts("There is no card: hvsnd add NAME makes one.");
	json_object_put(cards);
	return STATUS_OK;
}

const struct command command_show = {
	.name = "show",
	.arguments = "[-j] [CARD]",
	.summary = "cards, their links and streams",
	.help =
		"Prints the cards, or one: where it connects to, whether the host is there, keys that are not at their\n"
		"defaults, and its open streams with how far the loudspeaker lies behind (and should), and what of that\n"
		"bridges jitter, is the host's device's, or else lies in the host's queue and on the way.\n",
	.run = run,
};
