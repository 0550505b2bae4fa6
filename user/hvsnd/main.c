// SPDX-License-Identifier: GPL-2.0
/* hvsnd: what is common to its commands. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvsnd.h"

static const struct command *const commands[] = {
	&command_show,	     &command_stats,  &command_add,
	&command_set,	     &command_del,    &command_cookie,
	&command_monitor,    &command_apply,  &command_save,
	&command_probe,	     &command_doctor, &command_address,
	&command_host_setup, &command_cat,    &command_relay,
};

#define COMMANDS    (ARRAY_SIZE(commands))
#define SECONDS_MAX 86400

static const struct command *current;

/* One line. */
static void complain(const char *more, const char *format, va_list args)
{
	char text[2048], clean[2048];

	vsnprintf(text, sizeof(text), format, args);
	output_clean(clean, sizeof(clean), text, strlen(text));
	fprintf(stderr, "hvsnd: %s%s\n", clean, more);
}

int fail(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain("", format, args);
	va_end(args);
	return status;
}

int usage(const char *format, ...)
{
	va_list args;
	char more[64];

	snprintf(more, sizeof(more), " (hvsnd %s%s--help tells more)", current ? current->name : "",
		 current ? " " : "");
	va_start(args, format);
	complain(more, format, args);
	va_end(args);
	return STATUS_USAGE;
}

bool arguments_are(int argc, int least, int most)
{
	int n = argc - optind;

	if (n >= least && (most < 0 || n <= most))
		return true;
	usage("usage: hvsnd %s %s", current->name, current->arguments);
	return false;
}

bool parse_address(const char *text, struct address *a)
{
	char reason[REASON_SIZE];

	if (address_parse(a, text, reason))
		return true;
	usage("%s", reason);
	return false;
}

bool parse_seconds(const char *text, unsigned int *ms)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end ||
	    !(seconds >= 0.001 && seconds <= SECONDS_MAX)) {
		usage("'%s' must be a number of seconds, from 0.001 to %d",
		      text, SECONDS_MAX);
		return false;
	}
	*ms = lround(seconds * 1000);
	return true;
}

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

static void help_command(void)
{
	printf("usage: hvsnd %s %s\n\n%s", current->name, current->arguments,
	       current->help);
}

int option(int argc, char **argv, const char *shorts,
	   const struct option *longs)
{
	const struct option *o;
	char all[32] = "h";
	int c;

	for (o = longs; o->name; o++) {
		if (o->val == 'j')
			strcat(all, "j");
	}
	strcat(all, shorts);
	for (;;) {
		c = getopt_long(argc, argv, all, longs, NULL);
		switch (c) {
		case 'h':
			help_command();
			exit(output_flush() ? STATUS_OK : STATUS_FAILED);
		case 'j':
			output_json = true;
			break;
		case '?':
			/* getopt has said what is wrong. */
			exit(STATUS_USAGE);
		default:
			return c;
		}
	}
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
	current = commands[i];
	if (asks) {
		help_command();
		return end(STATUS_OK);
	}
	/* What getopt complains with. */
	argv[1] = "hvsnd";
	return end(current->run(argc - 1, argv + 1));
}
