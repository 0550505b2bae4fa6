// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "config.h"
#include "server.h"

#define PROTOCOL_UNSAID -1

struct config config = {
	.output = "pulse",
	.simple_spec = { PA_SAMPLE_S16LE, 44100, 2 },
	.latency_us = 40000,
	.follow = true,
	.connections = 256,
	.guest_connections = 16,
};

static const char help[] =
	"usage: hvsndd [OPTION]...          hvsndd ctl --help tells of the other use\n\n"
	"The host's side of virtual machines' sound.\n\n"
	"Where guests are met:\n"
	"  -l, --listen ADDRESS[,KEY=VALUE]...\n"
	"                           PORT, vsock:any:PORT, unix:PATH, unix:@NAME or tcp:HOST:PORT (4713)\n"
	"  -c, --connect ADDRESS[,KEY=VALUE]...\n"
	"                           a guest listens there: vsock:CID:PORT or unix:PATH\n"
	"        protocol=PROTOCOL  this one's\n"
	"        direction=playback|record|both\n"
	"                           what a simple or qubes connection carries (playback)\n"
	"        name=NAME          of the guest that comes from a UNIX socket or by TCP\n"
	"      --allow-tcp          whoever reaches a tcp: address is let in\n"
	"  -p, --protocol PROTOCOL  pulse, simple or qubes (pulse)\n"
	"  -g, --guest CID|NAME|any[,KEY=VALUE]...\n"
	"                           who may connect: once CIDs are named, no others but by 'any'\n"
	"        name=NAME          what that CID is called (vmCID)\n"
	"        playback=on|off    (on)\n"
	"        microphone=ask|allow|never\n"
	"                           closed until it is allowed, open from the start, or never (ask)\n\n"
	"What becomes of the sound:\n"
	"  -o, --output OUTPUT      of simple and qubes: pulse, alsa[:DEVICE], file:DIR or null (pulse)\n"
	"      --server SERVER      the host's sound server, as PULSE_SERVER has it: unix:PATH, /PATH, tcp:HOST:PORT,\n"
	"                           several between blanks (PULSE_SERVER, or unix:$XDG_RUNTIME_DIR/pulse/native)\n"
	"      --cookie FILE        of that server (PULSE_COOKIE, or $XDG_CONFIG_HOME/pulse/cookie)\n"
	"      --format FORMAT      of simple: s16le, s32le, float32le, ... (s16le)\n"
	"      --rate RATE          (44100)\n"
	"      --channels N         (2)\n"
	"      --latency MS         of simple and qubes: what is kept ready of a guest's sound (40)\n"
	"      --when-full block|drop\n"
	"                           what becomes of sound that comes faster than it is heard (block)\n"
	"      --drift follow|ignore\n"
	"                           whether the rate follows the guest's clock (follow)\n\n"
	"Control:\n"
	"      --control-dir DIR    of the control sockets (/run/hvsndd, or the user's)\n"
	"      --state-dir DIR      where hvsndd ctl's allow and deny are kept (/var/lib/hvsndd, or the user's\n"
	"                           ~/.local/state/hvsndd; with a --control-dir of its own: nowhere)\n"
	"      --bus system|user    offer org.qubesos.Audio.GUEST on D-Bus\n"
	"      --max-connections N  of all guests (256)\n"
	"      --max-guest-connections N\n"
	"                           of one guest (16)\n"
	"  -v, --verbose            tell of each connection\n"
	"  -V, --version\n\n"
	"Exit status: 0 ended by a signal, 1 failed, 2 wrong usage.\n";

enum {
	OPTION_TCP = 256,
	OPTION_SERVER,
	OPTION_COOKIE,
	OPTION_FORMAT,
	OPTION_RATE,
	OPTION_CHANNELS,
	OPTION_LATENCY,
	OPTION_FULL,
	OPTION_DRIFT,
	OPTION_CONTROL,
	OPTION_STATE,
	OPTION_BUS,
	OPTION_CONNECTIONS,
	OPTION_GUEST_CONNECTIONS,
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "listen", required_argument, NULL, 'l' },
	{ "connect", required_argument, NULL, 'c' },
	{ "protocol", required_argument, NULL, 'p' },
	{ "guest", required_argument, NULL, 'g' },
	{ "output", required_argument, NULL, 'o' },
	{ "allow-tcp", no_argument, NULL, OPTION_TCP },
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "cookie", required_argument, NULL, OPTION_COOKIE },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "channels", required_argument, NULL, OPTION_CHANNELS },
	{ "latency", required_argument, NULL, OPTION_LATENCY },
	{ "when-full", required_argument, NULL, OPTION_FULL },
	{ "drift", required_argument, NULL, OPTION_DRIFT },
	{ "control-dir", required_argument, NULL, OPTION_CONTROL },
	{ "state-dir", required_argument, NULL, OPTION_STATE },
	{ "bus", required_argument, NULL, OPTION_BUS },
	{ "max-connections", required_argument, NULL, OPTION_CONNECTIONS },
	{ "max-guest-connections", required_argument, NULL,
	  OPTION_GUEST_CONNECTIONS },
	{ "version", no_argument, NULL, 'V' },
	{}
};

/* What was said, until all is known. */
static int protocol = PROTOCOL_PULSE;
static bool tcp_allowed;
static bool guests_any_given;
static bool server_said;

static bool wrong(const char *what, const char *value, const char *must)
{
	fprintf(stderr,
		"hvsndd: %s '%s' must be %s (hvsndd --help tells more)\n", what,
		value, must);
	return false;
}

static bool number(const char *what, const char *text, unsigned int least,
		   unsigned int most, unsigned int *value)
{
	char must[64], *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && !errno && v >= least &&
	    v <= most) {
		*value = v;
		return true;
	}
	snprintf(must, sizeof(must), "a number from %u to %u", least, most);
	return wrong(what, text, must);
}

static bool choice(const char *what, const char *text, const char *const *words,
		   int *value)
{
	char must[64] = "";
	int i;

	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*value = i;
			return true;
		}
		snprintf(must + strlen(must), sizeof(must) - strlen(must),
			 "%s%s", i ? ", " : "", words[i]);
	}
	return wrong(what, text, must);
}

static bool read_protocol(const char *text, int *value)
{
	static const char *const words[] = { "pulse", "simple", "qubes", NULL };

	return choice("protocol", text, words, value);
}

static bool read_name(const char *text, char *name)
{
	if (!guest_name_ok(text))
		return wrong("name", text,
			     "letters, digits, '.', '_' and '-', at most 47");
	strcpy(name, text);
	return true;
}

/* One of the words behind an address. */
static bool place_key(struct place *p, const char *key, const char *value,
		      int *place_protocol)
{
	static const char *const directions[] = { "default", "playback",
						  "record", "both", NULL };
	int i;

	if (!strcmp(key, "protocol"))
		return read_protocol(value, place_protocol);
	if (!strcmp(key, "name"))
		return read_name(value, p->name);
	if (strcmp(key, "direction"))
		return wrong("key", key, "protocol, direction or name");
	if (!choice("direction", value, directions, &i))
		return false;
	p->direction = i;
	return true;
}

/* Cuts off the ",KEY=VALUE" at the end; false if there is none. */
static bool cut(char *text, char **key, char **value)
{
	char *comma = strrchr(text, ','),
	     *equals = comma ? strchr(comma, '=') : NULL;

	if (!equals)
		return false;
	*comma = '\0';
	*equals = '\0';
	*key = comma + 1;
	*value = equals + 1;
	return true;
}

/* What is not said by a CID has the name of its socket. */
static bool name_place(struct place *p)
{
	const char *base;
	size_t i;

	if (p->fd >= 0 || *p->name)
		return true;
	base = *p->tcp ? "tcp" : strrchr(p->address.path, '/');
	base = base ? base + (*base == '/') :
		      p->address.path + (*p->address.path == '@');
	snprintf(p->name, sizeof(p->name), "%.*s", GUEST_NAME_SIZE - 1, base);
	for (i = 0; p->name[i]; i++) {
		if (!isalnum((unsigned char)p->name[i]) &&
		    !strchr("._-", p->name[i]))
			p->name[i] = '_';
	}
	return guest_name_ok(p->name) ||
	       wrong("address", p->address.path, "given a name=");
}

static struct place *new_place(void)
{
	struct place *p = &config.place[config.places];

	if (config.places == CONFIG_PLACES_MAX) {
		fprintf(stderr, "hvsndd: there are more than %d addresses\n",
			CONFIG_PLACES_MAX);
		return NULL;
	}
	config.places++;
	*p = (struct place){ .fd = -1, .protocol = PROTOCOL_UNSAID };
	return p;
}

static bool read_address(const char *text, struct address *a)
{
	char reason[REASON_SIZE];

	if (address_parse(a, text, reason))
		return true;
	fprintf(stderr, "hvsndd: %s\n", reason);
	return false;
}

static bool read_place(const char *argument, bool connect)
{
	struct place *p = new_place();
	char text[512], *key, *value;
	int place_protocol = PROTOCOL_UNSAID;

	if (!p)
		return false;
	p->connect = connect;
	snprintf(text, sizeof(text), "%s", argument);
	while (cut(text, &key, &value)) {
		if (!place_key(p, key, value, &place_protocol))
			return false;
	}
	p->protocol = place_protocol;
	if (!strncmp(text, "tcp:", 4) && !connect) {
		if (strlen(text) >= sizeof(p->tcp) || !strchr(text + 4, ':'))
			return wrong("address", text, "tcp:HOST:PORT");
		strcpy(p->tcp, text + 4);
		return name_place(p);
	}
	if (!read_address(text, &p->address))
		return false;
	if (p->address.kind == ADDRESS_UNIX)
		return name_place(p);
	if (*p->name && !connect)
		return wrong("name", p->name,
			     "given by --guest CID,name=NAME for a vsock address");
	if (!connect)
		address_to_listen(&p->address);
	return true;
}

static bool read_guest(const char *argument)
{
	static const char *const microphones[] = { "ask", "allow", "never",
						   NULL };
	static const char *const on_off[] = { "off", "on", NULL };
	char text[256], name[GUEST_NAME_SIZE] = "", *key, *value;
	int playback = 1, microphone = 0;
	struct guest *g;
	unsigned int cid = 0;
	bool is_cid;

	snprintf(text, sizeof(text), "%s", argument);
	while (cut(text, &key, &value)) {
		if (!strcmp(key, "name") ?
			    !read_name(value, name) :
		    !strcmp(key, "playback") ?
			    !choice(key, value, on_off, &playback) :
		    !strcmp(key, "microphone") ?
			    !choice(key, value, microphones, &microphone) :
			    !wrong("key", key, "name, playback or microphone"))
			return false;
	}
	is_cid = isdigit((unsigned char)*text);
	if (!strcmp(text, "any")) {
		g = &guest_default;
		guests_any_given = true;
	} else {
		if (is_cid && !number("CID", text, 0, UINT32_MAX - 1, &cid))
			return false;
		if (is_cid && !*name)
			snprintf(name, sizeof(name), "vm%u", cid);
		else if (!is_cid && !read_name(text, name))
			return false;
		if (is_cid && guest_by_cid(cid))
			return wrong("guest", text, "named only once");
		g = guest_by_name(name);
		if (g && (is_cid || g->has_cid))
			return wrong("guest", name, "named only once");
		if (!g)
			g = guest_add(name);
		if (!g)
			return wrong("guest", text, "one of at most 256");
		g->configured = true;
		g->has_cid = is_cid;
		g->cid = cid;
		if (is_cid)
			guests_allow_any = false;
	}
	g->playback = playback;
	guest_set_mic_policy(g, microphone);
	return true;
}

static bool read_sound(int option, const char *value)
{
	unsigned int n;

	switch (option) {
	case OPTION_FORMAT:
		config.simple_spec.format = pa_parse_sample_format(value);
		return config.simple_spec.format != PA_SAMPLE_INVALID ||
		       wrong("format", value,
			     "s16le, s32le, float32le or another of PulseAudio's");
	case OPTION_RATE:
		return number("rate", value, 4000, PA_RATE_MAX,
			      &config.simple_spec.rate);
	default:
		if (!number("channels", value, 1, PA_CHANNELS_MAX, &n))
			return false;
		config.simple_spec.channels = n;
		return true;
	}
}

static bool read_cookie(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read(fd, config.cookie, sizeof(config.cookie)) ==
				     sizeof(config.cookie);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool read_output(char *text)
{
	static const char must[] = "pulse, alsa, alsa:DEVICE, file:DIR or null";
	char *colon = strchr(text, ':');
	bool takes, needs;

	needs = !strncmp(text, "file", 4);
	takes = needs || !strncmp(text, "alsa", 4);
	if (colon)
		*colon = '\0';
	if ((strcmp(text, "pulse") && strcmp(text, "alsa") &&
	     strcmp(text, "file") && strcmp(text, "null")) ||
	    (colon && !takes) || (needs && (!colon || !colon[1]))) {
		if (colon)
			*colon = ':';
		return wrong("output", text, must);
	}
	config.output = text;
	config.output_argument = colon ? colon + 1 : NULL;
	return true;
}

static bool read_server(const char *text)
{
	char reason[REASON_SIZE];

	if (server_parse(text, reason))
		return true;
	fprintf(stderr, "hvsndd: %s\n", reason);
	return false;
}

static bool read_option(int option, char *value)
{
	static const char *const full[] = { "block", "drop", NULL };
	static const char *const drift[] = { "ignore", "follow", NULL };
	static const char *const buses[] = { "system", "user", NULL };
	unsigned int n;
	int i;

	switch (option) {
	case 'l':
	case 'c':
		return read_place(value, option == 'c');
	case 'p':
		return read_protocol(value, &protocol);
	case 'g':
		return read_guest(value);
	case 'o':
		return read_output(value);
	case 'v':
		log_verbose = 1;
		return true;
	case OPTION_TCP:
		tcp_allowed = true;
		return true;
	case OPTION_SERVER:
		server_said = true;
		return read_server(value);
	case OPTION_COOKIE:
		config.cookie_file = value;
		return read_cookie(value) ||
		       wrong("cookie", value, "a file of 256 bytes");
	case OPTION_LATENCY:
		if (!number("latency", value, 5, 2000, &n))
			return false;
		config.latency_us = n * 1000;
		return true;
	case OPTION_FULL:
		if (!choice("when-full", value, full, &i))
			return false;
		config.drop = i;
		return true;
	case OPTION_DRIFT:
		if (!choice("drift", value, drift, &i))
			return false;
		config.follow = i;
		return true;
	case OPTION_CONTROL:
		if (strlen(value) >= sizeof(config.control) - GUEST_NAME_SIZE)
			return wrong("control-dir", value,
				     "shorter: a socket's path has 107 bytes");
		strcpy(config.control, value);
		return true;
	case OPTION_STATE:
		if (!*value || strlen(value) >= sizeof(config.state))
			return wrong("state-dir", value,
				     "a path of at most 199 bytes");
		strcpy(config.state, value);
		return true;
	case OPTION_BUS:
		if (!choice("bus", value, buses, &i))
			return false;
		config.bus = i ? 'u' : 's';
		return true;
	case OPTION_CONNECTIONS:
		return number("max-connections", value, 1, 4096,
			      &config.connections);
	case OPTION_GUEST_CONNECTIONS:
		return number("max-guest-connections", value, 1, 4096,
			      &config.guest_connections);
	default:
		return read_sound(option, value);
	}
}

/*
 * What systemd listens at; its names for them may be the words that could stand
 * behind an address.
 */
static bool read_systemd(void)
{
	char **names = NULL, *key, *value, text[300];
	int n = sd_listen_fds_with_names(true, &names), i, place_protocol;
	struct place *p;
	bool ok = true;

	for (i = 0; ok && i < n; i++) {
		p = new_place();
		if (!p)
			return false;
		p->fd = SD_LISTEN_FDS_START + i;
		place_protocol = PROTOCOL_UNSAID;
		snprintf(text, sizeof(text), ",%s", names ? names[i] : "");
		while (ok && cut(text, &key, &value))
			ok = place_key(p, key, value, &place_protocol);
		p->protocol = place_protocol;
		fcntl(p->fd, F_SETFL, fcntl(p->fd, F_GETFL) | O_NONBLOCK);
	}
	for (i = 0; i < n && names; i++)
		free(names[i]);
	free(names);
	return ok;
}

static bool has_cid(const struct place *p)
{
	return p->fd < 0 && !*p->tcp && p->address.kind == ADDRESS_VSOCK;
}

/* Qubes' other direction is at the next port. */
static bool complete_qubes(struct place *p)
{
	struct place *q;

	if (p->protocol != PROTOCOL_QUBES || p->direction != DIRECTION_DEFAULT)
		return true;
	if (!has_cid(p))
		return wrong("direction", "",
			     "playback or record for qubes at such an address");
	q = new_place();
	if (!q)
		return false;
	*q = *p;
	q->address.port++;
	q->direction = DIRECTION_RECORD;
	p->direction = DIRECTION_PLAYBACK;
	return true;
}

/* Those that are named are known from the start. */
static bool know_place(const struct place *p)
{
	char text[ADDRESS_TEXT_SIZE];
	struct guest *g;

	if (p->connect && has_cid(p)) {
		if (!p->address.has_cid || p->address.bare ||
		    p->address.cid == ADDRESS_CID_ANY)
			return wrong("address", address_text(&p->address, text),
				     "that of one guest: vsock:CID:PORT");
		g = guest_by_cid(p->address.cid);
		if (g)
			return true;
		g = guest_add("");
		if (!g)
			return wrong("guest", "", "one of at most 256");
		snprintf(g->name, sizeof(g->name), "vm%u", p->address.cid);
		if (*p->name)
			strcpy(g->name, p->name);
		g->cid = p->address.cid;
		g->has_cid = true;
	} else if (*p->name) {
		g = guest_by_name(p->name);
		if (!g)
			g = guest_add(p->name);
		if (!g)
			return wrong("guest", p->name, "one of at most 256");
	} else {
		return true;
	}
	g->configured = true;
	return true;
}

static bool complete(void)
{
	unsigned int i, n;

	if (!read_systemd())
		return false;
	if (!config.places && !read_place("vsock:any:4713", false))
		return false;
	n = config.places;
	for (i = 0; i < n; i++) {
		struct place *p = &config.place[i];

		if (p->protocol == (enum protocol)PROTOCOL_UNSAID)
			p->protocol = protocol;
		if (*p->tcp && !tcp_allowed)
			return wrong("address", p->tcp,
				     "allowed by --allow-tcp: whoever reaches it is let in");
		if (!complete_qubes(p) || !know_place(p))
			return false;
	}
	guests_allow_any |= guests_any_given;
	return true;
}

void config_control(char *out)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (getuid() && runtime &&
	    strlen(runtime) < sizeof(config.control) - GUEST_NAME_SIZE - 8)
		snprintf(out, sizeof(config.control), "%s/hvsndd", runtime);
	else
		strcpy(out, "/run/hvsndd");
}

void config_state(void)
{
	const char *systemd = getenv("STATE_DIRECTORY"),
		   *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char usual[sizeof(config.control)];

	config_control(usual);
	/* Another one's guests are others. */
	if (*config.state || strcmp(config.control, usual))
		return;
	if (systemd && *systemd)
		snprintf(config.state, sizeof(config.state), "%s", systemd);
	else if (!getuid())
		strcpy(config.state, "/var/lib/hvsndd");
	else if (state && *state == '/')
		snprintf(config.state, sizeof(config.state), "%s/hvsndd",
			 state);
	else if (home && *home)
		snprintf(config.state, sizeof(config.state),
			 "%s/.local/state/hvsndd", home);
}

/* As libpulse finds it. */
static bool default_server(void)
{
	const char *said = getenv("PULSE_SERVER"),
		   *runtime = getenv("XDG_RUNTIME_DIR");
	const char *pulse = getenv("PULSE_RUNTIME_PATH");
	char path[200];

	if (said && *said)
		return read_server(said);
	if (pulse && *pulse)
		snprintf(path, sizeof(path), "unix:%.90s/native", pulse);
	else
		snprintf(path, sizeof(path), "unix:%.90s/pulse/native",
			 runtime ? runtime : "/run");
	return read_server(path);
}

static bool default_cookie(void)
{
	const char *home = getenv("HOME"), *folder = getenv("XDG_CONFIG_HOME");
	const char *said = getenv("PULSE_COOKIE");
	char path[300];

	if (said && *said) {
		config.cookie_file = said;
		return read_cookie(said) ||
		       wrong("PULSE_COOKIE", said, "a file of 256 bytes");
	}
	if (folder && *folder == '/')
		snprintf(path, sizeof(path), "%s/pulse/cookie", folder);
	else
		snprintf(path, sizeof(path), "%s/.config/pulse/cookie",
			 home ? home : "");
	if (read_cookie(path))
		return true;
	snprintf(path, sizeof(path), "%s/.pulse-cookie", home ? home : "");
	/* The server may do without. */
	read_cookie(path);
	return true;
}

int config_read(int argc, char **argv)
{
	int option;

	config_control(config.control);
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
		wrong("argument", argv[optind], "an option");
		return 2;
	}
	config_state();
	if ((!server_said && !default_server()) ||
	    (!config.cookie_file && !default_cookie()))
		return 2;
	return complete() ? -1 : 2;
}
