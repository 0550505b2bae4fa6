// SPDX-License-Identifier: GPL-2.0
/* The module's workqueue, on which streams and shared connections work. */
#include <linux/errno.h>
#include <linux/workqueue.h>

#include "workqueue.h"

struct workqueue_struct *hvsnd_workqueue;

/**
 * hvsnd_workqueue_create() - Create the workqueue
 *
 * Context: Process.
 * Return: 0 or -ENOMEM.
 */
int hvsnd_workqueue_create(void)
{
	/*
	 * Per CPU: a timer, a write or a packet queues the work, and to wake
	 * another CPU costs more than the work itself.
	 */
	hvsnd_workqueue =
		alloc_workqueue("snd-hvsock", WQ_PERCPU | WQ_HIGHPRI, 0);
	return hvsnd_workqueue ? 0 : -ENOMEM;
}

/**
 * hvsnd_workqueue_destroy() - Finish all queued work, free the workqueue
 *
 * Context: Process.
 */
void hvsnd_workqueue_destroy(void)
{
	destroy_workqueue(hvsnd_workqueue);
}
