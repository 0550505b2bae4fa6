// SPDX-License-Identifier: GPL-2.0
/* Open, close and send of a channel, the functions that hv_sock calls. */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/module.h>
#include <linux/hyperv.h>
#include <linux/uio.h>
#include <linux/interrupt.h>
#include <linux/set_memory.h>
#include <asm/page.h>
#include <asm/mshyperv.h>

#include "fake.h"

int vmbus_send_tl_connect_request(const guid_t *guest, const guid_t *service)
{
	return fake_host_connect_request(guest, service);
}
EXPORT_SYMBOL_GPL(vmbus_send_tl_connect_request);

static void fake_tasklet(unsigned long data)
{
	struct vmbus_channel *channel = (struct vmbus_channel *)data;
	void (*callback)(void *context) =
		READ_ONCE(channel->onchannel_callback);

	if (callback)
		callback(channel->channel_callback_context);
}

/**
 * fake_interrupt() - The host interrupts the guest
 * @channel: the channel
 *
 * Context: Process; the guest's callback runs in softirq.
 */
void fake_interrupt(struct vmbus_channel *channel)
{
	spin_lock_bh(&channel->sched_lock);
	if (channel->onchannel_callback)
		tasklet_schedule(&channel->callback_event);
	spin_unlock_bh(&channel->sched_lock);
}

/**
 * fake_callback_stop() - Wait until the guest's callback no longer runs
 * @channel: a channel, open or not
 *
 * Context: Process.
 */
void fake_callback_stop(struct vmbus_channel *channel)
{
	spin_lock_bh(&channel->sched_lock);
	channel->onchannel_callback = NULL;
	spin_unlock_bh(&channel->sched_lock);
	if (channel->callback_event.func)
		tasklet_kill(&channel->callback_event);
}

static void fake_rings_free(struct vmbus_channel *channel)
{
	fake_ring_free(&channel->outbound);
	fake_ring_free(&channel->inbound);
	free_pages_exact(page_address(channel->ringbuffer_page),
			 channel->ringbuffer_pagecount * PAGE_SIZE);
	channel->ringbuffer_page = NULL;
}

int vmbus_open(struct vmbus_channel *channel, u32 send_size, u32 receive_size,
	       void *userdata, u32 userdatalen,
	       void (*callback)(void *context), void *context)
{
	void *memory;

	if (channel->state != CHANNEL_OPEN_STATE)
		return -EINVAL;
	if (channel->rescind)
		return -ENODEV;
	memory = alloc_pages_exact(send_size + receive_size,
				   GFP_KERNEL | __GFP_ZERO);
	if (!memory)
		return -ENOMEM;
	channel->ringbuffer_page = virt_to_page(memory);
	channel->ringbuffer_pagecount = (send_size + receive_size) / PAGE_SIZE;
	if (fake_ring_init(&channel->outbound, memory, send_size, 0) ||
	    fake_ring_init(&channel->inbound, memory + send_size, receive_size,
			   channel->max_pkt_size)) {
		fake_rings_free(channel);
		return -ENOMEM;
	}
	tasklet_init(&channel->callback_event, fake_tasklet,
		     (unsigned long)channel);
	channel->channel_callback_context = context;
	channel->onchannel_callback = callback;
	channel->state = CHANNEL_OPENED_STATE;
	fake_host_opened(fake_of(channel));
	return 0;
}
EXPORT_SYMBOL_GPL(vmbus_open);

void vmbus_close(struct vmbus_channel *channel)
{
	fake_callback_stop(channel);
	if (channel->state != CHANNEL_OPENED_STATE)
		return;
	channel->state = CHANNEL_OPEN_STATE;
	fake_host_closed(fake_of(channel));
	fake_rings_free(channel);
}
EXPORT_SYMBOL_GPL(vmbus_close);

int vmbus_sendpacket(struct vmbus_channel *channel, void *buffer, u32 len,
		     u64 id, enum vmbus_packet_type type, u32 flags)
{
	struct vmpacket_descriptor descriptor = {
		.type = type,
		.offset8 = sizeof(descriptor) / 8,
		.len8 = DIV_ROUND_UP(sizeof(descriptor) + len, 8),
		.flags = flags,
		.trans_id = id,
	};
	struct kvec vec = { .iov_base = buffer, .iov_len = len };
	struct hv_ring_buffer_info *ring = &channel->outbound;
	unsigned long irq;
	int ret;

	if (channel->rescind)
		return -ENODEV;
	spin_lock_irqsave(&ring->ring_lock, irq);
	ret = fake_ring_put(ring, &descriptor, &vec, 1);
	spin_unlock_irqrestore(&ring->ring_lock, irq);
	if (ret < 0)
		return ret;
	if (ret && !READ_ONCE(ring->ring_buffer->interrupt_mask))
		fake_host_doorbell(fake_of(channel));
	return channel->rescind ? -ENODEV : 0;
}
EXPORT_SYMBOL(vmbus_sendpacket);
