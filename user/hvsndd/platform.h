/* SPDX-License-Identifier: GPL-2.0 */
/* Files and directories, which each system handles in its own way. */
#ifndef HVSNDD_PLATFORM_H
#define HVSNDD_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Maximum size of a path, with its terminating null byte. */
#define PLATFORM_PATH_SIZE 512

/**
 * platform_make_directory() - Create a directory, unless it exists
 * @path: path of the directory
 * @private: accessible to this user only
 *
 * Return: 0 or a negative errno.
 */
int platform_make_directory(const char *path, bool private);

/* Whether @path is a directory: 0 or a negative errno. */
int platform_check_directory(const char *path);

/* Create a file that must not exist. Returns a descriptor or -errno. */
int platform_create_file(const char *path);

/* Write at an offset. Returns 0 or a negative errno. */
int platform_write_at(int fd, const void *buf, size_t len, uint32_t offset);

/* Open a text file to replace its content. NULL, with errno set, on failure. */
FILE *platform_rewrite(const char *path);

/**
 * platform_replace() - Finish a file and give it the name of another one
 * @f: the open file, which is closed
 * @from: path of the file
 * @to: path of the file that is replaced
 *
 * A machine that fails keeps either the old or the new content.
 *
 * Return: 0 or a negative errno.
 */
int platform_replace(FILE *f, const char *from, const char *to);

#endif /* HVSNDD_PLATFORM_H */
