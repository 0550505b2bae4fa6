/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A card: what its parts share.
 *
 * Locking, outermost first: hvsnd_cards_mutex, ALSA's locks, a card's @lock,
 * then a stream's locks. A stream's worker takes hvsnd_cards_mutex and @lock
 * never, because others wait for the worker while they hold @lock, and ALSA's
 * locks only to notify programs. The locks of @shared and @pool nest inside a
 * stream's locks, and only locks of sockets nest inside them. @keys_lock nests
 * inside all of them, and nothing nests inside it.
 */
#ifndef HVSOCK_CARD_H
#define HVSOCK_CARD_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <sound/core.h>

#include "host.h"
#include "mixer.h"
#include "transport/pool.h"
#include "transport/shared.h"
#include "core/config.h"
#include "core/proto/session.h"
#include "info.h"
#include "workqueue.h"

#define HVSND_DRIVER_NAME	"snd_hvsock"

/**
 * struct hvsnd_card - one sound card
 * @entry: entry in hvsnd_cards
 * @serial: position in the order of addition, for dumps in several parts
 * @platform_id: number of the platform device
 * @card: the snd_card, whose private_data is this struct
 * @dev: the platform device
 *
 * @keys_lock: guards @config and @cookie
 * @config: configuration; the keys that are fixed do not change
 * @cookie: HVSND_COOKIE_SIZE bytes, or NULL
 *
 * @lock: guards the members up to @reap, and the list entries of @streams
 * @streams: all struct hvsnd_stream of the card, including those whose file is
 *	closed and which still drain
 * @gone: the card is being deleted
 * @next_id: number of the next stream
 * @past: sum of the statistics of streams that were freed
 * @reap: frees streams that are done
 *
 * @mixer: volume and mute
 * @host: whether the host is reachable
 * @shared: connections that streams share, if the configuration demands it
 * @pool: connections that the host has made, one for each stream, likewise
 */
struct hvsnd_card {
	struct list_head entry;
	u32 serial;
	int platform_id;
	struct snd_card *card;
	struct device *dev;

	spinlock_t keys_lock;	/* @config, @cookie */
	struct hvsnd_card_config config;
	u8 *cookie;

	struct mutex lock;	/* the members up to @reap */
	struct list_head streams;
	bool gone;
	u32 next_id;
	struct hvsnd_stats past;
	struct work_struct reap;

	struct hvsnd_mixer mixer;
	struct hvsnd_host host;
	struct hvsnd_shared shared;
	struct hvsnd_pool pool;
};

void hvsnd_card_get_config(struct hvsnd_card *card,
			   struct hvsnd_card_config *config);
void hvsnd_card_set_cookie(struct hvsnd_card *card, u8 *cookie);
bool hvsnd_card_get_cookie(struct hvsnd_card *card, u8 *cookie);

/* A stream may exist longer than its file, and needs the card. */
static inline void hvsnd_card_get(struct hvsnd_card *card)
{
	get_device(&card->card->card_dev);
}

/* The card may be freed with its last reference. */
static inline void hvsnd_card_put(struct hvsnd_card *card)
{
	put_device(&card->card->card_dev);
}

#endif /* HVSOCK_CARD_H */
