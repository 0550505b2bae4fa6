// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_parse.h"
#include "server.h"

static bool server_given;

static void default_control_dir(char *out)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const size_t size = sizeof(config.control_dir);

	if (getuid() && runtime && strlen(runtime) < size - GUEST_NAME_SIZE - 8)
		snprintf(out, size, "%s/hvsndd", runtime);
	else
		strcpy(out, "/run/hvsndd");
}

void config_set_control_dir(void)
{
	if (!*config.control_dir)
		default_control_dir(config.control_dir);
}

void config_set_state_dir(void)
{
	const char *systemd = getenv("STATE_DIRECTORY");
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char usual[sizeof(config.control_dir)];
	const size_t size = sizeof(config.state_dir);

	default_control_dir(usual);
	/* An hvsndd with another control directory has other guests. */
	if (*config.state_dir || strcmp(config.control_dir, usual))
		return;
	if (systemd && *systemd)
		snprintf(config.state_dir, size, "%s", systemd);
	else if (!getuid())
		strcpy(config.state_dir, "/var/lib/hvsndd");
	else if (state && *state == '/')
		snprintf(config.state_dir, size, "%s/hvsndd", state);
	else if (home && *home)
		snprintf(config.state_dir, size, "%s/.local/state/hvsndd",
			 home);
}

bool config_server(const char *text)
{
	char reason[REASON_SIZE];

	server_given = true;
	if (server_parse(text, reason))
		return true;
	fprintf(stderr, "hvsndd: %s\n", reason);
	return false;
}

bool config_load_cookie(const char *path)
{
	const ssize_t size = sizeof(config.cookie);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read(fd, config.cookie, size) == size;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool default_server(void)
{
	const char *server = getenv("PULSE_SERVER");
	const char *pulse = getenv("PULSE_RUNTIME_PATH");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[200];

	if (server && *server)
		return config_server(server);
	if (pulse && *pulse)
		snprintf(path, sizeof(path), "unix:%.90s/native", pulse);
	else
		snprintf(path, sizeof(path), "unix:%.90s/pulse/native",
			 runtime ? runtime : "/run");
	return config_server(path);
}

static bool default_cookie(void)
{
	const char *dir = getenv("XDG_CONFIG_HOME");
	const char *file = getenv("PULSE_COOKIE");
	const char *home = getenv("HOME");
	char path[300];

	if (file && *file) {
		config.cookie_file = file;
		return config_load_cookie(file) ||
		       config_invalid("PULSE_COOKIE", file,
				      "a file of 256 bytes");
	}
	if (!home)
		home = "";
	if (dir && *dir == '/')
		snprintf(path, sizeof(path), "%s/pulse/cookie", dir);
	else
		snprintf(path, sizeof(path), "%s/.config/pulse/cookie", home);
	if (config_load_cookie(path))
		return true;
	snprintf(path, sizeof(path), "%s/.pulse-cookie", home);
	/* Not an error: some servers need no cookie. */
	config_load_cookie(path);
	return true;
}

bool config_finish_server(void)
{
	return (server_given || default_server()) &&
	       (config.cookie_file || default_cookie());
}
