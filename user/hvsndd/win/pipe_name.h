/* SPDX-License-Identifier: GPL-2.0 */
/* The named pipe of "hvsndd ctl", which belongs to one user. */
#ifndef HVSNDD_WIN_PIPE_NAME_H
#define HVSNDD_WIN_PIPE_NAME_H

#include <stddef.h>
#include <winsock2.h>
#include <windows.h>

#define PIPE_NAME_SIZE 256
#define PIPE_LINE_MAX 128 /* of a command, with its newline */
#define PIPE_ANSWER_SIZE 65536

/* A suffix of the name, for a second hvsndd of the same user. */
extern const char *pipe_name_suffix;

/**
 * pipe_name() - Make the name of the pipe
 * @out: PIPE_NAME_SIZE bytes
 *
 * Return: whether Windows tells who the user is.
 */
BOOL pipe_name(char *out);

/**
 * pipe_security() - Make a security descriptor that only this user may pass
 *
 * Return: the descriptor, which LocalFree() frees, or NULL.
 */
PSECURITY_DESCRIPTOR pipe_security(void);

#endif /* HVSNDD_WIN_PIPE_NAME_H */
