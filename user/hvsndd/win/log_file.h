/* SPDX-License-Identifier: GPL-2.0 */
/* The log file of a program that has no console. */
#ifndef HVSNDD_WIN_LOG_FILE_H
#define HVSNDD_WIN_LOG_FILE_H

#include <stdbool.h>

/**
 * log_file_open() - Open the log file
 * @path: path of the file. A file of more than 1 MiB is renamed to PATH.old.
 *
 * Return: whether the file could be opened.
 */
bool log_file_open(const char *path);

/* Path of the log file, "" if there is none. */
const char *log_file_path(void);

/* Write a line, with the time, if there is a file. */
void log_file_write(const char *text);

#endif /* HVSNDD_WIN_LOG_FILE_H */
