// SPDX-License-Identifier: GPL-2.0
/* Netlink notifications: a queue, and the work item that sends them. */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <uapi/linux/snd_hvsock.h>

#include "info.h"
#include "nl_put.h"
#include "notify.h"

/**
 * struct hvsnd_notification - a notification in the queue
 * @entry: in hvsnd_notify_queue
 * @cmd: SND_HVSOCK_CMD_*_NTF, which says what is reported
 * @info: what is reported
 */
struct hvsnd_notification {
	struct list_head entry;
	u8 cmd;
	union {
		struct hvsnd_card_info card;
		struct hvsnd_stream_info stream;
		struct hvsnd_volume_info volume;
	} info;
};

static void hvsnd_notify_work(struct work_struct *work);

static struct genl_family *hvsnd_notify_family;
static u32 hvsnd_notify_group;
static DECLARE_WORK(hvsnd_notify_worker, hvsnd_notify_work);

static DEFINE_SPINLOCK(hvsnd_notify_lock);	/* of what follows */
static LIST_HEAD(hvsnd_notify_queue);
static u32 hvsnd_notify_queued;
static bool hvsnd_notify_lost;

/**
 * hvsnd_notify_init() - Set the family that notifications belong to
 * @family: the family; not registered yet
 * @group: its multicast group
 *
 * Context: Process.
 */
void hvsnd_notify_init(struct genl_family *family, u32 group)
{
	hvsnd_notify_group = group;
	hvsnd_notify_family = family;
}

/**
 * hvsnd_notify_flush() - Wait until all queued notifications are sent
 *
 * Context: Process.
 */
void hvsnd_notify_flush(void)
{
	flush_work(&hvsnd_notify_worker);
}

/**
 * hvsnd_notify_is_wanted() - Whether notifications have a listener
 *
 * Context: Any.
 * Return: Whether there is one; if not, notifications are not queued.
 */
bool hvsnd_notify_is_wanted(void)
{
	return genl_has_listeners(hvsnd_notify_family, &init_net,
				  hvsnd_notify_group);
}

static void hvsnd_notify_add(u8 cmd, const void *info, size_t size)
{
	struct hvsnd_notification *n;

	if (!hvsnd_notify_is_wanted())
		return;
	n = kmalloc(sizeof(*n), GFP_NOWAIT | __GFP_NOWARN);
	if (n) {
		n->cmd = cmd;
		memcpy(&n->info, info, size);
	}
	spin_lock(&hvsnd_notify_lock);
	if (n && hvsnd_notify_queued < HVSND_NOTIFY_MAX) {
		list_add_tail(&n->entry, &hvsnd_notify_queue);
		hvsnd_notify_queued++;
		n = NULL;
	} else {
		hvsnd_notify_lost = true;
	}
	spin_unlock(&hvsnd_notify_lock);
	kfree(n);
	schedule_work(&hvsnd_notify_worker);
}

/**
 * hvsnd_notify_card() - Report a card
 * @cmd: SND_HVSOCK_CMD_CARD_*_NTF or SND_HVSOCK_CMD_LINK_*_NTF
 * @info: the card; streams and statistics are reported with CARD_ADD_NTF and
 *	CARD_SET_NTF only
 *
 * Context: Process. Does not sleep.
 */
void hvsnd_notify_card(u8 cmd, const struct hvsnd_card_info *info)
{
	hvsnd_notify_add(cmd, info, sizeof(*info));
}

/**
 * hvsnd_notify_stream() - Report a stream
 * @cmd: SND_HVSOCK_CMD_STREAM_*_NTF, SND_HVSOCK_CMD_XRUN_NTF or
 *	SND_HVSOCK_CMD_RESYNC_NTF
 * @info: the stream
 *
 * Context: Process. Does not sleep.
 */
void hvsnd_notify_stream(u8 cmd, const struct hvsnd_stream_info *info)
{
	hvsnd_notify_add(cmd, info, sizeof(*info));
}

/**
 * hvsnd_notify_volume() - Report a volume that was changed on the host
 * @info: the volume
 *
 * Context: Process. Does not sleep.
 */
void hvsnd_notify_volume(const struct hvsnd_volume_info *info)
{
	hvsnd_notify_add(SND_HVSOCK_CMD_VOLUME_NTF, info, sizeof(*info));
}

static int hvsnd_notify_put(struct sk_buff *skb,
			    const struct hvsnd_notification *n)
{
	switch (n->cmd) {
	case SND_HVSOCK_CMD_CARD_ADD_NTF:
	case SND_HVSOCK_CMD_CARD_SET_NTF:
		return hvsnd_put_card(skb, &n->info.card);
	case SND_HVSOCK_CMD_CARD_DEL_NTF:
		return hvsnd_put_card_name(skb, &n->info.card);
	case SND_HVSOCK_CMD_LINK_UP_NTF:
	case SND_HVSOCK_CMD_LINK_DOWN_NTF:
		return hvsnd_put_link(skb, &n->info.card);
	case SND_HVSOCK_CMD_VOLUME_NTF:
		return hvsnd_put_volume(skb, &n->info.volume);
	default:
		return hvsnd_put_stream(skb, &n->info.stream);
	}
}

/* Whether it could be sent; a listener that does not take it is told anyway. */
static bool hvsnd_notify_send(const struct hvsnd_notification *n)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return false;
	hdr = genlmsg_put(skb, 0, 0, hvsnd_notify_family, 0, n->cmd);
	if (!hdr || hvsnd_notify_put(skb, n)) {
		nlmsg_free(skb);
		return false;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast(hvsnd_notify_family, skb, 0, hvsnd_notify_group,
			  GFP_KERNEL);
	return true;
}

static struct hvsnd_notification *hvsnd_notify_take(bool *lost)
{
	struct hvsnd_notification *n;

	spin_lock(&hvsnd_notify_lock);
	n = list_first_entry_or_null(&hvsnd_notify_queue,
				     struct hvsnd_notification, entry);
	if (n) {
		list_del(&n->entry);
		hvsnd_notify_queued--;
	} else {
		*lost |= hvsnd_notify_lost;
		hvsnd_notify_lost = false;
	}
	spin_unlock(&hvsnd_notify_lock);
	return n;
}

static void hvsnd_notify_work(struct work_struct *work)
{
	struct hvsnd_notification *n;
	bool lost = false;

	while ((n = hvsnd_notify_take(&lost))) {
		lost |= !hvsnd_notify_send(n);
		kfree(n);
	}
	if (lost)
		genl_set_err(hvsnd_notify_family, &init_net, 0,
			     hvsnd_notify_group, -ENOBUFS);
}
