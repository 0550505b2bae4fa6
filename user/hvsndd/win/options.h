/* SPDX-License-Identifier: GPL-2.0 */
/* The options of "hvsndd serve". */
#ifndef HVSNDD_WIN_OPTIONS_H
#define HVSNDD_WIN_OPTIONS_H

/* Print the help. */
void options_help(void);

/**
 * options_read() - Read the options into the configuration
 * @argc: number of arguments
 * @argv: the arguments; the first one is skipped
 *
 * Errors are printed.
 *
 * Return: -1 to continue, or the exit status of the program.
 */
int options_read(int argc, char **argv);

#endif /* HVSNDD_WIN_OPTIONS_H */
