// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "config.h"
#include "control.h"
#include "control_command.h"
#include "guest.h"
#include "loop.h"
#include "mic_command.h"

#define CLIENTS_MAX 8
#define COMMAND_USEC USEC_PER_SEC /* time in which a command must arrive */
/* After a guest's command, nothing may follow for this time. */
#define TRAILING_USEC (50 * USEC_PER_MSEC)
#define INVALID_COMMAND \
	"refused: must be \"audio-input 1\" or \"audio-input 0\" and a newline\n"

/**
 * struct control - a control socket
 * @guest: the guest whose microphone the socket controls; NULL for the socket
 *         that takes the commands of "hvsndd ctl"
 * @w: the listening socket
 * @address: address of the listening socket
 * @clients: open connections, the newest first
 * @client_count: number of open connections
 */
struct control {
	struct guest *guest;
	struct watch w;
	struct address address;
	struct client *clients;
	unsigned int client_count;
};

/**
 * struct client - a connection to a control socket
 * @next: next connection to the same socket
 * @control: the control socket
 * @w: the connection
 * @timer: deadline of the command
 * @len: number of bytes received
 * @buf: the received bytes
 */
struct client {
	struct client *next;
	struct control *control;
	struct watch w;
	struct timer timer;
	size_t len;
	char buf[CONTROL_LINE_MAX];
};

static struct control *ctl_control;

static void client_free(struct client *c)
{
	struct client **at;

	for (at = &c->control->clients; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	c->control->client_count--;
	timer_free(&c->timer);
	watch_set(&c->w, false, false);
	close(c->w.fd);
	free(c);
}

/* Answer and close. Text that does not fit into the socket's buffer is lost. */
static void answer(struct client *c, const char *text)
{
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT;

	if (send(c->w.fd, text, strlen(text), flags) < 0)
		log_line(LOG_DEBUG, "a control command was not answered: %s",
			 strerror(errno));
	client_free(c);
}

static void answer_json(struct client *c, struct json_object *o)
{
	int flags = JSON_C_TO_STRING_PLAIN;
	char *text;

	if (asprintf(&text, "%s\n", json_object_to_json_string_ext(o, flags)) <
	    0)
		text = NULL;
	json_object_put(o);
	answer(c, text ? text : "");
	free(text);
}

/* All that a guest's socket accepts on one connection was received. */
static void run_mic_command(struct client *c)
{
	enum mic_command command = mic_command_parse(c->buf, c->len);
	struct guest *g = c->control->guest;
	bool allow = command == MIC_COMMAND_ALLOW;

	if (!allow && command != MIC_COMMAND_DENY) {
		log_limited(&g->log, LOG_WARNING,
			    "%s: invalid command on its control socket: must be \"audio-input 1\" or \"audio-input 0\"",
			    g->name);
		answer(c, INVALID_COMMAND);
		return;
	}
	/* Answer first: the guest and its socket may be freed by the change. */
	answer(c,
	       allow ? "ok: microphone allowed\n" : "ok: microphone denied\n");
	guest_set_mic(g, allow);
}

static void receive_mic_command(struct client *c, bool ended)
{
	enum mic_command command = mic_command_parse(c->buf, c->len);

	if (ended || command == MIC_COMMAND_INVALID)
		run_mic_command(c);
	else if (command != MIC_COMMAND_INCOMPLETE)
		timer_set(&c->timer, TRAILING_USEC);
}

static void receive_ctl_command(struct client *c, bool ended)
{
	char *newline = memchr(c->buf, '\n', c->len);

	if (newline) {
		*newline = '\0';
		answer_json(c, control_command(c->buf));
	} else if (ended || c->len == sizeof(c->buf)) {
		answer_json(c, control_error("a command must be one line"));
	}
}

static void on_client(void *data, bool in, bool out)
{
	struct client *c = data;
	ssize_t n;

	(void)out;
	if (!in)
		return;
	n = recv(c->w.fd, c->buf + c->len, sizeof(c->buf) - c->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->len += n;
	if (c->control->guest)
		receive_mic_command(c, n <= 0);
	else
		receive_ctl_command(c, n <= 0);
}

static void on_client_timer(void *data)
{
	struct client *c = data;

	if (c->control->guest)
		run_mic_command(c);
	else
		answer_json(c,
			    control_error("no command was received in time"));
}

static void on_connection(void *data, bool in, bool out)
{
	struct control *control = data;
	int fd = accept4(control->w.fd, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c;

	(void)in;
	(void)out;
	if (fd < 0)
		return;
	if (control->client_count == CLIENTS_MAX) {
		/* Close the oldest connection. */
		for (c = control->clients; c->next; c = c->next)
			;
		client_free(c);
	}
	c = calloc(1, sizeof(*c));
	if (!c || timer_init(&c->timer, on_client_timer, c)) {
		free(c);
		close(fd);
		return;
	}
	c->control = control;
	c->w = (struct watch){ .fd = fd, .ready = on_client, .data = c };
	c->next = control->clients;
	control->clients = c;
	control->client_count++;
	timer_set(&c->timer, COMMAND_USEC);
	watch_set(&c->w, true, false);
}

/* Open the socket whose name is @prefix and @name. */
static int control_open(struct control **out, struct guest *g,
			const char *prefix, const char *name)
{
	struct control *c = calloc(1, sizeof(*c));
	size_t size = sizeof(c->address.path);
	int fd = -ENAMETOOLONG;
	mode_t mask;

	if (!c)
		return -ENOMEM;
	c->guest = g;
	c->address.kind = ADDRESS_UNIX;
	/* Accessible to this user and group only. */
	mask = umask(0117);
	if (snprintf(c->address.path, size, "%s/%s%s", config.control_dir,
		     prefix, name) < (int)size)
		fd = endpoint_listen(&c->address, NULL);
	umask(mask);
	if (fd < 0) {
		free(c);
		return fd;
	}
	c->w = (struct watch){ .fd = fd, .ready = on_connection, .data = c };
	watch_set(&c->w, true, false);
	*out = c;
	return 0;
}

static void control_free(struct control *c)
{
	if (!c)
		return;
	while (c->clients)
		client_free(c->clients);
	watch_set(&c->w, false, false);
	close(c->w.fd);
	endpoint_remove(&c->address);
	free(c);
}

static int on_guest_started(struct guest *g)
{
	int err;

	if (g->control || g->mic_policy == MIC_NEVER)
		return 0;
	err = control_open(&g->control, g, CONTROL_GUEST_PREFIX, g->name);
	if (err)
		log_limited(&g->log, LOG_WARNING,
			    "%s: its control socket in %s cannot be opened: %s. Choose another directory with --control-dir",
			    g->name, config.control_dir, strerror(-err));
	return err;
}

static void on_guest_removed(struct guest *g)
{
	control_free(g->control);
}

int control_start(void)
{
	static struct guest_observer observer = {
		.started = on_guest_started,
		.removed = on_guest_removed,
	};
	int err;

	if (mkdir(config.control_dir, 0750) && errno != EEXIST)
		err = -errno;
	else
		err = control_open(&ctl_control, NULL, CONTROL_SOCKET, "");
	if (!err)
		guest_observe(&observer);
	else
		log_line(LOG_ERR,
			 "%s: %s. Choose another directory with --control-dir",
			 config.control_dir,
			 err == -EADDRINUSE ? "another hvsndd runs there" :
					      strerror(-err));
	return err;
}

void control_stop(void)
{
	control_free(ctl_control);
	ctl_control = NULL;
}
