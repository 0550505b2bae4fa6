// SPDX-License-Identifier: GPL-2.0
/* hvsnd host-setup: what to do on the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/machine.h"
#include "hvsnd.h"

#define SERVICES \
	"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\GuestCommunicationServices"
#define NAME	   "PulseAudio for virtual machines"
#define NAME_BYTES 64
#define COOKIE	   "%USERPROFILE%\\.config\\pulse\\cookie"
/* Only root may look into its folder. */
#define GUEST_COOKIE "/root/snd-hvsock.cookie"
#define PORTS_MAX  64

/**
 * struct setup - what is asked for
 * @ports: where the host is to listen
 * @count: how many
 * @name: of the service, as Windows shows it
 * @other: it is none of PulseAudio's
 * @wsl2: the guest is WSL2
 */
struct setup {
	uint32_t ports[PORTS_MAX];
	unsigned int count;
	const char *name;
	bool other;
	bool wsl2;
};

static const char *service(uint32_t port, char *out)
{
	struct address a = { .kind = ADDRESS_VSOCK, .port = port };

	address_service(&a, out);
	return out;
}

/* Each of @marks in @text with @before in front. */
static void write_quoted(FILE *f, const char *text, const char *marks,
			 char before)
{
	for (; *text; text++) {
		if (strchr(marks, *text))
			fputc(before, f);
		fputc(*text, f);
	}
}

static void make_reg(const struct setup *s, FILE *f)
{
	char text[ADDRESS_TEXT_SIZE];
	unsigned int i;

	fputs("Windows Registry Editor Version 5.00\r\n", f);
	for (i = 0; i < s->count; i++) {
		fprintf(f, "\r\n[HKEY_LOCAL_MACHINE\\" SERVICES "\\%s]\r\n\"ElementName\"=\"",
			service(s->ports[i], text));
		write_quoted(f, s->name, "\\\"", '\\');
		fputs("\"\r\n", f);
	}
}

static void make_powershell(const struct setup *s, FILE *f)
{
	char text[ADDRESS_TEXT_SIZE];
	unsigned int i;

	for (i = 0; i < s->count; i++) {
		fprintf(f,
			"$k = 'HKLM:\\" SERVICES "\\%s'\n"
			"if (!(Test-Path $k)) { New-Item $k | Out-Null }\n"
			"Set-ItemProperty $k -Name ElementName -Value '",
			service(s->ports[i], text));
		write_quoted(f, s->name, "'", '\'');
		fputs("'\n", f);
	}
}

static void make_server(const struct setup *s, FILE *f)
{
	fprintf(f,
		"pulseaudio.exe --exit-idle-time=-1 -L \"module-native-protocol-hyperv port=%u%s\"",
		s->ports[0], s->wsl2 ? " auto_wsl2=true" : "");
}

static void make_fetch(const struct setup *s, FILE *f)
{
	if (s->wsl2)
		fputs("cat \"$(wslpath \"$(cmd.exe /c 'echo %USERPROFILE%' 2>/dev/null | tr -d '\\r')\")/.config/pulse/cookie\" | sudo hvsnd cookie HvSock -",
		      f);
	else
		fputs("Copy-VMFile -Name VM -SourcePath \"$env:USERPROFILE\\.config\\pulse\\cookie\" -DestinationPath " GUEST_COOKIE
		      " -FileSource Host",
		      f);
}

static void make_find(const struct setup *s, FILE *f)
{
	fputs(s->wsl2 ? "hcsdiag list" : "Get-VM | Format-Table Name, Id", f);
}

/* Several lines: not for output_string(). */
static void add_text(struct json_object *o, const char *key,
		     void (*make)(const struct setup *s, FILE *f),
		     const struct setup *s)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return;
	make(s, f);
	fclose(f);
	json_object_object_add(o, key, json_object_new_string(text));
	free(text);
}

static int windows_json(const struct setup *s)
{
	struct json_object *o = json_object_new_object(),
			   *ports = json_object_new_array(),
			   *services = json_object_new_array();
	char text[ADDRESS_TEXT_SIZE];
	unsigned int i;

	output_number(o, "port", s->ports[0]);
	output_string(o, "service", service(s->ports[0], text));
	for (i = 0; i < s->count; i++) {
		json_object_array_add(ports,
				      json_object_new_int64(s->ports[i]));
		service(s->ports[i], text);
		json_object_array_add(services, json_object_new_string(text));
	}
	json_object_object_add(o, "ports", ports);
	json_object_object_add(o, "services", services);
	output_string(o, "name", s->name);
	output_bool(o, "wsl2", s->wsl2);
	add_text(o, "reg", make_reg, s);
	add_text(o, "powershell", make_powershell, s);
	add_text(o, "find-vm", make_find, s);
	if (!s->other) {
		add_text(o, "server", make_server, s);
		output_string(o, "cookie", COOKIE);
		add_text(o, "fetch-cookie", make_fetch, s);
	}
	output_print(o, false);
	return STATUS_OK;
}

static void windows_pulse(const struct setup *s)
{
	printf("2. Start the server, as the user who listens. hvsndd.exe needs no cookie: skip\n"
	       "   step 3. It serves VMs and WSL2 (Documentation/host-windows.rst):\n\n"
	       "hvsndd serve --listen wsl:%u --listen any:%u\n\n"
	       "   Or start PulseAudio with the Hyper-V module\n"
	       "   (https://github.com/e45lee/pulseaudio-hyperv):\n\n",
	       s->ports[0], s->ports[0]);
	make_server(s, stdout);
	if (s->wsl2)
		puts("\n\n   auto_wsl2 makes it listen for WSL2, which must run already, and for nothing\n"
		     "   else: for other VMs start a second one on another port without it.\n");
	else
		puts("\n\n   This one is for any VM but WSL2. If the guest is WSL2:\n"
		     "   hvsnd host-setup --wsl2 windows\n");
	puts("3. Give the card PulseAudio's cookie, which PulseAudio made when it started:\n"
	     "   " COOKIE " on Windows.");
	if (s->wsl2) {
		puts("   In the guest:\n");
		make_fetch(s, stdout);
		puts("");
	} else {
		puts("   From an administrator's PowerShell, with the VM's name as Get-VM prints it\n"
		     "   (the VM needs the integration service \"Guest services\"; any other way to\n"
		     "   bring the file into a folder that only root can read will do):\n");
		make_fetch(s, stdout);
		puts("\n\n   and then, in the guest:\n\n"
		     "sudo hvsnd cookie HvSock " GUEST_COOKIE " && sudo rm " GUEST_COOKIE);
	}
	puts("\n   or do without cookies by auth-anonymous=1 behind port=: then every VM may play and record.\n");
	printf("4. See whether it works: hvsnd probe %u, as root with -k FILE for the cookie\n",
	       s->ports[0]);
}

static int windows(const struct setup *s)
{
	unsigned int i;

	printf("1. Register the service of port %u", s->ports[0]);
	for (i = 1; i < s->count; i++)
		printf(", %u", s->ports[i]);
	puts(", once, in an administrator's PowerShell:\n");
	make_powershell(s, stdout);
	puts("\n   or by a file that hvsnd host-setup --reg windows writes. WSL2 is said to do\n"
	     "   without.\n");
	if (s->other)
		printf("2. Start the server that listens there, and reach it in the guest, as by\n\n"
		       "hvsnd relay unix:/tmp/socket %u\n",
		       s->ports[0]);
	else
		windows_pulse(s);
	puts("\nWhat asks for a VM's id gets it from, in an administrator's PowerShell:\n\n"
	     "Get-VM | Format-Table Name, Id    # VMs of Hyper-V\n"
	     "hcsdiag list                      # WSL2, and all that runs");
	return STATUS_OK;
}

#define SOCAT_LINE "socat VSOCK-LISTEN:%u,fork,reuseaddr UNIX-CONNECT:%s/pulse/%s"
#define LOAD_LINE \
	"pactl load-module module-native-protocol-unix socket=%s/pulse/hvsock auth-anonymous=1"

static void make_unit(const struct setup *s, FILE *f)
{
	fprintf(f,
		"[Unit]\n"
		"Description=Sound of virtual machines\n"
		"After=pipewire-pulse.service\n\n"
		"[Service]\n"
		"ExecStart=" SOCAT_LINE "\n"
		"Restart=on-failure\n\n"
		"[Install]\n"
		"WantedBy=default.target\n",
		s->ports[0], "%t", "native");
}

static void make_hvsndd(const struct setup *s, FILE *f)
{
	if (s->ports[0] == ADDRESS_PORT_PULSE)
		fputs("hvsndd", f);
	else
		fprintf(f, "hvsndd --listen %u", s->ports[0]);
}

static void make_pipewire(const struct setup *s, FILE *f)
{
	fprintf(f, SOCAT_LINE, s->ports[0], "$XDG_RUNTIME_DIR", "native");
}

static void make_pulseaudio(const struct setup *s, FILE *f)
{
	fprintf(f, LOAD_LINE "\n" SOCAT_LINE, "$XDG_RUNTIME_DIR", s->ports[0], "$XDG_RUNTIME_DIR",
		"hvsock");
}

static int linux_json(const struct setup *s)
{
	struct json_object *o = json_object_new_object();

	output_number(o, "port", s->ports[0]);
	add_text(o, "hvsndd", make_hvsndd, s);
	add_text(o, "pipewire", make_pipewire, s);
	add_text(o, "pipewire-unit", make_unit, s);
	add_text(o, "pulseaudio", make_pulseaudio, s);
	output_print(o, false);
	return STATUS_OK;
}

static int linux_host(const struct setup *s)
{
	puts("The VM needs a vsock device: QEMU -device vhost-vsock-pci,guest-cid=3, libvirt\n"
	     "<vsock model='virtio'/>.\n\n"
	     "1. hvsndd, for PulseAudio and PipeWire alike; no VM can record before you allow it.\n"
	     "   From the sources of this program, once:\n\n"
	     "make hvsndd && sudo make install-hvsndd\n\n"
	     "   Then, as the user who listens:\n");
	make_hvsndd(s, stdout);
	if (s->ports[0] == ADDRESS_PORT_PULSE)
		puts("\n\n   or at each login: systemctl --user enable --now hvsndd.socket");
	else
		puts("\n\n   or at each login, with that option as HVSNDD_OPTIONS=... in ~/.config/hvsndd:\n"
		     "   systemctl --user enable --now hvsndd.service");
	puts("\n   The microphone, for the VM with CID 3: hvsndd ctl allow vm3\n\n"
	     "2. Or without hvsndd, by socat; any VM of the machine may play and record by it.\n"
	     "   PipeWire:\n");
	make_pipewire(s, stdout);
	puts("\n\n   or at each login, as ~/.config/systemd/user/hvsock.service\n"
	     "   (systemctl --user enable --now hvsock):\n");
	make_unit(s, stdout);
	puts("\n   PulseAudio, by a socket that asks for no cookie:\n");
	make_pulseaudio(s, stdout);
	printf("\n\nSee in the guest whether it works: hvsnd probe %u\n",
	       s->ports[0]);
	return STATUS_OK;
}

static bool parse_port(const char *text, uint32_t *port)
{
	char *end;
	unsigned long long v;

	if (*text < '0' || *text > '9')
		return false;
	v = strtoull(text, &end, !strncasecmp(text, "0x", 2) ? 16 : 10);
	*port = v;
	return !*end && v && v < UINT32_MAX;
}

/* PORT or FIRST-LAST */
static bool parse_ports(struct setup *s, const char *text)
{
	char copy[64], *last;
	uint32_t from, to;

	snprintf(copy, sizeof(copy), "%s", text);
	last = strchr(copy, '-');
	if (last)
		*last++ = '\0';
	if (strlen(text) >= sizeof(copy) || !parse_port(copy, &from) ||
	    !parse_port(last ? last : copy, &to) || to < from) {
		usage("'%.40s' is no port: must be a number from 1 to %u, or FIRST-LAST",
		      text, UINT32_MAX - 1);
		return false;
	}
	for (;; from++) {
		if (s->count == PORTS_MAX) {
			usage("'%.40s': there can be at most %d ports", text,
			      PORTS_MAX);
			return false;
		}
		s->ports[s->count++] = from;
		if (from == to)
			return true;
	}
}

static bool parse_name(struct setup *s, const char *text)
{
	char clean[NAME_BYTES + 1];

	output_clean(clean, sizeof(clean), text, strlen(text));
	s->name = text;
	s->other = true;
	if (*text && !strcmp(clean, text))
		return true;
	usage("'%.40s' is no name: must be 1 to %d bytes of printable text",
	      text, NAME_BYTES);
	return false;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		OPTION_HELP,
		OPTION_JSON,
		{ "port", required_argument, NULL, 'p' },
		{ "name", required_argument, NULL, 'n' },
		{ "wsl2", no_argument, NULL, 'w' },
		{ "reg", no_argument, NULL, 'r' },
		{ "powershell", no_argument, NULL, 's' },
		{}
	};
	struct setup s = { .name = NAME,
			   .wsl2 = machine_detect() == MACHINE_WSL2 };
	unsigned int i;
	int c, only = 0;

	while ((c = option(argc, argv, "p:n:wrs", options)) != -1) {
		if ((c == 'p' && !parse_ports(&s, optarg)) ||
		    (c == 'n' && !parse_name(&s, optarg)))
			return STATUS_USAGE;
		s.wsl2 |= c == 'w';
		if (c == 'r' || c == 's')
			only = c;
	}
	if (!arguments_are(argc, 1, 1))
		return STATUS_USAGE;
	if (!s.count)
		s.ports[s.count++] = ADDRESS_PORT_PULSE;
	if (!strcmp(argv[optind], "linux") && !only) {
		if (s.count > 1 || s.other)
			return usage("linux: takes one --port and no --name: only Windows registers services");
		return output_json ? linux_json(&s) : linux_host(&s);
	}
	if (strcmp(argv[optind], "windows"))
		return usage("'%s': the host must be windows or linux%s",
			     argv[optind],
			     only ? ", and windows for --reg or --powershell" :
				    "");
	for (i = 0; i < s.count; i++) {
		if (s.ports[i] > ADDRESS_GUID_PORT_MAX)
			return usage("port %u: Hyper-V has none above %u",
				     s.ports[i], ADDRESS_GUID_PORT_MAX);
	}
	if (s.count > 1 && !s.other)
		return usage("several ports: give the service a --name, as PulseAudio listens at one");
	if (only) {
		(only == 'r' ? make_reg : make_powershell)(&s, stdout);
		return STATUS_OK;
	}
	return output_json ? windows_json(&s) : windows(&s);
}

const struct command command_host_setup = {
	.name = "host-setup",
	.arguments = "[-j] [-p PORT]... [-n NAME] [-w] [-r|-s] windows|linux",
	.summary = "what to do on the host",
	.help =
		"Prints what makes the host's audio server listen for guests: on Windows the registry entry, PulseAudio with its\n"
		"Hyper-V module and the way to its cookie, on Linux hvsndd, or socat and a systemd unit. With a name and ports of\n"
		"another service it prints how Windows registers that, as X410's displays 0 to 5:\n"
		"  hvsnd host-setup -n X410 -p 6000-6005 windows\n\n"
		"  -p, --port PORT   where it is to listen (4713); with -n several times, or FIRST-LAST\n"
		"  -n, --name NAME   of a service that is not PulseAudio\n"
		"  -w, --wsl2        the guest is WSL2, as is assumed where this is WSL2\n"
		"  -r, --reg         only the text of a .reg file\n"
		"  -s, --powershell  only the PowerShell that registers the service\n",
	.run = run,
};
