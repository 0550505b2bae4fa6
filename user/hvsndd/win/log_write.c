// SPDX-License-Identifier: GPL-2.0
/* The log on Windows: the console, if there is one, and a file. */
#include <stdio.h>

#include "../log_write.h"
#include "log_file.h"

void log_write(int priority, const char *text)
{
	(void)priority;
	fprintf(stderr, "hvsndd: %s\n", text);
	fflush(stderr);
	log_file_write(text);
}
