// SPDX-License-Identifier: GPL-2.0
/* hvsnd cat: netcat over vsock. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/endpoint.h"
#include "../lib/forward.h"
#include "hvsnd.h"

#define RETRY_US 1000000

static int unreachable(const struct address *a, int err)
{
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];

	return fail(STATUS_UNREACHABLE, "%s: %s", address_text(a, text),
		    endpoint_hint(a, err, hint));
}

/* Standard input and output, or back what comes. */
static int forward(int fd, bool echo)
{
	struct forwarder p = { .listener = -1 };
	bool added =
		echo ? forwarder_add(&p, fd, fd, -1, -1) :
		       forwarder_add(&p, STDIN_FILENO, fd, fd, STDOUT_FILENO);
	int err = added ? forwarder_run(&p) : -ENOMEM;

	if (!err)
		err = p.error;
	return err ? fail(STATUS_FAILED, "the connection broke off: %s",
			  strerror(-err)) :
		     STATUS_OK;
}

static int call(const struct address *a, bool echo, bool retry,
		unsigned int timeout_ms)
{
	int fd;

	while ((fd = endpoint_connect(a, timeout_ms)) < 0 && retry)
		usleep(RETRY_US);
	return fd < 0 ? unreachable(a, fd) : forward(fd, echo);
}

static int wait_for_call(int listener, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = listener, .events = POLLIN };
	int fd, n;

	do {
		n = poll(&poll_fd, 1, timeout_ms);
		if (!n)
			return -ETIMEDOUT;
		fd = n < 0 ? -1 :
			     accept4(listener, NULL, NULL,
				     SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (fd < 0 &&
		 (errno == EINTR || errno == EAGAIN || errno == ECONNABORTED));
	return fd < 0 ? -errno : fd;
}

static int answer(struct address *a, bool echo, bool limited,
		  unsigned int timeout_ms)
{
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];
	struct forwarder p = {};
	int fd, status;

	address_to_listen(a);
	p.listener = endpoint_listen(a, NULL);
	if (p.listener < 0)
		return fail(STATUS_UNREACHABLE, "%s: %s", address_text(a, text),
			    endpoint_listen_hint(a, p.listener, hint));
	if (echo) {
		status = -forwarder_run(&p);
	} else {
		fd = wait_for_call(p.listener, limited ? (int)timeout_ms : -1);
		if (fd == -ETIMEDOUT)
			status = fail(STATUS_UNREACHABLE, "nobody has connected");
		else if (fd < 0)
			status = unreachable(a, fd);
		else
			status = forward(fd, false);
	}
	endpoint_remove(a);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		OPTION_HELP,
		{ "listen", no_argument, NULL, 'l' },
		{ "echo", no_argument, NULL, 'e' },
		{ "retry", no_argument, NULL, 'r' },
		{ "timeout", required_argument, NULL, 't' },
		{}
	};
	bool listening = false, echo = false, retry = false, limited = false;
	unsigned int timeout_ms = 2000;
	struct address a;
	int c;

	while ((c = option(argc, argv, "lert:", options)) != -1) {
		listening |= c == 'l';
		echo |= c == 'e';
		retry |= c == 'r';
		limited |= c == 't';
		if (c == 't' && !parse_seconds(optarg, &timeout_ms))
			return STATUS_USAGE;
	}
	if (!arguments_are(argc, 1, 1) || !parse_address(argv[optind], &a))
		return STATUS_USAGE;
	if (listening && retry)
		return usage("--retry is for connecting, not for listening");
	if (listening && echo && limited)
		return usage("--timeout does not go with --listen --echo, which waits for ever");
	return listening ? answer(&a, echo, limited, timeout_ms)
			 : call(&a, echo, retry, timeout_ms);
}

const struct command command_cat = {
	.name = "cat",
	.arguments = "[-l] [-e] [-r] [-t SECONDS] ADDRESS",
	.summary = "netcat over vsock",
	.help =
		"Connects to ADDRESS, sends standard input and prints what comes. Each direction ends for itself.\n\n"
		"  -l, --listen           wait at ADDRESS for one connection instead (PORT, unix:PATH); a port without CID is\n"
		"                         open to any CID\n"
		"  -e, --echo             send back what comes; with -l, to any number of connections\n"
		"  -r, --retry            try again each second until it connects\n"
		"  -t, --timeout SECONDS  how long connecting may take (2), or with -l waiting for it (for ever)\n",
	.run = run,
};
