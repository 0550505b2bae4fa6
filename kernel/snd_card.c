// SPDX-License-Identifier: GPL-2.0
/* The snd_card of a card, and how its parts work together. */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <sound/core.h>
#include <uapi/linux/snd_hvsock.h>

#include "core/reason.h"
#include "notify.h"
#include "pcm.h"
#include "quirks.h"
#include "snd_card.h"
#include "streams.h"

/* Number of cards that hvsnd_card_free() was called for, and not waited for */
static unsigned int hvsnd_cards_freed;

/* Completed by ALSA for each of them, once nothing of the card exists. */
static DECLARE_COMPLETION(hvsnd_cards_released);

/* ------------------------------------------------------------------------ */
/* What is reported of a card                                               */

/* All except what the streams contribute. */
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

/**
 * hvsnd_card_get_info() - Present state of a card
 * @card: the card
 * @info: set to that
 *
 * Context: Process.
 */
void hvsnd_card_get_info(struct hvsnd_card *card, struct hvsnd_card_info *info)
{
	hvsnd_card_get_state(card, info);
	info->streams = hvsnd_streams_stats(card, &info->stats);
}

/**
 * hvsnd_card_notify() - Queue a notification with the state of a card
 * @card: the card
 * @cmd: SND_HVSOCK_CMD_CARD_*_NTF
 *
 * Context: Process.
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
/* What host and mixer need of the streams                                  */

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

/* ------------------------------------------------------------------------ */
/* Configuration                                                            */

static void hvsnd_card_describe(struct hvsnd_card *card,
				const struct hvsnd_card_config *config)
{
	snprintf(card->card->longname, sizeof(card->card->longname),
		 "HvSock at vsock:%u:%u (%s)", config->cid, config->port,
		 hvsnd_config_protocol(config)->name);
}

static void hvsnd_card_set_address(struct hvsnd_card *card)
{
	const struct hvsnd_card_config *config = &card->config;

	hvsnd_host_set_address(&card->host, config->cid, config->port,
			       hvsnd_config_listens(config) ? 0 :
			       config->idle_retry_s);
}

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

static int hvsnd_card_listen(struct hvsnd_card *card, u32 port)
{
	return hvsnd_shared_listen(&card->shared, port) ?:
	       hvsnd_pool_listen(&card->pool, port);
}

static int hvsnd_card_cannot_listen(int err, struct hvsnd_config_error *error)
{
	if (err == -EADDRINUSE)
		return hvsnd_config_error(error, err, SND_HVSOCK_A_CARD_PORT,
					  "port: " HVSND_REASON_TAKEN);
	return hvsnd_config_error(error, err, SND_HVSOCK_A_CARD_ROLE,
				  "role: " HVSND_REASON_NO_VSOCK);
}

/**
 * hvsnd_card_apply() - Apply a new configuration to a card
 * @card: the card
 * @config: a valid configuration; the name, the number, the protocol, the role
 *	and the numbers of streams are the card's
 * @error: set to what is wrong with @config, if that is why it fails
 *
 * Streams reconnect if a key that concerns their connections has changed. The
 * other keys apply to streams that are opened later.
 *
 * Context: Process, one caller at a time.
 * Return: 0, or why the card cannot listen at another port.
 */
int hvsnd_card_apply(struct hvsnd_card *card,
		     const struct hvsnd_card_config *config,
		     struct hvsnd_config_error *error)
{
	bool reconnect;
	int err, again;

	if (card->config.port != config->port) {
		err = hvsnd_card_listen(card, config->port);
		if (err) {
			again = hvsnd_card_listen(card, card->config.port);
			if (again)
				dev_err(card->dev,
					"cannot listen at port %u (error %d): the host cannot connect. Set another port\n",
					card->config.port, again);
			return hvsnd_card_cannot_listen(err, error);
		}
	}
	spin_lock(&card->keys_lock);
	reconnect = hvsnd_config_reconnects(&card->config, config);
	hvsnd_config_update(&card->config, config);
	spin_unlock(&card->keys_lock);
	hvsnd_card_set_address(card);
	/* A reader may see a mixture of both texts; people are the readers. */
	hvsnd_card_describe(card, config);
	if (reconnect)
		hvsnd_streams_reconnect(card);
	hvsnd_pool_check(&card->pool);
	hvsnd_card_probe(card);
	return 0;
}

/**
 * hvsnd_card_reconnect() - Let all streams of a card make new connections
 * @card: the card
 *
 * Context: Process.
 */
void hvsnd_card_reconnect(struct hvsnd_card *card)
{
	hvsnd_streams_reconnect(card);
	hvsnd_card_probe(card);
}

/* ------------------------------------------------------------------------ */
/* Life of a card                                                           */

/* ALSA calls this without any reference left, before it frees @snd. */
static void hvsnd_card_private_free(struct snd_card *snd)
{
	struct hvsnd_card *card = snd->private_data;

	kfree_sensitive(card->cookie);
	put_device(card->dev);
}

/**
 * hvsnd_card_free() - Give up a card
 * @card: the card
 *
 * Programs may have opened a registered card, and may wait for the caller's
 * locks before they close it. So this does not wait, unlike snd_card_free().
 * hvsnd_cards_wait() does.
 *
 * Context: Process, one caller at a time.
 */
void hvsnd_card_free(struct hvsnd_card *card)
{
	hvsnd_cards_freed++;
	card->card->release_completion = &hvsnd_cards_released;
	hvsnd_streams_abort(card);
	snd_card_free_when_closed(card->card);
}

/**
 * hvsnd_cards_wait() - Wait until all released cards are freed
 *
 * Context: Process, after the last card was given up.
 */
void hvsnd_cards_wait(void)
{
	/* Only ALSA can tell when it has returned from private_free(). */
	while (hvsnd_cards_freed--)
		wait_for_completion(&hvsnd_cards_released);
}

static int hvsnd_card_no_slot(const struct hvsnd_card_config *config, int err,
			      struct hvsnd_config_error *error)
{
	if (config->index < 0 && err == -ENODEV)
		return hvsnd_config_error(error, -ENOSPC,
					  SND_HVSOCK_A_CARD_INDEX,
					  "index: no number is free of the "
					  __stringify(SNDRV_CARDS)
					  " that this kernel supports. Delete a card, or change slots= of the module snd");
	if (config->index >= 0 && err == -EBUSY)
		return hvsnd_config_error(error, -EBUSY,
					  SND_HVSOCK_A_CARD_INDEX,
					  "index: another card has this number. Choose another one");
	return err;
}

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

static void hvsnd_card_init(struct hvsnd_card *card, struct snd_card *snd,
			    struct device *dev,
			    const struct hvsnd_card_config *config)
{
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
			  hvsnd_config_links(config),
			  hvsnd_config_listens(config));
	hvsnd_pool_init(&card->pool, &card->host,
			hvsnd_config_listens(config) &&
				!hvsnd_config_links(config));
	snd->private_free = hvsnd_card_private_free;

	strscpy(snd->driver, HVSND_DRIVER_NAME, sizeof(snd->driver));
	strscpy(snd->shortname, "HvSock", sizeof(snd->shortname));
	strscpy(snd->mixername, "HvSock", sizeof(snd->mixername));
	hvsnd_card_describe(card, config);
}

/**
 * hvsnd_card_create() - Create a card on a platform device
 * @dev: the device, whose driver data becomes the card
 * @config: a valid configuration
 * @error: set to what is wrong with @config, if that is why it fails
 *
 * Context: Process, one caller at a time.
 * Return: 0 or a negative errno.
 */
int hvsnd_card_create(struct device *dev,
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
	hvsnd_card_init(card, snd, dev, config);
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
	/* ALSA changes a name that another card has, or that is reserved. */
	if (strcmp(snd->id, config->id)) {
		err = hvsnd_config_error(error, -EEXIST, SND_HVSOCK_A_CARD_NAME,
					 "name: another card has this name, or ALSA reserves it. Choose another one");
		goto free;
	}
	err = hvsnd_card_listen(card, config->port);
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
