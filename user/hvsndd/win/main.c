// SPDX-License-Identifier: GPL-2.0
/* hvsndd.exe: plays and records the audio of virtual machines on Windows. */
#include <stdio.h>
#include <string.h>

#include "../../lib/common.h"
#include "../config.h"
#include "../dial.h"
#include "../listen.h"
#include "../loop.h"
#include "../options.h"
#include "../output_select.h"
#include "../platform.h"
#include "../state_file.h"
#include "commands.h"
#include "control.h"
#include "log_file.h"

static void open_log(void)
{
	char path[sizeof(config.state_dir) + 16];

	if (!*config.state_dir)
		return;
	snprintf(path, sizeof(path), "%s/hvsndd.log", config.state_dir);
	platform_make_directory(config.state_dir, true);
	if (!log_file_open(path))
		log_line(LOG_WARNING, "the log file %s cannot be written",
			 path);
}

static int serve(int argc, char **argv)
{
	int status = options_read(argc, argv);

	if (status >= 0)
		return status;
	open_log();
	status = 1;
	if (loop_start() && control_start() && !state_file_start() &&
	    !guests_start() &&
	    output_select(config.output, config.output_argument) &&
	    listen_start() && dial_start()) {
		log_line(LOG_NOTICE, "hvsndd " HVSND_VERSION " serves guests");
		status = loop_run();
	}
	listen_stop();
	control_stop();
	/* A closed connection makes its dialer connect again. */
	guests_disconnect();
	dial_stop();
	if (selected_output && selected_output->stop)
		selected_output->stop();
	guests_free();
	loop_free();
	return status;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "serve", serve },
	{ "register", register_command },
	{ "autostart", autostart_command },
	{ "ctl", ctl_command },
	{ "doctor", doctor_command },
};

int main(int argc, char **argv)
{
	size_t i;

	config.output = "wasapi";
	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, argv[1]))
			return commands[i].run(argc - 1, argv + 1);
	}
	return serve(argc, argv);
}
