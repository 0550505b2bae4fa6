/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_connect() and kernel_bind() take struct sockaddr_unsized since 6.19. The connect
 * timeout has two names, for two kinds of timeval, since 5.17.
 */
#ifndef HVSOCK_COMPAT_SOCKET_H
#define HVSOCK_COMPAT_SOCKET_H

#include <linux/socket.h>
#include <linux/vm_sockets.h>

#ifndef HVSND_HAVE_SOCKADDR_UNSIZED
#define sockaddr_unsized sockaddr
#endif

#ifndef SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD
#define SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD SO_VM_SOCKETS_CONNECT_TIMEOUT
#endif

#endif /* HVSOCK_COMPAT_SOCKET_H */
