// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <windows.h>
#include <tlhelp32.h>
#include <winternl.h>

#include "hyperv.h"
#include "wsl.h"

/* since Windows 8.1; winternl.h does not have it */
#define PROCESS_COMMAND_LINE_INFORMATION 60
#define OPTION L"--vm-id"
#define QUERY "wsl.exe -- wslinfo --vm-id"
#define QUERY_MS 10000
#define COMMAND_LINE_MAX 8192

/* Find an id in text, which is ASCII or UTF-16. */
static bool find_id(const char *buf, size_t len, GUID *id)
{
	char text[HYPERV_ID_SIZE] = "";
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (!buf[i])
			continue;
		if (n == HYPERV_ID_SIZE - 1)
			memmove(text, text + 1, --n);
		text[n++] = buf[i];
		text[n] = '\0';
		if (n == HYPERV_ID_SIZE - 1 && hyperv_parse(text, id))
			return true;
	}
	return false;
}

/* The id after --vm-id in the command line of a process of this user. */
static bool id_of_process(DWORD pid, GUID *id)
{
	static char buf[COMMAND_LINE_MAX];
	UNICODE_STRING *line = (UNICODE_STRING *)buf;
	HANDLE process;
	const wchar_t *option;
	ULONG len;
	LONG status;

	process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
	if (!process)
		return false;
	memset(buf, 0, sizeof(buf));
	status = NtQueryInformationProcess(process,
					   PROCESS_COMMAND_LINE_INFORMATION,
					   buf, sizeof(buf) - sizeof(wchar_t),
					   &len);
	CloseHandle(process);
	if (status < 0 || !line->Buffer)
		return false;
	option = wcsstr(line->Buffer, OPTION);
	return option && find_id((const char *)option,
				 wcslen(option) * sizeof(*option), id);
}

/* Ask the wslinfo of a running WSL2. */
static bool ask_wsl(GUID *id)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	STARTUPINFOA start = { .cb = sizeof(start),
			       .dwFlags = STARTF_USESTDHANDLES };
	PROCESS_INFORMATION process;
	char line[] = QUERY, buf[1024];
	DWORD len = 0, n;
	HANDLE from;

	if (!CreatePipe(&from, &start.hStdOutput, &inherit, sizeof(buf)))
		return false;
	SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0);
	if (CreateProcessA(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL,
			   NULL, &start, &process)) {
		if (WaitForSingleObject(process.hProcess, QUERY_MS))
			TerminateProcess(process.hProcess, 1);
		CloseHandle(process.hThread);
		CloseHandle(process.hProcess);
	}
	/* The output is shorter than the pipe's buffer. */
	CloseHandle(start.hStdOutput);
	while (len < sizeof(buf) &&
	       ReadFile(from, buf + len, sizeof(buf) - len, &n, NULL) && n)
		len += n;
	CloseHandle(from);
	return find_id(buf, len, id);
}

bool wsl_find(LPGUID id)
{
	HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32 p = { .dwSize = sizeof(p) };
	bool found = false, runs = false;
	BOOL more;

	if (list == INVALID_HANDLE_VALUE)
		return false;
	for (more = Process32First(list, &p); more && !found;
	     more = Process32Next(list, &p)) {
		if (!_stricmp(p.szExeFile, "wslhost.exe")) {
			runs = true;
			found = id_of_process(p.th32ProcessID, id);
		} else if (!_stricmp(p.szExeFile, "vmmemWSL")) {
			runs = true;
		}
	}
	CloseHandle(list);
	/* wsl.exe would start WSL2 if it did not run. */
	return found || (runs && ask_wsl(id));
}
