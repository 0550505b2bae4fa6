// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cards.h"

bool open_family(struct family *f)
{
	if (!family_open(f))
		return true;
	fail(STATUS_FAILED, "%s", f->reason);
	family_close(f);
	return false;
}

int refused(struct family *f, const char *card)
{
	return fail(STATUS_FAILED, "%s%s%s", card ? card : "", card ? ": " : "",
		    f->reason);
}

/* Add each stream to its card; leave out streams of cards added later. */
static void join(struct json_object *cards, struct json_object *streams)
{
	size_t i, k;

	for (i = 0; i < json_object_array_length(cards); i++) {
		struct json_object *card = json_object_array_get_idx(cards, i),
				   *list = json_object_new_array();

		for (k = 0; k < json_object_array_length(streams); k++) {
			struct json_object *stream =
				json_object_array_get_idx(streams, k);

			if (!strcmp(output_text(stream, "card"), output_text(card, "name")))
				json_object_array_add(list,
						      json_object_get(stream));
		}
		json_object_object_add(card, "stream-list", list);
	}
}

struct json_object *get_cards(struct family *f, const char *name)
{
	struct json_object *cards, *streams;

	if (family_dump(f, SND_HVSOCK_CMD_CARD_GET, name, &cards)) {
		refused(f, name);
		return NULL;
	}
	if (name && !json_object_array_length(cards)) {
		fail(STATUS_FAILED,
		     "%s: no such card. Run hvsnd show for the names", name);
		json_object_put(cards);
		return NULL;
	}
	if (family_dump(f, SND_HVSOCK_CMD_STREAM_GET, name, &streams)) {
		refused(f, name);
		json_object_put(cards);
		return NULL;
	}
	join(cards, streams);
	json_object_put(streams);
	return cards;
}

void print_stats(struct json_object *o, const char *indent)
{
	int64_t dropped, late, resync;
	struct json_object *stats;

	if (!json_object_object_get_ex(o, "stats", &stats))
		return;
	dropped = output_value(stats, "dropped");
	late = output_value(stats, "dropped-late");
	resync = output_value(stats, "dropped-resync");
	printf("%splayed %" PRId64 " recorded %" PRId64 " dropped %" PRId64
	       " inserted %" PRId64 " frames\n",
	       indent, output_value(stats, "played"),
	       output_value(stats, "recorded"), dropped,
	       output_value(stats, "inserted"));
	if (dropped)
		printf("%sdropped: %" PRId64 " too late, %" PRId64
		       " by resyncs, %" PRId64 " at the end of a sound\n",
		       indent, late, resync, dropped - late - resync);
	printf("%sreconnects %" PRId64 " resyncs %" PRId64
	       " underflows %" PRId64 " overflows %" PRId64 " xruns %" PRId64
	       " worst delay %.1f ms\n",
	       indent, output_value(stats, "reconnects"),
	       output_value(stats, "resyncs"),
	       output_value(stats, "underflows"),
	       output_value(stats, "overflows"), output_value(stats, "xruns"),
	       output_value(stats, "worst-delay-us") / 1000.0);
}

bool parse_keys(struct card *card, int argc, char **argv, int first)
{
	char reason[REASON_SIZE];
	int i;

	if ((argc - first) % 2) {
		usage("key %s has no value", argv[argc - 1]);
		return false;
	}
	for (i = first; i < argc; i += 2) {
		if (!card_set(card, argv[i], argv[i + 1], reason)) {
			usage("%s", reason);
			return false;
		}
		if (card_key_renamed(argv[i], reason))
			fprintf(stderr, "hvsnd: %s\n", reason);
	}
	return true;
}

static void keep(struct json_object *o, void *arg)
{
	struct json_object **answer = arg;

	if (*answer)
		json_object_put(*answer);
	*answer = o;
}

bool send_card(struct family *f, int command, const struct card *card,
	       struct json_object **answer)
{
	uint8_t cookie[SND_HVSOCK_COOKIE_SIZE];
	struct json_object *said = NULL;
	struct nl_msg *msg;
	bool done;

	/* Check first: a bad key must not leave the others set. */
	if (*card->cookie_file &&
	    !card_cookie(card->cookie_file, cookie, f->reason))
		return false;
	msg = family_message(f, command, 0);
	if (msg)
		family_put(msg, card);
	done = !family_ask(f, msg, keep, &said) &&
	       (!*card->cookie_file || !family_cookie(f, card->name, cookie));
	explicit_bzero(cookie, sizeof(cookie));
	if (answer && done)
		*answer = said;
	else if (said)
		json_object_put(said);
	return done;
}

bool delete_card(struct family *f, const char *name)
{
	struct nl_msg *msg = family_message(f, SND_HVSOCK_CMD_CARD_DEL, 0);

	if (msg)
		nla_put_string(msg, SND_HVSOCK_A_CARD_NAME, name);
	return !family_ask(f, msg, NULL, NULL);
}
