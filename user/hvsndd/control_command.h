/* SPDX-License-Identifier: GPL-2.0 */
/* The commands that "hvsndd ctl" sends. */
#ifndef HVSNDD_CONTROL_COMMAND_H
#define HVSNDD_CONTROL_COMMAND_H

#include <json-c/json.h>

/**
 * control_command() - Execute a command
 * @line: the command without its newline; modified
 *
 * Return: The answer as a JSON object.
 */
struct json_object *control_command(char *line);

/* An answer that consists of an error message. */
struct json_object *control_error(const char *message);

#endif /* HVSNDD_CONTROL_COMMAND_H */
