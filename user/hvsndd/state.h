/* SPDX-License-Identifier: GPL-2.0 */
/* The file in which "hvsndd ctl"'s allow and deny last. */
#ifndef HVSNDD_STATE_H
#define HVSNDD_STATE_H

#include <stddef.h>

/*
 * Gives the guests what the file says, adds those that it names, and complains
 * about lines that it does not understand. Returns 0, also without a file, or a
 * negative errno after a complaint.
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
