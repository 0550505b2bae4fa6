// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "../lib/machine.h"
#include "server.h"

#define TIMEOUT_MS 2000
#define PORT "4713"
#define SPACES " \t\r\n"

static struct server servers[SERVERS_MAX];
static unsigned int count;
static char servers_text[1024];

/* Compare with the machine id or the host name, as libpulse does. */
static bool is_this_machine(const char *id, size_t len)
{
	static const char *const files[] = { "/etc/machine-id",
					     "/var/lib/dbus/machine-id" };
	char text[256], host[256] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (machine_read(files[i], text, sizeof(text)) &&
		    strlen(text) == len && !strncmp(text, id, len))
			return true;
	}
	gethostname(host, sizeof(host) - 1);
	return strlen(host) == len && !strncmp(host, id, len);
}

/* HOST, HOST:PORT, [HOST] or [HOST]:PORT */
static bool parse_host(struct server *s, const char *text, char *reason)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL, *port;
	size_t n;

	text += !!end;
	port = strchr(end ? end : text, ':');
	/* Several colons without brackets: an IPv6 address without a port. */
	if (!end && port && strchr(port + 1, ':'))
		port = NULL;
	n = end	 ? (size_t)(end - text) :
	    port ? (size_t)(port - text) :
		   strlen(text);
	if (!n || n >= sizeof(s->host) ||
	    (port && (!port[1] || strlen(port + 1) >= sizeof(s->port))))
		return refuse(reason,
			      "'%.60s' is not a valid server: must be HOST or HOST:PORT",
			      text);
	snprintf(s->host, sizeof(s->host), "%.*s", (int)n, text);
	snprintf(s->port, sizeof(s->port), "%s", port ? port + 1 : PORT);
	return true;
}

static bool parse_one(struct server *s, const char *text, char *reason)
{
	static const struct {
		const char *prefix;
		int family;
	} tcp[] = { { "tcp:", AF_UNSPEC },
		    { "tcp4:", AF_INET },
		    { "tcp6:", AF_INET6 } };
	char path[300];
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(tcp); i++) {
		n = strlen(tcp[i].prefix);
		s->family = tcp[i].family;
		if (!strncmp(text, tcp[i].prefix, n))
			return parse_host(s, text + n, reason);
	}
	s->family = AF_UNSPEC;
	snprintf(path, sizeof(path), "%s%s", *text == '/' ? "unix:" : "", text);
	/* Like libpulse, take another word as the name of a host. */
	if (address_parse(&s->address, path, reason))
		return true;
	if (strncmp(path, "unix:", 5) && isalnum((unsigned char)*text) &&
	    !strpbrk(text, "/,="))
		return parse_host(s, text, reason);
	return false;
}

bool server_parse(const char *text, char *reason)
{
	char copy[sizeof(servers_text)], *word, *rest = copy, *end;

	count = 0;
	if (strlen(text) >= sizeof(copy))
		return refuse(reason,
			      "the server's address is longer than %zu bytes",
			      sizeof(copy) - 1);
	strcpy(copy, text);
	strcpy(servers_text, text);
	while ((word = strtok_r(rest, SPACES, &rest))) {
		end = *word == '{' ? strchr(word, '}') : NULL;
		if (end && !is_this_machine(word + 1, end - word - 1))
			continue;
		if (count == SERVERS_MAX)
			return refuse(reason, "too many servers: at most %d",
				      SERVERS_MAX);
		servers[count] = (struct server){};
		if (!parse_one(&servers[count], end ? end + 1 : word, reason))
			return false;
		count++;
	}
	return count ||
	       refuse(reason, "'%.60s' has no server of this machine", text);
}

static int open_tcp(const struct server *s)
{
	struct addrinfo hints = { .ai_family = s->family,
				  .ai_socktype = SOCK_STREAM },
			*list, *a;
	int fd = -EADDRNOTAVAIL;

	if (getaddrinfo(s->host, s->port, &hints, &list))
		return -EADDRNOTAVAIL;
	for (a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family,
			    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0) {
			fd = -errno;
		} else if (connect(fd, a->ai_addr, a->ai_addrlen) &&
			   errno != EINPROGRESS) {
			int err = -errno;

			close(fd);
			fd = err;
		}
	}
	freeaddrinfo(list);
	return fd;
}

int server_open(unsigned int *index)
{
	int fd = -ENOENT;

	for (; *index < count; ++*index) {
		const struct server *s = &servers[*index];

		fd = *s->host ? open_tcp(s) :
				endpoint_open(&s->address, TIMEOUT_MS);
		if (fd >= 0)
			break;
	}
	return fd;
}

bool server_is_unix(unsigned int index)
{
	return index < count && !*servers[index].host &&
	       servers[index].address.kind == ADDRESS_UNIX;
}

const char *server_text(void)
{
	return servers_text;
}

const char *server_hint(int err, char *out)
{
	char hint[ENDPOINT_HINT_SIZE];

	if (count && !*servers[count - 1].host)
		endpoint_hint(&servers[count - 1].address, err, hint);
	else
		snprintf(hint, sizeof(hint), "%s", strerror(-err));
	snprintf(out, SERVER_HINT_SIZE, "the host's sound server (%.200s): %s",
		 servers_text, hint);
	return out;
}
