/* SPDX-License-Identifier: GPL-2.0 */
/* From 6.19 on, kernel_connect() and kernel_bind() take sockaddr_unsized. */
#ifndef HVSOCK_COMPAT_LINUX_SOCKET_H
#define HVSOCK_COMPAT_LINUX_SOCKET_H

#include_next <linux/socket.h>

#ifndef HVSND_HAVE_SOCKADDR_UNSIZED
#define sockaddr_unsized sockaddr
#endif

#endif /* HVSOCK_COMPAT_LINUX_SOCKET_H */
