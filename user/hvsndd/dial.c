// SPDX-License-Identifier: GPL-2.0
#include "admit.h"
#include "connect.h"
#include "dial.h"
#include "loop.h"

#define RETRY_MIN_USEC (500 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (5 * USEC_PER_SEC)

/**
 * struct dialer - an endpoint to which hvsndd connects
 * @endpoint: the endpoint
 * @connecting: its attempts
 * @timer: starts the next attempt
 * @retry_usec: delay before the next attempt
 * @away: the last attempt failed, and the log says so
 * @log: rate limit of messages about refused connections
 */
struct dialer {
	const struct endpoint_config *endpoint;
	struct connecting *connecting;
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

/* Say once that the guest is away. */
static void fail(struct dialer *d, int error)
{
	char hint[CONNECT_CAUSE_SIZE], text[ADDRESS_TEXT_SIZE];

	config_endpoint_text(d->endpoint, text);
	log_line(d->away ? LOG_DEBUG : LOG_NOTICE,
		 "%s: cannot connect to the guest: %s. hvsndd tries again",
		 text, connecting_cause(d->connecting, error, hint));
	d->away = true;
	retry(d);
}

static void on_done(void *data, int fd, int error)
{
	struct dialer *d = data;
	char text[ADDRESS_TEXT_SIZE];
	struct connection *c;
	struct guest *g;

	if (fd < 0) {
		fail(d, error);
		return;
	}
	if (d->away)
		log_line(LOG_NOTICE, "%s: connected to the guest",
			 config_endpoint_text(d->endpoint, text));
	d->away = false;
	g = connecting_guest(d->connecting, fd, text);
	c = admit(d->endpoint, fd, g, text, &d->log);
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

	connecting_start(d->connecting);
}

static bool dialer_start(struct dialer *d, const struct endpoint_config *e)
{
	d->endpoint = e;
	d->retry_usec = RETRY_MIN_USEC;
	d->connecting = connecting_new(e, on_done, d);
	if (!d->connecting || timer_init(&d->timer, on_timer, d))
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
		timer_free(&dialers[i].timer);
		connecting_free(dialers[i].connecting);
	}
}
