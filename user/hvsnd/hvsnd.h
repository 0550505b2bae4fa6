/* SPDX-License-Identifier: GPL-2.0 */
/* What the subcommands share. */
#ifndef HVSND_H
#define HVSND_H

#include <getopt.h>
#include <stdbool.h>

#include "../lib/address.h"
#include "../lib/output.h"

enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1, /* or refused */
	STATUS_USAGE = 2,
	STATUS_UNREACHABLE = 3,
};

/**
 * struct command - a subcommand
 * @name: what it is called
 * @arguments: for its usage line
 * @summary: in a few words
 * @help: the rest of --help, with a newline after each line
 * @run: does it; returns the exit status
 */
struct command {
	const char *name;
	const char *arguments;
	const char *summary;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct command command_show, command_stats, command_add,
	command_set, command_del, command_cookie, command_monitor,
	command_apply, command_save, command_probe, command_doctor,
	command_address, command_host_setup, command_cat, command_relay;

/* The command that runs. */
extern const struct command *current_command;

/* Print the help of the command that runs. */
void help_command(void);

/* Options of every command; commands without output have no -j. */
#define OPTION_HELP { "help", no_argument, NULL, 'h' }
#define OPTION_JSON { "json", no_argument, NULL, 'j' }

/**
 * option() - The command's next option, as getopt_long() has it
 * @argc: of the command
 * @argv: of the command
 * @shorts: of its own options
 * @longs: all of them
 *
 * Deals with help and -j, and ends the program where an option is wrong.
 *
 * Return: Its character, -1 after the last.
 */
int option(int argc, char **argv, const char *shorts,
	   const struct option *longs);

/* Complains in one line; returns @status. */
int fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Complains about the command's usage, and says where to read about it. */
int usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* usage() unless as many arguments are left after the options. */
bool arguments_are(int argc, int least, int most);

/* An address from the command line; complains about a bad one. */
bool parse_address(const char *text, struct address *a);

/* Read seconds, with a fraction, as milliseconds. Print an error if bad. */
bool parse_seconds(const char *text, unsigned int *ms);

#endif /* HVSND_H */
