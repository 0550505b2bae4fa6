/* SPDX-License-Identifier: GPL-2.0 */
/* Decisions about microphones: "hvsndd ctl allow", "deny" and "forget". */
#ifndef HVSNDD_DECISION_H
#define HVSNDD_DECISION_H

#include <stdbool.h>

#include "guest.h"

#define DECISION_NO_GUEST "no such guest. List the guests: hvsndd ctl list"

/* Parse allow, deny or forget. Returns whether @command is one of them. */
bool decision_parse(const char *command, enum saved_decision *decision);

/**
 * decision_apply() - Apply a decision to a running server, without saving it
 * @text: name or CID of the guest
 * @decision: the decision
 * @name: set to the guest's name, GUEST_NAME_SIZE bytes
 *
 * Return: NULL, or an error message.
 */
const char *decision_apply(const char *text, enum saved_decision decision,
			   char *name);

/**
 * decision_save() - Save a decision while no server runs
 * @command: allow, deny or forget
 * @text: name or CID of the guest
 *
 * The result is printed.
 *
 * Return: The exit status of the program.
 */
int decision_save(const char *command, const char *text);

#endif /* HVSNDD_DECISION_H */
