// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config_parse.h"
#include "options.h"

static const char help[] =
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
	"        protocol=PROTOCOL  protocol at this address\n"
	"        direction=playback|record|both\n"
	"                           audio that a simple or qubes connection carries\n"
	"                           (playback)\n"
	"        name=NAME          name of the guest at a UNIX socket or a TCP address\n"
	"      --allow-tcp          allow tcp: addresses; every program that can connect\n"
	"                           to the address is accepted\n"
	"  -p, --protocol PROTOCOL  pulse, simple or qubes (pulse)\n"
	"  -g, --guest CID|NAME|any[,KEY=VALUE]...\n"
	"                           guest that may connect; if a CID is named, other CIDs\n"
	"                           may connect only with --guest any\n"
	"        name=NAME          name of the guest (vmCID)\n"
	"        playback=on|off    whether the guest may play (on)\n"
	"        microphone=ask|allow|never\n"
	"                           the guest may record: after it was allowed, from the\n"
	"                           start, never (ask)\n"
	"      --max-connections N  maximum number of connections (256)\n"
	"      --max-guest-connections N\n"
	"                           maximum number of connections of one guest (16)\n\n"
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
	"      --format FORMAT      of simple, and of the sink that hvsndd offers: s16le,\n"
	"                           s32le, float32le, ... (s16le)\n"
	"      --rate RATE          (44100)\n"
	"      --channels N         (2)\n"
	"      --latency MS         simple and qubes: amount of queued audio (40)\n"
	"      --when-full block|drop\n"
	"                           while the queue is full, do not receive data, or\n"
	"                           discard it (block)\n"
	"      --drift follow|ignore\n"
	"                           whether the output's rate follows the guest's clock\n"
	"                           (follow)\n\n"
	"Control:\n"
	"      --control-dir DIR    directory of the control sockets (/run/hvsndd, or\n"
	"                           $XDG_RUNTIME_DIR/hvsndd)\n"
	"      --state-dir DIR      directory in which hvsndd ctl saves its decisions\n"
	"                           (/var/lib/hvsndd, or ~/.local/state/hvsndd; none if\n"
	"                           --control-dir is not the default)\n"
	"      --bus system|user    offer org.qubesos.Audio.GUEST on D-Bus\n"
	"  -v, --verbose            log each connection\n"
	"  -V, --version            print the version\n\n"
	"Exit status: 0: terminated by a signal, 1: failed, 2: wrong usage.\n";

enum {
	OPTION_ALLOW_TCP = 256,
	OPTION_SERVER,
	OPTION_COOKIE,
	OPTION_FORMAT,
	OPTION_RATE,
	OPTION_CHANNELS,
	OPTION_LATENCY,
	OPTION_WHEN_FULL,
	OPTION_DRIFT,
	OPTION_CONTROL_DIR,
	OPTION_STATE_DIR,
	OPTION_BUS,
	OPTION_MAX_CONNECTIONS,
	OPTION_MAX_GUEST_CONNECTIONS,
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "listen", required_argument, NULL, 'l' },
	{ "connect", required_argument, NULL, 'c' },
	{ "protocol", required_argument, NULL, 'p' },
	{ "guest", required_argument, NULL, 'g' },
	{ "output", required_argument, NULL, 'o' },
	{ "allow-tcp", no_argument, NULL, OPTION_ALLOW_TCP },
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "cookie", required_argument, NULL, OPTION_COOKIE },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "channels", required_argument, NULL, OPTION_CHANNELS },
	{ "latency", required_argument, NULL, OPTION_LATENCY },
	{ "when-full", required_argument, NULL, OPTION_WHEN_FULL },
	{ "drift", required_argument, NULL, OPTION_DRIFT },
	{ "control-dir", required_argument, NULL, OPTION_CONTROL_DIR },
	{ "state-dir", required_argument, NULL, OPTION_STATE_DIR },
	{ "bus", required_argument, NULL, OPTION_BUS },
	{ "max-connections", required_argument, NULL, OPTION_MAX_CONNECTIONS },
	{ "max-guest-connections", required_argument, NULL,
	  OPTION_MAX_GUEST_CONNECTIONS },
	{ "version", no_argument, NULL, 'V' },
	{}
};

static enum protocol protocol = PROTOCOL_PULSE;
static bool allow_tcp;

static bool read_spec_option(int option, const char *value)
{
	struct sample_spec *spec = &config.simple_spec;
	unsigned int n;

	switch (option) {
	case OPTION_FORMAT:
		spec->format = sample_format_parse(value);
		return spec->format != SAMPLE_INVALID ||
		       config_invalid("format", value,
				      "s16le, s32le, float32le or another sample format of PulseAudio");
	case OPTION_RATE:
		return config_number("rate", value, 4000, SAMPLE_RATE_MAX,
				     &spec->rate);
	default:
		if (!config_number("channels", value, 1, SAMPLE_CHANNELS_MAX,
				   &n))
			return false;
		spec->channels = n;
		return true;
	}
}

static bool read_output(char *text)
{
	char *colon = strchr(text, ':');
	bool may_have, must_have;

	must_have = !strncmp(text, "file", 4);
	may_have = must_have || !strncmp(text, "alsa", 4);
	if (colon)
		*colon = '\0';
	if ((strcmp(text, "pulse") && strcmp(text, "alsa") &&
	     strcmp(text, "file") && strcmp(text, "null")) ||
	    (colon && !may_have) || (must_have && (!colon || !colon[1]))) {
		if (colon)
			*colon = ':';
		return config_invalid("output", text,
				      "pulse, alsa, alsa:DEVICE, file:DIR or null");
	}
	config.output = text;
	config.output_argument = colon ? colon + 1 : NULL;
	return true;
}

static bool read_audio_option(int option, char *value)
{
	static const char *const full[] = { "block", "drop", NULL };
	static const char *const drift[] = { "ignore", "follow", NULL };
	unsigned int n;
	int i;

	switch (option) {
	case 'o':
		return read_output(value);
	case OPTION_SERVER:
		return config_server(value);
	case OPTION_COOKIE:
		config.cookie_file = value;
		config.check_cookie = true;
		return config_load_cookie(value) ||
		       config_invalid("cookie", value, "a file of 256 bytes");
	case OPTION_LATENCY:
		if (!config_number("latency", value, 5, 2000, &n))
			return false;
		config.latency_us = n * 1000;
		return true;
	case OPTION_WHEN_FULL:
		if (!config_choice("when-full", value, full, &i))
			return false;
		config.drop_when_full = i;
		return true;
	case OPTION_DRIFT:
		if (!config_choice("drift", value, drift, &i))
			return false;
		config.follow_drift = i;
		return true;
	default:
		return read_spec_option(option, value);
	}
}

static bool read_control_option(int option, const char *value)
{
	static const char *const buses[] = { "system", "user", NULL };
	const size_t control_size = sizeof(config.control_dir);
	int i;

	switch (option) {
	case OPTION_CONTROL_DIR:
		if (strlen(value) >= control_size - GUEST_NAME_SIZE)
			return config_invalid("control-dir", value,
					      "shorter: the path of a socket has at most 107 bytes");
		strcpy(config.control_dir, value);
		return true;
	case OPTION_STATE_DIR:
		if (!*value || strlen(value) >= sizeof(config.state_dir))
			return config_invalid("state-dir", value,
					      "a path of at most 199 bytes");
		strcpy(config.state_dir, value);
		return true;
	default:
		if (!config_choice("bus", value, buses, &i))
			return false;
		config.bus = i ? BUS_USER : BUS_SYSTEM;
		return true;
	}
}

static bool read_option(int option, char *value)
{
	switch (option) {
	case 'l':
	case 'c':
		return config_endpoint(value, option == 'c');
	case 'p':
		return config_protocol(value, &protocol);
	case 'g':
		return config_guest(value);
	case 'v':
		log_verbose = 1;
		return true;
	case OPTION_ALLOW_TCP:
		allow_tcp = true;
		return true;
	case OPTION_MAX_CONNECTIONS:
		return config_number("max-connections", value, 1, 4096,
				     &config.max_connections);
	case OPTION_MAX_GUEST_CONNECTIONS:
		return config_number("max-guest-connections", value, 1, 4096,
				     &config.max_guest_connections);
	case OPTION_CONTROL_DIR:
	case OPTION_STATE_DIR:
	case OPTION_BUS:
		return read_control_option(option, value);
	default:
		return read_audio_option(option, value);
	}
}

static bool finish(void)
{
	config_set_control_dir();
	config_set_state_dir();
	if (!config_finish_server() ||
	    !config_finish_endpoints(protocol, allow_tcp))
		return false;
	config_finish_guests();
	return true;
}

int options_read(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "hvVl:c:p:g:o:", options,
				     NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'V':
			puts("hvsndd " HVSND_VERSION);
			return 0;
		case '?':
			return 2;
		}
		if (!read_option(option, optarg))
			return 2;
	}
	if (optind < argc) {
		config_invalid("argument", argv[optind], "an option");
		return 2;
	}
	return finish() ? -1 : 2;
}
