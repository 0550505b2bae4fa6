// SPDX-License-Identifier: GPL-2.0
/* Tests of what is refused, and in which words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

/* What the policy refuses, it refuses in the kernel's own words. */
#define POLICY	"integer out of range"

static const struct refusal {
	const char *key, *value, *says;
} refusals[] = {
	{ "cid", "4294967295", POLICY },
	{ "port", "0", POLICY },
	{ "protocol", "3", POLICY },
	{ "role", "2", POLICY },
	{ "rate", "7999", "rate: must be a number from 8000 to 192000, or 0" },
	{ "rate", "192001", POLICY },
	{ "rate-min", "0", POLICY },
	{ "rate-max", "192001", POLICY },
	{ "format", "S8", "format: must be any, U8," },
	{ "format", "s16_le", "format: must be any, U8," },
	{ "channels", "9", POLICY },
	{ "latency-us", "999", "latency-us: must be a number from 1000 to 2000000, or 0" },
	{ "latency-us", "2000001", POLICY },
	{ "connect-timeout-ms", "9", POLICY },
	{ "connect-timeout-ms", "10001", POLICY },
	{ "on-lost", "2", POLICY },
	{ "playback-streams", "65", POLICY },
	{ "capture-streams", "4294967295", POLICY },
	{ "name-streams", "2", POLICY },
	{ "mic", "2", POLICY },
	{ "idle-retry-s", "3601", POLICY },
	{ "index", "256", "index: must be less than " },
};

/* The last refusal has these words, and points at the first such attribute. */
static bool refused(const struct genl *m, uint16_t attr, const char *says)
{
	const struct nlattr *a = genl_attr(m, attr);

	CHECK(!strncmp(genl_text, says, strlen(says)),
	      "\"%s\" does not say \"%s\"", genl_text, says);
	if (a)
		CHECK(genl_offset == (uint32_t)((const char *)a - m->bytes),
		      "at %u", genl_offset);
	else
		CHECK(genl_offset == 0, "at %u", genl_offset);
	return true;
}

bool test_refusals(void)
{
	static const uint8_t cmds[] = { SND_HVSOCK_CMD_CARD_ADD,
					SND_HVSOCK_CMD_CARD_SET };
	const char *name;
	struct genl m;
	size_t c, i;
	int err, wanted;

	CHECK(!add("Refuse"));
	for (c = 0; c < 2; c++) {
		for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
			const struct refusal *r = &refusals[i];
			size_t k;

			for (k = 0; strcmp(keys[k].name, r->key); k++)
				;
			name = c ? "Refuse" : "Other";
			genl_begin(&m, cmds[c], 0);
			genl_put_text(&m, A(NAME), name);
			put_key(&m, r->key, r->value);
			if (strcmp(r->key, "idle-retry-s"))
				put_key(&m, "idle-retry-s", "7");
			err = genl_ask(sock, &m, NULL);
			wanted = strcmp(r->says, POLICY) ? -EINVAL : -ERANGE;
			CHECK(err == wanted, "%s %s: %d", r->key, r->value,
			      err);
			CHECK(refused(&m, keys[k].attr, r->says));
		}
	}
	CHECK(get("Other") == -ENODEV);
	CHECK(!get("Refuse") && genl_u32(&answer, A(IDLE_RETRY_S)) == 10);
	CHECK(!del("Refuse"));
	return true;
}

bool test_refused_wholes(void)
{
	struct genl m;

	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Whole");
	put_key(&m, "rate-min", "48000");
	put_key(&m, "rate-max", "44100");
	CHECK(genl_ask(sock, &m, NULL) == -EINVAL);
	CHECK(refused(&m, A(RATE_MIN), "rate-min: must not be above rate-max"));

	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Whole");
	put_key(&m, "rate", "48000");
	put_key(&m, "rate-max", "44100");
	CHECK(genl_ask(sock, &m, NULL) == -EINVAL);
	CHECK(refused(&m, A(RATE), "rate: must be between rate-min and rate-max, or 0"));

	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Whole");
	put_key(&m, "playback-streams", "0");
	put_key(&m, "capture-streams", "0");
	CHECK(genl_ask(sock, &m, NULL) == -EINVAL);
	CHECK(refused(&m, A(PLAYBACK_STREAMS), "playback-streams: must be at least 1"));

	CHECK(!add("Whole"));
	CHECK(set("Whole", "playback-streams", "9") == -EINVAL);
	CHECK(!strncmp(genl_text, "playback-streams: ", 18) &&
	      strstr(genl_text, "delete the card, and add it again"));
	CHECK(set("Whole", "index", "0") == -EINVAL);
	CHECK(!strncmp(genl_text, "index: cannot change", 20), "%s", genl_text);
	CHECK(!del("Whole"));
	return true;
}

bool test_names(void)
{
	static const char *const bad[] = {
		"",	      "1st",	     "card",	"card1",
		"with space", "under_score", "dash-ed", "a/b",
		"\xc3\xa4",
	};
	struct genl m;
	size_t i;
	int err;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
		genl_put_text(&m, A(NAME), bad[i]);
		err = genl_ask(sock, &m, NULL);
		CHECK(err == -EINVAL, "\"%s\": %d", bad[i], err);
		CHECK(refused(&m, A(NAME), "name: must be 1 to 15 letters and digits"));
	}
	CHECK(add("sixteenLettersXX") == -EINVAL && genl_offset);
	CHECK(!add("fifteenLettersX"));
	CHECK(add("fifteenLettersX") == -EEXIST);
	CHECK(!strcmp(genl_text, "name: another card has this name. Choose another one"),
	      "%s", genl_text);
	CHECK(!del("fifteenLettersX"));
	/* A word that ALSA keeps for /proc/asound */
	CHECK(add("version") == -EEXIST);
	CHECK(strstr(genl_text, "or ALSA reserves it"), "%s", genl_text);
	CHECK(get("version") == -ENODEV);
	CHECK(add(NULL) == -EINVAL);
	CHECK(!strcmp(genl_text, "name: missing. Give a name for the new card"),
	      "%s", genl_text);
	CHECK(get(NULL) == -EINVAL);
	CHECK(!strcmp(genl_text, "name: missing. Give the name of a card"),
	      "%s", genl_text);
	CHECK(get("nobody") == -ENODEV);
	CHECK(!strcmp(genl_text, "name: no such card. Run hvsnd show for the names"),
	      "%s", genl_text);
	return true;
}

bool test_other_drivers(void)
{
	int index = snd_card_get_index("Dummy");
	char number[12];

	CHECK(index >= 0, "snd-dummy should be there");
	CHECK(add("Dummy") == -EEXIST);
	CHECK(!strcmp(genl_text, "name: another card has this name. Choose another one"),
	      "%s", genl_text);
	snprintf(number, sizeof(number), "%d", index);
	CHECK(ask_key(SND_HVSOCK_CMD_CARD_ADD, "Index", "index", number) ==
	      -EBUSY);
	CHECK(!strcmp(genl_text, "index: another card has this number. Choose another one"),
	      "%s", genl_text);
	CHECK(del("Dummy") == -ENODEV);
	CHECK(snd_card_get_index("Dummy") == index);
	return true;
}

bool test_index(void)
{
	char last[12];

	snprintf(last, sizeof(last), "%u", room - 1);
	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Last", "index", last), "%s",
	      genl_text);
	CHECK(genl_u32(&answer, A(INDEX)) == room - 1);
	CHECK(snd_card_get_index("Last") == (int)room - 1);
	CHECK(!set("Last", "index", last));
	CHECK(!del("Last"));
	CHECK(snd_card_get_index("Last") < 0);
	return true;
}

/* With a card of another driver, ALSA's numbers run out first. */
bool test_full(void)
{
	char name[16], says[80];
	int n, had = cards(), err;

	for (n = 0; n < 40; n++) {
		snprintf(name, sizeof(name), "Full%d", n);
		err = add(name);
		if (err)
			break;
	}
	ktap_note("%d cards: %s", n + had, genl_text);
	CHECK(err == -ENOSPC, "%d", err);
	snprintf(says, sizeof(says), "index: no number is free of the %u that",
		 room);
	CHECK(!strncmp(genl_text, says, strlen(says)));
	CHECK(cards() == n + had);
	while (n--) {
		snprintf(name, sizeof(name), "Full%d", n);
		CHECK(!del(name));
	}
	CHECK(cards() == had);
	return true;
}
