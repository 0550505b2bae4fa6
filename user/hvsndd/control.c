// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "../lib/output.h"
#include "config.h"
#include "control.h"
#include "gate.h"
#include "loop.h"

#define CALLERS_MAX  8
#define CALLER_USEC  USEC_PER_SEC	    /* that a command may take to come */
#define SETTLE_USEC  (50 * USEC_PER_MSEC) /* in which nothing may follow it */
#define REFUSAL	     "refused: must be \"audio-input 1\" or \"audio-input 0\" and a newline\n"

/**
 * struct control - a control socket
 * @guest: whose microphone it is for; NULL: it takes "hvsndd ctl"'s commands
 * @w: the listening socket
 * @address: it
 * @callers: who has connected
 * @count: how many
 */
struct control {
	struct guest *guest;
	struct watch w;
	struct address address;
	struct caller *callers;
	unsigned int count;
};

struct caller {
	struct caller *next;
	struct control *control;
	struct watch w;
	struct timer timer;
	size_t have;
	char buf[CONTROL_COMMAND_MAX];
};

static struct control *main_control;

static void caller_free(struct caller *c)
{
	struct caller **at;

	for (at = &c->control->callers; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	c->control->count--;
	timer_free(&c->timer);
	watch_set(&c->w, false, false);
	close(c->w.fd);
	free(c);
}

/* The last that it hears; what does not fit in the socket's buffer is lost. */
static void answer(struct caller *c, const char *text)
{
	if (send(c->w.fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_line(LOG_DEBUG, "an answer could not be given: %s", strerror(errno));
	caller_free(c);
}

/* A guest's socket has heard all that it will. */
static void judge(struct caller *c)
{
	enum gate_verdict verdict = gate_judge(c->buf, c->have);
	struct guest *g = c->control->guest;

	if (verdict != GATE_ALLOW && verdict != GATE_DENY) {
		log_limited(&g->log, LOG_WARNING, "%s: its control socket was told nonsense",
			    g->name);
		answer(c, REFUSAL);
		return;
	}
	answer(c, verdict == GATE_ALLOW ? "ok: microphone allowed\n" :
					     "ok: microphone denied\n");
	guest_allow(g, verdict == GATE_ALLOW);
}

static void answer_json(struct caller *c, struct json_object *o)
{
	char *text;

	if (asprintf(&text, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN)) < 0)
		text = NULL;
	json_object_put(o);
	answer(c, text ? text : "");
	free(text);
}

static void refuse_command(struct caller *c, const char *why)
{
	struct json_object *o = json_object_new_object();

	output_string(o, "error", why);
	answer_json(c, o);
}

static void status(struct caller *c, const char *name)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct guest *g;

	for (g = guests; g; g = g->next) {
		if (!*name || !strcmp(g->name, name))
			json_object_array_add(list, guest_status(g));
	}
	json_object_object_add(o, "guests", list);
	if (*name && !json_object_array_length(list)) {
		json_object_put(o);
		refuse_command(c, "there is no such guest");
	} else {
		answer_json(c, o);
	}
}

static void allow(struct caller *c, const char *name, bool on)
{
	struct guest *g = guest_by_name(name);

	if (!g) {
		refuse_command(c, "there is no such guest");
	} else if (!guest_allow(g, on)) {
		refuse_command(c, "it may never record: it was started with microphone=never");
	} else {
		g = guest_by_name(name);
		answer_json(c, g ? guest_status(g) : json_object_new_object());
	}
}

static void command(struct caller *c, char *line)
{
	char *name = strchr(line, ' ');

	if (name)
		*name++ = '\0';
	else
		name = line + strlen(line);
	if (!strcmp(line, "status"))
		status(c, name);
	else if (!strcmp(line, "allow") || !strcmp(line, "deny"))
		allow(c, name, *line == 'a');
	else
		refuse_command(c, "there is no such command");
}

static void caller_read(struct caller *c)
{
	ssize_t n = recv(c->w.fd, c->buf + c->have, sizeof(c->buf) - c->have, 0);
	char *newline;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->have += n;
	if (c->control->guest) {
		if (n <= 0 || gate_judge(c->buf, c->have) == GATE_BAD)
			judge(c);
		else if (gate_judge(c->buf, c->have) != GATE_MORE)
			timer_set(&c->timer, SETTLE_USEC);
		return;
	}
	newline = memchr(c->buf, '\n', c->have);
	if (newline) {
		*newline = '\0';
		command(c, c->buf);
	} else if (n <= 0 || c->have == sizeof(c->buf)) {
		refuse_command(c, "a command is one line");
	}
}

static void on_caller(void *data, bool in, bool out)
{
	(void)out;
	if (in)
		caller_read(data);
}

static void on_caller_timer(void *data)
{
	struct caller *c = data;

	if (c->control->guest)
		judge(c);
	else
		refuse_command(c, "the command does not come");
}

static void on_call(void *data, bool in, bool out)
{
	struct control *control = data;
	int fd = accept4(control->w.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct caller *c;

	(void)in;
	(void)out;
	if (fd < 0)
		return;
	/* The oldest makes room. */
	if (control->count == CALLERS_MAX) {
		for (c = control->callers; c->next; c = c->next)
			;
		caller_free(c);
	}
	c = calloc(1, sizeof(*c));
	if (!c || timer_init(&c->timer, on_caller_timer, c)) {
		free(c);
		close(fd);
		return;
	}
	c->control = control;
	c->w = (struct watch){ .fd = fd, .ready = on_caller, .data = c };
	c->next = control->callers;
	control->callers = c;
	control->count++;
	timer_set(&c->timer, CALLER_USEC);
	watch_set(&c->w, true, false);
}

/* The socket is called @kind and @name. */
static int control_open(struct control **out, struct guest *g, const char *kind, const char *name)
{
	struct control *c = calloc(1, sizeof(*c));
	mode_t mask;
	int n, fd;

	if (!c)
		return -ENOMEM;
	c->guest = g;
	c->address.kind = ADDRESS_UNIX;
	n = snprintf(c->address.path, sizeof(c->address.path), "%s/%s%s", config.control,
		     kind, name);
	/* For this user and group. */
	mask = umask(0117);
	fd = n < (int)sizeof(c->address.path) ? endpoint_listen(&c->address) : -ENAMETOOLONG;
	umask(mask);
	if (fd < 0) {
		free(c);
		return fd;
	}
	c->w = (struct watch){ .fd = fd, .ready = on_call, .data = c };
	watch_set(&c->w, true, false);
	*out = c;
	return 0;
}

int control_guest(struct guest *g)
{
	return control_open(&g->control, g, CONTROL_GUEST, g->name);
}

int control_start(void)
{
	int err;

	if (mkdir(config.control, 0750) && errno != EEXIST)
		err = -errno;
	else
		err = control_open(&main_control, NULL, CONTROL_SOCKET, "");
	if (err)
		log_line(LOG_ERR, "%s: %s: choose another folder with --control-dir",
			 config.control,
			 err == -EADDRINUSE ? "another hvsndd runs there" : strerror(-err));
	return err;
}

void control_free(struct control *c)
{
	struct caller *caller, *next;

	if (!c)
		return;
	for (caller = c->callers; caller; caller = next) {
		next = caller->next;
		caller_free(caller);
	}
	watch_set(&c->w, false, false);
	close(c->w.fd);
	unlink(c->address.path);
	free(c);
}

void control_stop(void)
{
	control_free(main_control);
	main_control = NULL;
}
