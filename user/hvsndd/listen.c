// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "admit.h"
#include "identify.h"
#include "listen.h"
#include "loop.h"

#define ACCEPTS_PER_WAKEUP 8
#define PAUSE_USEC USEC_PER_SEC

/**
 * struct listener - an endpoint at which hvsndd listens
 * @endpoint: the endpoint
 * @w: the listening socket
 * @timer: ends the pause after accept() failed
 * @log: rate limit of messages about refused connections
 */
struct listener {
	const struct endpoint_config *endpoint;
	struct watch w;
	struct timer timer;
	struct log_limit log;
};

static struct listener listeners[CONFIG_ENDPOINTS_MAX];
static unsigned int listener_count;

static bool is_exhausted(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM ||
	       err == ENOBUFS;
}

static void on_connection(void *data, bool in, bool out)
{
	struct listener *l = data;
	char peer[ADDRESS_TEXT_SIZE];
	struct guest *g;
	int i, fd;

	(void)in;
	(void)out;
	for (i = 0; i < ACCEPTS_PER_WAKEUP; i++) {
		fd = accept4(l->w.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			break;
		g = identify(l->endpoint, fd, peer);
		admit(l->endpoint, fd, g, peer, &l->log);
	}
	if (fd < 0 && is_exhausted(errno)) {
		log_limited(&l->log, LOG_WARNING,
			    "a connection could not be accepted: %s",
			    strerror(errno));
		watch_set(&l->w, false, false);
		timer_set(&l->timer, PAUSE_USEC);
	}
}

static void on_pause_over(void *data)
{
	struct listener *l = data;

	watch_set(&l->w, true, false);
}

static int bind_and_listen(const struct addrinfo *a)
{
	int fd, one = 1, err;

	fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, SOMAXCONN))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Only with --allow-tcp. */
static int listen_tcp(const char *text)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE,
				  .ai_socktype = SOCK_STREAM };
	struct addrinfo *a;
	char host[128];
	char *port;
	int fd;

	snprintf(host, sizeof(host), "%s", text);
	port = strrchr(host, ':');
	if (!port)
		return -EINVAL;
	*port++ = '\0';
	if (getaddrinfo(*host ? host : NULL, port, &hints, &a))
		return -EADDRNOTAVAIL;
	fd = bind_and_listen(a);
	freeaddrinfo(a);
	return fd;
}

static bool listener_start(struct listener *l, const struct endpoint_config *e)
{
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];
	int fd = e->fd;

	l->endpoint = e;
	l->w = (struct watch){ .fd = -1, .ready = on_connection, .data = l };
	config_endpoint_text(e, text);
	if (timer_init(&l->timer, on_pause_over, l))
		return false;
	if (fd < 0 && *e->tcp)
		fd = listen_tcp(e->tcp);
	else if (fd < 0)
		fd = endpoint_listen(&e->address, NULL);
	if (fd < 0) {
		log_line(LOG_ERR, "%s: %s", text,
			 *e->tcp ? strerror(-fd) :
				   endpoint_listen_hint(&e->address, fd, hint));
		return false;
	}
	l->w.fd = fd;
	watch_set(&l->w, true, false);
	log_line(LOG_DEBUG, "listening at %s", text);
	return true;
}

bool listen_start(void)
{
	unsigned int i;
	bool ok = true;

	for (i = 0; ok && i < config.endpoint_count; i++) {
		const struct endpoint_config *e = &config.endpoints[i];

		if (!e->connect)
			ok = listener_start(&listeners[listener_count++], e);
	}
	return ok;
}

void listen_stop(void)
{
	unsigned int i;

	for (i = 0; i < listener_count; i++) {
		struct listener *l = &listeners[i];

		timer_free(&l->timer);
		watch_set(&l->w, false, false);
		if (l->w.fd < 0)
			continue;
		close(l->w.fd);
		if (l->endpoint->fd < 0 && !*l->endpoint->tcp)
			endpoint_remove(&l->endpoint->address);
	}
}
