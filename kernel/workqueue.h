/* SPDX-License-Identifier: GPL-2.0 */
/* The module's workqueue. */
#ifndef HVSOCK_WORKQUEUE_H
#define HVSOCK_WORKQUEUE_H

#include <linux/workqueue.h>

extern struct workqueue_struct *hvsnd_workqueue;

int hvsnd_workqueue_create(void);
void hvsnd_workqueue_destroy(void);

#endif /* HVSOCK_WORKQUEUE_H */
