// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"

#define NUMBER(key, attr, def, least, most) \
	{ \
		.name = key, .type = CARD_NUMBER, .attribute = SND_HVSOCK_A_CARD_##attr, \
		.otherwise = def, .min = least, .max = most \
	}
#define WORD(key, attr, def) \
	{ \
		.name = key, .type = CARD_WORD, .attribute = SND_HVSOCK_A_CARD_##attr, \
		.otherwise = def \
	}

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define WORD_CHARACTERS NAME_CHARACTERS "-"

/* In the order in which they are shown. The words are the kernel's to judge. */
const struct card_key card_keys[CARD_KEYS] = {
	{ .name = "index",
	  .type = CARD_NUMBER,
	  .attribute = SND_HVSOCK_A_CARD_INDEX,
	  .settled = true,
	  .max = SND_HVSOCK_CARDS_MAX - 1 },
	NUMBER("cid", CID, "2", 0, UINT32_MAX - 1),
	NUMBER("port", PORT, "4713", 1, UINT32_MAX),
	{ .name = "protocol",
	  .type = CARD_WORD,
	  .attribute = SND_HVSOCK_A_CARD_PROTOCOL,
	  .settled = true,
	  .otherwise = "pulse" },
	{ .name = "role",
	  .type = CARD_WORD,
	  .attribute = SND_HVSOCK_A_CARD_ROLE,
	  .settled = true,
	  .otherwise = "connect" },
	NUMBER("rate", RATE, "0", 0, SND_HVSOCK_RATE_MOST),
	NUMBER("rate-min", RATE_MIN, "8000", SND_HVSOCK_RATE_LEAST, SND_HVSOCK_RATE_MOST),
	NUMBER("rate-max", RATE_MAX, "192000", SND_HVSOCK_RATE_LEAST, SND_HVSOCK_RATE_MOST),
	WORD("format", FORMAT, "any"),
	NUMBER("channels", CHANNELS, "0", 0, SND_HVSOCK_CHANNELS_MOST),
	NUMBER("latency", LATENCY, "0", 0, SND_HVSOCK_LATENCY_MOST),
	NUMBER("connect-timeout", CONNECT_TIMEOUT, "2000", SND_HVSOCK_CONNECT_TIMEOUT_LEAST,
	       SND_HVSOCK_CONNECT_TIMEOUT_MOST),
	WORD("on-lost", ON_LOST, "silence"),
	{ .name = "playback-streams",
	  .type = CARD_NUMBER,
	  .attribute = SND_HVSOCK_A_CARD_PLAYBACK_STREAMS,
	  .settled = true,
	  .otherwise = "8",
	  .max = SND_HVSOCK_STREAMS_MAX },
	{ .name = "capture-streams",
	  .type = CARD_NUMBER,
	  .attribute = SND_HVSOCK_A_CARD_CAPTURE_STREAMS,
	  .settled = true,
	  .otherwise = "2",
	  .max = SND_HVSOCK_STREAMS_MAX },
	WORD("name-streams", NAME_STREAMS, "command"),
	{ .name = "mic",
	  .type = CARD_SWITCH,
	  .attribute = SND_HVSOCK_A_CARD_MIC,
	  .otherwise = "on" },
	NUMBER("retry-away", RETRY_AWAY, "10", 0, SND_HVSOCK_RETRY_AWAY_MOST),
};

/* Whether a new card may be called so the kernel decides. */
bool card_set_name(struct card *card, const char *name, char *reason)
{
	size_t n = strlen(name);

	if (!n || n > SND_HVSOCK_NAME_MAX || strspn(name, NAME_CHARACTERS) < n)
		return refuse(reason,
			      "'%.40s' cannot name a card: must be 1 to %u letters and digits",
			      name, SND_HVSOCK_NAME_MAX);
	strcpy(card->name, name);
	return true;
}

static bool number(const struct card_key *key, const char *text, char *value, char *reason)
{
	unsigned long long v = 0;
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)*text))
		v = strtoull(text, &end, text[0] == '0' && tolower(text[1]) == 'x' ? 16 : 10);
	if (!end || *end || errno || v < key->min || v > key->max)
		return refuse(reason, "%s '%.40s': must be a number from %u to %u", key->name, text,
			      key->min, key->max);
	snprintf(value, CARD_VALUE_SIZE, "%llu", v);
	return true;
}

static bool word(const struct card_key *key, const char *text, char *value, char *reason)
{
	size_t n = strlen(text);

	if (!n || n >= CARD_VALUE_SIZE || strspn(text, WORD_CHARACTERS) < n)
		return refuse(reason, "%s '%.40s': must be a word of letters, digits, - and _",
			      key->name, text);
	strcpy(value, text);
	return true;
}

static bool on_or_off(const struct card_key *key, const char *text, char *value, char *reason)
{
	if (strcmp(text, "on") && strcmp(text, "off"))
		return refuse(reason, "%s '%.40s': must be on or off", key->name, text);
	strcpy(value, text);
	return true;
}

static bool set_path(struct card *card, const char *path, char *reason)
{
	if (*card->cookie_file)
		return refuse(reason, "cookie-file is given twice");
	if (*path != '/' || strlen(path) >= CARD_PATH_SIZE)
		return refuse(reason,
			      "cookie-file '%.40s': must be a path from the root, of less than %d bytes",
			      path, CARD_PATH_SIZE);
	strcpy(card->cookie_file, path);
	return true;
}

bool card_set(struct card *card, const char *key, const char *text, char *reason)
{
	const struct card_key *k;
	char names[256] = "";
	size_t i;

	if (!strcmp(key, "cookie-file"))
		return set_path(card, text, reason);
	for (i = 0; i < CARD_KEYS; i++) {
		k = &card_keys[i];
		if (strcmp(k->name, key)) {
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s ",
				 k->name);
			continue;
		}
		if (*card->value[i])
			return refuse(reason, "%s is given twice", key);
		switch (k->type) {
		case CARD_NUMBER:
			return number(k, text, card->value[i], reason);
		case CARD_SWITCH:
			return on_or_off(k, text, card->value[i], reason);
		default:
			return word(k, text, card->value[i], reason);
		}
	}
	return refuse(reason, "there is no key '%.20s': must be one of %scookie-file", key, names);
}

bool card_cookie(const char *path, uint8_t *cookie, char *reason)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	uint8_t buf[SND_HVSOCK_COOKIE_SIZE + 1];
	size_t n;
	int err;

	if (!f)
		return refuse(reason, "%.100s: %s", path, strerror(errno));
	setvbuf(f, NULL, _IONBF, 0); /* leaves no copy behind */
	n = fread(buf, 1, sizeof(buf), f);
	err = ferror(f) ? errno : 0;
	if (f != stdin)
		fclose(f);
	if (err)
		refuse(reason, "%.100s: %s", path, strerror(err));
	else if (n != SND_HVSOCK_COOKIE_SIZE)
		refuse(reason, "%.100s is no PulseAudio cookie: it must be %d bytes long",
		       path, SND_HVSOCK_COOKIE_SIZE);
	else
		memcpy(cookie, buf, n);
	explicit_bzero(buf, sizeof(buf));
	return !err && n == SND_HVSOCK_COOKIE_SIZE;
}
