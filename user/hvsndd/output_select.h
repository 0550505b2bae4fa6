/* SPDX-License-Identifier: GPL-2.0 */
/* The output that was selected with --output. */
#ifndef HVSNDD_OUTPUT_SELECT_H
#define HVSNDD_OUTPUT_SELECT_H

#include "outputs.h"

/* The selected output; NULL before output_select(). */
extern const struct output *selected_output;

/**
 * output_select() - Select an output and start it
 * @name: name of the output
 * @argument: text after the colon in --output, or NULL
 *
 * Return: False after logging the cause if the output cannot be used.
 */
bool output_select(const char *name, const char *argument);

#endif /* HVSNDD_OUTPUT_SELECT_H */
