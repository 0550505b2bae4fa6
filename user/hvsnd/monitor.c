// SPDX-License-Identifier: GPL-2.0
/* hvsnd monitor: events as they come. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cards.h"

static void print_volume(struct json_object *o)
{
	struct json_object *levels;
	double level;
	size_t i;

	printf(" %s%s", output_text(o, "direction"), output_value(o, "mute") ? " muted" : "");
	if (!json_object_object_get_ex(o, "level", &levels))
		return;
	for (i = 0; i < json_object_array_length(levels); i++) {
		o = json_object_array_get_idx(levels, i);
		level = json_object_get_int64(o);
		printf(" %.0f%%", level * 100 / SND_HVSOCK_LEVEL_NORM);
	}
}

static void print_text(struct json_object *o)
{
	const char *event = output_text(o, "event"), *card = output_text(o, "card");
	struct json_object *member;
	char clock[16];
	time_t now = time(NULL);

	strftime(clock, sizeof(clock), "%T", localtime(&now));
	printf("%s %s", clock, event);
	printf(" %s", *card ? card : output_text(o, "name"));
	if (json_object_object_get_ex(o, "id", &member))
		printf(" stream %" PRId64 " %s by %s, %s", output_value(o, "id"),
		       output_text(o, "direction"), output_text(o, "application"),
		       output_text(o, "state"));
	if (json_object_object_get_ex(o, "port", &member))
		printf(" vsock:%" PRId64 ":%" PRId64, output_value(o, "cid"),
		       output_value(o, "port"));
	if (json_object_object_get_ex(o, "level", &member))
		print_volume(o);
	if (*output_text(o, "reason"))
		printf(": %s", output_text(o, "reason"));
	putchar('\n');
	fflush(stdout);
	json_object_put(o);
}

static void take(struct json_object *o)
{
	struct timespec now;

	if (!output_json) {
		print_text(o);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	output_number(o, "time-ms",
		      now.tv_sec * 1000LL + now.tv_nsec / 1000000);
	output_print(o, true);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP, OPTION_JSON, {} };
	struct json_object *lost;
	struct family f;

	while (option(argc, argv, "", options) != -1)
		;
	if (!arguments_are(argc, 0, 0))
		return STATUS_USAGE;
	if (!open_family(&f))
		return STATUS_FAILED;
	while (family_listen(&f, take) == -ENOBUFS) {
		lost = json_object_new_object();
		output_string(lost, "event", "lost");
		output_string(lost, "reason", "too many events at once: some were not told");
		take(lost);
	}
	family_close(&f);
	return refused(&f, NULL);
}

const struct command command_monitor = {
	.name = "monitor",
	.arguments = "[-j]",
	.summary = "events as they come",
	.help =
		"Prints what happens until it is ended: cards that come, change and go (card-add, card-set, card-del), the host\n"
		"(link-up, link-down), streams (stream-open, stream-start, stream-stop, stream-close, xrun, resync), and volumes\n"
		"set on the host (volume). With -j each is one line.\n",
	.run = run,
};
