// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "../lib/common.h"
#include "config_parse.h"
#include "options.h"
#include "options_system.h"
#include "output_choices.h"

enum {
	OPTION_FORMAT = 256,
	OPTION_RATE,
	OPTION_CHANNELS,
	OPTION_LATENCY,
	OPTION_WHEN_FULL,
	OPTION_DRIFT,
	OPTION_STATE_DIR,
	OPTION_MAX_CONNECTIONS,
	OPTION_MAX_GUEST_CONNECTIONS,
};

static const struct option shared[] = {
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
	{ "max-connections", required_argument, NULL, OPTION_MAX_CONNECTIONS },
	{ "max-guest-connections", required_argument, NULL,
	  OPTION_MAX_GUEST_CONNECTIONS },
};

static struct option options[ARRAY_SIZE(shared) + OPTIONS_SYSTEM_MAX + 1];
static enum protocol protocol = PROTOCOL_PULSE;

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

static bool argument_fits(const struct output_choice *o, const char *argument)
{
	if (o->argument == required_argument)
		return argument && *argument;
	return !argument || o->argument == optional_argument;
}

static bool read_output(const char *text)
{
	size_t len = strcspn(text, ":");
	const char *argument = text[len] ? text + len + 1 : NULL;
	const struct output_choice *o;

	for (o = output_choices; o->output; o++) {
		if (strlen(o->output->name) != len ||
		    memcmp(o->output->name, text, len) ||
		    !argument_fits(o, argument))
			continue;
		config.output = o->output->name;
		config.output_argument = argument;
		return true;
	}
	return config_invalid("output", text, options_output);
}

static bool read_audio_option(int option, const char *value)
{
	static const char *const full[] = { "block", "drop", NULL };
	static const char *const drift[] = { "ignore", "follow", NULL };
	unsigned int n;
	int i;

	switch (option) {
	case 'o':
		return read_output(value);
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

static bool read_state_dir(const char *path)
{
	if (!*path || strlen(path) >= sizeof(config.state_dir))
		return config_invalid("state-dir", path,
				      "a path of at most 199 bytes");
	strcpy(config.state_dir, path);
	return true;
}

static bool read_option(int option, const char *value)
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
	case OPTION_STATE_DIR:
		return read_state_dir(value);
	case OPTION_MAX_CONNECTIONS:
		return config_number("max-connections", value, 1, 4096,
				     &config.max_connections);
	case OPTION_MAX_GUEST_CONNECTIONS:
		return config_number("max-guest-connections", value, 1, 4096,
				     &config.max_guest_connections);
	default:
		return option < OPTIONS_SYSTEM ?
			       read_audio_option(option, value) :
			       options_read_system(option, value);
	}
}

static bool finish(void)
{
	if (!options_finish_system() || !config_default_endpoints() ||
	    !config_finish_endpoints(protocol))
		return false;
	config_finish_guests();
	return true;
}

int options_read(int argc, char **argv)
{
	size_t i;
	int option;

	memcpy(options, shared, sizeof(shared));
	for (i = 0; options_system[i].name; i++)
		options[ARRAY_SIZE(shared) + i] = options_system[i];
	while ((option = getopt_long(argc, argv, "hvVl:c:p:g:o:", options,
				     NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(options_help, stdout);
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
