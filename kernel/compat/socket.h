/* SPDX-License-Identifier: GPL-2.0 */
/* kernel_connect() takes struct sockaddr_unsized since 6.19. */
#ifndef HVSOCK_COMPAT_SOCKET_H
#define HVSOCK_COMPAT_SOCKET_H

#include <linux/socket.h>

#ifndef HVS_HAVE_SOCKADDR_UNSIZED
#define sockaddr_unsized sockaddr
#endif

#endif /* HVSOCK_COMPAT_SOCKET_H */
