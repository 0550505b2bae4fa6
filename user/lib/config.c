// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "config.h"

#define LINE_SIZE	    512
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
		if ((*p == '#' || *p == ';') && (p == text || strchr(BLANKS, p[-1]))) {
			*p = '\0';
			return;
		}
	}
}

static bool section(struct config *config, char *text, unsigned int line, char *reason)
{
	size_t n = strlen(text), i;
	struct card *card;

	if (text[n - 1] != ']')
		return refuse(reason, "a section is a card's name in brackets: ']' is missing");
	if (config->count == SND_HVSOCK_CARDS_MAX)
		return refuse(reason, "there can be at most %d cards", SND_HVSOCK_CARDS_MAX);
	text[n - 1] = '\0';
	card = &config->cards[config->count];
	memset(card, 0, sizeof(*card));
	if (!card_set_name(card, trim(text + 1), reason))
		return false;
	for (i = 0; i < config->count; i++) {
		if (!strcmp(config->cards[i].name, card->name))
			return refuse(reason, "card %s is there already, in line %u", card->name,
				      config->cards[i].line);
	}
	card->line = line;
	config->count++;
	return true;
}

static bool parse_line(struct config *config, char *text, unsigned int line, char *reason)
{
	char *equals;

	cut_comment(text);
	text = trim(text);
	if (!*text)
		return true;
	if (*text == '[')
		return section(config, text, line, reason);
	equals = strchr(text, '=');
	if (!equals)
		return refuse(reason, "'%.40s' is neither [CARD] nor KEY = VALUE", text);
	if (!config->count)
		return refuse(reason, "a [CARD] must come first");
	*equals = '\0';
	return card_set(&config->cards[config->count - 1], trim(text), trim(equals + 1), reason);
}

bool config_parse(struct config *config, const char *text, size_t len, unsigned int *line,
		  char *reason)
{
	char copy[LINE_SIZE];
	const char *end;
	size_t n;

	config->count = 0;
	for (*line = 1; len; ++*line) {
		end = memchr(text, '\n', len);
		n = end ? (size_t)(end - text) : len;
		if (n >= sizeof(copy))
			return refuse(reason, "the line is too long: it may have %zu bytes",
				      sizeof(copy) - 1);
		if (memchr(text, '\0', n))
			return refuse(reason, "the line has a zero byte: this is no text file");
		memcpy(copy, text, n);
		copy[n] = '\0';
		if (!parse_line(config, copy, *line, reason))
			return false;
		n += !!end;
		text += n;
		len -= n;
	}
	return true;
}

void config_write(FILE *f, const struct card *card)
{
	size_t i;

	fprintf(f, "[%s]\n", card->name);
	for (i = 0; i < CARD_KEYS; i++) {
		const struct card_key *key = &card_keys[i];

		if (*card->value[i] && (!key->otherwise || strcmp(key->otherwise, card->value[i])))
			fprintf(f, "%s = %s\n", key->name, card->value[i]);
	}
	if (*card->cookie_file)
		fprintf(f, "cookie-file = %s\n", card->cookie_file);
	else if (card->has_cookie)
		fprintf(f,
			"# It has a cookie, which the kernel does not tell: cookie-file = PATH\n");
}
