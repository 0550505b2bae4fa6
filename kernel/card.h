/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sound cards: how each is configured, and its life.
 *
 * hvsnd_card_add() makes a platform device and the snd_card on it, for netlink
 * and for the module's parameters alike. hvsnd_card_del() takes both away and
 * waits for nobody: ALSA keeps the snd_card, in whose private_data struct
 * hvsnd_card lies, until its last file is closed, and each stream holds a
 * reference of its own until it is reaped. hvsnd_cards_end() is what waits, for
 * the module's sake.
 *
 * Locking, outermost first: hvsnd_cards_mutex, ALSA's locks, a card's @lock, a
 * stream's. The worker takes neither of the first two kinds but what ALSA's
 * notifications need, and never @lock, as others wait for it under that. The
 * lock of its @shared is inside of a stream's, and nothing but sockets' inside
 * of it. @keys_lock nests in all of them and has nothing inside.
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
#include "transport/shared.h"
#include "core/config.h"
#include "core/proto/session.h"
#include "info.h"
#include "workqueue.h"

#define HVSND_DRIVER_NAME	"snd_hvsock"

/**
 * struct hvsnd_card - one sound card
 * @entry: in hvsnd_cards
 * @serial: counts the cards added; for dumps that go on later
 * @platform_id: the platform device's number
 * @card: ALSA's part, in whose private_data this lies
 * @dev: the platform device, for messages
 *
 * @keys_lock: guards @config and @cookie
 * @config: how it was asked for; @index, @id, @protocol, @listen and the
 *          numbers of streams do not change
 * @cookie: HVSND_COOKIE_SIZE bytes, or NULL
 *
 * @lock: guards what follows and the list entries in @streams
 * @streams: every struct hvsnd_stream of this card, also those whose file is
 *           closed and whose last sounds are still under way
 * @gone: it was taken away
 * @next_id: of streams
 * @past: what happened to the streams that are no more
 * @reap: frees the streams that are done
 *
 * @mixer: volume and mute
 * @host: whether its host is reachable
 * @shared: the connections that its streams share, if they do
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

	struct mutex lock;	/* @streams */
	struct list_head streams;
	bool gone;
	u32 next_id;
	struct hvsnd_stats past;
	struct work_struct reap;

	struct hvsnd_mixer mixer;
	struct hvsnd_host host;
	struct hvsnd_shared shared;
};

extern struct mutex hvsnd_cards_mutex;
extern struct list_head hvsnd_cards;
extern u32 hvsnd_cards_generation;

void hvsnd_card_reconnect(struct hvsnd_card *card);
int hvsnd_card_driver_register(void);
void hvsnd_card_driver_unregister(void);

struct hvsnd_card *hvsnd_card_add(const struct hvsnd_card_config *config,
				  struct hvsnd_config_error *error);
int hvsnd_card_set(struct hvsnd_card *card,
		   const struct hvsnd_card_config *config,
		   struct hvsnd_config_error *error);
void hvsnd_card_del(struct hvsnd_card *card);
void hvsnd_cards_end(void);
struct hvsnd_card *hvsnd_card_find(const char *id);

void hvsnd_card_get_config(struct hvsnd_card *card,
			   struct hvsnd_card_config *config);
void hvsnd_card_set_cookie(struct hvsnd_card *card, u8 *cookie);
bool hvsnd_card_get_cookie(struct hvsnd_card *card, u8 *cookie);
void hvsnd_card_get_info(struct hvsnd_card *card,
			 struct hvsnd_card_info *info);
void hvsnd_card_notify(struct hvsnd_card *card, u8 cmd);

/* Streams outlive their files; the card must outlive the streams. */
static inline void hvsnd_card_get(struct hvsnd_card *card)
{
	get_device(&card->card->card_dev);
}

/* May be the last; then nothing of the card is there any more. */
static inline void hvsnd_card_put(struct hvsnd_card *card)
{
	put_device(&card->card->card_dev);
}

#endif /* HVSOCK_CARD_H */
