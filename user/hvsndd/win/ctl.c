// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "../guest.h"
#include "commands.h"
#include "control_text.h"
#include "pipe_name.h"
#include "port.h"

#define WAIT_MS 3000

static const char help[] =
	"usage: hvsndd ctl [--instance NAME] COMMAND\n\n"
	"  list               names of the guests\n"
	"  status [GUEST]     what the guests do\n"
	"  allow GUEST        the guest may record\n"
	"  deny GUEST         the guest may not record\n"
	"  forget GUEST       remove the saved decision\n\n"
	"allow and deny are saved. Exit status: 0: done, 1: failed, 2: wrong usage,\n"
	"3: hvsndd does not run.\n";

/* Wait for the pipe, which serves one client at a time. */
static HANDLE open_pipe(const char *name)
{
	HANDLE pipe;

	do {
		pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				   OPEN_EXISTING, 0, NULL);
	} while (pipe == INVALID_HANDLE_VALUE &&
		 GetLastError() == ERROR_PIPE_BUSY &&
		 WaitNamedPipeA(name, WAIT_MS));
	return pipe;
}

static int ask(const char *line)
{
	static char buf[PIPE_ANSWER_SIZE];
	char name[PIPE_NAME_SIZE], text[128];
	DWORD n, len = 0;
	HANDLE pipe = INVALID_HANDLE_VALUE;

	if (pipe_name(name))
		pipe = open_pipe(name);
	if (pipe == INVALID_HANDLE_VALUE) {
		fprintf(stderr,
			"hvsndd: hvsndd does not answer: %s. Start it: hvsndd serve\n",
			port_error_text(GetLastError(), text, sizeof(text)));
		return 3;
	}
	if (!WriteFile(pipe, line, strlen(line), &n, NULL))
		len = 0;
	else if (ReadFile(pipe, buf, sizeof(buf) - 1, &n, NULL))
		len = n;
	buf[len] = '\0';
	CloseHandle(pipe);
	if (strncmp(buf, CONTROL_ERROR, strlen(CONTROL_ERROR))) {
		fputs(buf, stdout);
		return 0;
	}
	fprintf(stderr, "hvsndd: %s", buf + strlen(CONTROL_ERROR));
	return 1;
}

static bool is_decision(const char *command)
{
	return !strcmp(command, "allow") || !strcmp(command, "deny") ||
	       !strcmp(command, "forget");
}

static bool is_valid(const char *command, const char *guest)
{
	if (is_decision(command))
		return guest_name_ok(guest);
	if (!strcmp(command, "list"))
		return !*guest;
	return !strcmp(command, "status") && (!*guest || guest_name_ok(guest));
}

int ctl_command(int argc, char **argv)
{
	const char *command, *guest;
	char line[PIPE_LINE_MAX];

	if (argc > 2 && !strcmp(argv[1], "--instance")) {
		pipe_name_suffix = argv[2];
		argc -= 2;
		argv += 2;
	}
	command = argc > 1 ? argv[1] : "";
	guest = argc > 2 ? argv[2] : "";
	if (!strcmp(command, "--help")) {
		fputs(help, stdout);
		return 0;
	}
	if (argc > 3 || !is_valid(command, guest)) {
		fputs(help, stderr);
		return 2;
	}
	snprintf(line, sizeof(line), "%s%s%s\n", command, *guest ? " " : "",
		 guest);
	return ask(line);
}
