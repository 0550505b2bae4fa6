/* SPDX-License-Identifier: GPL-2.0 */
/* WQ_PERCPU exists since 6.17; earlier, it is the default. */
#ifndef HVSOCK_COMPAT_LINUX_WORKQUEUE_H
#define HVSOCK_COMPAT_LINUX_WORKQUEUE_H

#include_next <linux/workqueue.h>

#ifndef HVSND_HAVE_WQ_PERCPU
#define WQ_PERCPU 0
#endif

#endif /* HVSOCK_COMPAT_LINUX_WORKQUEUE_H */
