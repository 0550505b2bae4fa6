// SPDX-License-Identifier: GPL-2.0
/* Looks whether a host that went away is back. */
#include <linux/jiffies.h>

#include "card.h"
#include "watch.h"

#define HVS_WATCH_CONNECT_MS	500

/* A reference goes with the queued work, another with an attempt. */
static void hvs_watch_queue(struct hvs_card *card, unsigned long delay)
{
	struct delayed_work *work = &card->watch.work;
	bool queued;

	hvs_card_get(card);
	if (delay)
		queued = !queue_delayed_work(hvs_workqueue, work, delay);
	else
		queued = mod_delayed_work(hvs_workqueue, work, 0);
	if (queued)
		hvs_card_put(card);
}

static void hvs_watch_again(struct hvs_card *card)
{
	u32 seconds = READ_ONCE(card->config.retry_away_s);

	/* A host that is to call tells by calling. */
	if (!seconds || card->config.listen || READ_ONCE(card->watch.ended))
		return;
	hvs_watch_queue(card, seconds * HZ);
	/* The card may have gone in between: it is not to last for that. */
	if (READ_ONCE(card->watch.ended))
		hvs_watch_queue(card, 0);
}

static void hvs_watch_wake(struct hvs_link *link)
{
	hvs_watch_queue(container_of(link, struct hvs_card, watch.link), 0);
}

static void hvs_watch_look(struct hvs_card *card)
{
	struct hvs_watch *watch = &card->watch;
	struct hvs_card_config config;
	bool open;
	int ret;

	mutex_lock(&card->lock);
	open = !list_empty(&card->streams);
	mutex_unlock(&card->lock);
	if (watch->link.sock) {
		ret = hvs_link_state(&watch->link);
		if (!ret)
			return;
		hvs_link_close(&watch->link);
		hvs_card_put(card);
		if (ret > 0)
			hvs_card_set_link(card, 0, NULL);
		/* Without a host at load desktops choose another card. */
		hvs_controls_set_host(card, ret > 0);
	} else if (READ_ONCE(card->controls.host) != HVS_HOST_THERE && !open &&
		   !READ_ONCE(watch->ended)) {
		/* An open stream finds out by itself. */
		hvs_card_get_config(card, &config);
		hvs_card_get(card);
		if (!hvs_link_connect(&watch->link, config.cid, config.port,
				      HVS_WATCH_CONNECT_MS))
			return;
		hvs_card_put(card);
		hvs_controls_set_host(card, false);
	}
	if (READ_ONCE(card->controls.host) == HVS_HOST_AWAY)
		hvs_watch_again(card);
}

static void hvs_watch_work(struct work_struct *work)
{
	struct hvs_watch *watch = container_of(to_delayed_work(work),
					       struct hvs_watch, work);
	struct hvs_card *card = container_of(watch, struct hvs_card, watch);

	hvs_watch_look(card);
	hvs_card_put(card);
}

/**
 * hvs_watch_init - be ready for hvs_watch_begin()
 * @card: the card
 *
 * Context: process.
 */
void hvs_watch_init(struct hvs_card *card)
{
	INIT_DELAYED_WORK(&card->watch.work, hvs_watch_work);
	card->watch.link.wake = hvs_watch_wake;
}

/**
 * hvs_watch_begin - the host is away
 * @card: the card
 *
 * Tries to connect every @card->config.retry_away_s seconds, as long as no
 * stream does so itself, until the host is there.
 *
 * Context: any.
 */
void hvs_watch_begin(struct hvs_card *card)
{
	hvs_watch_again(card);
}

/**
 * hvs_watch_now - look at once, unless the host is known to be there
 * @card: the card, which is new, or whose host may be another now
 *
 * With raw PCM a connection is a stream on the host: then only if the host is
 * known to be away.
 *
 * Context: process.
 */
void hvs_watch_now(struct hvs_card *card)
{
	enum hvs_host host = READ_ONCE(card->controls.host);

	if (card->config.listen)
		return;
	if (host == HVS_HOST_AWAY ||
	    (host == HVS_HOST_UNKNOWN && card->config.protocol->create))
		hvs_watch_queue(card, 0);
}

/**
 * hvs_watch_end - no more of that
 * @card: the card
 *
 * Context: process. Does not wait: an attempt under way holds the card for
 * half a second at most.
 */
void hvs_watch_end(struct hvs_card *card)
{
	WRITE_ONCE(card->watch.ended, true);
	hvs_watch_queue(card, 0);
}
