// SPDX-License-Identifier: GPL-2.0
/*
 * The log on Linux: standard error. If that is the journal, the priority is
 * written as well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "log_write.h"

void log_write(int priority, const char *text)
{
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", priority, text);
	else
		fprintf(stderr, "hvsndd: %s\n", text);
}
