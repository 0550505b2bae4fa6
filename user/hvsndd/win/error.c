// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "port.h"

int port_errno(DWORD error)
{
	static const struct {
		DWORD windows;
		int code;
	} codes[] = {
		{ WSAEACCES, EACCES },
		{ ERROR_ACCESS_DENIED, EACCES },
		{ WSAEADDRINUSE, EADDRINUSE },
		{ WSAEADDRNOTAVAIL, EADDRNOTAVAIL },
		{ WSAEAFNOSUPPORT, EAFNOSUPPORT },
		{ WSAECONNABORTED, ECONNABORTED },
		{ ERROR_CONNECTION_ABORTED, ECONNABORTED },
		{ WSAECONNREFUSED, ECONNREFUSED },
		{ ERROR_CONNECTION_REFUSED, ECONNREFUSED },
		{ WSAECONNRESET, ECONNRESET },
		{ ERROR_NETNAME_DELETED, ECONNRESET },
		{ ERROR_FILE_NOT_FOUND, ENOENT },
		{ ERROR_PATH_NOT_FOUND, ENOENT },
		{ ERROR_DISK_FULL, ENOSPC },
		{ WSAEMFILE, EMFILE },
		{ WSAENOBUFS, ENOBUFS },
		{ ERROR_NOT_ENOUGH_MEMORY, ENOMEM },
		{ WSAETIMEDOUT, ETIMEDOUT },
		{ ERROR_SEM_TIMEOUT, ETIMEDOUT },
		{ WSAEWOULDBLOCK, EAGAIN },
		{ WSAENETUNREACH, ENETUNREACH },
		{ WSAEHOSTUNREACH, EHOSTUNREACH },
	};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (codes[i].windows == error)
			return -codes[i].code;
	}
	return -EIO;
}

const char *error_text(int code)
{
	static const struct {
		int code;
		const char *text;
	} texts[] = {
		{ EADDRINUSE, "Address already in use" },
		{ EADDRNOTAVAIL, "Cannot assign requested address" },
		{ EAFNOSUPPORT, "Address family not supported" },
		{ ECONNABORTED, "Connection aborted" },
		{ ECONNREFUSED, "Connection refused" },
		{ ECONNRESET, "Connection reset by peer" },
		{ EHOSTUNREACH, "No route to host" },
		{ ENETUNREACH, "Network is unreachable" },
		{ ENOBUFS, "No buffer space available" },
		{ ETIMEDOUT, "Connection timed out" },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (texts[i].code == code)
			return texts[i].text;
	}
	return (strerror)(code);
}

const char *port_error_text(DWORD error, char *out, size_t size)
{
	char text[256];
	DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM |
					 FORMAT_MESSAGE_IGNORE_INSERTS,
				 NULL, error, 0, text, sizeof(text), NULL);

	while (n && strchr("\r\n. ", text[n - 1]))
		n--;
	if (n)
		snprintf(out, size, "%.*s (%lu)", (int)n, text, error);
	else
		snprintf(out, size, "error %lu (0x%lx)", error, error);
	return out;
}
