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
#include "mic_command.h"
#include "loop.h"
#include "state.h"

#define CALLERS_MAX 8
#define CALLER_USEC USEC_PER_SEC /* that a command may take to come */
#define SETTLE_USEC (50 * USEC_PER_MSEC) /* in which nothing may follow it */
#define REFUSAL \
	"refused: must be \"audio-input 1\" or \"audio-input 0\" and a newline\n"

#define TOO_MANY \
	"there are too many guests. Forget some: hvsndd ctl forget GUEST"
#define NO_GUEST \
	"there is no such guest. The names are told by: hvsndd ctl list"

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
		log_line(LOG_DEBUG, "an answer could not be given: %s",
			 strerror(errno));
	caller_free(c);
}

/* A guest's socket has heard all that it will. */
static void judge(struct caller *c)
{
	enum mic_command command = mic_command_parse(c->buf, c->have);
	struct guest *g = c->control->guest;

	if (command != MIC_COMMAND_ALLOW && command != MIC_COMMAND_DENY) {
		log_limited(&g->log, LOG_WARNING,
			    "%s: its control socket was told nonsense",
			    g->name);
		answer(c, REFUSAL);
		return;
	}
	answer(c, command == MIC_COMMAND_ALLOW ? "ok: microphone allowed\n" :
						 "ok: microphone denied\n");
	guest_allow(g, command == MIC_COMMAND_ALLOW);
}

static void answer_json(struct caller *c, struct json_object *o)
{
	char *text;

	if (asprintf(&text, "%s\n",
		     json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN)) < 0)
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
	struct guest *g, *meant = guest_meant(name, false);

	for (g = guests; g; g = g->next) {
		if (!*name || g == meant)
			json_object_array_add(list, guest_status(g));
	}
	json_object_object_add(o, "guests", list);
	if (*name && !json_object_array_length(list)) {
		json_object_put(o);
		refuse_command(c, NO_GUEST);
	} else {
		answer_json(c, o);
	}
}

/* Says what holds now, and whether it lasts. */
static void answer_kept(struct caller *c, const char *name)
{
	char reason[REASON_SIZE];
	int err = state_save(reason, sizeof(reason));
	struct guest *g = guest_by_name(name);
	struct json_object *o = g ? guest_status(g) : json_object_new_object();

	if (err)
		output_string(o, *config.state ? "error" : "warning", reason);
	answer_json(c, o);
}

static void decide(struct caller *c, const char *text, enum kept kept)
{
	struct guest *g = guest_name_ok(text) ?
				  guest_meant(text, kept != KEPT_NOTHING) :
				  NULL;
	char name[GUEST_NAME_SIZE];

	if (!g) {
		refuse_command(c, kept ? TOO_MANY : NO_GUEST);
		return;
	}
	if (g->never && kept == KEPT_ALLOW) {
		refuse_command(c,
			       "it may never record: it was started with microphone=never");
		return;
	}
	snprintf(name, sizeof(name), "%s", g->name);
	/* It must not go before it is written. */
	g->count++;
	g->kept = kept;
	guest_allow(g, kept ? kept == KEPT_ALLOW : g->first);
	g->count--;
	guest_put(g);
	answer_kept(c, name);
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
	else if (!strcmp(line, "allow"))
		decide(c, name, KEPT_ALLOW);
	else if (!strcmp(line, "deny"))
		decide(c, name, KEPT_DENY);
	else if (!strcmp(line, "forget"))
		decide(c, name, KEPT_NOTHING);
	else
		refuse_command(c, "there is no such command");
}

static void caller_read(struct caller *c)
{
	ssize_t n =
		recv(c->w.fd, c->buf + c->have, sizeof(c->buf) - c->have, 0);
	char *newline;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->have += n;
	if (c->control->guest) {
		if (n <= 0 ||
		    mic_command_parse(c->buf, c->have) == MIC_COMMAND_INVALID)
			judge(c);
		else if (mic_command_parse(c->buf, c->have) !=
			 MIC_COMMAND_INCOMPLETE)
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
	int fd = accept4(control->w.fd, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);
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
static int control_open(struct control **out, struct guest *g, const char *kind,
			const char *name)
{
	struct control *c = calloc(1, sizeof(*c));
	mode_t mask;
	int n, fd;

	if (!c)
		return -ENOMEM;
	c->guest = g;
	c->address.kind = ADDRESS_UNIX;
	n = snprintf(c->address.path, sizeof(c->address.path), "%s/%s%s",
		     config.control, kind, name);
	/* For this user and group. */
	mask = umask(0117);
	fd = n < (int)sizeof(c->address.path) ?
		     endpoint_listen(&c->address, NULL) :
		     -ENAMETOOLONG;
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
		log_line(LOG_ERR,
			 "%s: %s: choose another folder with --control-dir",
			 config.control,
			 err == -EADDRINUSE ? "another hvsndd runs there" :
					      strerror(-err));
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
	endpoint_remove(&c->address);
	free(c);
}

void control_stop(void)
{
	control_free(main_control);
	main_control = NULL;
}
