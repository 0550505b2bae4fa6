// SPDX-License-Identifier: GPL-2.0
/* Sound cards: a platform device each, and the snd_card that it carries. */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <sound/core.h>
#include <uapi/linux/snd_hvsock.h>

#include "card.h"
#include "notify.h"
#include "pcm.h"
#include "quirks.h"
#include "stream.h"

/* Guards what follows, and that no two cards get the same name. */
DEFINE_MUTEX(hvsnd_cards_mutex);
LIST_HEAD(hvsnd_cards);		/* in the order of their serial numbers */
u32 hvsnd_cards_generation = 1;
static u32 hvsnd_cards_serial;
static bool hvsnd_cards_ended;
static unsigned int hvsnd_cards_deleted;

/* Completed by ALSA for each card that was deleted, once it is freed. */
static DECLARE_COMPLETION(hvsnd_cards_freed);

/* ------------------------------------------------------------------------ */
/* Its life                                                                 */

/* ALSA calls this when nobody has a reference any more, before @snd goes. */
static void hvsnd_card_private_free(struct snd_card *snd)
{
	struct hvsnd_card *card = snd->private_data;

	kfree_sensitive(card->cookie);
	put_device(card->dev);
}

static void hvsnd_card_describe(struct hvsnd_card *card,
				const struct hvsnd_card_config *config)
{
	snprintf(card->card->longname, sizeof(card->card->longname),
		 "HvSock at vsock:%u:%u (%s)", config->cid, config->port,
		 hvsnd_config_protocol(config)->name);
}

static int hvsnd_card_check_id(const char *id, struct hvsnd_config_error *error)
{
	struct snd_card *other;
	int err, i;
	bool same;

	err = hvsnd_config_check_name(id, error);
	if (err)
		return err;
	if (hvsnd_card_find(id))
		return hvsnd_config_error(error, -EEXIST,
					  SND_HVSOCK_A_CARD_NAME,
					  "name: there is a card of that name");
	for (i = 0; i < SNDRV_CARDS; i++) {
		other = snd_card_ref(i);
		if (!other)
			continue;
		same = !strcmp(other->id, id);
		snd_card_unref(other);
		if (same)
			return hvsnd_config_error(error, -EEXIST,
						  SND_HVSOCK_A_CARD_NAME,
						  "name: another driver's card has that name");
	}
	return 0;
}

static int hvsnd_card_cannot_listen(int err, struct hvsnd_config_error *error)
{
	if (err == -EADDRINUSE)
		return hvsnd_config_error(error, err, SND_HVSOCK_A_CARD_PORT,
					  "port: somebody listens there already, or at the next one");
	return hvsnd_config_error(error, err, SND_HVSOCK_A_CARD_ROLE,
				  "role: this kernel cannot listen; does it have vsock?");
}

static int hvsnd_card_no_slot(const struct hvsnd_card_config *config, int err,
			      struct hvsnd_config_error *error)
{
	if (config->index < 0 && err == -ENODEV)
		return hvsnd_config_error(error, -ENOSPC,
					  SND_HVSOCK_A_CARD_INDEX,
					  "index: none is free; this kernel has room for "
					  __stringify(SNDRV_CARDS)
					  " cards, and those that are named in snd's slots= have theirs reserved");
	if (config->index >= 0 && err == -EBUSY)
		return hvsnd_config_error(error, -EBUSY,
					  SND_HVSOCK_A_CARD_INDEX,
					  "index: another card has that number");
	return err;
}

/*
 * Once registered, programs may have opened it, and wait for hvsnd_cards_mutex
 * themselves before they close it. So this does not wait, as snd_card_free()
 * does: hvsnd_cards_end() will. Only ALSA can tell when it has returned from
 * private_free(), after which the module may go.
 */
static void hvsnd_card_free(struct hvsnd_card *card)
{
	hvsnd_cards_deleted++;
	card->card->release_completion = &hvsnd_cards_freed;
	hvsnd_streams_abort(card);
	snd_card_free_when_closed(card->card);
}

static bool hvsnd_card_is_idle(struct hvsnd_host *host)
{
	struct hvsnd_card *card = container_of(host, struct hvsnd_card, host);
	bool idle;

	mutex_lock(&card->lock);
	idle = list_empty(&card->streams);
	mutex_unlock(&card->lock);
	return idle;
}

static void hvsnd_card_retry(struct hvsnd_host *host)
{
	hvsnd_streams_retry(container_of(host, struct hvsnd_card, host));
}

/* All but what the streams have. */
static void hvsnd_card_get_state(struct hvsnd_card *card,
				 struct hvsnd_card_info *info)
{
	memset(info, 0, sizeof(*info));
	spin_lock(&card->keys_lock);
	info->config = card->config;
	info->has_cookie = card->cookie;
	spin_unlock(&card->keys_lock);
	info->number = card->card->number;
	hvsnd_host_get_info(&card->host, &info->host);
}

static void hvsnd_card_link_changed(struct hvsnd_host *host)
{
	struct hvsnd_card_info info;

	if (!hvsnd_notify_is_wanted())
		return;
	hvsnd_card_get_state(container_of(host, struct hvsnd_card, host),
			     &info);
	hvsnd_notify_card(info.host.link == SND_HVSOCK_LINK_UP ?
			  SND_HVSOCK_CMD_LINK_UP_NTF :
			  SND_HVSOCK_CMD_LINK_DOWN_NTF, &info);
}

static const struct hvsnd_host_ops hvsnd_card_host_ops = {
	.is_idle = hvsnd_card_is_idle,
	.retry = hvsnd_card_retry,
	.link_changed = hvsnd_card_link_changed,
};

/*
 * A host that connects to the guest is noticed when it does so. With raw PCM a
 * connection is a stream on the host: then a host that no stream has tried is
 * not probed.
 */
static void hvsnd_card_probe(struct hvsnd_card *card)
{
	if (!hvsnd_config_listens(&card->config))
		hvsnd_host_probe(&card->host,
				 hvsnd_config_protocol(&card->config)->create);
}

static void hvsnd_card_set_address(struct hvsnd_card *card)
{
	const struct hvsnd_card_config *config = &card->config;

	hvsnd_host_set_address(&card->host, config->cid, config->port,
			       hvsnd_config_listens(config) ? 0 :
			       config->retry_away_s);
}

static void hvsnd_card_mixer_set(struct hvsnd_mixer *mixer)
{
	hvsnd_streams_wake(container_of(mixer, struct hvsnd_card, mixer));
}

static void hvsnd_card_mixer_reported(struct hvsnd_mixer *mixer, int direction,
				      const struct hvsnd_volume *v)
{
	struct hvsnd_card *card = container_of(mixer, struct hvsnd_card, mixer);
	struct hvsnd_volume_info info = {
		.card_index = card->card->number,
		.direction = direction,
		.volume = *v,
	};

	strscpy(info.card, card->config.id, sizeof(info.card));
	hvsnd_notify_volume(&info);
}

static const struct hvsnd_mixer_ops hvsnd_card_mixer_ops = {
	.set = hvsnd_card_mixer_set,
	.reported = hvsnd_card_mixer_reported,
};

static int hvsnd_card_create_elements(struct hvsnd_card *card)
{
	const u32 streams[2] = {
		card->config.playback_streams, card->config.capture_streams,
	};
	int d, err;

	for (d = 0; d < 2; d++) {
		if (!streams[d])
			continue;
		err = hvsnd_mixer_create(&card->mixer, d);
		if (!err)
			err = hvsnd_host_create_jack(&card->host, d);
		if (err)
			return err;
	}
	return 0;
}

/* Makes the snd_card on @dev. */
static int hvsnd_card_create(struct device *dev,
			     const struct hvsnd_card_config *config,
			     struct hvsnd_config_error *error)
{
	struct hvsnd_card *card;
	struct snd_card *snd;
	struct snd_pcm *pcm;
	int err;

	err = snd_card_new(dev, config->index, config->id, THIS_MODULE,
			   sizeof(*card), &snd);
	if (err < 0)
		return hvsnd_card_no_slot(config, err, error);
	card = snd->private_data;
	card->config = *config;
	hvsnd_config_limit(&card->config);
	card->card = snd;
	card->dev = get_device(dev);
	spin_lock_init(&card->keys_lock);
	mutex_init(&card->lock);
	INIT_LIST_HEAD(&card->streams);
	INIT_WORK(&card->reap, hvsnd_streams_reap);
	hvsnd_host_init(&card->host, snd, card->dev, &hvsnd_card_host_ops);
	hvsnd_card_set_address(card);
	hvsnd_mixer_init(&card->mixer, snd, &hvsnd_card_mixer_ops);
	hvsnd_shared_init(&card->shared, &card->host,
			  hvsnd_config_protocol(config)->links,
			  hvsnd_config_listens(config));
	snd->private_free = hvsnd_card_private_free;

	strscpy(snd->driver, HVSND_DRIVER_NAME, sizeof(snd->driver));
	strscpy(snd->shortname, "HvSock", sizeof(snd->shortname));
	hvsnd_card_describe(card, config);
	err = hvsnd_card_create_elements(card);
	if (err < 0)
		goto free;
	err = hvsnd_pcm_create(card, &pcm);
	if (err < 0)
		goto free;
	dev_set_drvdata(dev, card);
	err = snd_card_register(snd);
	if (err < 0) {
		hvsnd_pcm_unregister(pcm);
		goto free;
	}
	/* Another driver's was quicker, or ALSA has use for it itself. */
	if (strcmp(snd->id, config->id)) {
		err = hvsnd_config_error(error, -EEXIST, SND_HVSOCK_A_CARD_NAME,
					 "name: ALSA does not take it; it is taken or a reserved word");
		goto free;
	}
	err = hvsnd_shared_listen(&card->shared, config->port);
	if (err) {
		err = hvsnd_card_cannot_listen(err, error);
		goto free;
	}
	hvsnd_card_probe(card);
	return 0;

free:
	dev_set_drvdata(dev, NULL);
	hvsnd_card_free(card);
	return err;
}

static int hvsnd_card_free_platform_id(void)
{
	DECLARE_BITMAP(used, SND_HVSOCK_CARDS_MAX) = { };
	struct hvsnd_card *card;

	list_for_each_entry(card, &hvsnd_cards, entry)
		__set_bit(card->platform_id, used);
	return find_first_zero_bit(used, SND_HVSOCK_CARDS_MAX);
}

/**
 * hvsnd_card_add - make a card
 * @config: how it is to be, each value within its limits
 * @error: set to what is wrong with @config, if that is why it fails
 *
 * Context: process, hvsnd_cards_mutex held.
 * Return: the card, or an error pointer: -EINVAL, -EEXIST for a name that is
 * taken, -EBUSY for a number that is taken, -EADDRINUSE for a port that is
 * taken in this machine, -ENOSPC when there are as many
 * cards as can be, -ENODEV while the module is unloaded, -ENOMEM.
 */
struct hvsnd_card *hvsnd_card_add(const struct hvsnd_card_config *config,
				  struct hvsnd_config_error *error)
{
	struct platform_device *pdev;
	struct hvsnd_card *card;
	int id, err;

	if (hvsnd_cards_ended)
		return ERR_PTR(-ENODEV);
	err = hvsnd_card_check_id(config->id, error);
	if (!err)
		err = hvsnd_config_check(config, error);
	if (err)
		return ERR_PTR(err);
	id = hvsnd_card_free_platform_id();
	if (id >= SND_HVSOCK_CARDS_MAX) {
		err = hvsnd_config_error(error, -ENOSPC, SND_HVSOCK_A_CARD_NAME,
					 "name: there are "
					 __stringify(SND_HVSOCK_CARDS_MAX)
					 " cards already, which is the most");
		return ERR_PTR(err);
	}
	pdev = platform_device_register_simple(HVSND_DRIVER_NAME, id, NULL, 0);
	if (IS_ERR(pdev))
		return ERR_CAST(pdev);
	err = hvsnd_card_create(&pdev->dev, config, error);
	if (err) {
		platform_device_unregister(pdev);
		return ERR_PTR(err);
	}
	card = platform_get_drvdata(pdev);
	card->platform_id = id;
	card->serial = ++hvsnd_cards_serial;
	list_add_tail(&card->entry, &hvsnd_cards);
	hvsnd_cards_generation++;
	hvsnd_card_notify(card, SND_HVSOCK_CMD_CARD_ADD_NTF);
	return card;
}

/**
 * hvsnd_card_set - configure a card anew
 * @card: the card
 * @config: how it is to be, each value within its limits; the name, the
 *          number, the protocol, the role and the numbers of streams are as
 *          they are
 * @error: set to what is wrong with @config, if that is why it fails
 *
 * Connections are made anew if they have to be. What else open streams do not
 * heed, they do not.
 *
 * Context: process, hvsnd_cards_mutex held.
 * Return: 0, -EINVAL, or why it cannot listen at another port.
 */
int hvsnd_card_set(struct hvsnd_card *card,
		   const struct hvsnd_card_config *config,
		   struct hvsnd_config_error *error)
{
	bool reconnect;
	int err, again;

	err = hvsnd_config_check(config, error);
	if (err)
		return err;
	if (card->config.port != config->port) {
		err = hvsnd_shared_listen(&card->shared, config->port);
		if (err) {
			again = hvsnd_shared_listen(&card->shared,
						    card->config.port);
			if (again)
				dev_err(card->dev,
					"cannot listen at port %u again (error %d), so no host can connect; set another port=\n",
					card->config.port, again);
			return hvsnd_card_cannot_listen(err, error);
		}
	}
	spin_lock(&card->keys_lock);
	reconnect = hvsnd_config_reconnects(&card->config, config);
	hvsnd_config_update(&card->config, config);
	spin_unlock(&card->keys_lock);
	hvsnd_card_set_address(card);
	/* Who reads it now may see some of both: it is for people. */
	hvsnd_card_describe(card, config);
	if (reconnect)
		hvsnd_streams_reconnect(card);
	hvsnd_card_probe(card);
	hvsnd_cards_generation++;
	hvsnd_card_notify(card, SND_HVSOCK_CMD_CARD_SET_NTF);
	return 0;
}

/**
 * hvsnd_card_reconnect - let all streams of a card make new connections
 * @card: the card
 *
 * Context: process, hvsnd_cards_mutex held.
 */
void hvsnd_card_reconnect(struct hvsnd_card *card)
{
	hvsnd_streams_reconnect(card);
	hvsnd_card_probe(card);
}

/**
 * hvsnd_card_del - take a card away
 * @card: the card, not to be used by the caller any more
 *
 * Its connections end at once, programs that have it open get ENODEV. What
 * they hold of it goes with their last file.
 *
 * Context: process, hvsnd_cards_mutex held. Does not wait for programs nor for
 * the host.
 */
void hvsnd_card_del(struct hvsnd_card *card)
{
	struct platform_device *pdev = to_platform_device(card->dev);

	list_del(&card->entry);
	hvsnd_cards_generation++;
	hvsnd_card_notify(card, SND_HVSOCK_CMD_CARD_DEL_NTF);
	hvsnd_card_free(card);
	platform_device_unregister(pdev);
}

/**
 * hvsnd_cards_end - take all cards away, and let there be no more
 *
 * Context: process. Waits until nothing of any card is left: for attempts to
 * connect that are under way.
 */
void hvsnd_cards_end(void)
{
	struct hvsnd_card *card, *next;

	mutex_lock(&hvsnd_cards_mutex);
	hvsnd_cards_ended = true;
	list_for_each_entry_safe(card, next, &hvsnd_cards, entry)
		hvsnd_card_del(card);
	mutex_unlock(&hvsnd_cards_mutex);
	while (hvsnd_cards_deleted--)
		wait_for_completion(&hvsnd_cards_freed);
}

/**
 * hvsnd_card_find - look a card up
 * @id: its name
 *
 * Context: process, hvsnd_cards_mutex held.
 * Return: the card, valid while hvsnd_cards_mutex is held, or NULL.
 */
struct hvsnd_card *hvsnd_card_find(const char *id)
{
	struct hvsnd_card *card;

	list_for_each_entry(card, &hvsnd_cards, entry) {
		if (!strcmp(card->config.id, id))
			return card;
	}
	return NULL;
}

/* ------------------------------------------------------------------------ */
/* What others read and write of it                                         */

/**
 * hvsnd_card_get_config - how a card is configured now
 * @card: the card
 * @config: set to that
 *
 * Context: process.
 */
void hvsnd_card_get_config(struct hvsnd_card *card,
			   struct hvsnd_card_config *config)
{
	spin_lock(&card->keys_lock);
	*config = card->config;
	spin_unlock(&card->keys_lock);
}

/**
 * hvsnd_card_set_cookie - give a card its cookie
 * @card: the card
 * @cookie: HVSND_COOKIE_SIZE bytes from kmalloc(), which are the card's from
 *          on, or NULL to forget it
 *
 * Context: process.
 */
void hvsnd_card_set_cookie(struct hvsnd_card *card, u8 *cookie)
{
	spin_lock(&card->keys_lock);
	swap(card->cookie, cookie);
	spin_unlock(&card->keys_lock);
	kfree_sensitive(cookie);
}

/**
 * hvsnd_card_get_cookie - what to tell the host
 * @card: the card
 * @cookie: set to it, HVSND_COOKIE_SIZE bytes; to be wiped by the caller
 *
 * Context: process.
 * Return: whether there is one.
 */
bool hvsnd_card_get_cookie(struct hvsnd_card *card, u8 *cookie)
{
	bool there;

	spin_lock(&card->keys_lock);
	there = card->cookie;
	if (there)
		memcpy(cookie, card->cookie, HVSND_COOKIE_SIZE);
	spin_unlock(&card->keys_lock);
	return there;
}

/**
 * hvsnd_card_get_info - a card as it is now
 * @card: the card
 * @info: set to that
 *
 * Context: process.
 */
void hvsnd_card_get_info(struct hvsnd_card *card, struct hvsnd_card_info *info)
{
	hvsnd_card_get_state(card, info);
	info->streams = hvsnd_streams_stats(card, &info->stats);
}

/**
 * hvsnd_card_notify - report a card to those who listen
 * @card: the card
 * @cmd: SND_HVSOCK_CMD_CARD_*_NTF
 *
 * Context: process.
 */
void hvsnd_card_notify(struct hvsnd_card *card, u8 cmd)
{
	struct hvsnd_card_info info;

	if (!hvsnd_notify_is_wanted())
		return;
	hvsnd_card_get_info(card, &info);
	hvsnd_notify_card(cmd, &info);
}

/* ------------------------------------------------------------------------ */
static int __maybe_unused hvsnd_card_suspend(struct device *dev)
{
	struct hvsnd_card *card = dev_get_drvdata(dev);

	/* ALSA has stopped the substreams. */
	snd_power_change_state(card->card, SNDRV_CTL_POWER_D3hot);
	hvsnd_streams_suspend(card);
	return 0;
}

static int __maybe_unused hvsnd_card_resume(struct device *dev)
{
	struct hvsnd_card *card = dev_get_drvdata(dev);

	hvsnd_streams_resume(card);
	snd_power_change_state(card->card, SNDRV_CTL_POWER_D0);
	return 0;
}

static SIMPLE_DEV_PM_OPS(hvsnd_card_pm_ops, hvsnd_card_suspend,
			 hvsnd_card_resume);

static struct platform_driver hvsnd_card_driver = {
	.driver = {
		.name = HVSND_DRIVER_NAME,
		.pm = &hvsnd_card_pm_ops,
		/* Cards come and go as a whole, not by taking the driver off. */
		.suppress_bind_attrs = true,
	},
};

/**
 * hvsnd_card_driver_register - be ready for cards
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int hvsnd_card_driver_register(void)
{
	return platform_driver_register(&hvsnd_card_driver);
}

/**
 * hvsnd_card_driver_unregister - after the last card
 *
 * Context: process.
 */
void hvsnd_card_driver_unregister(void)
{
	platform_driver_unregister(&hvsnd_card_driver);
}
