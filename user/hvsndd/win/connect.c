// SPDX-License-Identifier: GPL-2.0
/*
 * A thread of Windows waits in connect(), which AF_HYPERV may block for up to
 * its time-out, and passes the connection to the loop.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../connect.h"
#include "hyperv.h"
#include "port.h"
#include "vm.h"

#define TIMEOUT_MS 2000

/**
 * struct connecting - an endpoint that is connected to
 * @result: the message of the thread, must be the first member
 * @done: called when an attempt has ended
 * @data: argument of @done
 * @vm: the virtual machine
 * @port: its port
 * @fd: result of the attempt
 * @error: cause of its failure
 * @busy: an attempt is under way
 */
struct connecting {
	struct port_event result;
	void (*done)(void *data, int fd, int error);
	void *data;
	GUID vm;
	uint32_t port;
	SOCKET fd;
	DWORD error;
	bool busy;
};

static DWORD WINAPI attempt(void *data)
{
	struct connecting *c = data;

	c->fd = hyperv_connect(&c->vm, c->port, TIMEOUT_MS);
	c->error = WSAGetLastError();
	port_post(&c->result);
	return 0;
}

static void on_result(struct port_event *e, DWORD bytes, DWORD error)
{
	struct connecting *c = (struct connecting *)e;

	(void)bytes;
	(void)error;
	c->busy = false;
	c->done(c->data, c->fd == INVALID_SOCKET ? -1 : (int)c->fd, c->error);
}

struct connecting *connecting_new(const struct endpoint_config *e,
				  void (*done)(void *data, int fd, int error),
				  void *data)
{
	struct connecting *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->result.done = on_result;
	c->done = done;
	c->data = data;
	c->port = e->address.port;
	hyperv_parse(e->address.vm, &c->vm);
	return c;
}

void connecting_start(struct connecting *c)
{
	c->busy = QueueUserWorkItem(attempt, c, WT_EXECUTELONGFUNCTION);
	if (!c->busy)
		c->done(c->data, -1, GetLastError());
}

struct guest *connecting_guest(struct connecting *c, int fd, char *text)
{
	char id[HYPERV_ID_SIZE];

	(void)fd;
	snprintf(text, ADDRESS_TEXT_SIZE, "VM %s", hyperv_text(&c->vm, id));
	return vm_guest(&c->vm);
}

const char *connecting_cause(const struct connecting *c, int error, char *out)
{
	char cause[128];

	(void)c;
	snprintf(out, CONNECT_CAUSE_SIZE,
		 "%s. Start the guest, and add a card with role=listen and this port there",
		 port_error_text(error, cause, sizeof(cause)));
	return out;
}

/* The program ends. A thread that waits still writes to it. */
void connecting_free(struct connecting *c)
{
	if (c && !c->busy)
		free(c);
}
