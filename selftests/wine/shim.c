// SPDX-License-Identifier: GPL-2.0
/*
 * AF_HYPERV on loopback TCP, for Wine. The linker replaces the imports of
 * Winsock with these (--wrap), so that hvsndd's object files are the same as in
 * the product.
 *
 * 127.0.0.N is the virtual machine 0000000N-0000-0000-0000-000000000000. The
 * host listens for the wildcard at the TCP port HVSNDD_SHIM + PORT % 100, and
 * for virtual machine N at HVSNDD_SHIM + 100 * N + PORT % 100. Virtual machine
 * N listens at HVSNDD_SHIM + 50 + 100 * N + PORT % 100.
 */
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <hvsocket.h>

#define AF_HYPERV 34
#define SOCKETS_MAX 4096
#define HANDLE_STEP 4

extern typeof(socket) *__real___imp_socket;
extern typeof(bind) *__real___imp_bind;
extern typeof(listen) *__real___imp_listen;
extern typeof(connect) *__real___imp_connect;
extern typeof(accept) *__real___imp_accept;
extern typeof(setsockopt) *__real___imp_setsockopt;

/* TCP port that a socket is bound to when it listens; 0: not AF_HYPERV */
static unsigned short bound[SOCKETS_MAX];

static unsigned short *bound_of(SOCKET fd)
{
	return &bound[fd / HANDLE_STEP % SOCKETS_MAX];
}

static unsigned short tcp_port(const SOCKADDR_HV *a, int of_guest)
{
	const char *base = getenv("HVSNDD_SHIM");

	return atoi(base ? base : "20000") + 50 * of_guest +
	       a->VmId.Data1 * 100 + a->ServiceId.Data1 % 100;
}

static struct sockaddr_in loopback(unsigned short port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return in;
}

static SOCKET WSAAPI shim_socket(int family, int type, int protocol)
{
	SOCKET fd;

	if (family != AF_HYPERV || protocol != HV_PROTOCOL_RAW) {
		WSASetLastError(WSAEAFNOSUPPORT);
		return INVALID_SOCKET;
	}
	fd = __real___imp_socket(AF_INET, type, 0);
	if (fd != INVALID_SOCKET)
		*bound_of(fd) = 0;
	return fd;
}

static int WSAAPI shim_bind(SOCKET fd, const struct sockaddr *addr, int len)
{
	const SOCKADDR_HV *a = (const SOCKADDR_HV *)addr;
	GUID template = HV_GUID_VSOCK_TEMPLATE;

	template.Data1 = a->ServiceId.Data1;
	if (len != sizeof(*a) || a->Family != AF_HYPERV ||
	    memcmp(&template, &a->ServiceId, sizeof(template))) {
		WSASetLastError(WSAEINVAL);
		return SOCKET_ERROR;
	}
	*bound_of(fd) = tcp_port(a, 0);
	return 0;
}

/* As with AF_HYPERV, a port that is in use is reported here. */
static int WSAAPI shim_listen(SOCKET fd, int backlog)
{
	struct sockaddr_in in = loopback(*bound_of(fd));
	BOOL on = TRUE;

	__real___imp_setsockopt(fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE,
				(const char *)&on, sizeof(on));
	if (__real___imp_bind(fd, (struct sockaddr *)&in, sizeof(in)))
		return SOCKET_ERROR;
	return __real___imp_listen(fd, backlog);
}

static SOCKET WSAAPI shim_accept(SOCKET from, struct sockaddr *addr, int *len)
{
	SOCKADDR_HV *a = (SOCKADDR_HV *)addr;
	struct sockaddr_in in;
	int in_len = sizeof(in);
	SOCKET fd = __real___imp_accept(from, (struct sockaddr *)&in, &in_len);

	memset(a, 0, *len);
	a->Family = AF_HYPERV;
	a->VmId.Data1 = ntohl(in.sin_addr.s_addr) & 0xff;
	return fd;
}

static int WSAAPI shim_connect(SOCKET fd, const struct sockaddr *addr, int len)
{
	struct sockaddr_in in = loopback(tcp_port((SOCKADDR_HV *)addr, 1));

	(void)len;
	return __real___imp_connect(fd, (struct sockaddr *)&in, sizeof(in));
}

static int WSAAPI shim_setsockopt(SOCKET fd, int level, int option,
				  const char *value, int len)
{
	(void)fd;
	(void)value;
	if (level != HV_PROTOCOL_RAW || len != sizeof(DWORD) ||
	    (option != HVSOCKET_CONNECTED_SUSPEND &&
	     option != HVSOCKET_CONNECT_TIMEOUT)) {
		WSASetLastError(WSAENOPROTOOPT);
		return SOCKET_ERROR;
	}
	return 0;
}

typeof(socket) *__wrap___imp_socket = shim_socket;
typeof(bind) *__wrap___imp_bind = shim_bind;
typeof(listen) *__wrap___imp_listen = shim_listen;
typeof(connect) *__wrap___imp_connect = shim_connect;
typeof(accept) *__wrap___imp_accept = shim_accept;
typeof(setsockopt) *__wrap___imp_setsockopt = shim_setsockopt;
