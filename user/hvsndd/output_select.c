// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "output_choices.h"
#include "output_select.h"

const struct output *selected_output;

bool output_select(const char *name, const char *argument)
{
	const struct output_choice *o = output_choices;

	while (strcmp(o->output->name, name))
		o++;
	selected_output = o->output;
	return !selected_output->start || selected_output->start(argument);
}
