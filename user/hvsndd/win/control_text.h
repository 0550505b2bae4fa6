/* SPDX-License-Identifier: GPL-2.0 */
/* The answers to the commands of "hvsndd ctl". */
#ifndef HVSNDD_WIN_CONTROL_TEXT_H
#define HVSNDD_WIN_CONTROL_TEXT_H

#include <stddef.h>

/* An answer that begins with this is a failure. */
#define CONTROL_ERROR "error: "

/**
 * control_text() - Execute a command
 * @line: the command without its newline; modified
 * @out: set to the answer: lines, each with a newline
 * @size: size of @out
 */
void control_text(char *line, char *out, size_t size);

#endif /* HVSNDD_WIN_CONTROL_TEXT_H */
