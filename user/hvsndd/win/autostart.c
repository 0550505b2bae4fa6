// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "port.h"

#define RUN_KEY "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
#define VALUE "hvsndd"
#define USAGE "usage: hvsndd autostart on|off [OPTION of hvsndd serve]...\n"

/* hvsnddw.exe is the same program without a console. */
static void make_line(int argc, char **argv, char *out, size_t size)
{
	char program[MAX_PATH], quiet[MAX_PATH + 8];
	size_t len;
	int i;

	GetModuleFileNameA(NULL, program, sizeof(program));
	len = strlen(program);
	if (len > 4)
		len -= 4;
	snprintf(quiet, sizeof(quiet), "%.*sw.exe", (int)len, program);
	if (GetFileAttributesA(quiet) == INVALID_FILE_ATTRIBUTES)
		snprintf(quiet, sizeof(quiet), "%s", program);
	snprintf(out, size, "\"%s\" serve", quiet);
	for (i = 2; i < argc; i++) {
		len = strlen(out);
		snprintf(out + len, size - len,
			 strchr(argv[i], ' ') ? " \"%s\"" : " %s", argv[i]);
	}
}

int autostart_command(int argc, char **argv)
{
	bool on = argc > 1 && !strcmp(argv[1], "on");
	char line[2048], text[128];
	DWORD error;
	HKEY key;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		fputs(USAGE, stdout);
		return 0;
	}
	if (!on && (argc != 2 || strcmp(argv[1], "off"))) {
		fputs(USAGE, stderr);
		return 2;
	}
	error = RegCreateKeyExA(HKEY_CURRENT_USER, RUN_KEY, 0, NULL, 0,
				KEY_WRITE, NULL, &key, NULL);
	if (!error && on) {
		make_line(argc, argv, line, sizeof(line));
		error = RegSetValueExA(key, VALUE, 0, REG_SZ,
				       (const BYTE *)line, strlen(line) + 1);
	} else if (!error) {
		error = RegDeleteValueA(key, VALUE);
		if (error == ERROR_FILE_NOT_FOUND)
			error = 0;
	}
	if (error) {
		fprintf(stderr, "hvsndd: autostart cannot be changed: %s\n",
			port_error_text(error, text, sizeof(text)));
		return 1;
	}
	RegCloseKey(key);
	if (on)
		printf("when you log on, Windows starts: %s\n", line);
	else
		puts("Windows does not start hvsndd any more");
	return 0;
}
