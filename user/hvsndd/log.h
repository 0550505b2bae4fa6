/* SPDX-License-Identifier: GPL-2.0 */
/* Log messages. */
#ifndef HVSNDD_LOG_H
#define HVSNDD_LOG_H

#include <stdint.h>

/* Priorities, with the numbers of syslog. */
enum {
	LOG_ERR = 3,
	LOG_WARNING = 4,
	LOG_NOTICE = 5,
	LOG_INFO = 6,
	LOG_DEBUG = 7,
};

/* Whether messages of LOG_DEBUG are written (option -v). */
extern int log_verbose;

/**
 * struct log_limit - rate limit of messages that guests can cause
 * @since_us: start of the current interval
 * @lines: number of lines written in this interval
 * @suppressed: number of lines suppressed since the last line written
 */
struct log_limit {
	uint64_t since_us;
	unsigned int lines;
	unsigned int suppressed;
};

/* Write one line. Characters that are not printable are replaced. */
void log_line(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Write one line, at most 10 lines in 10 seconds. */
void log_limited(struct log_limit *limit, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* HVSNDD_LOG_H */
