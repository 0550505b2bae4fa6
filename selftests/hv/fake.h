/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VMBus without Hyper-V, for tests: what its parts share.
 *
 * hv_sock.ko as distributions sign it loads only if the checksums of the
 * symbols that it imports are right. They cover every type reachable from a
 * prototype as far as the file that exports the symbol knows it. So each
 * symbol is exported by a file named as in drivers/hv/, with the same public
 * headers; these are the ones that all of them have. No other may come in
 * here, nor into those files.
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

/* What stands before the payload of a packet: the pipe protocol's header. */
struct fake_pipe_header {
	u32 type;	/* 1: data */
	u32 size;	/* of the payload, in bytes; 0: no more will come */
};

#define FAKE_PIPE_DATA		1
#define FAKE_PACKET_HEAD	(sizeof(struct vmpacket_descriptor) + \
				 sizeof(struct fake_pipe_header))
#define FAKE_PACKET_TAIL	sizeof(u64)

/**
 * struct fake_channel - one connection, both its ends
 * @vmbus: the guest's end, as hv_sock has it
 * @device: what hv_sock's probe is called with
 * @driver: hv_sock
 * @node: in the list of all
 * @ref: held by the list and by work that may outlive the guest's end
 * @port: of the service: the host's, or the guest's that the host connects to
 * @sock: the server behind the host's end
 * @offer: connects to the server and offers the channel
 * @rescind: takes the offer back
 * @to_server: reads the guest's ring
 * @to_guest: fills the other one
 * @doorbell: where these two wait for the guest
 * @flows: how many of them have not come to their end
 * @rescinded: bit 0: @rescind is queued, or was
 * @finished: @to_server came to its end
 * @closed: the guest closes the channel
 * @from_guest: payload, in bytes
 * @from_server: the same
 * @packets: of the guest
 * @fullest: what the guest's ring held at most, in bytes
 * @blocked: how often the guest was told that there is room again
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
