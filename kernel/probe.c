// SPDX-License-Identifier: GPL-2.0
/* Attempts to connect to a host that no stream is connected to. */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <sound/core.h>

#include "probe.h"
#include "workqueue.h"

#define HVSND_PROBE_TIMEOUT_MS	500

/* Queued work holds a reference to the card, and so does an attempt. */
static void hvsnd_probe_get(struct hvsnd_probe *probe)
{
	get_device(&probe->card->card_dev);
}

/* The probe may be freed with the last reference. */
static void hvsnd_probe_put(struct hvsnd_probe *probe)
{
	put_device(&probe->card->card_dev);
}

/**
 * hvsnd_probe_now() - Start an attempt now, if the owner allows it
 * @probe: the probe
 *
 * Context: Any.
 */
void hvsnd_probe_now(struct hvsnd_probe *probe)
{
	hvsnd_probe_get(probe);
	if (mod_delayed_work(hvsnd_workqueue, &probe->work, 0))
		hvsnd_probe_put(probe);
}

/**
 * hvsnd_probe_later() - Start an attempt later, unless one is scheduled
 * @probe: the probe
 * @seconds: when, at least 1
 *
 * Context: Any.
 */
void hvsnd_probe_later(struct hvsnd_probe *probe, u32 seconds)
{
	if (READ_ONCE(probe->ended))
		return;
	hvsnd_probe_get(probe);
	if (!queue_delayed_work(hvsnd_workqueue, &probe->work, seconds * HZ))
		hvsnd_probe_put(probe);
	/* hvsnd_probe_end() may have run between the check and the queueing. */
	if (READ_ONCE(probe->ended))
		hvsnd_probe_now(probe);
}

static void hvsnd_probe_wake(struct hvsnd_vsock *vsock)
{
	hvsnd_probe_now(container_of(vsock, struct hvsnd_probe, vsock));
}

/* Returns whether an attempt is under way. */
static bool hvsnd_probe_start(struct hvsnd_probe *probe)
{
	u32 cid, port;

	if (READ_ONCE(probe->ended) ||
	    !probe->ops->may_start(probe, &cid, &port))
		return false;
	hvsnd_probe_get(probe);
	if (!hvsnd_vsock_connect(&probe->vsock, cid, port,
				 HVSND_PROBE_TIMEOUT_MS))
		return true;
	hvsnd_probe_put(probe);
	probe->ops->result(probe, false);
	return false;
}

/* Returns whether the attempt is still under way. */
static bool hvsnd_probe_finish(struct hvsnd_probe *probe)
{
	int ret = hvsnd_vsock_state(&probe->vsock);

	if (!ret)
		return true;
	hvsnd_vsock_close(&probe->vsock);
	hvsnd_probe_put(probe);
	probe->ops->result(probe, ret > 0);
	return false;
}

static void hvsnd_probe_work(struct work_struct *work)
{
	struct hvsnd_probe *probe = container_of(to_delayed_work(work),
						 struct hvsnd_probe, work);
	bool under_way;

	if (probe->vsock.sock)
		under_way = hvsnd_probe_finish(probe);
	else
		under_way = hvsnd_probe_start(probe);
	if (!under_way)
		probe->ops->idle(probe);
	hvsnd_probe_put(probe);
}

/**
 * hvsnd_probe_init() - Initialise a probe
 * @probe: the probe, zeroed, which must exist as long as @card
 * @card: the card
 * @ops: what the owner decides
 *
 * Context: Any.
 */
void hvsnd_probe_init(struct hvsnd_probe *probe, struct snd_card *card,
		      const struct hvsnd_probe_ops *ops)
{
	probe->card = card;
	probe->ops = ops;
	INIT_DELAYED_WORK(&probe->work, hvsnd_probe_work);
	probe->vsock.wake = hvsnd_probe_wake;
}

/**
 * hvsnd_probe_end() - Allow no more attempts, the card is being deleted
 * @probe: the probe
 *
 * Context: Process. Does not wait: an attempt that is under way keeps the card
 * for HVSND_PROBE_TIMEOUT_MS at most.
 */
void hvsnd_probe_end(struct hvsnd_probe *probe)
{
	WRITE_ONCE(probe->ended, true);
	hvsnd_probe_now(probe);
}
