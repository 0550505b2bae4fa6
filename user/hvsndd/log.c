// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../lib/clean.h"
#include "log.h"
#include "log_write.h"
#include "loop.h"

#define LIMIT_LINES 10
#define LIMIT_USEC (10 * USEC_PER_SEC)

int log_verbose;

static void log_args(int priority, const char *format, va_list args)
{
	char text[1024], clean[1024];

	if (priority == LOG_DEBUG && !log_verbose)
		return;
	vsnprintf(text, sizeof(text), format, args);
	output_clean(clean, sizeof(clean), text, strlen(text));
	log_write(priority, clean);
}

void log_line(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_args(priority, format, args);
	va_end(args);
}

void log_limited(struct log_limit *limit, int priority, const char *format, ...)
{
	uint64_t now = loop_now();
	va_list args;

	if (!limit->since_us || now - limit->since_us > LIMIT_USEC) {
		limit->since_us = now;
		limit->lines = 0;
	}
	if (limit->lines == LIMIT_LINES) {
		limit->suppressed++;
		return;
	}
	if (limit->suppressed)
		log_line(LOG_NOTICE, "%u similar messages suppressed",
			 limit->suppressed);
	limit->suppressed = 0;
	limit->lines++;
	va_start(args, format);
	log_args(priority, format, args);
	va_end(args);
}
