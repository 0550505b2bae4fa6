// SPDX-License-Identifier: GPL-2.0
/* Looks whether a host that went away is back. */
#include <linux/delay.h>
#include <linux/jiffies.h>

#include "card.h"
#include "watch.h"

#define HVS_WATCH_CONNECT_MS	500
#define HVS_WATCH_POLL_MS	10

static void hvs_watch_again(struct hvs_card *card)
{
	u32 seconds = READ_ONCE(card->config.retry_away_s);

	if (seconds && !READ_ONCE(card->watch.ended))
		queue_delayed_work(hvs_workqueue, &card->watch.work,
				   seconds * HZ);
}

static void hvs_watch_wake(struct hvs_link *link)
{
	struct hvs_watch *watch = container_of(link, struct hvs_watch, link);

	mod_delayed_work(hvs_workqueue, &watch->work, 0);
}

static void hvs_watch_work(struct work_struct *work)
{
	struct hvs_watch *watch = container_of(to_delayed_work(work),
					       struct hvs_watch, work);
	struct hvs_card *card = container_of(watch, struct hvs_card, watch);
	int ret;

	if (watch->link.sock) {
		ret = hvs_link_state(&watch->link);
		if (!ret)
			return;
		hvs_link_close(&watch->link);
		if (ret > 0)
			hvs_controls_set_host(card, true);
	} else if (READ_ONCE(card->controls.away) &&
		   list_empty_careful(&card->streams) &&
		   !READ_ONCE(watch->ended)) {
		/* An open stream finds out by itself. */
		if (!hvs_link_connect(&watch->link, card->config.cid,
				      card->config.port, HVS_WATCH_CONNECT_MS))
			return;
	}
	if (READ_ONCE(card->controls.away))
		hvs_watch_again(card);
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
 * hvs_watch_end - no more of that
 * @card: the card
 *
 * Context: process. Waits for an attempt under way, at most half a second.
 */
void hvs_watch_end(struct hvs_card *card)
{
	struct hvs_watch *watch = &card->watch;

	WRITE_ONCE(watch->ended, true);
	for (;;) {
		mod_delayed_work(hvs_workqueue, &watch->work, 0);
		flush_delayed_work(&watch->work);
		if (!watch->link.sock)
			break;
		msleep(HVS_WATCH_POLL_MS);
	}
}
