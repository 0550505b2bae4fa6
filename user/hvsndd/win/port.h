/* SPDX-License-Identifier: GPL-2.0 */
/* What the loop of Windows offers besides loop.h: completions and messages. */
#ifndef HVSNDD_WIN_PORT_H
#define HVSNDD_WIN_PORT_H

#include <winsock2.h>
#include <windows.h>

/**
 * struct port_event - an overlapped operation, or a message to the loop
 * @overlapped: of the operation, must be the first member
 * @done: called by the loop when the operation has ended or the message has
 *        arrived. @error is a code of Windows, 0 for success.
 */
struct port_event {
	OVERLAPPED overlapped;
	void (*done)(struct port_event *e, DWORD bytes, DWORD error);
};

/* Report the operations of a handle to the loop. Returns false on failure. */
BOOL port_add(HANDLE handle);

/*
 * Call @done in the loop. Any thread may call this. The event must stay
 * allocated until then, and must not be posted twice.
 */
void port_post(struct port_event *e);

/* End the loop with this exit status. Any thread may call this. */
void port_quit(int status);

/* The negative errno that corresponds to an error of Windows or of a socket. */
int port_errno(DWORD error);

/* Text of an error of Windows. Returns @out, which has @size bytes. */
const char *port_error_text(DWORD error, char *out, size_t size);

#endif /* HVSNDD_WIN_PORT_H */
