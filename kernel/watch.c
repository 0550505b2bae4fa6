// SPDX-License-Identifier: GPL-2.0
/* Looks whether a host that went away is back. */
#include <linux/jiffies.h>

#include "card.h"
#include "watch.h"

#define HVSND_WATCH_CONNECT_MS	500

/* A reference goes with the queued work, another with an attempt. */
static void hvsnd_watch_queue(struct hvsnd_card *card, unsigned long delay)
{
	struct delayed_work *work = &card->watch.work;
	bool queued;

	hvsnd_card_get(card);
	if (delay)
		queued = !queue_delayed_work(hvsnd_workqueue, work, delay);
	else
		queued = mod_delayed_work(hvsnd_workqueue, work, 0);
	if (queued)
		hvsnd_card_put(card);
}

static void hvsnd_watch_again(struct hvsnd_card *card)
{
	u32 seconds = READ_ONCE(card->config.retry_away_s);

	/* A host that is to call tells by calling. */
	if (!seconds || card->config.listen || READ_ONCE(card->watch.ended))
		return;
	hvsnd_watch_queue(card, seconds * HZ);
	/* The card may have gone in between: it is not to last for that. */
	if (READ_ONCE(card->watch.ended))
		hvsnd_watch_queue(card, 0);
}

static void hvsnd_watch_wake(struct hvsnd_vsock *vsock)
{
	hvsnd_watch_queue(container_of(vsock, struct hvsnd_card, watch.vsock),
			  0);
}

static void hvsnd_watch_look(struct hvsnd_card *card)
{
	struct hvsnd_watch *watch = &card->watch;
	struct hvsnd_card_config config;
	bool open;
	int ret;

	mutex_lock(&card->lock);
	open = !list_empty(&card->streams);
	mutex_unlock(&card->lock);
	if (watch->vsock.sock) {
		ret = hvsnd_vsock_state(&watch->vsock);
		if (!ret)
			return;
		hvsnd_vsock_close(&watch->vsock);
		hvsnd_card_put(card);
		if (ret > 0)
			hvsnd_card_set_link(card, 0, NULL);
		/* Without a host at load desktops choose another card. */
		hvsnd_controls_set_host(card, ret > 0);
	} else if (READ_ONCE(card->controls.host) != HVSND_HOST_THERE &&
		   !open && !READ_ONCE(watch->ended)) {
		/* An open stream finds out by itself. */
		hvsnd_card_get_config(card, &config);
		hvsnd_card_get(card);
		if (!hvsnd_vsock_connect(&watch->vsock, config.cid, config.port,
					 HVSND_WATCH_CONNECT_MS))
			return;
		hvsnd_card_put(card);
		hvsnd_controls_set_host(card, false);
	}
	if (READ_ONCE(card->controls.host) == HVSND_HOST_AWAY)
		hvsnd_watch_again(card);
}

static void hvsnd_watch_work(struct work_struct *work)
{
	struct hvsnd_watch *watch = container_of(to_delayed_work(work),
						 struct hvsnd_watch, work);
	struct hvsnd_card *card = container_of(watch, struct hvsnd_card, watch);

	hvsnd_watch_look(card);
	hvsnd_card_put(card);
}

/**
 * hvsnd_watch_init - be ready for hvsnd_watch_begin()
 * @card: the card
 *
 * Context: process.
 */
void hvsnd_watch_init(struct hvsnd_card *card)
{
	INIT_DELAYED_WORK(&card->watch.work, hvsnd_watch_work);
	card->watch.vsock.wake = hvsnd_watch_wake;
}

/**
 * hvsnd_watch_begin - the host is away
 * @card: the card
 *
 * Tries to connect every @card->config.retry_away_s seconds, as long as no
 * stream does so itself, until the host is there.
 *
 * Context: any.
 */
void hvsnd_watch_begin(struct hvsnd_card *card)
{
	hvsnd_watch_again(card);
}

/**
 * hvsnd_watch_now - look at once, unless the host is known to be there
 * @card: the card, which is new, or whose host may be another now
 *
 * With raw PCM a connection is a stream on the host: then only if the host is
 * known to be away.
 *
 * Context: process.
 */
void hvsnd_watch_now(struct hvsnd_card *card)
{
	enum hvsnd_host host = READ_ONCE(card->controls.host);

	if (card->config.listen)
		return;
	if (host == HVSND_HOST_AWAY ||
	    (host == HVSND_HOST_UNKNOWN && card->config.protocol->create))
		hvsnd_watch_queue(card, 0);
}

/**
 * hvsnd_watch_end - no more of that
 * @card: the card
 *
 * Context: process. Does not wait: an attempt under way holds the card for
 * half a second at most.
 */
void hvsnd_watch_end(struct hvsnd_card *card)
{
	WRITE_ONCE(card->watch.ended, true);
	hvsnd_watch_queue(card, 0);
}
