// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "connect.h"
#include "identify.h"
#include "loop.h"

#define TIMEOUT_MS 2000

/**
 * struct connecting - an endpoint that is connected to
 * @endpoint: the endpoint
 * @done: called when an attempt has ended
 * @data: argument of @done
 * @w: the socket while it is being connected; @w.fd is -1 otherwise
 */
struct connecting {
	const struct endpoint_config *endpoint;
	void (*done)(void *data, int fd, int error);
	void *data;
	struct watch w;
};

static void on_connected(void *data, bool in, bool out)
{
	struct connecting *c = data;
	int fd = c->w.fd, err = endpoint_result(fd);

	(void)in;
	(void)out;
	watch_set(&c->w, false, false);
	c->w.fd = -1;
	if (err) {
		close(fd);
		fd = -1;
	}
	c->done(c->data, fd, err);
}

struct connecting *connecting_new(const struct endpoint_config *e,
				  void (*done)(void *data, int fd, int error),
				  void *data)
{
	struct connecting *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->endpoint = e;
	c->done = done;
	c->data = data;
	c->w = (struct watch){ .fd = -1, .ready = on_connected, .data = c };
	return c;
}

void connecting_start(struct connecting *c)
{
	int fd = endpoint_open(&c->endpoint->address, TIMEOUT_MS);

	if (fd < 0) {
		c->done(c->data, -1, fd);
		return;
	}
	c->w.fd = fd;
	watch_set(&c->w, false, true);
}

struct guest *connecting_guest(struct connecting *c, int fd, char *text)
{
	return identify(c->endpoint, fd, text);
}

const char *connecting_cause(const struct connecting *c, int error, char *out)
{
	const struct address *a = &c->endpoint->address;
	const char *text = NULL;

	switch (a->kind == ADDRESS_VSOCK ? -error : 0) {
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
		return endpoint_hint(a, error, out);
	snprintf(out, CONNECT_CAUSE_SIZE, "%s", text);
	return out;
}

void connecting_free(struct connecting *c)
{
	if (!c)
		return;
	watch_set(&c->w, false, false);
	if (c->w.fd >= 0)
		close(c->w.fd);
	free(c);
}
