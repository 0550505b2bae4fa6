// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor_private.h"

#define LINE_SIZE 1024

static const char *const states[] = { "ok", "note", "WRONG" };

bool say(struct doctor *d, enum state verdict, const char *check,
	 const char *format, ...)
{
	char text[LINE_SIZE], clean[LINE_SIZE];
	struct json_object *o;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d->wrong |= verdict == WRONG;
	if (output_json) {
		o = json_object_new_object();
		output_string(o, "check", check);
		output_string(o, "state",
			      verdict == WRONG ? "wrong" : states[verdict]);
		output_string(o, "text", text);
		json_object_array_add(d->lines, o);
		return verdict != WRONG;
	}
	output_clean(clean, sizeof(clean), text, strlen(text));
	printf("%-5s  %-8s  %s\n", states[verdict], check, clean);
	fflush(stdout);
	return verdict != WRONG;
}
