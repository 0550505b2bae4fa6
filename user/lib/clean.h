/* SPDX-License-Identifier: GPL-2.0 */
/* Text that comes from other machines, made safe to print. */
#ifndef HVSND_CLEAN_H
#define HVSND_CLEAN_H

#include <stddef.h>

/**
 * output_clean() - Convert bytes to valid, printable UTF-8
 * @out: set to the text, with a terminating null byte
 * @size: size of @out in bytes, at least 1
 * @in: the bytes
 * @len: number of bytes
 *
 * Control characters, and bytes that are not UTF-8, become question marks.
 */
void output_clean(char *out, size_t size, const char *in, size_t len);

#endif /* HVSND_CLEAN_H */
