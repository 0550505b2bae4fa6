// SPDX-License-Identifier: GPL-2.0
/* The end of a channel. */
#include <linux/kernel.h>
#include <linux/interrupt.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/cpu.h>
#include <linux/hyperv.h>
#include <asm/mshyperv.h>
#include <linux/sched/isolation.h>

#include "fake.h"

void vmbus_set_chn_rescind_callback(struct vmbus_channel *channel,
				    void (*callback)(struct vmbus_channel *))
{
	channel->chn_rescind_callback = callback;
}
EXPORT_SYMBOL_GPL(vmbus_set_chn_rescind_callback);

/**
 * fake_device_remove() - Detach the driver and remove the channel
 * @fake: a channel that has been offered
 *
 * Context: Process.
 */
void fake_device_remove(struct fake_channel *fake)
{
	fake->driver->remove(&fake->device);
	fake_host_forget(fake);
}

/* Waits until the host rescinds its offer. */
void vmbus_hvsock_device_unregister(struct vmbus_channel *channel)
{
	while (!READ_ONCE(channel->rescind) || !READ_ONCE(channel->probe_done))
		usleep_range(500, 1000);
	fake_device_remove(fake_of(channel));
}
EXPORT_SYMBOL_GPL(vmbus_hvsock_device_unregister);
