/* SPDX-License-Identifier: GPL-2.0 */
/* Lines for the log: to standard error, with their priority where that is the journal. */
#ifndef HVSNDD_LOG_H
#define HVSNDD_LOG_H

#include <stdint.h>
#include <syslog.h>

/* -v was given: LOG_DEBUG is wanted. */
extern int log_verbose;

/**
 * struct log_limit - bounds the lines that somebody else can cause
 * @since: when the present interval began, microseconds
 * @lines: logged in it
 * @left_out: since the last line
 */
struct log_limit {
	uint64_t since;
	unsigned int lines;
	unsigned int left_out;
};

/* One line; what is not printable in it is replaced. */
void log_line(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, a few lines in some seconds. */
void log_limited(struct log_limit *limit, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* HVSNDD_LOG_H */
