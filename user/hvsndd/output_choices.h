/* SPDX-License-Identifier: GPL-2.0 */
/* The outputs of this system. */
#ifndef HVSNDD_OUTPUT_CHOICES_H
#define HVSNDD_OUTPUT_CHOICES_H

#include "outputs.h"

/**
 * struct output_choice - a value of --output
 * @output: the output, which gives the name
 * @argument: no_argument, optional_argument or required_argument of getopt.h:
 *            whether ":ARGUMENT" follows the name
 */
struct output_choice {
	const struct output *output;
	int argument;
};

/* What --output can be on this system; a member without @output is the last. */
extern const struct output_choice output_choices[];

#endif /* HVSNDD_OUTPUT_CHOICES_H */
