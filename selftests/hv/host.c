// SPDX-License-Identifier: GPL-2.0
/*
 * The host: its end of every channel, with a TCP connection to the server at
 * the port that the service names, and the faults of a host.
 */
#define pr_fmt(fmt) "fake vmbus: " fmt

#include <linux/delay.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "fake.h"

/* Most payload of one packet of a host */
#define FAKE_MOST	16384

/* ------------------------------------------------------------------------ */
/* Faults                                                                   */

/*
 * Without a packet of length 0: hv_sock never returns from reading after such
 * a packet.
 */
enum fake_fault {
	FAKE_NONE,
	FAKE_SILENT,	/* never offers a channel, as without a listener */
	FAKE_LATE,	/* offers late */
	FAKE_RESCIND,	/* rescinds the offer in mid-stream */
	FAKE_FULL,	/* does not read the guest's ring */
	FAKE_SHORT,	/* a packet without room for the pipe's header */
	FAKE_LONG,	/* a header that promises more than the packet has */
	FAKE_HUGE,	/* a payload of more than 16 KiB */
	FAKE_FIN,	/* data and immediately the end */
	FAKE_KEEP,	/* never rescinds a closed connection */
};

static const char * const fake_faults[] = {
	"none", "silent", "late", "rescind", "full", "short", "long", "huge",
	"fin", "keep",
};

static enum fake_fault fault;
static unsigned int after;
module_param(after, uint, 0644);
MODULE_PARM_DESC(after, "which byte of a connection has the fault (0)");

static unsigned int delay = 3000;
module_param(delay, uint, 0644);
MODULE_PARM_DESC(delay, "how late a late offer comes, in milliseconds (3000)");

static char *server = "127.0.0.1";
module_param(server, charp, 0644);
MODULE_PARM_DESC(server, "IPv4 address of the servers (127.0.0.1)");

static bool fake_faulty(enum fake_fault which, u64 bytes)
{
	return READ_ONCE(fault) == which && bytes >= after;
}

/* ------------------------------------------------------------------------ */
/* Offer, open, close and rescind of a channel                              */

static struct workqueue_struct *fake_workqueue;
/* Guards these three. May be taken with the guest's socket locked. */
static DEFINE_MUTEX(fake_lock);
static LIST_HEAD(fake_channels);
static struct hv_driver *fake_driver;
static u32 fake_id;

static void fake_release(struct kref *ref)
{
	struct fake_channel *fake = container_of(ref, struct fake_channel, ref);

	if (fake->sock)
		sock_release(fake->sock);
	kfree(fake);
}

static void fake_put(struct fake_channel *fake)
{
	kref_put(&fake->ref, fake_release);
}

/**
 * fake_host_forget() - Drop the host's reference to a channel
 * @fake: the channel, which may be freed
 */
void fake_host_forget(struct fake_channel *fake)
{
	mutex_lock(&fake_lock);
	list_del(&fake->node);
	mutex_unlock(&fake_lock);
	fake_put(fake);
}

static void fake_rescind(struct work_struct *work)
{
	struct fake_channel *fake =
		container_of(work, struct fake_channel, rescind);
	struct vmbus_channel *channel = &fake->vmbus;

	fake_callback_stop(channel);
	WRITE_ONCE(channel->rescind, true);
	while (!READ_ONCE(channel->probe_done))
		usleep_range(500, 1000);
	if (channel->chn_rescind_callback)
		channel->chn_rescind_callback(channel);
	else
		fake_device_remove(fake);
	fake_put(fake);
}

static void fake_rescind_queue(struct fake_channel *fake)
{
	if (test_and_set_bit(0, &fake->rescinded))
		return;
	kref_get(&fake->ref);
	queue_work(fake_workqueue, &fake->rescind);
}

/* One direction has ended. After both, the host rescinds the offer. */
static void fake_flow_end(struct fake_channel *fake)
{
	if (atomic_dec_and_test(&fake->flows) && !fake_faulty(FAKE_KEEP, 0))
		fake_rescind_queue(fake);
}

static int fake_connect_server(struct fake_channel *fake)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(fake->port),
		.sin_addr.s_addr = in_aton(server),
	};
	int err;

	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, 0, &fake->sock);
	if (err)
		return err;
	tcp_sock_set_nodelay(fake->sock->sk);
	return kernel_connect(fake->sock, (struct sockaddr_unsized *)&addr,
			      sizeof(addr), 0);
}

/* Without a server there is no offer, and no notification of the guest. */
static void fake_offer(struct work_struct *work)
{
	struct fake_channel *fake =
		container_of(work, struct fake_channel, offer.work);
	struct vmbus_channel *channel = &fake->vmbus;
	int err;

	kref_get(&fake->ref);
	err = fake_connect_server(fake);
	if (err) {
		pr_info("no server at %s port %u: error %d\n", server,
			fake->port, err);
		fake_host_forget(fake);
		goto put;
	}
	fake->driver->probe(&fake->device, NULL);
	/* The offer cannot be rescinded before this is true. */
	smp_store_release(&channel->probe_done, true);
	if (channel->state != CHANNEL_OPENED_STATE) {
		pr_info("port %u: the guest does not open the channel\n",
			fake->port);
		fake_rescind_queue(fake);
	}
put:
	fake_put(fake);
}

static void fake_to_server(struct work_struct *work);
static void fake_to_guest(struct work_struct *work);

/* 00000000-facb-11e6-bd58-64006a7986d3, the port in its first four bytes */
static guid_t fake_guid(u32 port)
{
	return GUID_INIT(port, 0xfacb, 0x11e6, 0xbd, 0x58, 0x64, 0x00, 0x6a,
			 0x79, 0x86, 0xd3);
}

static int fake_connection(const guid_t *type, const guid_t *instance,
			   bool from_host)
{
	struct vmbus_channel_offer *offer;
	struct fake_channel *fake;
	bool late = fake_faulty(FAKE_LATE, after);

	fake = kzalloc(sizeof(*fake), GFP_KERNEL);
	if (!fake)
		return -ENOMEM;
	kref_init(&fake->ref);
	INIT_DELAYED_WORK(&fake->offer, fake_offer);
	INIT_WORK(&fake->rescind, fake_rescind);
	INIT_WORK(&fake->to_server, fake_to_server);
	INIT_WORK(&fake->to_guest, fake_to_guest);
	init_waitqueue_head(&fake->doorbell);
	atomic_set(&fake->flows, 2);
	memcpy(&fake->port, type, sizeof(fake->port));

	fake->device.channel = &fake->vmbus;
	fake->vmbus.device_obj = &fake->device;
	fake->vmbus.state = CHANNEL_OPEN_STATE;
	spin_lock_init(&fake->vmbus.sched_lock);
	offer = &fake->vmbus.offermsg.offer;
	offer->if_type = *type;
	offer->if_instance = *instance;
	offer->chn_flags = VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER;
	offer->u.pipe.user_def[0] = from_host;

	mutex_lock(&fake_lock);
	fake->vmbus.offermsg.child_relid = ++fake_id;
	fake->driver = fake_driver;
	if (!fake_driver) {
		mutex_unlock(&fake_lock);
		kfree(fake);
		return -ENODEV;
	}
	list_add_tail(&fake->node, &fake_channels);
	queue_delayed_work(fake_workqueue, &fake->offer,
			   late ? msecs_to_jiffies(delay) : 0);
	mutex_unlock(&fake_lock);
	return 0;
}

/**
 * fake_host_connect_request() - Handle the guest's request to connect
 * @guest: GUID of the guest's end
 * @service: GUID of the host's service
 *
 * Context: Process, with the guest's socket locked.
 * Return: 0, also if nobody answers; -ENOMEM, -ENODEV.
 */
int fake_host_connect_request(const guid_t *guest, const guid_t *service)
{
	if (fake_faulty(FAKE_SILENT, after))
		return 0;
	return fake_connection(service, guest, false);
}

/**
 * fake_host_opened() - The guest has opened a channel
 * @fake: the channel, with its rings and its callback
 */
void fake_host_opened(struct fake_channel *fake)
{
	queue_work(fake_workqueue, &fake->to_server);
	queue_work(fake_workqueue, &fake->to_guest);
}

/**
 * fake_host_closed() - The guest closes a channel
 * @fake: the channel; the host no longer accesses its rings after return
 *
 * Context: Process.
 */
void fake_host_closed(struct fake_channel *fake)
{
	WRITE_ONCE(fake->closed, true);
	kernel_sock_shutdown(fake->sock, SHUT_RDWR);
	wake_up_all(&fake->doorbell);
	flush_work(&fake->to_server);
	flush_work(&fake->to_guest);
	pr_info("port %u: %llu bytes from the guest in %u packets, %llu to it; its ring of %u held %u, room again %u times\n",
		fake->port, fake->from_guest, fake->packets, fake->from_server,
		fake->vmbus.outbound.ring_datasize, fake->fullest,
		fake->blocked);
}

/**
 * fake_host_doorbell() - The guest signals
 * @fake: the channel
 *
 * Context: Any.
 */
void fake_host_doorbell(struct fake_channel *fake)
{
	wake_up_all(&fake->doorbell);
}

/**
 * fake_host_driver() - Register or unregister the driver
 * @driver: hv_sock, or NULL to drop all offers; no code of the driver runs
 *          after return
 *
 * Context: Process.
 */
void fake_host_driver(struct hv_driver *driver)
{
	struct fake_channel *fake, *next;

	mutex_lock(&fake_lock);
	fake_driver = driver;
	if (!driver) {
		list_for_each_entry_safe(fake, next, &fake_channels, node) {
			if (cancel_delayed_work(&fake->offer)) {
				list_del(&fake->node);
				fake_put(fake);
			}
		}
	}
	mutex_unlock(&fake_lock);
	if (!driver)
		drain_workqueue(fake_workqueue);
}

/* ------------------------------------------------------------------------ */
/* From the guest to the server                                             */

/* Whether the guest has sent data that the host reads now. */
static bool fake_ready(struct fake_channel *fake)
{
	return hv_get_bytes_to_read(&fake->vmbus.outbound) &&
	       !fake_faulty(FAKE_FULL, fake->from_guest);
}

/* Payload of the next packet in bytes, 0 for the last one; -EPROTO. */
static int fake_take(struct fake_channel *fake, void *payload)
{
	struct hv_ring_buffer_info *ring = &fake->vmbus.outbound;
	struct hv_ring_buffer *shared = ring->ring_buffer;
	u32 start = shared->read_index, there, len, size, pending, room;
	const struct vmpacket_descriptor *packet;
	const struct fake_pipe_header *header;
	u64 tail;

	there = hv_get_bytes_to_read(ring);
	/* Read the packet after the guest's write index. */
	smp_rmb();
	fake->fullest = max(fake->fullest, there);
	packet = (void *)(shared->buffer + start);
	header = (const void *)packet + packet->offset8 * 8;
	len = packet->len8 * 8;
	size = header->size;
	if (there < FAKE_PACKET_HEAD + sizeof(tail) ||
	    packet->type != VM_PKT_DATA_INBAND ||
	    packet->offset8 * 8 != sizeof(*packet) || len < FAKE_PACKET_HEAD ||
	    len + sizeof(tail) > there || header->type != FAKE_PIPE_DATA ||
	    size > len - FAKE_PACKET_HEAD || size > FAKE_MOST)
		return -EPROTO;
	memcpy(&tail, (const void *)packet + len, sizeof(tail));
	if (tail != (u64)start << 32)
		return -EPROTO;
	memcpy(payload, header + 1, size);
	len += sizeof(tail);

	/* Read the packet before its room is released. */
	smp_store_release(&shared->read_index,
			  (start + len) % ring->ring_datasize);
	/* The guest writes pending_send_sz, then reads read_index. */
	smp_mb();
	pending = READ_ONCE(shared->pending_send_sz);
	room = hv_get_bytes_to_write(ring);
	if (pending && room - len <= pending && room > pending) {
		fake->blocked++;
		fake_interrupt(&fake->vmbus);
	}
	fake->packets++;
	return size;
}

static int fake_send(struct fake_channel *fake, void *payload, size_t len)
{
	struct kvec vec = { .iov_base = payload, .iov_len = len };
	struct msghdr msg = { .msg_flags = MSG_NOSIGNAL };

	return kernel_sendmsg(fake->sock, &msg, &vec, 1, len);
}

static void fake_to_server(struct work_struct *work)
{
	struct fake_channel *fake =
		container_of(work, struct fake_channel, to_server);
	struct hv_ring_buffer *shared = fake->vmbus.outbound.ring_buffer;
	void *payload = kmalloc(FAKE_MOST, GFP_KERNEL);
	bool lost = !payload;
	int len = 0;

	for (;;) {
		/* The guest need not signal while the host reads. */
		WRITE_ONCE(shared->interrupt_mask, 0);
		/* Read what the guest wrote without a signal after this. */
		smp_mb();
		wait_event(fake->doorbell,
			   READ_ONCE(fake->closed) || fake_ready(fake));
		WRITE_ONCE(shared->interrupt_mask, 1);
		if (READ_ONCE(fake->closed) || !payload)
			break;
		len = fake_take(fake, payload);
		if (len <= 0)
			break;
		fake->from_guest += len;
		/* A lost server accepts nothing; the guest still sends. */
		if (!lost && fake_send(fake, payload, len) != len)
			lost = true;
		if (fake_faulty(FAKE_RESCIND, fake->from_guest))
			fake_rescind_queue(fake);
	}
	if (len < 0)
		pr_err("port %u: what the guest sent is no packet\n",
		       fake->port);
	WRITE_ONCE(fake->finished, true);
	kernel_sock_shutdown(fake->sock, SHUT_WR);
	kfree(payload);
	fake_flow_end(fake);
}

/* ------------------------------------------------------------------------ */
/* From the server to the guest                                             */

/*
 * Send a packet with @len bytes of payload. Its headers say @len8 and @size,
 * which may be wrong. Waits for room. Returns 1 if the ring was empty, 0, or
 * -ESHUTDOWN.
 */
static int fake_give_as(struct fake_channel *fake, void *payload, size_t len,
			u16 len8, u32 size)
{
	struct hv_ring_buffer_info *ring = &fake->vmbus.inbound;
	struct vmpacket_descriptor descriptor = {
		.type = VM_PKT_DATA_INBAND,
		.offset8 = sizeof(descriptor) / 8,
		.len8 = len8,
	};
	struct fake_pipe_header header = { FAKE_PIPE_DATA, size };
	/* A packet of one descriptor has no header. */
	bool bare = len8 * 8 == sizeof(descriptor);
	struct kvec vec[] = {
		{ .iov_base = &header, .iov_len = bare ? 0 : sizeof(header) },
		{ .iov_base = payload, .iov_len = len },
	};
	u32 need = ALIGN(FAKE_PACKET_HEAD + len, 8) + sizeof(u64);
	long left;
	int ret;

	while ((ret = fake_ring_put(ring, &descriptor, vec, 2)) == -EAGAIN) {
		WRITE_ONCE(ring->ring_buffer->pending_send_sz, need);
		/* Check what the guest read without a signal after this. */
		smp_mb();
		left = wait_event_timeout(fake->doorbell,
					  READ_ONCE(fake->closed) ||
					  hv_get_bytes_to_write(ring) > need,
					  HZ);
		WRITE_ONCE(ring->ring_buffer->pending_send_sz, 0);
		/* A guest that has ended its direction may stop reading. */
		if (READ_ONCE(fake->closed) ||
		    (!left && READ_ONCE(fake->finished)))
			return -ESHUTDOWN;
	}
	return ret;
}

static int fake_give(struct fake_channel *fake, void *payload, size_t len)
{
	return fake_give_as(fake, payload, len,
			    DIV_ROUND_UP(FAKE_PACKET_HEAD + len, 8), len);
}

/* Send the malformed packet of a fault, if it is due. */
static int fake_give_wrong(struct fake_channel *fake, void *payload)
{
	const u16 head8 = FAKE_PACKET_HEAD / 8;

	if (fake->from_server < after)
		return 0;
	switch (READ_ONCE(fault)) {
	case FAKE_SHORT:
		return fake_give_as(fake, payload, 0, head8 - 1, 0);
	case FAKE_LONG:
		return fake_give_as(fake, payload, 8, head8 + 1, 4096);
	case FAKE_HUGE:
		return fake_give_as(fake, payload, FAKE_MOST + 8,
				    head8 + FAKE_MOST / 8 + 1, FAKE_MOST + 8);
	default:
		return 0;
	}
}

static void fake_to_guest(struct work_struct *work)
{
	struct fake_channel *fake =
		container_of(work, struct fake_channel, to_guest);
	void *payload = kzalloc(FAKE_MOST + 8, GFP_KERNEL);
	int len, ret = 0;

	while (payload && ret >= 0) {
		struct kvec vec = { .iov_base = payload, .iov_len = FAKE_MOST };
		struct msghdr msg = { };

		len = kernel_recvmsg(fake->sock, &msg, &vec, 1, FAKE_MOST, 0);
		/* Otherwise the server waits for a delayed ACK. */
		tcp_sock_set_quickack(fake->sock->sk, 1);
		if (len <= 0 || READ_ONCE(fake->closed))
			break;
		fake->from_server += len;
		ret = fake_give_wrong(fake, payload);
		if (ret >= 0)
			ret = fake_give(fake, payload, len);
		if (ret >= 0 && fake_faulty(FAKE_FIN, fake->from_server))
			break;
		if (ret >= 0)
			fake_interrupt(&fake->vmbus);
	}
	if (ret >= 0 && fake_give(fake, NULL, 0) >= 0)
		fake_interrupt(&fake->vmbus);
	kernel_sock_shutdown(fake->sock, SHUT_RD);
	kfree(payload);
	fake_flow_end(fake);
}

/* ------------------------------------------------------------------------ */
/* Parameters with an action                                                */

/* Wake the flows that wait for the end of a fault. */
static int fake_fault_set(const char *text, const struct kernel_param *kp)
{
	struct fake_channel *fake;
	int which = sysfs_match_string(fake_faults, text);

	if (which < 0)
		return which;
	mutex_lock(&fake_lock);
	/* A flow that ends decrements @flows, then reads this. */
	smp_store_mb(fault, which);
	list_for_each_entry(fake, &fake_channels, node) {
		wake_up_all(&fake->doorbell);
		if (which != FAKE_KEEP && !atomic_read(&fake->flows))
			fake_rescind_queue(fake);
	}
	mutex_unlock(&fake_lock);
	return 0;
}

static int fake_fault_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", fake_faults[fault]);
}

static const struct kernel_param_ops fake_fault_ops = {
	.set = fake_fault_set,
	.get = fake_fault_get,
};

module_param_cb(fault, &fake_fault_ops, NULL, 0644);
MODULE_PARM_DESC(fault, "none, silent, late, rescind, full, short, long, huge, fin or keep (none)");

/* A program on the host connects to a listener in the guest. */
static int fake_connect_set(const char *text, const struct kernel_param *kp)
{
	guid_t listener, host;
	u32 port;
	int err;

	err = kstrtou32(text, 0, &port);
	if (err)
		return err;
	listener = fake_guid(port);
	/* Any unused port; the guest ignores it. */
	host = fake_guid(0x40000000 + port);
	return fake_connection(&listener, &host, true);
}

static const struct kernel_param_ops fake_connect_ops = {
	.set = fake_connect_set,
};

module_param_cb(connect, &fake_connect_ops, NULL, 0200);
MODULE_PARM_DESC(connect, "write a port to it: the host connects to a listener there");

static int __init fake_init(void)
{
	fake_workqueue = alloc_workqueue("fake-vmbus", WQ_UNBOUND, 0);
	return fake_workqueue ? 0 : -ENOMEM;
}

static void __exit fake_exit(void)
{
	destroy_workqueue(fake_workqueue);
}

module_init(fake_init);
module_exit(fake_exit);

MODULE_DESCRIPTION("Test only: VMBus and a host for hv_sock where there is no Hyper-V");
MODULE_AUTHOR("The snd-hvsock authors");
MODULE_LICENSE("GPL");
