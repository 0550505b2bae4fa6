// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hyperv.h"

/* after winsock2.h, which it needs */
#include <hvsocket.h>

#ifndef AF_HYPERV
#define AF_HYPERV 34
#endif

const GUID hyperv_any;

bool hyperv_parse(const char *text, GUID *id)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	unsigned int a, b, c, d[8];
	size_t i, brace = *text == '{';
	const char *p = text + brace;

	for (i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == 'x' ? !isxdigit((unsigned char)p[i]) :
				     p[i] != form[i])
			return false;
	}
	if (brace ? strcmp(p + i, "}") : p[i])
		return false;
	if (sscanf(p, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c,
		   &d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6],
		   &d[7]) != 11)
		return false;
	id->Data1 = a;
	id->Data2 = b;
	id->Data3 = c;
	for (i = 0; i < 8; i++)
		id->Data4[i] = d[i];
	return true;
}

const char *hyperv_text(const GUID *id, char *out)
{
	const unsigned char *d = id->Data4;

	snprintf(out, HYPERV_ID_SIZE,
		 "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", id->Data1,
		 id->Data2, id->Data3, d[0], d[1], d[2], d[3], d[4], d[5], d[6],
		 d[7]);
	return out;
}

GUID hyperv_service(uint32_t port)
{
	GUID id = HV_GUID_VSOCK_TEMPLATE;

	id.Data1 = port;
	return id;
}

/* A virtual machine that is paused or saved keeps its connections. */
static SOCKET open_socket(void)
{
	SOCKET fd = socket(AF_HYPERV, SOCK_STREAM, HV_PROTOCOL_RAW);
	DWORD on = 1;

	if (fd != INVALID_SOCKET)
		setsockopt(fd, HV_PROTOCOL_RAW, HVSOCKET_CONNECTED_SUSPEND,
			   (const char *)&on, sizeof(on));
	return fd;
}

static SOCKET close_with_error(SOCKET fd)
{
	int error = WSAGetLastError();

	closesocket(fd);
	WSASetLastError(error);
	return INVALID_SOCKET;
}

static int bind_to(SOCKET fd, const GUID *vm, const GUID *service)
{
	SOCKADDR_HV a = {
		.Family = AF_HYPERV,
		.VmId = *vm,
		.ServiceId = *service,
	};

	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

SOCKET hyperv_listen(const GUID *vm, uint32_t port)
{
	GUID service = hyperv_service(port);
	SOCKET fd = open_socket();

	if (fd == INVALID_SOCKET)
		return fd;
	/* AF_HYPERV reports a port that is in use in listen(). */
	if (bind_to(fd, vm, &service) || listen(fd, SOMAXCONN))
		return close_with_error(fd);
	return fd;
}

SOCKET hyperv_accept(SOCKET listener, GUID *peer)
{
	SOCKADDR_HV a = { 0 };
	int len = sizeof(a);
	SOCKET fd = accept(listener, (struct sockaddr *)&a, &len);

	*peer = a.VmId;
	return fd;
}

SOCKET hyperv_connect(const GUID *vm, uint32_t port, unsigned int timeout_ms)
{
	SOCKADDR_HV a = {
		.Family = AF_HYPERV,
		.VmId = *vm,
		.ServiceId = hyperv_service(port),
	};
	DWORD timeout = timeout_ms;
	SOCKET fd = open_socket();

	if (fd == INVALID_SOCKET)
		return fd;
	setsockopt(fd, HV_PROTOCOL_RAW, HVSOCKET_CONNECT_TIMEOUT,
		   (const char *)&timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return close_with_error(fd);
	return fd;
}
