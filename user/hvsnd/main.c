// SPDX-License-Identifier: GPL-2.0
/* hvsnd: choose the command. */
#include <stdio.h>
#include <string.h>

#include "hvsnd.h"

static const struct command *const commands[] = {
	&command_show,	     &command_stats,  &command_add,
	&command_set,	     &command_del,    &command_cookie,
	&command_monitor,    &command_apply,  &command_save,
	&command_probe,	     &command_doctor, &command_address,
	&command_host_setup, &command_cat,    &command_relay,
};

#define COMMANDS (ARRAY_SIZE(commands))

static void help(void)
{
	size_t i;

	puts("usage: hvsnd COMMAND [ARGUMENT]...\n\n"
	     "Sound cards that play on this virtual machine's host.\n");
	for (i = 0; i < COMMANDS; i++)
		printf("  %-10s  %s\n", commands[i]->name,
		       commands[i]->summary);
	puts("\nhvsnd help COMMAND tells more, -V the version. -j prints JSON.\n"
	     "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 host not reached.");
}

/* What is printed must have arrived. */
static int end(int status)
{
	if (!output_flush() && status == STATUS_OK)
		return fail(STATUS_FAILED, "the output could not be written");
	return status;
}

int main(int argc, char **argv)
{
	bool asks;
	size_t i;

	/* -j may also come first. */
	if (argc > 2 && (!strcmp(argv[1], "-j") || !strcmp(argv[1], "--json"))) {
		output_json = true;
		argv++;
		argc--;
	}
	if (argc < 2)
		return usage("a command is missing");
	asks = !strcmp(argv[1], "help") && argc > 2;
	if (!asks && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help") ||
		      !strcmp(argv[1], "help"))) {
		help();
		return end(STATUS_OK);
	}
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		puts("hvsnd " HVSND_VERSION);
		return end(STATUS_OK);
	}
	for (i = 0; i < COMMANDS; i++) {
		if (!strcmp(argv[1 + asks], commands[i]->name))
			break;
	}
	if (i == COMMANDS)
		return usage("there is no command '%s'", argv[1 + asks]);
	current_command = commands[i];
	if (asks) {
		help_command();
		return end(STATUS_OK);
	}
	/* What getopt complains with. */
	argv[1] = "hvsnd";
	return end(current_command->run(argc - 1, argv + 1));
}
