/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VMBus without Hyper-V, for tests: common declarations.
 *
 * A signed hv_sock.ko loads only if the checksums of the symbols that it
 * imports are right. A checksum covers every type that the exporting file knows
 * and that is reachable from the prototype. Each symbol is therefore exported
 * by a file that is named as in drivers/hv/ and includes the same public
 * headers. This file includes the headers that all of them have. Do not include
 * others, here or in those files.
 */
#ifndef HVSOCK_FAKE_H
#define HVSOCK_FAKE_H

#include <linux/list.h>
#include <linux/bitops.h>
#include <asm/sync_bitops.h>
#include <asm/hyperv-tlfs.h>
#include <linux/atomic.h>
#include <linux/hyperv.h>
#include <linux/interrupt.h>
#include <linux/tracepoint.h>

struct socket;

/* Header of the pipe protocol, in front of the payload of a packet. */
struct fake_pipe_header {
	u32 type;	/* 1: data */
	u32 size;	/* of the payload, in bytes; 0: end of the stream */
};

#define FAKE_PIPE_DATA		1
#define FAKE_PACKET_HEAD	(sizeof(struct vmpacket_descriptor) + \
				 sizeof(struct fake_pipe_header))
#define FAKE_PACKET_TAIL	sizeof(u64)

/**
 * struct fake_channel - both ends of one connection
 * @vmbus: the guest's end, which hv_sock uses
 * @device: argument of hv_sock's probe
 * @driver: hv_sock
 * @node: entry in the list of all channels
 * @ref: held by the list and by work that may outlive the guest's end
 * @port: port of the service: of the host, or of the guest's listener
 * @sock: connection to the server behind the host's end
 * @offer: connects to the server and offers the channel
 * @rescind: rescinds the offer
 * @to_server: reads the guest's ring
 * @to_guest: writes the other ring
 * @doorbell: where @to_server and @to_guest wait for the guest
 * @flows: number of them that have not ended
 * @rescinded: bit 0: @rescind is queued, or has run
 * @finished: @to_server has ended
 * @closed: the guest closes the channel
 * @from_guest: payload from the guest, in bytes
 * @from_server: payload from the server, in bytes
 * @packets: number of packets from the guest
 * @fullest: most bytes that the guest's ring held
 * @blocked: how often the guest was notified of room
 */
struct fake_channel {
	struct vmbus_channel vmbus;
	struct hv_device device;
	struct hv_driver *driver;
	struct list_head node;
	struct kref ref;
	u32 port;
	struct socket *sock;
	struct delayed_work offer;
	struct work_struct rescind;
	struct work_struct to_server;
	struct work_struct to_guest;
	wait_queue_head_t doorbell;
	atomic_t flows;
	unsigned long rescinded;
	bool finished;
	bool closed;
	u64 from_guest;
	u64 from_server;
	u32 packets;
	u32 fullest;
	u32 blocked;
};

static inline struct fake_channel *fake_of(struct vmbus_channel *channel)
{
	return container_of(channel, struct fake_channel, vmbus);
}

/* The guest's half: the VMBus driver. */
int fake_ring_init(struct hv_ring_buffer_info *ring, void *memory, u32 size,
		   u32 max_packet);
void fake_ring_free(struct hv_ring_buffer_info *ring);
int fake_ring_put(struct hv_ring_buffer_info *ring,
		  const struct vmpacket_descriptor *descriptor,
		  const struct kvec *vec, size_t n);
void fake_interrupt(struct vmbus_channel *channel);
void fake_callback_stop(struct vmbus_channel *channel);
void fake_device_remove(struct fake_channel *fake);

/* The host's half. */
int fake_host_connect_request(const guid_t *guest, const guid_t *service);
void fake_host_opened(struct fake_channel *fake);
void fake_host_closed(struct fake_channel *fake);
void fake_host_doorbell(struct fake_channel *fake);
void fake_host_driver(struct hv_driver *driver);
void fake_host_forget(struct fake_channel *fake);

#endif /* HVSOCK_FAKE_H */
