/* SPDX-License-Identifier: GPL-2.0 */
/* The file that keeps the decisions of "hvsndd ctl allow" and "deny". */
#ifndef HVSNDD_STATE_FILE_H
#define HVSNDD_STATE_FILE_H

#include <stddef.h>

/*
 * Read the state file and apply its decisions to the guests. Guests that only
 * the file names are added. Lines that are not understood are logged and
 * ignored. From then on, the file is written when a guest's decision changes.
 *
 * Returns 0, also without a file, or a negative errno after logging the cause.
 */
int state_file_start(void);

/**
 * state_file_save() - Write the state file
 * @reason: on failure, set to the reason
 * @size: size of @reason in bytes
 *
 * Return: 0 or a negative errno.
 */
int state_file_save(char *reason, size_t size);

#endif /* HVSNDD_STATE_FILE_H */
