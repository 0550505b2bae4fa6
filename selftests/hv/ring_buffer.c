// SPDX-License-Identifier: GPL-2.0
/* The rings, and the functions with which the guest reads its ring. */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/hyperv.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>
#include <linux/slab.h>
#include <linux/prefetch.h>
#include <linux/io.h>
#include <asm/mshyperv.h>

#include "fake.h"

/**
 * fake_ring_init() - Initialise a ring
 * @ring: the ring
 * @memory: zeroed pages: first the header, then the data
 * @size: size of @memory, in bytes
 * @max_packet: longest packet that the guest reads, in bytes; 0 if it reads
 *              none
 *
 * The data is mapped twice in a row, so that no packet is in two pieces.
 *
 * Context: Process.
 * Return: 0 or -ENOMEM; fake_ring_free() may be called either way.
 */
int fake_ring_init(struct hv_ring_buffer_info *ring, void *memory, u32 size,
		   u32 max_packet)
{
	unsigned int pages = size / PAGE_SIZE, data = pages - 1, n;
	struct page **map;

	ring->ring_size = size;
	ring->ring_datasize = data * PAGE_SIZE;
	ring->priv_read_index = 0;
	spin_lock_init(&ring->ring_lock);
	if (max_packet) {
		ring->pkt_buffer = kzalloc(max_packet, GFP_KERNEL);
		ring->pkt_buffer_size = max_packet;
		if (!ring->pkt_buffer)
			return -ENOMEM;
	}
	map = kcalloc(1 + 2 * data, sizeof(*map), GFP_KERNEL);
	if (!map)
		return -ENOMEM;
	map[0] = virt_to_page(memory);
	for (n = 0; n < 2 * data; n++)
		map[1 + n] = virt_to_page(memory + (1 + n % data) * PAGE_SIZE);
	ring->ring_buffer = vmap(map, 1 + 2 * data, VM_MAP, PAGE_KERNEL);
	kfree(map);
	if (!ring->ring_buffer)
		return -ENOMEM;
	ring->ring_buffer->feature_bits.feat_pending_send_sz = 1;
	return 0;
}

/**
 * fake_ring_free() - The opposite of fake_ring_init()
 * @ring: the ring; its pages are not freed
 */
void fake_ring_free(struct hv_ring_buffer_info *ring)
{
	vunmap(ring->ring_buffer);
	ring->ring_buffer = NULL;
	kfree(ring->pkt_buffer);
	ring->pkt_buffer = NULL;
}

static u32 fake_ring_step(const struct hv_ring_buffer_info *ring, u32 index,
			  u32 bytes)
{
	return (index + bytes) % ring->ring_datasize;
}

/**
 * fake_ring_put() - Write one packet
 * @ring: the ring; the caller is its only writer
 * @descriptor: head of the packet, which may be wrong
 * @vec: the rest of the packet; padded to a multiple of 8 bytes
 * @n: number of elements in @vec
 *
 * Context: Any.
 * Return: 1 if the ring was empty, 0 if not, -EAGAIN if there is no room.
 */
int fake_ring_put(struct hv_ring_buffer_info *ring,
		  const struct vmpacket_descriptor *descriptor,
		  const struct kvec *vec, size_t n)
{
	struct hv_ring_buffer *shared = ring->ring_buffer;
	u32 start = shared->write_index, len = sizeof(*descriptor);
	u8 *to = shared->buffer + start;
	u64 tail = (u64)start << 32;
	size_t i;

	for (i = 0; i < n; i++)
		len += vec[i].iov_len;
	len = ALIGN(len, 8);
	/* A full ring would look like an empty one. */
	if (hv_get_bytes_to_write(ring) <= len + sizeof(tail))
		return -EAGAIN;

	memcpy(to, descriptor, sizeof(*descriptor));
	to += sizeof(*descriptor);
	for (i = 0; i < n; i++) {
		memcpy(to, vec[i].iov_base, vec[i].iov_len);
		to += vec[i].iov_len;
	}
	to = PTR_ALIGN(to, 8);
	memcpy(to, &tail, sizeof(tail));
	/* Write the packet before the index. */
	smp_store_release(&shared->write_index,
			  fake_ring_step(ring, start, len + sizeof(tail)));
	/* The reader writes its index, then reads write_index. */
	smp_mb();
	return READ_ONCE(shared->read_index) == start;
}

/* The host may change the data of the ring at any time. */

struct vmpacket_descriptor *hv_pkt_iter_first(struct vmbus_channel *channel)
{
	struct hv_ring_buffer_info *ring = &channel->inbound;
	/* Read the index before the packet. */
	u32 end = smp_load_acquire(&ring->ring_buffer->write_index);
	u32 start = ring->priv_read_index;
	struct vmpacket_descriptor *copy = ring->pkt_buffer;
	u32 there = end < start ? end + ring->ring_datasize - start :
				  end - start;
	u32 len;

	if (there < sizeof(*copy))
		return NULL;
	there = min(there, ring->pkt_buffer_size);
	memcpy(copy, ring->ring_buffer->buffer + start, there);
	/* An impossible length counts as all data of the ring. */
	len = copy->len8 * 8;
	if (len < sizeof(*copy) || len > there)
		copy->len8 = there / 8;
	if (copy->offset8 * 8 < sizeof(*copy) || copy->offset8 > copy->len8)
		copy->offset8 = sizeof(*copy) / 8;
	return copy;
}
EXPORT_SYMBOL_GPL(hv_pkt_iter_first);

struct vmpacket_descriptor *
__hv_pkt_iter_next(struct vmbus_channel *channel,
		   const struct vmpacket_descriptor *packet)
{
	struct hv_ring_buffer_info *ring = &channel->inbound;

	ring->priv_read_index =
		fake_ring_step(ring, ring->priv_read_index,
			       packet->len8 * 8 + FAKE_PACKET_TAIL);
	return hv_pkt_iter_first(channel);
}
EXPORT_SYMBOL_GPL(__hv_pkt_iter_next);

void hv_pkt_iter_close(struct vmbus_channel *channel)
{
	struct hv_ring_buffer_info *ring = &channel->inbound;
	struct hv_ring_buffer *shared = ring->ring_buffer;
	u32 start = shared->read_index, end = ring->priv_read_index;
	u32 freed = end < start ? end + ring->ring_datasize - start :
				  end - start;
	u32 pending, room;

	/* Read the packet before its room is released. */
	smp_store_release(&shared->read_index, end);
	/* The host writes pending_send_sz, then reads read_index. */
	smp_mb();
	pending = READ_ONCE(shared->pending_send_sz);
	room = hv_get_bytes_to_write(ring);
	/* Signal once: when the awaited size first fits. */
	if (pending && room - freed <= pending && room > pending)
		fake_host_doorbell(fake_of(channel));
}
EXPORT_SYMBOL_GPL(hv_pkt_iter_close);
