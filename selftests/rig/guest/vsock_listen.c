// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into a server: where it binds a UNIX socket .../vsock.PORT, it
 * listens on that vsock port instead. So a server that knows no vsock is
 * reached without a relay, which would cost processes and copies.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME	"/vsock."

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	int (*next)(int fd, const struct sockaddr *address, socklen_t length) =
		dlsym(RTLD_NEXT, "bind");
	const struct sockaddr_un *un = (const struct sockaddr_un *)address;
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK,
				  .svm_cid = VMADDR_CID_ANY };
	const char *name;
	int vsock, flags;

	name = address->sa_family == AF_UNIX ? strrchr(un->sun_path, '/') :
					       NULL;
	if (!name || strncmp(name, NAME, strlen(NAME)))
		return next(fd, address, length);
	vm.svm_port = atoi(name + strlen(NAME));
	flags = fcntl(fd, F_GETFL);
	vsock = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (vsock < 0 || dup3(vsock, fd, O_CLOEXEC) < 0 ||
	    fcntl(fd, F_SETFL, flags) < 0)
		return -1;
	close(vsock);
	return next(fd, (const struct sockaddr *)&vm, sizeof(vm));
}

/* PulseAudio's queue of 5 overflows when many streams connect at once. */
int listen(int fd, int backlog)
{
	int (*next)(int fd, int backlog) = dlsym(RTLD_NEXT, "listen");
	int domain = 0;
	socklen_t size = sizeof(domain);

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
	return next(fd, domain == AF_VSOCK ? SOMAXCONN : backlog);
}
