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
#include "decision.h"

#define TIMEOUT_MS 2000
#define ANSWER_SIZE 262144

static const char help[] =
	"usage: hvsndd ctl [OPTION]... COMMAND\n\n"
	"  list         print the names of the guests\n"
	"  status [GUEST]\n"
	"               print the state of one guest or of all guests\n"
	"  allow GUEST  allow the guest to record\n"
	"  deny GUEST   do not allow the guest to record\n"
	"  forget GUEST remove what allow or deny saved: the command line of hvsndd\n"
	"               decides again\n\n"
	"GUEST is a name or a CID (3 is the same as vm3). allow and deny are saved. The\n"
	"guest does not have to be connected, and hvsndd does not have to run.\n\n"
	"  -j, --json               print JSON\n"
	"      --control-dir DIR    directory of the control sockets\n"
	"      --state-dir DIR      directory of the saved decisions, used while hvsndd\n"
	"                           does not run\n";

static int fail(int status, const char *what)
{
	fprintf(stderr, "hvsndd: %s\n", what);
	return status;
}

/* Send a command and read the whole answer. Returns its length or -errno. */
static int ask(const char *line, char *buf, size_t size)
{
	struct address a = { .kind = ADDRESS_UNIX };
	struct pollfd p = { .events = POLLIN };
	char dir[sizeof(config.control_dir)];
	size_t have = 0;
	ssize_t n;

	snprintf(dir, sizeof(dir), "%s", config.control_dir);
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

static void print_guest(struct json_object *g)
{
	const char *what = "";

	if (output_value(g, "recording"))
		what = ", recording";
	else if (output_value(g, "wants_microphone"))
		what = ", wants to record";
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
	char line[CONTROL_LINE_MAX];
	enum saved_decision decision;
	struct json_object *o;
	int status = 0, err;

	snprintf(line, sizeof(line), "%s%s%s\n", list ? "status" : command,
		 *guest ? " " : "", guest);
	err = ask(line, buf, sizeof(buf));
	if ((err == -ENOENT || err == -ECONNREFUSED) && *config.state_dir &&
	    decision_parse(command, &decision)) {
		status = decision_save(command, guest);
		return output_flush() ? status : 1;
	}
	if (err < 0) {
		fprintf(stderr,
			"hvsndd: no hvsndd answers at %s: %s. Start hvsndd, or give its directory with --control-dir\n",
			config.control_dir, strerror(-err));
		return 3;
	}
	o = json_tokener_parse(buf);
	if (!o)
		return fail(1, "the answer of hvsndd is not valid JSON");
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
	enum saved_decision decision;
	const char *command, *guest;
	bool needs_guest;
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
			snprintf(config.control_dir, sizeof(config.control_dir),
				 "%s", optarg);
			break;
		case 'S':
			snprintf(config.state_dir, sizeof(config.state_dir),
				 "%s", optarg);
			break;
		default:
			return 2;
		}
	}
	command = optind < argc ? argv[optind] : "";
	guest = optind + 1 < argc ? argv[optind + 1] : "";
	needs_guest = decision_parse(command, &decision);
	if (!needs_guest && strcmp(command, "list") &&
	    strcmp(command, "status"))
		return fail(2,
			    "ctl: the command must be list, status, allow, deny or forget (see hvsndd ctl --help)");
	if (optind + 2 < argc || (needs_guest && !*guest) ||
	    (*guest && !guest_name_ok(guest)))
		return fail(2,
			    "ctl: the argument must be the name of one guest (see hvsndd ctl --help)");
	if (*guest && !strcmp(command, "list"))
		return fail(2, "ctl: list takes no argument");
	config_set_control_dir();
	config_set_state_dir();
	return run(command, guest);
}
