// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* after sys/socket.h, which it needs */
#include <linux/vm_sockets.h>

#include "../lib/endpoint.h"
#include "listen.h"
#include "loop.h"
#include "raw.h"
#include "relay.h"

#define ACCEPTS 8 /* at once */
#define PAUSE_USEC USEC_PER_SEC
#define TIMEOUT_MS 2000
#define RETRY_FIRST (500 * USEC_PER_MSEC)
#define RETRY_MOST (5 * USEC_PER_SEC)

/**
 * struct spot - a place in use
 * @place: it
 * @w: the listening socket, or the connection being made
 * @timer: to go on after a pause
 * @retry_usec: connecting: the next pause
 * @log: bounds what strangers make us say
 */
struct spot {
	const struct endpoint_config *place;
	struct watch w;
	struct timer timer;
	uint64_t retry_usec;
	struct log_limit log;
};

static struct spot spots[CONFIG_ENDPOINTS_MAX];
static unsigned int spots_used;

static unsigned int connections(void)
{
	const struct guest *g;
	unsigned int n = 0;

	for (g = guests; g; g = g->next)
		n += g->connection_count;
	return n;
}

static void place_text(const struct endpoint_config *p, char *out)
{
	if (p->fd >= 0)
		snprintf(out, ADDRESS_TEXT_SIZE, "systemd's socket %d", p->fd);
	else if (*p->tcp)
		snprintf(out, ADDRESS_TEXT_SIZE, "tcp:%.100s", p->tcp);
	else
		address_text(&p->address, out);
}

static struct guest *guest_of_name(const char *name)
{
	struct guest *g = guest_by_name(name);

	return g ? g : guest_add(name);
}

/* Who is at the other end; @who is that as text. */
static struct guest *identify(const struct endpoint_config *p, int fd,
			      char *who)
{
	union {
		struct sockaddr any;
		struct sockaddr_vm vm;
		struct sockaddr_storage storage;
	} peer = { 0 };
	socklen_t len = sizeof(peer);

	if (getpeername(fd, &peer.any, &len)) {
		strcpy(who, "one that is gone");
		return NULL;
	}
	if (peer.any.sa_family == AF_VSOCK) {
		snprintf(who, ADDRESS_TEXT_SIZE, "CID %u", peer.vm.svm_cid);
		return guest_from_cid(peer.vm.svm_cid);
	}
	snprintf(who, ADDRESS_TEXT_SIZE, "%s",
		 *p->name ? p->name : "a nameless one");
	return *p->name ? guest_of_name(p->name) : NULL;
}

/* Takes @fd over. Returns NULL after a complaint. */
static struct connection *take(struct spot *s, int fd)
{
	char who[ADDRESS_TEXT_SIZE];
	struct guest *g = identify(s->place, fd, who);
	const char *why = NULL;
	struct connection *l;

	if (!g)
		why = "it may not connect";
	else if (connections() >= config.max_connections)
		why = "there are too many connections";
	else if (g->connection_count >= config.max_guest_connections)
		why = "it has too many connections";
	if (why) {
		log_limited(g ? &g->log : &s->log, LOG_WARNING,
			    "%s: refused: %s", who, why);
		close(fd);
		if (g)
			guest_free_unused(g);
		return NULL;
	}
	if (s->place->protocol == PROTOCOL_PULSE)
		l = relay_open(g, fd);
	else
		l = raw_open(g, fd, s->place);
	if (l)
		log_line(LOG_DEBUG, "%s: connected", g->name);
	else
		guest_free_unused(g);
	return l;
}

static void on_connection(void *data, bool in, bool out)
{
	struct spot *s = data;
	int i, fd;

	(void)in;
	(void)out;
	for (i = 0; i < ACCEPTS; i++) {
		fd = accept4(s->w.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			take(s, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			log_limited(&s->log, LOG_WARNING,
				    "no connection can be taken now: %s",
				    strerror(errno));
			watch_set(&s->w, false, false);
			timer_set(&s->timer, PAUSE_USEC);
		}
		break;
	}
}

static void on_pause_over(void *data)
{
	struct spot *s = data;

	watch_set(&s->w, true, false);
}

/* Connecting out */

static void dial_later(struct spot *s)
{
	timer_set(&s->timer, s->retry_usec);
	s->retry_usec *= 2;
	if (s->retry_usec > RETRY_MOST)
		s->retry_usec = RETRY_MOST;
}

static void on_hung_up(void *data)
{
	struct spot *s = data;

	s->retry_usec = RETRY_FIRST;
	dial_later(s);
}

static void dial_failed(struct spot *s, int err)
{
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];

	place_text(s->place, text);
	log_line(LOG_DEBUG, "%s: %s", text,
		 endpoint_hint(&s->place->address, err, hint));
	dial_later(s);
}

static void on_dialled(void *data, bool in, bool out)
{
	struct spot *s = data;
	int fd = s->w.fd, err = endpoint_result(fd);
	struct connection *l;

	(void)in;
	(void)out;
	watch_set(&s->w, false, false);
	s->w.fd = -1;
	if (err) {
		close(fd);
		dial_failed(s, err);
		return;
	}
	l = take(s, fd);
	if (!l) {
		dial_later(s);
		return;
	}
	s->retry_usec = RETRY_FIRST;
	l->on_closed = on_hung_up;
	l->closed_data = s;
}

static void dial(void *data)
{
	struct spot *s = data;
	int fd = endpoint_open(&s->place->address, TIMEOUT_MS);

	if (fd < 0) {
		dial_failed(s, fd);
		return;
	}
	s->w.fd = fd;
	watch_set(&s->w, false, true);
}

/* Only for those who asked for it by --allow-tcp. */
static int listen_tcp(const char *text)
{
	struct addrinfo want = { .ai_flags = AI_PASSIVE,
				 .ai_socktype = SOCK_STREAM },
			*a;
	char host[128];
	int fd, one = 1, err;
	char *port;

	snprintf(host, sizeof(host), "%s", text);
	port = strrchr(host, ':');
	if (!port)
		return -EINVAL;
	*port++ = '\0';
	if (getaddrinfo(*host ? host : NULL, port, &want, &a))
		return -EADDRNOTAVAIL;
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, a->ai_addr, a->ai_addrlen) ||
		    listen(fd, SOMAXCONN)) {
			err = -errno;
			close(fd);
			fd = err;
		}
	} else {
		fd = -errno;
	}
	freeaddrinfo(a);
	return fd;
}

static bool spot_start(struct spot *s, const struct endpoint_config *p)
{
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];

	s->place = p;
	s->retry_usec = RETRY_FIRST;
	place_text(p, text);
	if (timer_init(&s->timer, p->connect ? dial : on_pause_over, s))
		return false;
	if (p->connect) {
		s->w = (struct watch){ .fd = -1,
				       .ready = on_dialled,
				       .data = s };
		timer_set(&s->timer, 0);
		return true;
	}
	s->w = (struct watch){ .fd = p->fd, .ready = on_connection, .data = s };
	if (s->w.fd < 0)
		s->w.fd = *p->tcp ? listen_tcp(p->tcp) :
				    endpoint_listen(&p->address, NULL);
	if (s->w.fd < 0) {
		log_line(LOG_ERR, "%s: %s", text,
			 *p->tcp ? strerror(-s->w.fd) :
				   endpoint_listen_hint(&p->address, s->w.fd,
							hint));
		return false;
	}
	watch_set(&s->w, true, false);
	log_line(LOG_DEBUG, "listening at %s", text);
	return true;
}

bool listen_start(void)
{
	bool ok = true;

	for (; ok && spots_used < config.endpoint_count; spots_used++)
		ok = spot_start(&spots[spots_used],
				&config.endpoints[spots_used]);
	return ok;
}

void listen_stop(void)
{
	unsigned int i;

	for (i = 0; i < spots_used; i++) {
		struct spot *s = &spots[i];

		timer_free(&s->timer);
		watch_set(&s->w, false, false);
		if (s->w.fd < 0)
			continue;
		close(s->w.fd);
		if (!s->place->connect && s->place->fd < 0 && !*s->place->tcp)
			endpoint_remove(&s->place->address);
	}
}
