// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "config.h"

#define LINE_SIZE	    512U
#define BLANKS		    " \t\r\v\f"

/* Without blanks at both ends. */
static char *trim(char *text)
{
	size_t n;

	text += strspn(text, BLANKS);
	n = strlen(text);
	while (n && strchr(BLANKS, text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

/* A comment begins the line, or comes after a blank. */
static void cut_comment(char *text)
{
	char *p;

	for (p = text; *p; p++) {
		if ((*p == '#' || *p == ';') &&
		    (p == text || strchr(BLANKS, p[-1]))) {
			*p = '\0';
			return;
		}
	}
}

void config_error(struct config_errors *errors, unsigned int line,
		  const char *reason)
{
	errors->count++;
	errors->complain(errors->data, line, reason);
}

static bool section(struct config *config, char *text, unsigned int line,
		    char *reason)
{
	size_t n = strlen(text), i;
	struct card *card;

	if (text[n - 1] != ']')
		return refuse(reason, "a section is a card's name in brackets: ']' is missing");
	if (config->count == SND_HVSOCK_MAX_CARDS)
		return refuse(reason, "there can be at most %d cards",
			      SND_HVSOCK_MAX_CARDS);
	text[n - 1] = '\0';
	card = &config->cards[config->count];
	memset(card, 0, sizeof(*card));
	if (!card_set_name(card, trim(text + 1), reason))
		return false;
	for (i = 0; i < config->count; i++) {
		if (!strcmp(config->cards[i].name, card->name))
			return refuse(reason,
				      "card %s is there already, in line %u",
				      card->name, config->cards[i].line);
	}
	card->line = line;
	config->count++;
	return true;
}

/* @card: whose section the line is in; NULL before the first. */
static bool parse_line(struct config *config, struct card *card, char *text,
		       unsigned int line, struct config_errors *errors,
		       char *reason)
{
	char *equals;
	size_t key;

	cut_comment(text);
	text = trim(text);
	if (!*text)
		return true;
	if (*text == '[')
		return section(config, text, line, reason);
	equals = strchr(text, '=');
	if (!equals)
		return refuse(reason,
			      "'%.40s' is neither [CARD] nor KEY = VALUE",
			      text);
	if (!card)
		return refuse(reason, "a [CARD] must come first");
	*equals = '\0';
	text = trim(text);
	key = card_key_find(text);
	if (!card_set(card, text, trim(equals + 1), reason))
		return false;
	*(key < CARD_KEYS ? &card->key_line[key] : &card->cookie_line) = line;
	if (errors->advise && card_key_renamed(text, reason))
		errors->advise(errors->data, line, reason);
	return true;
}

/* A line as a string of its own; returns false if it is none. */
static bool copy_line(char *copy, const char *text, size_t n, char *reason)
{
	if (n >= LINE_SIZE)
		return refuse(reason,
			      "the line is too long: it may have %u bytes",
			      LINE_SIZE - 1);
	if (memchr(text, '\0', n))
		return refuse(reason, "the line has a zero byte: this is no text file");
	memcpy(copy, text, n);
	copy[n] = '\0';
	return true;
}

static bool begins_section(const char *text)
{
	return text[strspn(text, BLANKS)] == '[';
}

bool config_parse(struct config *config, const char *text, size_t len,
		  struct config_errors *errors)
{
	char copy[LINE_SIZE], reason[REASON_SIZE];
	/* Keys of a section that is refused are checked as well. */
	struct card nobody = {}, *card = NULL;
	unsigned int line, before = errors->count;
	const char *end;
	size_t n, count;
	bool good, head;

	config->count = 0;
	for (line = 1; len; line++) {
		end = memchr(text, '\n', len);
		n = end ? (size_t)(end - text) : len;
		good = copy_line(copy, text, n, reason);
		head = good && begins_section(copy);
		count = config->count;
		good = good &&
		       parse_line(config, card, copy, line, errors, reason);
		if (!good)
			config_error(errors, line, reason);
		if (config->count > count) {
			card = &config->cards[count];
		} else if (head) {
			memset(&nobody, 0, sizeof(nobody));
			card = &nobody;
		}
		n += !!end;
		text += n;
		len -= n;
	}
	return errors->count == before;
}

unsigned int config_line(const struct card *card, size_t key)
{
	return key < CARD_KEYS && card->key_line[key] ? card->key_line[key] :
							card->line;
}

/* Where rules of several keys are broken, the error is at one that is given. */
static unsigned int line_of(const struct card *card, size_t key)
{
	if (key == CARD_RATE && !card->key_line[key])
		key = card->key_line[CARD_RATE_MIN] ? CARD_RATE_MIN :
						      CARD_RATE_MAX;
	if (key == CARD_RATE_MIN && !card->key_line[key])
		key = CARD_RATE_MAX;
	return config_line(card, key);
}

static bool ports_meet(const struct card *a, const struct card *b)
{
	uint32_t first = card_number(a, CARD_PORT),
		 second = card_number(b, CARD_PORT);

	return card_ports(a) && card_ports(b) &&
	       first < second + card_ports(b) && second < first + card_ports(a);
}

/* Of two cards, only one can have a number of ALSA's, or listen at a port. */
static void check_pair(const struct card *card, const struct card *other,
		       struct config_errors *errors)
{
	char reason[REASON_SIZE];

	if (*card->value[CARD_INDEX] &&
	    !strcmp(card->value[CARD_INDEX], other->value[CARD_INDEX])) {
		snprintf(reason, sizeof(reason),
			 "index: card %s has number %s, in line %u",
			 other->name, other->value[CARD_INDEX],
			 config_line(other, CARD_INDEX));
		config_error(errors, config_line(card, CARD_INDEX), reason);
	}
	if (ports_meet(card, other)) {
		snprintf(reason, sizeof(reason), "port: card %s listens there, in line %u",
			 other->name, config_line(other, CARD_PORT));
		config_error(errors, config_line(card, CARD_PORT), reason);
	}
}

/* The default of a key may break a rule as well, which ends the check. */
static void check_keys(const struct card *card, struct config_errors *errors)
{
	struct hvsnd_card_config keys;
	char reason[REASON_SIZE];
	size_t k, last = CARD_KEYS;

	card_config(card, &keys);
	for (;;) {
		k = card_check(&keys, reason);
		if (k == CARD_KEYS || k == last)
			break;
		config_error(errors, line_of(card, k), reason);
		last = k;
	}
}

bool config_check(const struct config *config, struct config_errors *errors)
{
	unsigned int before = errors->count;
	uint8_t cookie[SND_HVSOCK_COOKIE_SIZE];
	char reason[REASON_SIZE];
	size_t i, k;

	for (i = 0; i < config->count; i++) {
		const struct card *card = &config->cards[i];

		check_keys(card, errors);
		if (*card->cookie_file &&
		    !card_cookie(card->cookie_file, cookie, reason))
			config_error(errors, card->cookie_line, reason);
		for (k = 0; k < i; k++)
			check_pair(card, &config->cards[k], errors);
	}
	explicit_bzero(cookie, sizeof(cookie));
	return errors->count == before;
}

void config_write(FILE *f, const struct card *card)
{
	size_t i;

	fprintf(f, "[%s]\n", card->name);
	for (i = 0; i < CARD_KEYS; i++) {
		const struct card_key *key = &card_keys[i];

		if (*card->value[i] &&
		    (!key->preset || strcmp(key->preset, card->value[i])))
			fprintf(f, "%s = %s\n", key->name, card->value[i]);
	}
	if (*card->cookie_file)
		fprintf(f, "cookie-file = %s\n", card->cookie_file);
	else if (card->has_cookie)
		fprintf(f,
			"# It has a cookie, which the kernel does not tell: cookie-file = PATH\n");
}
