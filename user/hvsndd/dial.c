// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "admit.h"
#include "dial.h"
#include "loop.h"

#define CONNECT_TIMEOUT_MS 2000
#define RETRY_MIN_USEC (500 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (5 * USEC_PER_SEC)

/**
 * struct dialer - an endpoint to which hvsndd connects
 * @endpoint: the endpoint
 * @w: the socket while it is being connected; @w.fd is -1 otherwise
 * @timer: starts the next attempt
 * @retry_usec: delay before the next attempt
 * @away: the last attempt failed, and the log says so
 * @log: rate limit of messages about refused connections
 */
struct dialer {
	const struct endpoint_config *endpoint;
	struct watch w;
	struct timer timer;
	uint64_t retry_usec;
	bool away;
	struct log_limit log;
};

static struct dialer dialers[CONFIG_ENDPOINTS_MAX];
static unsigned int dialer_count;

static void retry(struct dialer *d)
{
	timer_set(&d->timer, d->retry_usec);
	d->retry_usec *= 2;
	if (d->retry_usec > RETRY_MAX_USEC)
		d->retry_usec = RETRY_MAX_USEC;
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

static const char *cause(const struct address *a, int err, char *out)
{
	const char *text = NULL;

	switch (a->kind == ADDRESS_VSOCK ? -err : 0) {
	case ECONNRESET:
	case ECONNREFUSED:
		text = "nobody listens there. Add a card with role=listen and this port in the guest";
		break;
	case ETIMEDOUT:
	case ENODEV:
	case EHOSTUNREACH:
	case ENETUNREACH:
		text = "there is no guest with this CID. Start the guest, or check its CID";
		break;
	}
	if (!text)
		return endpoint_hint(a, err, out);
	snprintf(out, ENDPOINT_HINT_SIZE, "%s", text);
	return out;
}

/* Say once that the guest is away. */
static void fail(struct dialer *d, int err)
{
	const struct endpoint_config *e = d->endpoint;
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];

	config_endpoint_text(e, text);
	log_line(d->away ? LOG_DEBUG : LOG_NOTICE,
		 "%s: cannot connect to the guest: %s. hvsndd tries again",
		 text, cause(&e->address, err, hint));
	d->away = true;
	retry(d);
}

static void on_connected(void *data, bool in, bool out)
{
	struct dialer *d = data;
	int fd = d->w.fd, err = endpoint_result(fd);
	char text[ADDRESS_TEXT_SIZE];
	struct connection *c;

	(void)in;
	(void)out;
	watch_set(&d->w, false, false);
	d->w.fd = -1;
	if (err) {
		close(fd);
		fail(d, err);
		return;
	}
	if (d->away)
		log_line(LOG_NOTICE, "%s: connected to the guest",
			 config_endpoint_text(d->endpoint, text));
	d->away = false;
	c = admit(d->endpoint, fd, &d->log);
	if (!c) {
		retry(d);
		return;
	}
	d->retry_usec = RETRY_MIN_USEC;
	c->on_closed = on_closed;
	c->on_used = on_used;
	c->dialer = d;
}

static void on_timer(void *data)
{
	struct dialer *d = data;
	int fd = endpoint_open(&d->endpoint->address, CONNECT_TIMEOUT_MS);

	if (fd < 0) {
		fail(d, fd);
		return;
	}
	d->w.fd = fd;
	watch_set(&d->w, false, true);
}

static bool dialer_start(struct dialer *d, const struct endpoint_config *e)
{
	d->endpoint = e;
	d->retry_usec = RETRY_MIN_USEC;
	d->w = (struct watch){ .fd = -1, .ready = on_connected, .data = d };
	if (timer_init(&d->timer, on_timer, d))
		return false;
	timer_set(&d->timer, 0);
	return true;
}

bool dial_start(void)
{
	unsigned int i;
	bool ok = true;

	for (i = 0; ok && i < config.endpoint_count; i++) {
		const struct endpoint_config *e = &config.endpoints[i];

		if (e->connect)
			ok = dialer_start(&dialers[dialer_count++], e);
	}
	return ok;
}

void dial_stop(void)
{
	unsigned int i;

	for (i = 0; i < dialer_count; i++) {
		struct dialer *d = &dialers[i];

		timer_free(&d->timer);
		watch_set(&d->w, false, false);
		if (d->w.fd >= 0)
			close(d->w.fd);
	}
}
