// SPDX-License-Identifier: GPL-2.0
#define COBJMACROS
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../config.h"
#include "audio_device.h"
#include "commands.h"
#include "hyperv.h"
#include "pipe_name.h"
#include "port.h"
#include "wsl.h"

#define MICROPHONE_KEY                                                 \
	"Software\\Microsoft\\Windows\\CurrentVersion\\CapabilityAccess" \
	"Manager\\ConsentStore\\microphone"

static int problems;

static void ok(const char *format, ...)
	__attribute__((format(gnu_printf, 1, 2)));
static void problem(const char *format, ...)
	__attribute__((format(gnu_printf, 1, 2)));

static void ok(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("ok       ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

static void problem(const char *format, ...)
{
	va_list args;

	problems++;
	va_start(args, format);
	printf("problem  ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

static bool check_server(void)
{
	char name[PIPE_NAME_SIZE];

	if (pipe_name(name) && (WaitNamedPipeA(name, 1) ||
				GetLastError() == ERROR_SEM_TIMEOUT)) {
		ok("hvsndd runs");
		return true;
	}
	problem("hvsndd does not run. Start it: hvsndd serve; at each log-on: hvsndd autostart on");
	return false;
}

/* Whether a socket can listen: AF_HYPERV exists, and the port is free. */
static void check_port(uint32_t port, bool server_runs)
{
	SOCKET fd = hyperv_listen(&hyperv_any, port);
	int error = WSAGetLastError();
	char text[128];

	if (fd != INVALID_SOCKET) {
		closesocket(fd);
		ok("port %u is free", port);
	} else if (error == WSAEADDRINUSE && server_runs) {
		ok("port %u is in use, by hvsndd as it seems", port);
	} else if (error == WSAEADDRINUSE) {
		problem("port %u is in use by another program. End that program, or give hvsndd and the guest another port",
			port);
	} else if (error == WSAEAFNOSUPPORT || error == WSAEPROTONOSUPPORT) {
		problem("Windows has no sockets of Hyper-V. Switch on Hyper-V, or Virtual Machine Platform for WSL2, in Windows features, and restart Windows");
	} else {
		problem("port %u cannot be used: %s. Register it: hvsndd register",
			port, port_error_text(error, text, sizeof(text)));
	}
}

static void check_registration(uint32_t port)
{
	GUID id = hyperv_service(port);
	char key[256], service[HYPERV_ID_SIZE];
	HKEY found;

	snprintf(key, sizeof(key), SERVICES_KEY "\\%s",
		 hyperv_text(&id, service));
	if (RegOpenKeyExA(HKEY_LOCAL_MACHINE, key, 0,
			  KEY_READ | KEY_WOW64_64KEY, &found)) {
		problem("port %u is not registered. Virtual machines cannot connect until you run: hvsndd register (WSL2 can)",
			port);
		return;
	}
	RegCloseKey(found);
	ok("port %u is registered for virtual machines", port);
}

static void check_wsl(void)
{
	char text[HYPERV_ID_SIZE];
	GUID id;

	if (wsl_find(&id))
		ok("WSL2 runs in VM %s", hyperv_text(&id, text));
	else
		ok("WSL2 does not run; hvsndd listens for it when it starts");
}

static void check_device(bool record)
{
	const char *what = record ? "microphone" : "loudspeaker";
	IMMDevice *device;
	char text[128];
	HRESULT hr = audio_device_get(record, &device);

	if (FAILED(hr)) {
		problem("there is no %s: %s. See Settings > System > Sound",
			what, port_error_text(hr, text, sizeof(text)));
		return;
	}
	IMMDevice_Release(device);
	ok("there is a %s", what);
}

static bool is_denied(HKEY root, const char *key)
{
	char value[16] = "";
	DWORD len = sizeof(value) - 1;

	return !RegGetValueA(root, key, "Value", RRF_RT_REG_SZ, NULL, value,
			     &len) &&
	       !strcmp(value, "Deny");
}

static void check_privacy(void)
{
	if (is_denied(HKEY_LOCAL_MACHINE, MICROPHONE_KEY) ||
	    is_denied(HKEY_CURRENT_USER, MICROPHONE_KEY) ||
	    is_denied(HKEY_CURRENT_USER, MICROPHONE_KEY "\\NonPackaged"))
		problem("Windows does not let programs use the microphone. Allow it: Settings > Privacy & security > Microphone > Let desktop apps access your microphone");
	else
		ok("Windows lets programs use the microphone");
}

int doctor_command(int argc, char **argv)
{
	const uint32_t port = ADDRESS_PORT_PULSE;
	WSADATA data;
	bool runs;

	if (argc > 1) {
		fputs("usage: hvsndd doctor\n",
		      strcmp(argv[1], "--help") ? stderr : stdout);
		return strcmp(argv[1], "--help") ? 2 : 0;
	}
	WSAStartup(MAKEWORD(2, 2), &data);
	runs = check_server();
	check_port(port, runs);
	check_registration(port);
	check_wsl();
	if (SUCCEEDED(audio_device_start(NULL))) {
		check_device(false);
		check_device(true);
		audio_device_stop();
	} else {
		problem("Windows' audio cannot be used. Start the service Windows Audio");
	}
	check_privacy();
	return problems ? 1 : 0;
}
