// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "../lib/output.h"
#include "config.h"
#include "control.h"
#include "ctl.h"
#include "guest.h"
#include "state.h"

#define TIMEOUT_MS 2000
#define ANSWER_SIZE 262144

static const char help[] =
	"usage: hvsndd ctl [OPTION]... COMMAND\n\n"
	"  list         the names of the guests\n"
	"  status [GUEST]\n"
	"               what they do\n"
	"  allow GUEST  open the microphone for it\n"
	"  deny GUEST   close it\n"
	"  forget GUEST what the command line of hvsndd says holds for it again\n\n"
	"GUEST is a name, or a CID (3 is vm3). allow and deny last until they are changed, also for a guest that has\n"
	"not connected yet, and when hvsndd does not run.\n\n"
	"  -j, --json               print JSON\n"
	"      --control-dir DIR    where the server has its control sockets\n"
	"      --state-dir DIR      where allow and deny are kept, if the server does not run\n";

static int fail(int status, const char *what)
{
	fprintf(stderr, "hvsndd: %s\n", what);
	return status;
}

/* Sends the line, and reads all that comes back. Returns its length or a negative errno. */
static int ask(const char *line, char *buf, size_t size)
{
	struct address a = { .kind = ADDRESS_UNIX };
	struct pollfd p = { .events = POLLIN };
	char dir[sizeof(config.control)];
	size_t have = 0;
	ssize_t n;

	snprintf(dir, sizeof(dir), "%s", config.control);
	if (snprintf(a.path, sizeof(a.path), "%s/" CONTROL_SOCKET, dir) >=
	    (int)sizeof(a.path))
		return -ENAMETOOLONG;
	p.fd = endpoint_connect(&a, TIMEOUT_MS);
	if (p.fd < 0)
		return p.fd;
	n = send(p.fd, line, strlen(line), MSG_NOSIGNAL);
	while (n > 0 && have < size - 1) {
		n = poll(&p, 1, TIMEOUT_MS);
		if (n > 0)
			n = recv(p.fd, buf + have, size - 1 - have, 0);
		else if (!n)
			errno = ETIMEDOUT;
		have += n > 0 ? n : 0;
	}
	close(p.fd);
	buf[have] = '\0';
	return have ? (int)have : -ECONNRESET;
}

/* Without a server: it reads the file when it starts. */
static int keep(const char *command, const char *guest)
{
	char reason[REASON_SIZE];
	struct guest *g;

	if (state_load())
		return 1;
	g = guest_meant(guest, *command != 'f');
	if (!g)
		return fail(1,
			    *command == 'f' ?
				    "there is no such guest" :
				    "there are too many guests: forget some");
	g->kept = *command == 'a' ? KEPT_ALLOW :
		  *command == 'd' ? KEPT_DENY :
				    KEPT_NOTHING;
	if (state_save(reason, sizeof(reason)))
		return fail(1, reason);
	printf("%s: %s is kept in %s. hvsndd does not run, and heeds it when it starts\n",
	       g->name, command, config.state);
	return output_flush() ? 0 : 1;
}

static bool changes(const char *command)
{
	return !strcmp(command, "allow") || !strcmp(command, "deny") ||
	       !strcmp(command, "forget");
}

static void print_guest(struct json_object *g)
{
	const char *what = "";

	if (output_value(g, "recording"))
		what = ", recording";
	else if (output_value(g, "wants_microphone"))
		what = ", wants it";
	printf("%s: connections %d, microphone %s%s, played %lld bytes, recorded %lld, dropped %lld, underruns %d\n",
	       output_text(g, "name"), (int)output_value(g, "connections"),
	       output_text(g, "microphone"), what,
	       (long long)output_value(g, "played_bytes"),
	       (long long)output_value(g, "recorded_bytes"),
	       (long long)output_value(g, "dropped_bytes"),
	       (int)output_value(g, "underruns"));
}

static void print(struct json_object *o, bool names)
{
	struct json_object *list;
	size_t i;

	if (!json_object_object_get_ex(o, "guests", &list)) {
		print_guest(o);
		return;
	}
	for (i = 0; i < json_object_array_length(list); i++) {
		if (names)
			puts(output_text(json_object_array_get_idx(list, i),
					 "name"));
		else
			print_guest(json_object_array_get_idx(list, i));
	}
}

static int run(const char *command, const char *guest)
{
	static char buf[ANSWER_SIZE];
	bool list = !strcmp(command, "list");
	char line[CONTROL_COMMAND_MAX];
	struct json_object *o;
	int status = 0, err;

	snprintf(line, sizeof(line), "%s%s%s\n", list ? "status" : command,
		 *guest ? " " : "", guest);
	err = ask(line, buf, sizeof(buf));
	if ((err == -ENOENT || err == -ECONNREFUSED) && changes(command) &&
	    *config.state)
		return keep(command, guest);
	if (err < 0) {
		fprintf(stderr,
			"hvsndd: no hvsndd answers at %s: %s. Start hvsndd, or name its folder with --control-dir\n",
			config.control, strerror(-err));
		return 3;
	}
	o = json_tokener_parse(buf);
	if (!o)
		return fail(1, "its answer makes no sense");
	if (*output_text(o, "warning"))
		fail(0, output_text(o, "warning"));
	if (*output_text(o, "error")) {
		status = fail(1, output_text(o, "error"));
		json_object_put(o);
	} else if (output_json) {
		output_print(o, false);
	} else {
		print(o, list);
		json_object_put(o);
	}
	return output_flush() ? status : 1;
}

int ctl(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "control-dir", required_argument, NULL, 'C' },
		{ "state-dir", required_argument, NULL, 'S' },
		{}
	};
	const char *command, *guest;
	bool needs;
	int c;

	while ((c = getopt_long(argc, argv, "hj", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'j':
			output_json = true;
			break;
		case 'C':
			snprintf(config.control, sizeof(config.control), "%s",
				 optarg);
			break;
		case 'S':
			snprintf(config.state, sizeof(config.state), "%s",
				 optarg);
			break;
		default:
			return 2;
		}
	}
	command = optind < argc ? argv[optind] : "";
	guest = optind + 1 < argc ? argv[optind + 1] : "";
	needs = changes(command);
	if (!needs && strcmp(command, "list") && strcmp(command, "status"))
		return fail(2,
			    "ctl: must be list, status, allow, deny or forget (hvsndd ctl --help tells more)");
	if (optind + 2 < argc || (needs && !*guest) ||
	    (*guest && !guest_name_ok(guest)))
		return fail(2,
			    "ctl: it takes the name of a guest (hvsndd ctl --help tells more)");
	if (*guest && !strcmp(command, "list"))
		return fail(2, "ctl: list takes no more");
	if (!*config.control)
		config_control(config.control);
	config_state();
	return run(command, guest);
}
