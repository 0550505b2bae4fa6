/* SPDX-License-Identifier: GPL-2.0 */
/* The command line of hvsndd. */
#ifndef HVSNDD_OPTIONS_H
#define HVSNDD_OPTIONS_H

/**
 * options_read() - Read the command line into the configuration
 * @argc: argument of main()
 * @argv: argument of main()
 *
 * Errors are printed.
 *
 * Return: -1 to continue, or the exit status of the program.
 */
int options_read(int argc, char **argv);

#endif /* HVSNDD_OPTIONS_H */
