// SPDX-License-Identifier: GPL-2.0
/* Configuration files: an accepted file that is written again is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/config.h"

static struct config config, again;

static void same(const struct card *a, const struct card *b)
{
	size_t i;

	if (strcmp(a->name, b->name) || strcmp(a->cookie_file, b->cookie_file))
		abort();
	for (i = 0; i < CARD_KEYS; i++)
		if (strcmp(card_value(a, i), card_value(b, i)))
			abort();
}

static void complain(void *data, unsigned int line, const char *reason)
{
	if (!line || !*reason)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_errors errors = { .complain = complain };
	char *text = NULL;
	size_t len = 0, i;
	FILE *f;

	if (!config_parse(&config, (const char *)data, size, &errors))
		return 0;
	config_check(&config, &errors);
	f = open_memstream(&text, &len);
	for (i = 0; i < config.count; i++)
		config_write(f, &config.cards[i]);
	fclose(f);
	if (!config_parse(&again, text, len, &errors) ||
	    again.count != config.count)
		abort();
	for (i = 0; i < config.count; i++)
		same(&config.cards[i], &again.cards[i]);
	free(text);
	return 0;
}
