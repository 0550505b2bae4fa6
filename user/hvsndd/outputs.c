// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "../lib/common.h"
#include "outputs.h"

const struct output *output;

bool output_start(const char *name, const char *argument)
{
	static const struct output *const all[] = { &output_null, &output_file,
						    &output_pulse,
						    &output_alsa };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (!strcmp(all[i]->name, name)) {
			output = all[i];
			return !output->start || output->start(argument);
		}
	}
	log_line(LOG_ERR,
		 "there is no output '%s': must be null, file:DIR, pulse or alsa",
		 name);
	return false;
}
