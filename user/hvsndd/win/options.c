// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../config_parse.h"
#include "hyperv.h"
#include "options.h"
#include "pipe_name.h"
#include "vm.h"

static const char help[] =
	"usage: hvsndd [serve] [OPTION]...   play and record the audio of guests\n"
	"       hvsndd register [--undo]     allow virtual machines to connect (once)\n"
	"       hvsndd autostart on|off      start hvsndd when you log on\n"
	"       hvsndd ctl COMMAND           list, status, allow GUEST, deny GUEST\n"
	"       hvsndd doctor                find out why there is no sound\n\n"
	"Plays and records the audio of virtual machines of Hyper-V and of WSL2 on this\n"
	"host. Defaults are in parentheses.\n\n"
	"Connections:\n"
	"  -l, --listen WHO:PORT[,KEY=VALUE]...\n"
	"                           listen for wsl, any or one VM id; any needs hvsndd\n"
	"                           register (wsl:4713 and any:4713)\n"
	"  -c, --connect VMID:PORT[,KEY=VALUE]...\n"
	"                           connect to a guest that listens (role=listen)\n"
	"        protocol=PROTOCOL  protocol at this address\n"
	"        direction=playback|record|both\n"
	"                           audio that a simple or qubes connection carries\n"
	"                           (playback)\n"
	"  -p, --protocol PROTOCOL  pulse, simple or qubes (pulse)\n"
	"  -g, --guest VMID|wsl|any[,KEY=VALUE]...\n"
	"                           guest that may connect; if a VM id is named, other\n"
	"                           VMs may connect only with --guest any\n"
	"        name=NAME          name of the guest (VMID)\n"
	"        playback=on|off    whether the guest may play (on)\n"
	"        microphone=ask|allow|never\n"
	"                           the guest may record: after it was allowed, from the\n"
	"                           start, never (ask)\n"
	"      --max-connections N  maximum number of connections (256)\n"
	"      --max-guest-connections N\n"
	"                           maximum number of connections of one guest (16)\n\n"
	"Audio:\n"
	"  -o, --output OUTPUT      wasapi, file:DIR or null (wasapi)\n"
	"      --format FORMAT      of simple: s16le, s32le, float32le, ... (s16le)\n"
	"      --rate RATE          (44100)\n"
	"      --channels N         (2)\n"
	"      --latency MS         simple and qubes: amount of queued audio (40)\n"
	"      --when-full block|drop\n"
	"                           while the queue is full, do not receive data, or\n"
	"                           discard it (block)\n"
	"      --drift follow|ignore\n"
	"                           whether the rate follows the guest's clock (follow)\n\n"
	"      --state-dir DIR      directory of the log and of the saved decisions\n"
	"                           (%LOCALAPPDATA%\\hvsndd)\n"
	"      --instance NAME      a second hvsndd of the same user\n"
	"  -v, --verbose            log each connection\n"
	"  -V, --version            print the version\n\n"
	"Exit status: 0: ended by the user, 1: failed, 2: wrong usage.\n";

enum {
	OPTION_FORMAT = 256,
	OPTION_RATE,
	OPTION_CHANNELS,
	OPTION_LATENCY,
	OPTION_WHEN_FULL,
	OPTION_DRIFT,
	OPTION_STATE_DIR,
	OPTION_INSTANCE,
	OPTION_MAX_CONNECTIONS,
	OPTION_MAX_GUEST_CONNECTIONS,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "listen", required_argument, NULL, 'l' },
	{ "connect", required_argument, NULL, 'c' },
	{ "protocol", required_argument, NULL, 'p' },
	{ "guest", required_argument, NULL, 'g' },
	{ "output", required_argument, NULL, 'o' },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "channels", required_argument, NULL, OPTION_CHANNELS },
	{ "latency", required_argument, NULL, OPTION_LATENCY },
	{ "when-full", required_argument, NULL, OPTION_WHEN_FULL },
	{ "drift", required_argument, NULL, OPTION_DRIFT },
	{ "state-dir", required_argument, NULL, OPTION_STATE_DIR },
	{ "instance", required_argument, NULL, OPTION_INSTANCE },
	{ "max-connections", required_argument, NULL, OPTION_MAX_CONNECTIONS },
	{ "max-guest-connections", required_argument, NULL,
	  OPTION_MAX_GUEST_CONNECTIONS },
	{}
};

static enum protocol protocol = PROTOCOL_PULSE;

void options_help(void)
{
	fputs(help, stdout);
}

static bool set_key(struct endpoint_config *e, const char *key,
		    const char *value)
{
	static const char *const directions[] = {
		[DIRECTION_DEFAULT] = "default",
		[DIRECTION_PLAYBACK] = "playback",
		[DIRECTION_RECORD] = "record",
		[DIRECTION_BOTH] = "both",
		NULL,
	};
	int i;

	if (!strcmp(key, "protocol"))
		return config_protocol(value, &e->protocol);
	if (strcmp(key, "direction"))
		return config_invalid("key", key, "protocol or direction");
	if (!config_choice("direction", value, directions, &i))
		return false;
	e->direction = i;
	return true;
}

/* WHO:PORT */
static bool set_address(struct endpoint_config *e, char *text)
{
	static const char must[] =
		"wsl:PORT, any:PORT or VMID:PORT; to connect, VMID:PORT";
	struct address *a = &e->address;
	char *colon = strrchr(text, ':');
	GUID id;

	if (!colon || !config_number("port", colon + 1, 0,
				     ADDRESS_GUID_PORT_MAX, &a->port))
		return config_invalid("address", text, must);
	*colon = '\0';
	if (hyperv_parse(text, &id)) {
		hyperv_text(&id, a->vm);
		return true;
	}
	if (e->connect || (strcmp(text, "wsl") && strcmp(text, "any")))
		return config_invalid("address", text, must);
	if (strcmp(text, "any"))
		strcpy(a->vm, text);
	return true;
}

static bool read_endpoint(const char *argument, bool connect)
{
	struct endpoint_config *e = &config.endpoints[config.endpoint_count];
	char text[256], *key, *value;

	if (config.endpoint_count == CONFIG_ENDPOINTS_MAX)
		return config_invalid("address", argument,
				      "one of at most 128 addresses");
	config.endpoint_count++;
	*e = (struct endpoint_config){ .connect = connect,
				       .protocol = PROTOCOL_UNSET };
	snprintf(text, sizeof(text), "%s", argument);
	while (config_pop_key(text, &key, &value)) {
		if (!set_key(e, key, value))
			return false;
	}
	return set_address(e, text);
}

static bool read_output(char *text)
{
	char *colon = strchr(text, ':');
	bool is_file = !strncmp(text, "file", 4);

	if (colon)
		*colon = '\0';
	config.output = text;
	config.output_argument = colon ? colon + 1 : NULL;
	if ((strcmp(text, "wasapi") && strcmp(text, "file") &&
	     strcmp(text, "null")) ||
	    is_file != !!colon)
		return config_invalid("output", text,
				      "wasapi, file:DIR or null");
	return true;
}

static bool read_spec_option(int option, const char *value)
{
	struct sample_spec *spec = &config.simple_spec;
	unsigned int n;

	switch (option) {
	case OPTION_FORMAT:
		spec->format = sample_format_parse(value);
		return spec->format != SAMPLE_INVALID ||
		       config_invalid(
			       "format", value,
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

static bool read_audio_option(int option, const char *value)
{
	static const char *const full[] = { "block", "drop", NULL };
	static const char *const drift[] = { "ignore", "follow", NULL };
	unsigned int n;
	int i;

	switch (option) {
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

static bool read_option(int option, char *value)
{
	switch (option) {
	case 'l':
	case 'c':
		return read_endpoint(value, option == 'c');
	case 'p':
		return config_protocol(value, &protocol);
	case 'g':
		return vm_configure(value);
	case 'o':
		return read_output(value);
	case 'v':
		log_verbose = 1;
		return true;
	case OPTION_STATE_DIR:
		if (!*value || strlen(value) >= sizeof(config.state_dir))
			return config_invalid("state-dir", value,
					      "a path of at most 199 bytes");
		strcpy(config.state_dir, value);
		return true;
	case OPTION_INSTANCE:
		pipe_name_suffix = value;
		return guest_name_ok(value) ||
		       config_invalid("instance", value,
				      "letters, digits, '.', '_' and '-'");
	case OPTION_MAX_CONNECTIONS:
		return config_number("max-connections", value, 1, 4096,
				     &config.max_connections);
	case OPTION_MAX_GUEST_CONNECTIONS:
		return config_number("max-guest-connections", value, 1, 4096,
				     &config.max_guest_connections);
	default:
		return read_audio_option(option, value);
	}
}

/* In qubes, the other direction has the next port. */
static bool add_qubes_record(const struct endpoint_config *e)
{
	struct endpoint_config *record =
		&config.endpoints[config.endpoint_count];

	if (config.endpoint_count == CONFIG_ENDPOINTS_MAX)
		return config_invalid("address", "",
				      "one of at most 128 addresses");
	config.endpoint_count++;
	*record = *e;
	record->address.port++;
	record->direction = DIRECTION_RECORD;
	return true;
}

static bool finish(void)
{
	unsigned int i, n;

	if (!config.endpoint_count && (!read_endpoint("wsl:4713", false) ||
				       !read_endpoint("any:4713", false)))
		return false;
	n = config.endpoint_count;
	for (i = 0; i < n; i++) {
		struct endpoint_config *e = &config.endpoints[i];

		if (e->protocol == PROTOCOL_UNSET)
			e->protocol = protocol;
		if (e->protocol != PROTOCOL_QUBES ||
		    e->direction != DIRECTION_DEFAULT)
			continue;
		if (!add_qubes_record(e))
			return false;
		e->direction = DIRECTION_PLAYBACK;
	}
	vm_configure_finish();
	return true;
}

int options_read(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "hvVl:c:p:g:o:", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'h':
			options_help();
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
