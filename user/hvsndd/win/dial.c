// SPDX-License-Identifier: GPL-2.0
/*
 * A thread of Windows waits in connect(), which AF_HYPERV may block for up to
 * its time-out, and passes the connection to the loop.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../loop.h"
#include "admit.h"
#include "dial.h"
#include "hyperv.h"
#include "port.h"

#define CONNECT_TIMEOUT_MS 2000
#define RETRY_MIN_USEC (500 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (5 * USEC_PER_SEC)

/**
 * struct dialer - an endpoint to which hvsndd connects
 * @result: the message of the thread, must be the first member
 * @endpoint: the endpoint
 * @vm: the virtual machine
 * @fd: result of the attempt
 * @error: cause of its failure
 * @timer: starts the next attempt
 * @retry_usec: delay before the next attempt
 * @away: the last attempt failed, and the log says so
 * @log: rate limit of messages about refused connections
 */
struct dialer {
	struct port_event result;
	const struct endpoint_config *endpoint;
	GUID vm;
	SOCKET fd;
	DWORD error;
	struct timer timer;
	uint64_t retry_usec;
	bool away;
	struct log_limit log;
};

static struct dialer dialers[CONFIG_ENDPOINTS_MAX];
static unsigned int dialer_count;

static DWORD WINAPI attempt(void *data)
{
	struct dialer *d = data;

	d->fd = hyperv_connect(&d->vm, d->endpoint->address.port,
			       CONNECT_TIMEOUT_MS);
	d->error = WSAGetLastError();
	port_post(&d->result);
	return 0;
}

static void retry(struct dialer *d)
{
	timer_set(&d->timer, d->retry_usec);
	d->retry_usec *= 2;
	if (d->retry_usec > RETRY_MAX_USEC)
		d->retry_usec = RETRY_MAX_USEC;
}

static void on_timer(void *data)
{
	struct dialer *d = data;

	if (!QueueUserWorkItem(attempt, d, WT_EXECUTELONGFUNCTION))
		retry(d);
}

static void on_closed(void *data)
{
	struct dialer *d = data;

	d->retry_usec = RETRY_MIN_USEC;
	retry(d);
}

/* The guest uses the connection: keep another one ready. */
static void on_used(void *data)
{
	struct dialer *d = data;

	timer_set(&d->timer, 0);
}

/* Say once that the guest is away. */
static void fail(struct dialer *d)
{
	const struct address *a = &d->endpoint->address;
	char cause[128];

	log_line(d->away ? LOG_DEBUG : LOG_NOTICE,
		 "%s:%u: cannot connect to the guest: %s. Start the guest, and add a card with role=listen and this port there. hvsndd tries again",
		 a->vm, a->port,
		 port_error_text(d->error, cause, sizeof(cause)));
	d->away = true;
	retry(d);
}

static void on_result(struct port_event *e, DWORD bytes, DWORD error)
{
	struct dialer *d = (struct dialer *)e;
	const struct address *a = &d->endpoint->address;
	struct connection *c;

	(void)bytes;
	(void)error;
	if (d->fd == INVALID_SOCKET) {
		fail(d);
		return;
	}
	if (d->away)
		log_line(LOG_NOTICE, "%s:%u: connected to the guest", a->vm,
			 a->port);
	d->away = false;
	c = admit(d->endpoint, d->fd, &d->vm, &d->log);
	if (!c) {
		retry(d);
		return;
	}
	d->retry_usec = RETRY_MIN_USEC;
	c->on_closed = on_closed;
	c->on_used = on_used;
	c->dialer = d;
}

bool dial_start(void)
{
	unsigned int i;

	for (i = 0; i < config.endpoint_count; i++) {
		struct dialer *d = &dialers[dialer_count];

		if (!config.endpoints[i].connect)
			continue;
		dialer_count++;
		d->result.done = on_result;
		d->endpoint = &config.endpoints[i];
		d->retry_usec = RETRY_MIN_USEC;
		if (!hyperv_parse(d->endpoint->address.vm, &d->vm) ||
		    timer_init(&d->timer, on_timer, d))
			return false;
		timer_set(&d->timer, 0);
	}
	return true;
}

void dial_stop(void)
{
	unsigned int i;

	for (i = 0; i < dialer_count; i++)
		timer_free(&dialers[i].timer);
}
