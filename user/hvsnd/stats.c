// SPDX-License-Identifier: GPL-2.0
/* hvsnd stats: counters of cards and streams. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cards.h"

static void print_card(struct json_object *o)
{
	struct json_object *streams;
	size_t i;

	printf("%s\n", output_text(o, "name"));
	print_stats(o, "  ");
	json_object_object_get_ex(o, "stream-list", &streams);
	for (i = 0; i < json_object_array_length(streams); i++) {
		struct json_object *stream =
			json_object_array_get_idx(streams, i);

		printf("  stream %" PRId64
		       "  %s by %s, host's clock %+.1f ppm\n",
		       output_value(stream, "id"),
		       output_text(stream, "direction"),
		       output_text(stream, "application"),
		       output_value(stream, "ppb") / 1000.0);
		print_stats(stream, "    ");
	}
}

static void copy(struct json_object *to, struct json_object *from,
		 const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(from, key, &value))
		json_object_object_add(to, key, json_object_get(value));
}

/* Of what the kernel tells only the figures. */
static struct json_object *figures(struct json_object *cards)
{
	struct json_object *list = json_object_new_array(),
			   *all = json_object_new_object();
	size_t i, k;

	for (i = 0; i < json_object_array_length(cards); i++) {
		struct json_object *card = json_object_array_get_idx(cards, i),
				   *o = json_object_new_object();
		struct json_object *streams,
			*of_streams = json_object_new_array();

		copy(o, card, "name");
		copy(o, card, "stats");
		json_object_object_get_ex(card, "stream-list", &streams);
		for (k = 0; k < json_object_array_length(streams); k++) {
			static const char *const keys[] = { "id",	"direction", "application",
							    "position", "delay",     "target-delay",
							    "jitter-delay", "device-delay",
							    "round-trip-us", "ppb", "stats" };
			struct json_object *stream =
				json_object_array_get_idx(streams, k);
			struct json_object *s = json_object_new_object();
			size_t n;

			for (n = 0; n < ARRAY_SIZE(keys); n++)
				copy(s, stream, keys[n]);
			json_object_array_add(of_streams, s);
		}
		json_object_object_add(o, "stream-list", of_streams);
		json_object_array_add(list, o);
	}
	json_object_object_add(all, "cards", list);
	return all;
}

static bool print(struct family *f, const char *name, bool watch)
{
	struct json_object *cards = get_cards(f, name);
	size_t i;

	if (!cards)
		return false;
	if (output_json) {
		output_print(figures(cards), watch);
	} else {
		/* A terminal shows it in place. */
		if (watch && isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		for (i = 0; i < json_object_array_length(cards); i++)
			print_card(json_object_array_get_idx(cards, i));
	}
	json_object_put(cards);
	return output_flush();
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP,
						 OPTION_JSON,
						 { "watch", no_argument, NULL,
						   'w' },
						 {} };
	bool watch = false, done;
	struct family f;
	int c;

	while ((c = option(argc, argv, "w", options)) != -1)
		watch |= c == 'w';
	if (!arguments_are(argc, 0, 1))
		return STATUS_USAGE;
	if (!open_family(&f))
		return STATUS_FAILED;
	while ((done = print(&f, argv[optind], watch)) && watch)
		sleep(1);
	family_close(&f);
	return done ? STATUS_OK : STATUS_FAILED;
}

const struct command command_stats = {
	.name = "stats",
	.arguments = "[-j] [-w] [CARD]",
	.summary = "what has happened on cards and streams",
	.help =
		"Prints the counters of the cards, or of one, and of its open streams.\n\n"
		"  -w, --watch  again each second, until it is ended; with -j one line each\n",
	.run = run,
};
