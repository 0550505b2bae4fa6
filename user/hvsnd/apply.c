// SPDX-License-Identifier: GPL-2.0
/* hvsnd apply: make the cards be what a file says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/config.h"
#include "cards.h"
#include "plan.h"

#define FILE_MAX (1 << 20)

/**
 * struct run - what is done, or would be
 * @family: the module
 * @file: name of the file
 * @dry: nothing is done
 * @failed: something could not be done
 * @changes: for JSON
 */
struct run {
	struct family *family;
	const char *file;
	bool dry;
	bool failed;
	struct json_object *changes;
};

static void complain(void *data, unsigned int line, const char *reason)
{
	struct run *run = data;

	fail(STATUS_FAILED, "%s:%u: %s", run->file, line, reason);
}

static void advise(void *data, unsigned int line, const char *notice)
{
	struct run *run = data;

	fprintf(stderr, "hvsnd: %s:%u: %s\n", run->file, line, notice);
}

static bool load(struct run *run, struct config *config,
		 struct config_errors *errors)
{
	FILE *f = strcmp(run->file, "-") ? fopen(run->file, "re") : stdin;
	char *text;
	bool good;
	size_t n;

	if (!f) {
		fail(STATUS_FAILED, "%s: %s", run->file, strerror(errno));
		return false;
	}
	text = malloc(FILE_MAX);
	n = text ? fread(text, 1, FILE_MAX, f) : 0;
	good = text && !ferror(f) && n < FILE_MAX;
	if (f != stdin)
		fclose(f);
	if (good) {
		/* Check all of the file, whatever the first check found. */
		config_parse(config, text, n, errors);
		config_check(config, errors);
	} else {
		fail(STATUS_FAILED, "%s: it cannot be read, or is larger than a configuration is",
		     run->file);
	}
	free(text);
	return good;
}

static void note(struct run *run, const char *change, const char *card,
		 const char *key, const char *from, const char *to)
{
	struct json_object *o;

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

/* Tells how @p->want differs from @p->is. */
static void note_keys(struct run *run, const struct plan *p)
{
	struct card change;
	size_t i;

	plan_compare(p->want, &p->is, &change);
	for (i = 0; i < CARD_KEYS; i++) {
		if (*change.value[i])
			note(run, p->renew ? "renew" : "set", p->want->name,
			     card_keys[i].name, p->is.value[i],
			     change.value[i]);
	}
	/* The kernel's cookie cannot be compared. */
	if (*p->want->cookie_file && !p->is.has_cookie)
		note(run, "set", p->want->name, "cookie", "none",
		     p->want->cookie_file);
}

static void refused_at(struct run *run, const struct card *card)
{
	unsigned int line = card->line;
	size_t i;

	for (i = 0; i < CARD_KEYS; i++) {
		if (card_keys[i].attribute == run->family->attribute)
			line = config_line(card, i);
	}
	if (run->family->attribute == SND_HVSOCK_A_CARD_COOKIE &&
	    card->cookie_line)
		line = card->cookie_line;
	fail(STATUS_FAILED, "%s:%u: %s: %s", run->file, line, card->name,
	     run->family->reason);
	run->failed = true;
}

static void set(struct run *run, struct plan *p)
{
	bool any = *p->want->cookie_file;
	struct card change;
	size_t i;

	plan_compare(p->want, &p->is, &change);
	for (i = 0; i < CARD_KEYS; i++)
		any |= *change.value[i];
	memcpy(change.key_line, p->want->key_line, sizeof(change.key_line));
	change.line = p->want->line;
	change.cookie_line = p->want->cookie_line;
	if (any && !run->dry &&
	    !send_card(run->family, SND_HVSOCK_CMD_CARD_SET, &change, NULL)) {
		refused_at(run, &change);
		return;
	}
	note_keys(run, p);
}

static void add(struct run *run, struct plan *p)
{
	if (!run->dry &&
	    !send_card(run->family, SND_HVSOCK_CMD_CARD_ADD, p->want, NULL)) {
		refused_at(run, p->want);
		return;
	}
	p->exists = true;
	if (p->renew)
		note_keys(run, p);
	else
		note(run, "add", p->want->name, NULL, NULL, NULL);
}

/* Return whether it is deleted. A card that is replaced is reported later. */
static bool del(struct run *run, struct plan *p)
{
	if (!run->dry && !delete_card(run->family, p->is.name)) {
		fail(STATUS_FAILED, "%s: %s", p->is.name, run->family->reason);
		run->failed = true;
		return false;
	}
	p->exists = false;
	if (!p->renew)
		note(run, "del", p->is.name, NULL, NULL, NULL);
	return true;
}

/* Add a deleted card again. Its cookie, which cannot be read, is the file's. */
static void restore(struct run *run, struct plan *p)
{
	struct card old = p->is;

	if (p->want)
		strcpy(old.cookie_file, p->want->cookie_file);
	if (!send_card(run->family, SND_HVSOCK_CMD_CARD_ADD, &old, NULL)) {
		fail(STATUS_FAILED, "%s: it cannot be restored: %s", old.name,
		     run->family->reason);
		return;
	}
	p->exists = true;
	if (!p->renew)
		note(run, "add", old.name, NULL, NULL, NULL);
	if (old.has_cookie && !*old.cookie_file)
		fail(STATUS_FAILED, "%s: its cookie is lost. Give it again: hvsnd cookie %s FILE",
		     old.name, old.name);
}

static bool blocked(const struct plan *p)
{
	size_t i;

	for (i = 0; i < plans_used; i++) {
		if (plan_is_in_the_way(&plans[i], p->want))
			return true;
	}
	return false;
}

/* First additions that need no deletion, last deletions that nothing needs. */
static void apply(struct run *run)
{
	bool gone[PLANS_MAX] = {};
	size_t i, k;

	for (i = 0; i < plans_used; i++) {
		if (plans[i].want && plans[i].exists && !plans[i].renew)
			set(run, &plans[i]);
	}
	for (i = 0; i < plans_used; i++) {
		if (plans[i].want && !plans[i].exists && !blocked(&plans[i]))
			add(run, &plans[i]);
	}
	for (i = 0; i < plans_used && !run->failed; i++) {
		bool late = plans[i].want &&
			    (plans[i].renew || !plans[i].exists);

		for (k = 0; k < plans_used && late; k++) {
			if (plans[k].exists &&
			    (!plans[k].want || plans[k].renew) &&
			    (k == i ||
			     plan_is_in_the_way(&plans[k], plans[i].want)))
				gone[k] = del(run, &plans[k]);
		}
	}
	for (i = 0; i < plans_used; i++) {
		if (plans[i].want && !plans[i].exists && !run->failed)
			add(run, &plans[i]);
	}
	for (i = 0; i < plans_used && run->failed; i++) {
		if (gone[i] && !plans[i].exists)
			restore(run, &plans[i]);
	}
	for (i = 0, k = 0; i < plans_used; i++) {
		if (!plans[i].exists || plans[i].want)
			continue;
		if (run->failed)
			k++;
		else
			del(run, &plans[i]);
	}
	if (k)
		fail(STATUS_FAILED,
		     "%s: not all of it is applied, so cards that are not in it stay. Correct what is refused, and apply the file again",
		     run->file);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP,
						 OPTION_JSON,
						 { "dry-run", no_argument, NULL,
						   'n' },
						 {} };
	struct run run = { .file = CONFIG_FILE };
	struct config_errors errors = { .complain = complain,
					.advise = advise };
	struct json_object *cards, *all;
	struct config config;
	struct family f;
	int c;

	while ((c = option(argc, argv, "n", options)) != -1)
		run.dry |= c == 'n';
	if (!arguments_are(argc, 0, 1))
		return STATUS_USAGE;
	if (argv[optind])
		run.file = argv[optind];
	errors.data = &run;
	if (!load(&run, &config, &errors) || !open_family(&f))
		return STATUS_FAILED;
	run.family = &f;
	if (family_dump(&f, SND_HVSOCK_CMD_CARD_GET, NULL, &cards)) {
		family_close(&f);
		return refused(&f, NULL);
	}
	plan_make(&config, cards);
	json_object_put(cards);
	plan_check(&errors);
	run.changes = json_object_new_array();
	if (!errors.count)
		apply(&run);
	family_close(&f);
	if (output_json && !errors.count) {
		all = json_object_new_object();
		json_object_object_add(all, "changes", run.changes);
		output_print(all, false);
	} else {
		json_object_put(run.changes);
	}
	return errors.count || run.failed ? STATUS_FAILED : STATUS_OK;
}

const struct command command_apply = {
	.name = "apply",
	.arguments = "[-j] [-n] [FILE]",
	.summary = "make the cards be what a file says",
	.help =
		"Adds, changes and deletes cards until they are exactly those in FILE (" CONFIG_FILE "),\n"
		"and prints each change. FILE is checked first: if a line is wrong, no card is touched. If the kernel refuses a\n"
		"card, no other card is deleted for it. A card whose index, protocol, role or number of streams changes is\n"
		"deleted and added again. See snd-hvsock.conf(5).\n\n"
		"  -n, --dry-run  only check FILE and print the changes\n",
	.run = run,
};
