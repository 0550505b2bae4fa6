// SPDX-License-Identifier: GPL-2.0
/* hvsndd: plays and records the audio of virtual machines on their host. */
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include "admit.h"
#include "bus.h"
#include "config.h"
#include "control.h"
#include "ctl.h"
#include "dial.h"
#include "guest.h"
#include "listen.h"
#include "loop.h"
#include "options.h"
#include "output_select.h"
#include "relay.h"
#include "state_file.h"

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* With --output pulse, connections of the protocol pulse are forwarded. */
static bool needs_output(void)
{
	unsigned int i;

	if (strcmp(config.output, output_pulse.name))
		return true;

	for (i = 0; i < config.endpoint_count; i++) {
		if (config.endpoints[i].protocol != PROTOCOL_PULSE)
			return true;
	}
	return false;
}

static bool start(void)
{
	if (!strcmp(config.output, output_pulse.name))
		admit_pulse = relay_open;
	return loop_start() && !control_start() && !bus_start(config.bus) &&
	       !state_file_start() && !guests_start() &&
	       (!needs_output() ||
		output_select(config.output, config.output_argument)) &&
	       listen_start() && dial_start();
}

int main(int argc, char **argv)
{
	int status;

	if (argc > 1 && !strcmp(argv[1], "ctl"))
		return ctl(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "help")) {
		bool is_ctl = argc > 2 && !strcmp(argv[2], "ctl");

		argv[1] = "--help";
		return is_ctl ? ctl(2, argv) : options_read(2, argv);
	}
	status = options_read(argc, argv);
	if (status >= 0)
		return status;
	raise_descriptor_limit();
	status = 1;
	if (start()) {
		sd_notify(0, "READY=1");
		status = loop_run();
		sd_notify(0, "STOPPING=1");
	}
	listen_stop();
	/* A connection that ends sets its dialer's timer. */
	guests_disconnect();
	dial_stop();
	if (selected_output && selected_output->stop)
		selected_output->stop();
	guests_free();
	bus_stop();
	control_stop();
	loop_free();
	return status;
}
