// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "config_parse.h"
#include "options_system.h"

const char options_help[] =
	"usage: hvsndd [OPTION]...\n"
	"       hvsndd ctl [OPTION]... COMMAND      (see hvsndd ctl --help)\n\n"
	"Plays and records the audio of virtual machines on this host. Defaults are in\n"
	"parentheses.\n\n"
	"Connections:\n"
	"  -l, --listen ADDRESS[,KEY=VALUE]...\n"
	"                           listen at PORT, vsock:any:PORT, unix:PATH,\n"
	"                           unix:@NAME or tcp:HOST:PORT (vsock:any:4713)\n"
	"  -c, --connect ADDRESS[,KEY=VALUE]...\n"
	"                           connect to a guest at vsock:CID:PORT or unix:PATH\n"
	HELP_CONNECTIONS
	"        name=NAME          name of the guest at a UNIX socket or a TCP address\n"
	"      --allow-tcp          allow tcp: addresses; every program that can connect\n"
	"                           to the address is accepted\n"
	HELP_PROTOCOL
	"  -g, --guest CID|NAME|any[,KEY=VALUE]...\n"
	"                           guest that may connect; if a CID is named, other CIDs\n"
	"                           may connect only with --guest any\n"
	"        name=NAME          name of the guest (vmCID)\n"
	HELP_GUEST
	"Audio:\n"
	"  -o, --output OUTPUT      pulse: the host's audio server; alsa[:DEVICE],\n"
	"                           file:DIR or null: hvsndd is the audio server (pulse)\n"
	"      --server SERVER      the host's PulseAudio or PipeWire server, in the form\n"
	"                           of PULSE_SERVER: unix:PATH, /PATH, tcp:HOST:PORT, or\n"
	"                           several of them separated by spaces (PULSE_SERVER, or\n"
	"                           unix:$XDG_RUNTIME_DIR/pulse/native)\n"
	"      --cookie FILE        cookie of this server (PULSE_COOKIE, or\n"
	"                           $XDG_CONFIG_HOME/pulse/cookie); with another output\n"
	"                           than pulse: cookie that guests must send (none)\n"
	HELP_AUDIO
	"Control:\n"
	"      --control-dir DIR    directory of the control sockets (/run/hvsndd, or\n"
	"                           $XDG_RUNTIME_DIR/hvsndd)\n"
	"      --state-dir DIR      directory in which hvsndd ctl saves its decisions\n"
	"                           (/var/lib/hvsndd, or ~/.local/state/hvsndd; none if\n"
	"                           --control-dir is not the default)\n"
	"      --bus system|user    offer org.qubesos.Audio.GUEST on D-Bus\n"
	HELP_END
	"Exit status: 0: terminated by a signal, 1: failed, 2: wrong usage.\n";

const char *const options_output = "pulse, alsa, alsa:DEVICE, file:DIR or null";

enum {
	OPTION_ALLOW_TCP = OPTIONS_SYSTEM,
	OPTION_SERVER,
	OPTION_COOKIE,
	OPTION_CONTROL_DIR,
	OPTION_BUS,
};

const struct option options_system[] = {
	{ "allow-tcp", no_argument, NULL, OPTION_ALLOW_TCP },
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "cookie", required_argument, NULL, OPTION_COOKIE },
	{ "control-dir", required_argument, NULL, OPTION_CONTROL_DIR },
	{ "bus", required_argument, NULL, OPTION_BUS },
	{}
};

static bool read_control_dir(const char *path)
{
	if (strlen(path) >= sizeof(config.control_dir) - GUEST_NAME_SIZE)
		return config_invalid("control-dir", path,
				      "shorter: the path of a socket has at most 107 bytes");
	strcpy(config.control_dir, path);
	return true;
}

bool options_read_system(int option, const char *argument)
{
	static const char *const buses[] = { "system", "user", NULL };
	int i;

	switch (option) {
	case OPTION_ALLOW_TCP:
		config.allow_tcp = true;
		return true;
	case OPTION_SERVER:
		return config_server(argument);
	case OPTION_COOKIE:
		config.cookie_file = argument;
		config.check_cookie = true;
		return config_load_cookie(argument) ||
		       config_invalid("cookie", argument,
				      "a file of 256 bytes");
	case OPTION_CONTROL_DIR:
		return read_control_dir(argument);
	default:
		if (!config_choice("bus", argument, buses, &i))
			return false;
		config.bus = i ? BUS_USER : BUS_SYSTEM;
		return true;
	}
}

bool options_finish_system(void)
{
	config_set_control_dir();
	config_set_state_dir();
	return config_finish_server();
}
