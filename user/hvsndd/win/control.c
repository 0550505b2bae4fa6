// SPDX-License-Identifier: GPL-2.0
/*
 * One client at a time: connect, read a line, write the answer, disconnect. A
 * client that is slow is disconnected.
 */
#include <stdio.h>
#include <string.h>

#include "../log.h"
#include "../loop.h"
#include "control.h"
#include "control_text.h"
#include "pipe_name.h"
#include "port.h"

#define CLIENT_USEC (2 * USEC_PER_SEC)

static HANDLE pipe = INVALID_HANDLE_VALUE;
static struct port_event event;
static struct timer timer;
static char line[PIPE_LINE_MAX];
static DWORD have;
static char text[PIPE_ANSWER_SIZE];

static void wait_for_client(void);

/* DisconnectNamedPipe() ends the operation that is under way. */
static void on_slow(void *data)
{
	(void)data;
	DisconnectNamedPipe(pipe);
}

static void next_client(void)
{
	timer_stop(&timer);
	DisconnectNamedPipe(pipe);
	wait_for_client();
}

static void on_closed_by_client(struct port_event *e, DWORD bytes, DWORD error)
{
	(void)e;
	(void)bytes;
	(void)error;
	next_client();
}

/* What was written is lost if the pipe is disconnected before it is read. */
static void on_written(struct port_event *e, DWORD bytes, DWORD error)
{
	(void)bytes;
	e->done = on_closed_by_client;
	memset(&e->overlapped, 0, sizeof(e->overlapped));
	if (error || (!ReadFile(pipe, line, sizeof(line), NULL,
				&e->overlapped) &&
		      GetLastError() != ERROR_IO_PENDING))
		next_client();
}

static void answer(void)
{
	char *end = memchr(line, '\n', have);

	*end = '\0';
	control_text(line, text, sizeof(text));
	event.done = on_written;
	memset(&event.overlapped, 0, sizeof(event.overlapped));
	if (!WriteFile(pipe, text, strlen(text), NULL, &event.overlapped) &&
	    GetLastError() != ERROR_IO_PENDING)
		next_client();
}

static void read_line(void);

static void on_read(struct port_event *e, DWORD bytes, DWORD error)
{
	(void)e;
	have += bytes;
	if (memchr(line, '\n', have))
		answer();
	else if (error || !bytes || have == sizeof(line))
		next_client();
	else
		read_line();
}

static void read_line(void)
{
	event.done = on_read;
	memset(&event.overlapped, 0, sizeof(event.overlapped));
	if (!ReadFile(pipe, line + have, sizeof(line) - have, NULL,
		      &event.overlapped) &&
	    GetLastError() != ERROR_IO_PENDING)
		next_client();
}

static void on_client(struct port_event *e, DWORD bytes, DWORD error)
{
	(void)e;
	(void)bytes;
	have = 0;
	if (error) {
		next_client();
		return;
	}
	timer_set(&timer, CLIENT_USEC);
	read_line();
}

static void wait_for_client(void)
{
	event.done = on_client;
	memset(&event.overlapped, 0, sizeof(event.overlapped));
	if (ConnectNamedPipe(pipe, &event.overlapped) ||
	    GetLastError() == ERROR_IO_PENDING)
		return;
	/* A client that was faster than this call gives no completion. */
	if (GetLastError() == ERROR_PIPE_CONNECTED)
		port_post(&event);
}

bool control_start(void)
{
	SECURITY_ATTRIBUTES security = { .nLength = sizeof(security) };
	char name[PIPE_NAME_SIZE], cause[128];
	DWORD error;

	security.lpSecurityDescriptor = pipe_security();
	if (!security.lpSecurityDescriptor || !pipe_name(name) ||
	    timer_init(&timer, on_slow, NULL)) {
		log_line(LOG_ERR, "the pipe of hvsndd ctl cannot be opened");
		return false;
	}
	pipe = CreateNamedPipeA(name,
				PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED |
					FILE_FLAG_FIRST_PIPE_INSTANCE,
				PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1,
				PIPE_ANSWER_SIZE, PIPE_LINE_MAX, 0, &security);
	error = GetLastError();
	LocalFree(security.lpSecurityDescriptor);
	if (pipe == INVALID_HANDLE_VALUE) {
		log_line(LOG_ERR, "the pipe of hvsndd ctl cannot be opened: %s",
			 error == ERROR_ACCESS_DENIED ||
					 error == ERROR_PIPE_BUSY ?
				 "another hvsndd runs. End it first" :
				 port_error_text(error, cause, sizeof(cause)));
		return false;
	}
	if (!port_add(pipe))
		return false;
	wait_for_client();
	return true;
}

void control_stop(void)
{
	if (pipe != INVALID_HANDLE_VALUE)
		CloseHandle(pipe);
	pipe = INVALID_HANDLE_VALUE;
	timer_free(&timer);
}
