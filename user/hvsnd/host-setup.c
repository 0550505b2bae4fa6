// SPDX-License-Identifier: GPL-2.0
/* hvsnd host-setup: what to do on the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/machine.h"
#include "hvsnd.h"

#define SERVICES \
	"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\GuestCommunicationServices"
#define ELEMENT_NAME "PulseAudio for virtual machines"
#define COOKIE	     "%USERPROFILE%\\.config\\pulse\\cookie"
#define TEXT_SIZE    1024

struct setup {
	unsigned int port;
	bool wsl2;
	char service[ADDRESS_TEXT_SIZE];
};

static void make_reg(const struct setup *s, char *out)
{
	snprintf(out, TEXT_SIZE,
		 "Windows Registry Editor Version 5.00\r\n\r\n"
		 "[HKEY_LOCAL_MACHINE\\" SERVICES "\\%s]\r\n"
		 "\"ElementName\"=\"" ELEMENT_NAME "\"\r\n",
		 s->service);
}

static void make_powershell(const struct setup *s, char *out)
{
	snprintf(out, TEXT_SIZE,
		 "$k = 'HKLM:\\" SERVICES "\\%s'\n"
		 "if (!(Test-Path $k)) { New-Item $k | Out-Null }\n"
		 "Set-ItemProperty $k -Name ElementName -Value '" ELEMENT_NAME "'\n",
		 s->service);
}

static void make_server(const struct setup *s, char *out)
{
	snprintf(out, TEXT_SIZE,
		 "pulseaudio.exe --exit-idle-time=-1 -L \"module-native-protocol-hyperv port=%u%s\"",
		 s->port, s->wsl2 ? " auto_wsl2=true" : "");
}

static void make_fetch(const struct setup *s, char *out)
{
	if (s->wsl2)
		snprintf(out, TEXT_SIZE,
			 "cp \"$(wslpath \"$(cmd.exe /c 'echo %%USERPROFILE%%' 2>/dev/null | tr -d '\\r')\")/.config/pulse/cookie\" /tmp/cookie");
	else
		snprintf(out, TEXT_SIZE,
			 "Copy-VMFile -Name VM -SourcePath \"$env:USERPROFILE\\.config\\pulse\\cookie\" -DestinationPath /tmp/cookie -FileSource Host");
}

static int windows_json(const struct setup *s)
{
	static const struct {
		const char *key;
		void (*make)(const struct setup *s, char *out);
	} texts[] = {
		{ "reg", make_reg },
		{ "powershell", make_powershell },
		{ "server", make_server },
		{ "fetch-cookie", make_fetch },
	};
	struct json_object *o = json_object_new_object();
	char text[TEXT_SIZE];
	size_t i;

	output_number(o, "port", s->port);
	output_string(o, "service", s->service);
	output_bool(o, "wsl2", s->wsl2);
	output_string(o, "cookie", COOKIE);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		texts[i].make(s, text);
		/* Several lines: not for output_string(). */
		json_object_object_add(o, texts[i].key, json_object_new_string(text));
	}
	output_print(o, false);
	return STATUS_OK;
}

static int windows(const struct setup *s)
{
	char text[TEXT_SIZE];

	printf("1. Register the service of port %u, once, in an administrator's PowerShell:\n\n",
	       s->port);
	make_powershell(s, text);
	fputs(text, stdout);
	puts("\n   or by a file that hvsnd host-setup --reg windows writes. WSL2 is said to do\n"
	     "   without.\n");
	puts("2. Start PulseAudio with the Hyper-V module, as the user who listens\n"
	     "   (https://github.com/e45lee/pulseaudio-hyperv):\n");
	make_server(s, text);
	puts(text);
	if (s->wsl2)
		puts("\n   auto_wsl2 makes it listen for WSL2, which must run already, and for nothing\n"
		     "   else: for other VMs start a second one on another port without it.\n");
	else
		puts("\n   This one is for any VM but WSL2. If the guest is WSL2:\n"
		     "   hvsnd host-setup --wsl2 windows\n");
	puts("3. Give the card PulseAudio's cookie, which is in " COOKIE " on Windows.");
	printf("   Fetch it %s:\n\n",
	       s->wsl2 ? "here"
		       : "from an administrator's PowerShell, with the VM's name (or by any other way)");
	make_fetch(s, text);
	puts(text);
	puts("\n   and then, in the guest:\n\n"
	     "sudo hvsnd cookie HvSock /tmp/cookie && rm /tmp/cookie\n\n"
	     "   or do without cookies by auth-anonymous=1 behind port=: then every VM may play and record.\n");
	printf("4. See whether it works: hvsnd probe -k COOKIE %u\n", s->port);
	return STATUS_OK;
}

#define SOCAT_LINE "socat VSOCK-LISTEN:%u,fork,reuseaddr UNIX-CONNECT:%s/pulse/%s"
#define LOAD_LINE \
	"pactl load-module module-native-protocol-unix socket=%s/pulse/hvsock auth-anonymous=1"

static void make_unit(const struct setup *s, char *out)
{
	snprintf(out, TEXT_SIZE,
		 "[Unit]\n"
		 "Description=Sound of virtual machines\n"
		 "After=pipewire-pulse.service\n\n"
		 "[Service]\n"
		 "ExecStart=" SOCAT_LINE "\n"
		 "Restart=on-failure\n\n"
		 "[Install]\n"
		 "WantedBy=default.target\n",
		 s->port, "%t", "native");
}

static int linux_json(const struct setup *s)
{
	struct json_object *o = json_object_new_object();
	char text[TEXT_SIZE];

	output_number(o, "port", s->port);
	snprintf(text, sizeof(text), SOCAT_LINE, s->port, "$XDG_RUNTIME_DIR", "native");
	output_string(o, "pipewire", text);
	make_unit(s, text);
	json_object_object_add(o, "pipewire-unit", json_object_new_string(text));
	snprintf(text, sizeof(text), LOAD_LINE "\n" SOCAT_LINE, "$XDG_RUNTIME_DIR", s->port,
		 "$XDG_RUNTIME_DIR", "hvsock");
	json_object_object_add(o, "pulseaudio", json_object_new_string(text));
	output_print(o, false);
	return STATUS_OK;
}

static int linux_host(const struct setup *s)
{
	char text[TEXT_SIZE];

	puts("The VM needs a vsock device: QEMU -device vhost-vsock-pci,guest-cid=3, libvirt\n"
	     "<vsock model='virtio'/>.\n"
	     "Then, as the user who listens; any VM of the machine may play and record by it:\n");
	puts("PipeWire:\n");
	printf(SOCAT_LINE "\n", s->port, "$XDG_RUNTIME_DIR", "native");
	puts("\n   or at each login, as ~/.config/systemd/user/hvsock.service\n"
	     "   (systemctl --user enable --now hvsock):\n");
	make_unit(s, text);
	fputs(text, stdout);
	puts("\nPulseAudio, by a socket that asks for no cookie:\n");
	printf(LOAD_LINE "\n", "$XDG_RUNTIME_DIR");
	printf(SOCAT_LINE "\n", s->port, "$XDG_RUNTIME_DIR", "hvsock");
	printf("\nSee in the guest whether it works: hvsnd probe %u\n", s->port);
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP, OPTION_JSON,
						 { "port", required_argument, NULL, 'p' },
						 { "wsl2", no_argument, NULL, 'w' },
						 { "reg", no_argument, NULL, 'r' },
						 { "powershell", no_argument, NULL, 's' },
						 {} };
	struct setup s = { .wsl2 = machine_detect() == MACHINE_WSL2 };
	struct address a = {};
	char text[TEXT_SIZE];	/* also has room for a reason */
	int c, only = 0;

	a.port = ADDRESS_PORT_PULSE;
	while ((c = option(argc, argv, "p:wrs", options)) != -1) {
		if (c == 'p' && (strspn(optarg, "0123456789") != strlen(optarg) ||
				 !address_parse(&a, optarg, text)))
			return usage("'%s' is no port", optarg);
		s.wsl2 |= c == 'w';
		if (c == 'r' || c == 's')
			only = c;
	}
	if (!arguments_are(argc, 1, 1))
		return STATUS_USAGE;
	s.port = a.port;
	if (!strcmp(argv[optind], "linux") && !only)
		return output_json ? linux_json(&s) : linux_host(&s);
	if (strcmp(argv[optind], "windows"))
		return usage("'%s': the host must be windows or linux%s", argv[optind],
			     only ? ", and windows for --reg or --powershell" : "");
	if (!address_service(&a, s.service))
		return usage("port %u: Hyper-V has none above %u", a.port, ADDRESS_GUID_PORT_MAX);
	if (only) {
		(only == 'r' ? make_reg : make_powershell)(&s, text);
		fputs(text, stdout);
		return STATUS_OK;
	}
	return output_json ? windows_json(&s) : windows(&s);
}

const struct command command_host_setup = {
	.name = "host-setup",
	.arguments = "[-j] [-p PORT] [-w] [-r|-s] windows|linux",
	.summary = "what to do on the host",
	.help =
		"Prints what makes the host's audio server listen for guests: on Windows the registry entry, PulseAudio with its\n"
		"Hyper-V module and the way to its cookie, on Linux a line of socat and a systemd unit.\n\n"
		"  -p, --port PORT   where it is to listen (4713)\n"
		"  -w, --wsl2        the guest is WSL2, as is assumed where this is WSL2\n"
		"  -r, --reg         only the text of a .reg file\n"
		"  -s, --powershell  only the PowerShell that registers the service\n",
	.run = run,
};
