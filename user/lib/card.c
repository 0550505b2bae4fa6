// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define RATE_ONLY	44100
#define PORT_ANY	UINT32_MAX

bool card_set_name(struct card *card, const char *name, char *reason)
{
	size_t n = strlen(name);

	if (!n || n > SND_HVSOCK_MAX_NAME ||
	    strspn(name, NAME_CHARACTERS) < n ||
	    isdigit((unsigned char)*name) || !strncmp(name, "card", 4))
		return refuse(reason,
			      "'%.40s' cannot name a card: must be 1 to %u letters and digits, beginning with a letter, but not with \"card\"",
			      name, SND_HVSOCK_MAX_NAME);
	strcpy(card->name, name);
	return true;
}

static bool number(const struct card_key *key, const char *text, char *value,
		   char *reason)
{
	unsigned long long v = 0;
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)*text))
		v = strtoull(text, &end,
			     text[0] == '0' && tolower(text[1]) == 'x' ? 16 :
									 10);
	if (!end || *end || errno || v > key->max ||
	    (v < key->min && (v || !key->zero)))
		return refuse(reason,
			      "%s '%.40s': must be a number from %u to %u%s",
			      key->name, text, key->min, key->max,
			      key->zero ? ", or 0" : "");
	snprintf(value, CARD_VALUE_SIZE, "%llu", v);
	return true;
}

static bool word(const struct card_key *key, const char *text, char *value,
		 char *reason)
{
	char must[200] = "";
	size_t i, n;

	for (i = 0; key->words[i]; i++) {
		if (!strcmp(key->words[i], text)) {
			strcpy(value, text);
			return true;
		}
		n = strlen(must);
		snprintf(must + n, sizeof(must) - n, "%s%s",
			 !i		   ? "" :
			 key->words[i + 1] ? ", " :
					     " or ",
			 key->words[i]);
	}
	return refuse(reason, "%s '%.40s': must be %s", key->name, text, must);
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

size_t card_key_find(const char *name)
{
	size_t i;

	for (i = 0; i < CARD_KEYS; i++) {
		const char *former = card_keys[i].former;

		if (!strcmp(card_keys[i].name, name) ||
		    (former && !strcmp(former, name)))
			break;
	}
	return i;
}

bool card_key_renamed(const char *name, char *notice)
{
	size_t key = card_key_find(name);

	if (key == CARD_KEYS || !strcmp(card_keys[key].name, name))
		return false;
	snprintf(notice, REASON_SIZE, "%s is an old name: write %s", name,
		 card_keys[key].name);
	return true;
}

uint32_t card_key_number(const struct card_key *key, const char *value)
{
	uint32_t i;

	if (key->type == CARD_NUMBER)
		return strtoul(value, NULL, 10);
	for (i = 0; key->words[i] && strcmp(key->words[i], value); i++)
		;
	return i;
}

bool card_set(struct card *card, const char *key, const char *text,
	      char *reason)
{
	size_t k = card_key_find(key), i;
	char list[256] = "";

	if (!strcmp(key, "cookie-file"))
		return set_path(card, text, reason);
	if (k == CARD_KEYS) {
		for (i = 0; i < CARD_KEYS; i++)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s ",
				 card_keys[i].name);
		return refuse(reason,
			      "there is no key '%.20s': must be one of %scookie-file",
			      key, list);
	}
	if (*card->value[k])
		return refuse(reason, "%s is given twice", card_keys[k].name);
	if (card_keys[k].type == CARD_NUMBER)
		return number(&card_keys[k], text, card->value[k], reason);
	return word(&card_keys[k], text, card->value[k], reason);
}

const char *card_value(const struct card *card, enum card_key_index key)
{
	const char *preset = card_keys[key].preset;

	if (*card->value[key])
		return card->value[key];
	return preset ? preset : "";
}

uint32_t card_number(const struct card *card, enum card_key_index key)
{
	return strtoul(card_value(card, key), NULL, 10);
}

static bool is(const struct card *card, enum card_key_index key,
	       const char *value)
{
	return !strcmp(card_value(card, key), value);
}

unsigned int card_ports(const struct card *card)
{
	if (!is(card, CARD_ROLE, "listen"))
		return 0;
	return is(card, CARD_PROTOCOL, "qubes") ? 2 : 1;
}

uint32_t card_streams(const struct card *card, enum card_key_index key)
{
	uint32_t n = card_number(card, key);
	bool one = is(card, CARD_ROLE, "listen") || is(card, CARD_PROTOCOL, "qubes");

	return n > 1 && one ? 1 : n;
}

static bool check_rate(const struct card *card, char *reason)
{
	uint32_t rate = card_number(card, CARD_RATE),
		 min = card_number(card, CARD_RATE_MIN),
		 max = card_number(card, CARD_RATE_MAX);

	if (is(card, CARD_PROTOCOL, "qubes") &&
	    ((rate && rate != RATE_ONLY) || min > RATE_ONLY || max < RATE_ONLY))
		return refuse(reason,
			      "rate: must be %u, or 0, with protocol qubes, and between rate-min and rate-max",
			      RATE_ONLY);
	if (min <= max && rate && (rate < min || rate > max))
		return refuse(reason, "rate: must be between rate-min and rate-max, or 0");
	return true;
}

static bool check_key(const struct card *card, enum card_key_index key,
		      char *reason)
{
	bool qubes = is(card, CARD_PROTOCOL, "qubes");
	unsigned int ports;

	switch (key) {
	case CARD_PORT:
		ports = card_ports(card) ? card_ports(card) : qubes ? 2 : 0;
		if (!ports || card_number(card, CARD_PORT) <= PORT_ANY - ports)
			return true;
		return refuse(reason,
			      "port: must be less than %u, and with protocol qubes leave room for the next one, which it takes as well",
			      PORT_ANY);
	case CARD_ROLE:
		if (!is(card, CARD_PROTOCOL, "pulse") || !is(card, CARD_ROLE, "listen"))
			return true;
		return refuse(reason,
			      "role: must be connect with protocol pulse, whose servers listen");
	case CARD_RATE:
		return check_rate(card, reason);
	case CARD_RATE_MIN:
		return card_number(card, CARD_RATE_MIN) <=
			       card_number(card, CARD_RATE_MAX) ||
		       refuse(reason, "rate-min: must not be above rate-max");
	case CARD_FORMAT:
		return !qubes || is(card, CARD_FORMAT, "any") || is(card, CARD_FORMAT, "S16_LE") ||
		       refuse(reason, "format: must be S16_LE, or any, with protocol qubes");
	case CARD_CHANNELS:
		return !qubes || is(card, CARD_CHANNELS, "0") || is(card, CARD_CHANNELS, "2") ||
		       refuse(reason, "channels: must be 2, or 0, with protocol qubes");
	case CARD_PLAYBACK_STREAMS:
		return card_number(card, CARD_PLAYBACK_STREAMS) ||
		       card_number(card, CARD_CAPTURE_STREAMS) ||
		       refuse(reason,
			      "playback-streams: must be at least 1, or else capture-streams");
	default:
		return true;
	}
}

size_t card_check(const struct card *card, size_t first, char *reason)
{
	while (first < CARD_KEYS && check_key(card, first, reason))
		first++;
	return first;
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
