/* SPDX-License-Identifier: GPL-2.0 */
/* WQ_PERCPU came with 6.17; before, it was what had no WQ_UNBOUND. */
#ifndef HVSOCK_COMPAT_WORKQUEUE_H
#define HVSOCK_COMPAT_WORKQUEUE_H

#include <linux/workqueue.h>

#ifndef HVSND_HAVE_WQ_PERCPU
#define WQ_PERCPU 0
#endif

#endif /* HVSOCK_COMPAT_WORKQUEUE_H */
