/* SPDX-License-Identifier: GPL-2.0 */
/* Since 6.19 kernel_connect() and kernel_bind() take struct sockaddr_unsized. */
#ifndef HVSOCK_COMPAT_LINUX_SOCKET_H
#define HVSOCK_COMPAT_LINUX_SOCKET_H

#include_next <linux/socket.h>

#ifndef HVSND_HAVE_SOCKADDR_UNSIZED
#define sockaddr_unsized sockaddr
#endif

#endif /* HVSOCK_COMPAT_LINUX_SOCKET_H */
