// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

#define BACKLOG_MAX 262144 /* that AF_VSOCK queues in a socket */

static int result(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EINTR ? -EAGAIN : -errno;
}

int socket_receive(struct watch *w, void *buf, size_t len)
{
	int n = result(recv(w->fd, buf, len, 0));

	/* Some kernels report the end of a hv_sock as EIO. */
	return n == -EIO ? 0 : n;
}

int socket_send(struct watch *w, const void *buf, size_t len)
{
	return result(send(w->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/* AF_VSOCK has no ioctl for it. */
size_t socket_backlog(struct watch *w)
{
	static char buf[BACKLOG_MAX];
	ssize_t n = recv(w->fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);

	return n > 0 ? n : 0;
}

void socket_close(struct watch *w)
{
	watch_set(w, false, false);
	close(w->fd);
}
