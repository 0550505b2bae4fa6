// SPDX-License-Identifier: GPL-2.0
/* What the commands have in common: options, arguments, errors. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvsnd.h"

#define SECONDS_MAX 86400

const struct command *current_command;

/* Print one line. */
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

	snprintf(more, sizeof(more), " (hvsnd %s%s--help tells more)",
		 current_command ? current_command->name : "",
		 current_command ? " " : "");
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
	usage("usage: hvsnd %s %s", current_command->name,
	      current_command->arguments);
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

void help_command(void)
{
	printf("usage: hvsnd %s %s\n\n%s", current_command->name,
	       current_command->arguments, current_command->help);
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
