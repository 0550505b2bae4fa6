/* SPDX-License-Identifier: GPL-2.0 */
/* Since 5.17 the connect timeout has two names, for two kinds of timeval. */
#ifndef HVSOCK_COMPAT_LINUX_VM_SOCKETS_H
#define HVSOCK_COMPAT_LINUX_VM_SOCKETS_H

#include_next <linux/vm_sockets.h>

#ifndef SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD
#define SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD SO_VM_SOCKETS_CONNECT_TIMEOUT
#endif

#endif /* HVSOCK_COMPAT_LINUX_VM_SOCKETS_H */
