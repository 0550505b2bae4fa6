/* SPDX-License-Identifier: GPL-2.0 */
/* The file in which "hvsndd ctl"'s allow and deny last. */
#ifndef HVSNDD_STATE_H
#define HVSNDD_STATE_H

#include <stddef.h>

/**
 * state_load - give the guests what the file says
 *
 * Adds guests that it names. Complains about lines that it does not understand.
 *
 * Return: 0 or a negative errno, after a complaint; without a file it is 0.
 */
int state_load(void);

/**
 * state_save - write the file
 * @reason: @size bytes: why it fails
 * @size: of @reason
 *
 * Return: 0 or a negative errno.
 */
int state_save(char *reason, size_t size);

#endif /* HVSNDD_STATE_H */
