// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_parse.h"

bool config_invalid(const char *what, const char *value, const char *must)
{
	fprintf(stderr, "hvsndd: %s '%s' must be %s (see hvsndd --help)\n",
		what, value, must);
	return false;
}

bool config_number(const char *what, const char *text, unsigned int min,
		   unsigned int max, unsigned int *value)
{
	char must[64], *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && !errno && v >= min &&
	    v <= max) {
		*value = v;
		return true;
	}
	snprintf(must, sizeof(must), "a number from %u to %u", min, max);
	return config_invalid(what, text, must);
}

bool config_choice(const char *what, const char *text, const char *const *words,
		   int *value)
{
	char must[64] = "";
	size_t len;
	int i;

	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*value = i;
			return true;
		}
		len = strlen(must);
		snprintf(must + len, sizeof(must) - len, "%s%s", i ? ", " : "",
			 words[i]);
	}
	return config_invalid(what, text, must);
}

bool config_protocol(const char *text, enum protocol *protocol)
{
	static const char *const words[] = {
		[PROTOCOL_PULSE] = "pulse",
		[PROTOCOL_SIMPLE] = "simple",
		[PROTOCOL_QUBES] = "qubes",
		NULL,
	};
	int i;

	if (!config_choice("protocol", text, words, &i))
		return false;
	*protocol = i;
	return true;
}

bool config_name(const char *text, char *name)
{
	if (!guest_name_ok(text))
		return config_invalid("name", text,
				      "letters, digits, '.', '_' and '-', at most 47");
	strcpy(name, text);
	return true;
}

bool config_pop_key(char *text, char **key, char **value)
{
	char *comma = strrchr(text, ',');
	char *equals = comma ? strchr(comma, '=') : NULL;

	if (!equals)
		return false;
	*comma = '\0';
	*equals = '\0';
	*key = comma + 1;
	*value = equals + 1;
	return true;
}
