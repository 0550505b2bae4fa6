// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "../config.h"
#include "../decision.h"
#include "commands.h"
#include "control_text.h"
#include "pipe_name.h"
#include "port.h"

#define WAIT_MS 3000

static const char help[] =
	"usage: hvsndd ctl [OPTION]... COMMAND\n\n"
	"  list               names of the guests\n"
	"  status [GUEST]     what the guests do\n"
	"  allow GUEST        the guest may record\n"
	"  deny GUEST         the guest may not record\n"
	"  forget GUEST       remove the saved decision\n\n"
	"allow and deny are saved. The guest does not have to be connected, and hvsndd\n"
	"does not have to run.\n\n"
	"      --instance NAME    that hvsndd was started with\n"
	"      --state-dir DIR    directory of the saved decisions, used while hvsndd does\n"
	"                         not run\n\n"
	"Exit status: 0: done, 1: failed, 2: wrong usage, 3: hvsndd does not run.\n";

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

static int run(const char *command, const char *guest)
{
	static char buf[PIPE_ANSWER_SIZE];
	char name[PIPE_NAME_SIZE], line[PIPE_LINE_MAX], text[128];
	enum saved_decision decision;
	HANDLE pipe = INVALID_HANDLE_VALUE;
	DWORD n, len = 0;

	snprintf(line, sizeof(line), "%s%s%s\n", command, *guest ? " " : "",
		 guest);
	if (pipe_name(name))
		pipe = open_pipe(name);
	if (pipe == INVALID_HANDLE_VALUE) {
		if (GetLastError() == ERROR_FILE_NOT_FOUND &&
		    *config.state_dir && decision_parse(command, &decision))
			return decision_save(command, guest);
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

static bool is_valid(const char *command, const char *guest)
{
	enum saved_decision decision;

	if (decision_parse(command, &decision))
		return guest_name_ok(guest);
	if (!strcmp(command, "list"))
		return !*guest;
	return !strcmp(command, "status") && (!*guest || guest_name_ok(guest));
}

int ctl_command(int argc, char **argv)
{
	const char *command, *guest;

	for (; argc > 2 && !strncmp(argv[1], "--", 2); argc -= 2, argv += 2) {
		if (!strcmp(argv[1], "--instance"))
			pipe_name_suffix = argv[2];
		else if (!strcmp(argv[1], "--state-dir"))
			snprintf(config.state_dir, sizeof(config.state_dir),
				 "%s", argv[2]);
		else
			break;
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
	config_set_state_dir();
	return run(command, guest);
}
