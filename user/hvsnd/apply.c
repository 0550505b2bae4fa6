// SPDX-License-Identifier: GPL-2.0
/* hvsnd apply: make the cards be what a file says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/config.h"
#include "cards.h"

#define FILE_MAX (1 << 20)

/* What is done, or would be. */
struct run {
	struct family *family;
	const char *file;
	bool dry;
	struct json_object *changes;
	unsigned int count;
};

static bool load(const char *path, struct config *config)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char reason[REASON_SIZE], *text;
	unsigned int line;
	bool good;
	size_t n;

	if (!f) {
		fail(STATUS_FAILED, "%s: %s", path, strerror(errno));
		return false;
	}
	text = malloc(FILE_MAX);
	n = text ? fread(text, 1, FILE_MAX, f) : 0;
	good = text && !ferror(f) && n < FILE_MAX;
	if (f != stdin)
		fclose(f);
	if (!good) {
		fail(STATUS_FAILED, "%s: it cannot be read, or is larger than a configuration is",
		     path);
	} else {
		good = config_parse(config, text, n, &line, reason);
		if (!good)
			fail(STATUS_FAILED, "%s:%u: %s", path, line, reason);
	}
	free(text);
	return good;
}

static void note(struct run *run, const char *change, const char *card, const char *key,
		 const char *from, const char *to)
{
	struct json_object *o;

	run->count++;
	if (!output_json) {
		printf("%s %s", change, card);
		if (key)
			printf(" %s %s -> %s", key, from, to);
		putchar('\n');
		return;
	}
	o = json_object_new_object();
	output_string(o, "change", change);
	output_string(o, "card", card);
	if (key) {
		output_string(o, "key", key);
		output_string(o, "from", from);
		output_string(o, "to", to);
	}
	json_object_array_add(run->changes, o);
}

static bool refused_at(struct run *run, const struct card *card)
{
	fail(STATUS_FAILED, "%s:%u: %s: %s", run->file, card->line, card->name,
	     run->family->reason);
	return false;
}

static bool add(struct run *run, const struct card *want)
{
	note(run, "add", want->name, NULL, NULL, NULL);
	return run->dry || send_card(run->family, SND_HVSOCK_CMD_CARD_ADD, want, NULL) ||
	       refused_at(run, want);
}

static bool del(struct run *run, const char *name)
{
	note(run, "del", name, NULL, NULL, NULL);
	if (run->dry || delete_card(run->family, name))
		return true;
	fail(STATUS_FAILED, "%s: %s", name, run->family->reason);
	return false;
}

/* The keys that differ are left in @change; returns whether one of them is settled. */
static bool compare(const struct card *want, const struct card *is, struct card *change)
{
	bool settled = false;
	size_t i;

	memset(change, 0, sizeof(*change));
	strcpy(change->name, want->name);
	strcpy(change->cookie_file, want->cookie_file);
	for (i = 0; i < CARD_KEYS; i++) {
		const char *value = *want->value[i] ? want->value[i] : card_keys[i].otherwise;

		if (!value || !strcmp(value, is->value[i]))
			continue;
		strcpy(change->value[i], value);
		settled |= card_keys[i].settled;
	}
	return settled;
}

static bool set(struct run *run, const struct card *want, const struct card *is)
{
	bool settled, any = false;
	struct card change;
	size_t i;

	settled = compare(want, is, &change);
	for (i = 0; i < CARD_KEYS; i++) {
		if (!*change.value[i])
			continue;
		any = true;
		note(run, settled ? "renew" : "set", want->name, card_keys[i].name, is->value[i],
		     change.value[i]);
	}
	/* The kernel's cookie cannot be compared. */
	if (*want->cookie_file && !is->has_cookie)
		note(run, "set", want->name, "cookie", "none", want->cookie_file);
	if (run->dry || (!any && !*want->cookie_file))
		return true;
	if (!settled)
		return send_card(run->family, SND_HVSOCK_CMD_CARD_SET, &change, NULL) ||
		       refused_at(run, want);
	return (delete_card(run->family, want->name) &&
		send_card(run->family, SND_HVSOCK_CMD_CARD_ADD, want, NULL)) ||
	       refused_at(run, want);
}

static struct json_object *find(struct json_object *cards, const char *name)
{
	size_t i;

	for (i = 0; i < json_object_array_length(cards); i++) {
		struct json_object *card = json_object_array_get_idx(cards, i);

		if (!strcmp(output_text(card, "name"), name))
			return card;
	}
	return NULL;
}

/* Cards that are not in the file go first: they may be in the way of others. */
static bool apply(struct run *run, const struct config *config, struct json_object *cards)
{
	struct json_object *o;
	struct card is;
	size_t i, k;
	bool done = true;

	for (i = 0; i < json_object_array_length(cards); i++) {
		const char *name = output_text(json_object_array_get_idx(cards, i), "name");

		for (k = 0; k < config->count && strcmp(config->cards[k].name, name); k++)
			;
		if (k == config->count)
			done &= del(run, name);
	}
	for (k = 0; k < config->count; k++) {
		o = find(cards, config->cards[k].name);
		if (!o) {
			done &= add(run, &config->cards[k]);
			continue;
		}
		family_card(o, &is);
		done &= set(run, &config->cards[k], &is);
	}
	return done;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP, OPTION_JSON,
						 { "dry-run", no_argument, NULL, 'n' },
						 {} };
	struct run run = { .file = CONFIG_FILE };
	struct json_object *cards, *all;
	struct config config;
	struct family f;
	bool done;
	int c;

	while ((c = option(argc, argv, "n", options)) != -1)
		run.dry |= c == 'n';
	if (!arguments_are(argc, 0, 1))
		return STATUS_USAGE;
	if (argv[optind])
		run.file = argv[optind];
	if (!load(run.file, &config) || !open_family(&f))
		return STATUS_FAILED;
	run.family = &f;
	if (family_dump(&f, SND_HVSOCK_CMD_CARD_GET, NULL, &cards)) {
		family_close(&f);
		return refused(&f, NULL);
	}
	run.changes = json_object_new_array();
	done = apply(&run, &config, cards);
	family_close(&f);
	json_object_put(cards);
	if (output_json) {
		all = json_object_new_object();
		json_object_object_add(all, "changes", run.changes);
		output_print(all, false);
	} else {
		json_object_put(run.changes);
	}
	return done ? STATUS_OK : STATUS_FAILED;
}

const struct command command_apply = {
	.name = "apply",
	.arguments = "[-j] [-n] [FILE]",
	.summary = "make the cards be what a file says",
	.help =
		"Adds, changes and takes away cards until they are exactly those in FILE\n"
		"(" CONFIG_FILE "), and says what\n"
		"it changes. A card whose number of streams changes is made anew. See snd-hvsock.conf(5).\n\n"
		"  -n, --dry-run  only say it\n",
	.run = run,
};
