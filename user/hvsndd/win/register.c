// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../config_parse.h"
#include "commands.h"
#include "hyperv.h"
#include "port.h"

/* after windows.h, which it needs */
#include <shellapi.h>

#define NAME "snd-hvsock audio"

static const char help[] =
	"usage: hvsndd register [--undo] [--port PORT]\n\n"
	"Allows virtual machines of Hyper-V to connect to a port of this host (4713). This\n"
	"is needed once, and by an administrator: without the rights, Windows asks for\n"
	"them. Not needed for WSL2, nor for guests that listen (role=listen).\n\n"
	"      --port PORT          port of AF_VSOCK (4713)\n"
	"      --undo               forbid it again\n";

/* Add or remove the key. Returns an error of Windows. */
static DWORD change(const char *service, bool undo)
{
	const REGSAM access = KEY_WRITE | KEY_WOW64_64KEY;
	HKEY services, key;
	DWORD error;

	error = RegCreateKeyExA(HKEY_LOCAL_MACHINE, SERVICES_KEY, 0, NULL, 0,
				access, NULL, &services, NULL);
	if (error)
		return error;
	if (undo) {
		error = RegDeleteKeyExA(services, service, KEY_WOW64_64KEY, 0);
		if (error == ERROR_FILE_NOT_FOUND)
			error = 0;
	} else {
		error = RegCreateKeyExA(services, service, 0, NULL, 0, access,
					NULL, &key, NULL);
		if (!error) {
			error = RegSetValueExA(key, "ElementName", 0, REG_SZ,
					       (const BYTE *)NAME,
					       sizeof(NAME));
			RegCloseKey(key);
		}
	}
	RegCloseKey(services);
	return error;
}

/* Run the same command as administrator. Returns its exit status, or -1. */
static int run_elevated(uint32_t port, bool undo)
{
	char program[MAX_PATH], arguments[64];
	SHELLEXECUTEINFOA run = {
		.cbSize = sizeof(run),
		.fMask = SEE_MASK_NOCLOSEPROCESS,
		.lpVerb = "runas",
		.lpFile = program,
		.lpParameters = arguments,
		.nShow = SW_HIDE,
	};
	DWORD status = 1;

	GetModuleFileNameA(NULL, program, sizeof(program));
	snprintf(arguments, sizeof(arguments), "register --port %u%s", port,
		 undo ? " --undo" : "");
	if (!ShellExecuteExA(&run) || !run.hProcess)
		return -1;
	WaitForSingleObject(run.hProcess, INFINITE);
	GetExitCodeProcess(run.hProcess, &status);
	CloseHandle(run.hProcess);
	return status;
}

static bool is_elevated(void)
{
	TOKEN_ELEVATION elevation = { 0 };
	HANDLE token;
	DWORD len;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	GetTokenInformation(token, TokenElevation, &elevation,
			    sizeof(elevation), &len);
	CloseHandle(token);
	return elevation.TokenIsElevated;
}

static int apply(uint32_t port, bool undo)
{
	GUID id = hyperv_service(port);
	char service[HYPERV_ID_SIZE], text[128];
	DWORD error = change(hyperv_text(&id, service), undo);
	int status = -1;

	if (error == ERROR_ACCESS_DENIED && !is_elevated()) {
		status = run_elevated(port, undo);
		if (status < 0)
			error = GetLastError();
	} else if (!error) {
		status = 0;
	}
	if (!status) {
		printf(undo ? "port %u is not registered any more\n" :
			      "port %u is registered: virtual machines may connect. Restart those that run\n",
		       port);
		return 0;
	}
	fprintf(stderr,
		"hvsndd: port %u cannot be registered: %s. Run it as administrator: right-click Terminal > Run as administrator\n",
		port, port_error_text(error, text, sizeof(text)));
	return 1;
}

int register_command(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "undo", no_argument, NULL, 'u' },
		{ "port", required_argument, NULL, 'p' },
		{}
	};
	uint32_t port = ADDRESS_PORT_PULSE;
	bool undo = false;
	int option;

	while ((option = getopt_long(argc, argv, "hup:", options, NULL)) !=
	       -1) {
		switch (option) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'u':
			undo = true;
			break;
		case 'p':
			if (!config_number("port", optarg, 0,
					   ADDRESS_GUID_PORT_MAX, &port))
				return 2;
			break;
		default:
			return 2;
		}
	}
	if (optind < argc) {
		config_invalid("argument", argv[optind], "an option");
		return 2;
	}
	return apply(port, undo);
}
