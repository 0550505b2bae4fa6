/* SPDX-License-Identifier: GPL-2.0 */
/* One sound card: its configuration and its life. */
#ifndef HVSOCK_CARD_H
#define HVSOCK_CARD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "controls.h"
#include "watch.h"

#define HVS_DRIVER_NAME		"snd_hvsock"
#define HVS_MAX_SUBSTREAMS	64	/* each way */
#define HVS_RETRY_AWAY_S	10	/* without being configured */

struct device;
struct hvs_session_ops;
struct snd_card;

/**
 * struct hvs_card_config - what a card is made from
 * @index: ALSA card number, -1 for the first free one
 * @id: ALSA card id, NUL terminated
 * @cid: the host's context id
 * @port: where its audio server listens
 * @protocol: what is spoken there
 * @playback_streams: substreams that can play at once
 * @capture_streams: substreams that can record at once
 * @latency_us: how far the host is to trail the position, in microseconds;
 *              0 for what the application's geometry asks for
 * @on_lost_error: a program whose host is not there gets an error
 * @retry_away_s: while the host is away and nothing open, seconds between two
 *                looks whether it is back; 0 for none
 */
struct hvs_card_config {
	int index;
	char id[16];
	u32 cid;
	u32 port;
	const struct hvs_session_ops *protocol;
	u32 playback_streams;
	u32 capture_streams;
	u32 latency_us;
	bool on_lost_error;
	u32 retry_away_s;
};

/**
 * struct hvs_card - one sound card
 * @config: how it was asked for; does not change
 * @card: ALSA's part, in whose private_data this lies
 * @dev: the platform device, for messages
 * @complaints: how often the host may be complained about
 * @lock: guards @streams and the list entries in it
 * @streams: every struct hvs_stream of this card, also those whose file is
 *           closed and whose last sounds are still under way
 * @reap: frees the streams that are done
 * @empty: woken when @streams became empty
 * @controls: its mixer elements
 * @watch: looks whether a host that went is back
 */
struct hvs_card {
	struct hvs_card_config config;
	struct snd_card *card;
	struct device *dev;
	struct ratelimit_state complaints;
	struct mutex lock;	/* @streams */
	struct list_head streams;
	struct work_struct reap;
	wait_queue_head_t empty;
	struct hvs_controls controls;
	struct hvs_watch watch;
};

extern struct workqueue_struct *hvs_workqueue;

int hvs_card_driver_register(void);
void hvs_card_driver_unregister(void);

int hvs_pcm_create(struct hvs_card *card);

#endif /* HVSOCK_CARD_H */
