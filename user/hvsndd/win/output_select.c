// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "../../lib/common.h"
#include "../output_select.h"
#include "output_wasapi.h"

const struct output *selected_output;

bool output_select(const char *name, const char *argument)
{
	static const struct output *const outputs[] = { &output_wasapi,
							&output_file,
							&output_null };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(outputs); i++) {
		if (!strcmp(outputs[i]->name, name)) {
			selected_output = outputs[i];
			return !selected_output->start ||
			       selected_output->start(argument);
		}
	}
	return false;
}
