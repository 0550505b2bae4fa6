/* SPDX-License-Identifier: GPL-2.0 */
/* Where the log is written to, which each system does in its own way. */
#ifndef HVSNDD_LOG_WRITE_H
#define HVSNDD_LOG_WRITE_H

/* Write one line that is safe to print. */
void log_write(int priority, const char *text);

#endif /* HVSNDD_LOG_WRITE_H */
