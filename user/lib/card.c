// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"

bool card_set_name(struct card *card, const char *name, char *reason)
{
	struct hvsnd_config_error error;

	if (hvsnd_config_check_name(name, &error))
		return refuse(reason, "'%.40s' cannot name a card: %s", name,
			      error.msg + strlen("name: "));
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

static size_t key_of(int attribute)
{
	size_t k;

	for (k = 0; k < CARD_KEYS && card_keys[k].attribute != attribute; k++)
		;
	return k;
}

static void take_key(struct hvsnd_card_config *config,
		     const struct hvsnd_key *key, const struct card *card)
{
	size_t k = key_of(key->attr);
	const char *text = card_value(card, k);
	struct hvsnd_config_error error;
	uint32_t value;

	if (!key->text)
		value = card_key_number(&card_keys[k], text);
	else if (!hvsnd_key_parse(key, text, &value))
		return;
	hvsnd_key_set(key, config, value, &error);
}

void card_config(const struct card *card, struct hvsnd_card_config *config)
{
	size_t i;

	hvsnd_config_init(config);
	for (i = 0; i < HVSND_KEYS; i++)
		take_key(config, &hvsnd_keys[i], card);
}

unsigned int card_ports(const struct card *card)
{
	struct hvsnd_card_config config;

	card_config(card, &config);
	if (!hvsnd_config_listens(&config))
		return 0;
	/* With pulse, the connections of all streams come to one port. */
	return hvsnd_config_links(&config) ? hvsnd_config_links(&config) : 1;
}

uint32_t card_streams(const struct card *card, enum card_key_index key)
{
	struct hvsnd_card_config config;

	card_config(card, &config);
	hvsnd_config_limit(&config);
	return hvsnd_key_get(hvsnd_key_find(card_keys[key].attribute), &config);
}

size_t card_check(struct hvsnd_card_config *config, char *reason)
{
	struct hvsnd_config_error error;
	const struct hvsnd_key *key;

	if (!hvsnd_config_check(config, &error))
		return CARD_KEYS;
	snprintf(reason, REASON_SIZE, "%s", error.msg);
	key = hvsnd_key_find(error.attr);
	hvsnd_key_set(key, config, key->preset, &error);
	return key_of(key->attr);
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
