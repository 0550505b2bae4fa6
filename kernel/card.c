// SPDX-License-Identifier: GPL-2.0
/* Sound cards: a platform device each, and the snd_card that it carries. */
#include <linux/completion.h>
#include <linux/ctype.h>
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
#include "netlink.h"
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

const struct hvsnd_card_config hvsnd_card_defaults = {
	.index = -1,
	.cid = 2,
	.port = 4713,
	.protocol = &hvsnd_pulse_ops,
	.rate_min = SND_HVSOCK_RATE_LEAST,
	.rate_max = SND_HVSOCK_RATE_MOST,
	.format = -1,
	.connect_timeout_ms = 2000,
	.playback_streams = 8,
	.capture_streams = 2,
	.mic = true,
	.retry_away_s = HVSND_RETRY_AWAY_S,
};

static const struct hvsnd_session_ops * const hvsnd_protocols[] = {
	&hvsnd_pulse_ops,
	&hvsnd_simple_ops,
	&hvsnd_qubes_ops,
};

/**
 * hvsnd_protocol - look a protocol up
 * @name: as in protocol=
 *
 * Context: any.
 * Return: the protocol, or NULL.
 */
const struct hvsnd_session_ops *hvsnd_protocol(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hvsnd_protocols); i++) {
		if (!strcmp(name, hvsnd_protocols[i]->name))
			return hvsnd_protocols[i];
	}
	return NULL;
}

static int hvsnd_refuse(struct hvsnd_refusal *refusal, int err, int attr,
			const char *why)
{
	refusal->attr = attr;
	refusal->why = why;
	return err;
}

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
		 config->protocol->name);
}

/* ALSA changes a name that does not suit it, without a word. */
static int hvsnd_card_check_id(const char *id, struct hvsnd_refusal *refusal)
{
	struct snd_card *other;
	size_t i, len = strlen(id);
	bool same;

	if (!len || len > SND_HVSOCK_NAME_MAX || isdigit(id[0]) ||
	    !strncmp(id, "card", 4))
		len = 0;
	for (i = 0; i < len; i++) {
		if (!isascii(id[i]) || !isalnum(id[i]))
			len = 0;
	}
	if (!len)
		return hvsnd_refuse(refusal, -EINVAL, SND_HVSOCK_A_CARD_NAME,
				    "name: must be 1 to 15 letters and digits, beginning with a letter, but not with \"card\"");
	if (hvsnd_card_find(id))
		return hvsnd_refuse(refusal, -EEXIST, SND_HVSOCK_A_CARD_NAME,
				    "name: there is a card of that name");
	for (i = 0; i < SNDRV_CARDS; i++) {
		other = snd_card_ref(i);
		if (!other)
			continue;
		same = !strcmp(other->id, id);
		snd_card_unref(other);
		if (same)
			return hvsnd_refuse(refusal, -EEXIST,
					    SND_HVSOCK_A_CARD_NAME,
					    "name: another driver's card has that name");
	}
	return 0;
}

static int hvsnd_card_check_protocol(const struct hvsnd_card_config *config,
				     struct hvsnd_refusal *refusal)
{
	const struct hvsnd_session_ops *ops = config->protocol;

	if (config->listen && !ops->links)
		return hvsnd_refuse(refusal, -EINVAL, SND_HVSOCK_A_CARD_ROLE,
				    "role: must be connect with protocol pulse, whose servers listen");
	/* The highest of all numbers stands for any port. */
	if ((config->listen || ops->links > 1) &&
	    config->port > U32_MAX - ops->links)
		return hvsnd_refuse(refusal, -EINVAL, SND_HVSOCK_A_CARD_PORT,
				    "port: must be less than 4294967295, and with protocol qubes leave room for the next one, which it takes as well");
	if (!ops->fixed)
		return 0;
	if ((config->rate && config->rate != ops->only->rate) ||
	    config->rate_min > ops->only->rate ||
	    config->rate_max < ops->only->rate)
		return hvsnd_refuse(refusal, -EINVAL, SND_HVSOCK_A_CARD_RATE,
				    "rate: must be 44100, or 0, with protocol qubes, and between rate-min and rate-max");
	if (config->format >= 0 &&
	    config->format != (__force int)ops->only->format)
		return hvsnd_refuse(refusal, -EINVAL, SND_HVSOCK_A_CARD_FORMAT,
				    "format: must be S16_LE, or any, with protocol qubes");
	if (config->channels && config->channels != ops->only->channels)
		return hvsnd_refuse(refusal, -EINVAL,
				    SND_HVSOCK_A_CARD_CHANNELS,
				    "channels: must be 2, or 0, with protocol qubes");
	return 0;
}

/* What the parts allow, the whole may still not make sense of. */
static int hvsnd_card_check(const struct hvsnd_card_config *config,
			    struct hvsnd_refusal *refusal)
{
	if (config->rate_min > config->rate_max)
		return hvsnd_refuse(refusal, -EINVAL,
				    SND_HVSOCK_A_CARD_RATE_MIN,
				    "rate-min: must not be above rate-max");
	if (config->rate && (config->rate < config->rate_min ||
			     config->rate > config->rate_max))
		return hvsnd_refuse(refusal, -EINVAL, SND_HVSOCK_A_CARD_RATE,
				    "rate: must be between rate-min and rate-max, or 0");
	if (!config->playback_streams && !config->capture_streams)
		return hvsnd_refuse(refusal, -EINVAL,
				    SND_HVSOCK_A_CARD_PLAYBACK_STREAMS,
				    "playback-streams: must be at least 1, or else capture-streams");
	return hvsnd_card_check_protocol(config, refusal);
}

/* Each way there is one connection: who would share it would be mixed up. */
static void hvsnd_card_limit(struct hvsnd_card_config *config)
{
	if (!config->listen && config->protocol->links < 2)
		return;
	config->playback_streams = min(config->playback_streams, 1U);
	config->capture_streams = min(config->capture_streams, 1U);
}

static int hvsnd_card_cannot_listen(int err, struct hvsnd_refusal *refusal)
{
	if (err == -EADDRINUSE)
		return hvsnd_refuse(refusal, err, SND_HVSOCK_A_CARD_PORT,
				    "port: somebody listens there already, or at the next one");
	return hvsnd_refuse(refusal, err, SND_HVSOCK_A_CARD_ROLE,
			    "role: this kernel cannot listen; does it have vsock?");
}

static int hvsnd_card_no_slot(const struct hvsnd_card_config *config, int err,
			      struct hvsnd_refusal *refusal)
{
	if (config->index < 0 && err == -ENODEV)
		return hvsnd_refuse(refusal, -ENOSPC, SND_HVSOCK_A_CARD_INDEX,
				    "index: none is free; this kernel has room for "
				    __stringify(SNDRV_CARDS)
				    " cards, and those that are named in snd's slots= have theirs reserved");
	if (config->index >= 0 && err == -EBUSY)
		return hvsnd_refuse(refusal, -EBUSY, SND_HVSOCK_A_CARD_INDEX,
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

static void hvsnd_card_link_changed(struct hvsnd_host *host)
{
	hvsnd_netlink_link(container_of(host, struct hvsnd_card, host));
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
	if (!card->config.listen)
		hvsnd_host_probe(&card->host, card->config.protocol->create);
}

static void hvsnd_card_set_address(struct hvsnd_card *card)
{
	const struct hvsnd_card_config *config = &card->config;

	hvsnd_host_set_address(&card->host, config->cid, config->port,
			       config->listen ? 0 : config->retry_away_s);
}

static void hvsnd_card_mixer_set(struct hvsnd_mixer *mixer)
{
	hvsnd_streams_wake(container_of(mixer, struct hvsnd_card, mixer));
}

static void hvsnd_card_mixer_reported(struct hvsnd_mixer *mixer, int direction,
				      const struct hvsnd_volume *v)
{
	hvsnd_netlink_volume(container_of(mixer, struct hvsnd_card, mixer),
			     direction, v);
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
			     struct hvsnd_refusal *refusal)
{
	struct hvsnd_card *card;
	struct snd_card *snd;
	struct snd_pcm *pcm;
	int err;

	err = snd_card_new(dev, config->index, config->id, THIS_MODULE,
			   sizeof(*card), &snd);
	if (err < 0)
		return hvsnd_card_no_slot(config, err, refusal);
	card = snd->private_data;
	card->config = *config;
	hvsnd_card_limit(&card->config);
	card->card = snd;
	card->dev = get_device(dev);
	spin_lock_init(&card->keys_lock);
	mutex_init(&card->lock);
	INIT_LIST_HEAD(&card->streams);
	INIT_WORK(&card->reap, hvsnd_streams_reap);
	hvsnd_host_init(&card->host, snd, card->dev, &hvsnd_card_host_ops);
	hvsnd_card_set_address(card);
	hvsnd_mixer_init(&card->mixer, snd, &hvsnd_card_mixer_ops);
	hvsnd_shared_init(&card->shared, &card->host, config->protocol->links,
			  config->listen);
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
		err = hvsnd_refuse(refusal, -EEXIST, SND_HVSOCK_A_CARD_NAME,
				   "name: ALSA does not take it; it is taken or a reserved word");
		goto free;
	}
	err = hvsnd_shared_listen(&card->shared, config->port);
	if (err) {
		err = hvsnd_card_cannot_listen(err, refusal);
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
 * @refusal: set to what is wrong with @config, if that is why it fails
 *
 * Context: process, hvsnd_cards_mutex held.
 * Return: the card, or an error pointer: -EINVAL, -EEXIST for a name that is
 * taken, -EBUSY for a number that is taken, -EADDRINUSE for a port that is
 * taken in this machine, -ENOSPC when there are as many
 * cards as can be, -ENODEV while the module is unloaded, -ENOMEM.
 */
struct hvsnd_card *hvsnd_card_add(const struct hvsnd_card_config *config,
				  struct hvsnd_refusal *refusal)
{
	struct platform_device *pdev;
	struct hvsnd_card *card;
	int id, err;

	if (hvsnd_cards_ended)
		return ERR_PTR(-ENODEV);
	err = hvsnd_card_check_id(config->id, refusal);
	if (!err)
		err = hvsnd_card_check(config, refusal);
	if (err)
		return ERR_PTR(err);
	id = hvsnd_card_free_platform_id();
	if (id >= SND_HVSOCK_CARDS_MAX) {
		err = hvsnd_refuse(refusal, -ENOSPC, SND_HVSOCK_A_CARD_NAME,
				   "name: there are "
				   __stringify(SND_HVSOCK_CARDS_MAX)
				   " cards already, which is the most");
		return ERR_PTR(err);
	}
	pdev = platform_device_register_simple(HVSND_DRIVER_NAME, id, NULL, 0);
	if (IS_ERR(pdev))
		return ERR_CAST(pdev);
	err = hvsnd_card_create(&pdev->dev, config, refusal);
	if (err) {
		platform_device_unregister(pdev);
		return ERR_PTR(err);
	}
	card = platform_get_drvdata(pdev);
	card->platform_id = id;
	card->serial = ++hvsnd_cards_serial;
	list_add_tail(&card->entry, &hvsnd_cards);
	hvsnd_cards_generation++;
	hvsnd_netlink_card(card, SND_HVSOCK_CMD_CARD_ADD_NTF);
	return card;
}

/*
 * Some are read without the lock, where no others matter; what does not change
 * always is.
 */
static void hvsnd_card_set_keys(struct hvsnd_card_config *to,
				const struct hvsnd_card_config *from)
{
	WRITE_ONCE(to->cid, from->cid);
	WRITE_ONCE(to->port, from->port);
	WRITE_ONCE(to->latency_us, from->latency_us);
	WRITE_ONCE(to->on_lost_error, from->on_lost_error);
	WRITE_ONCE(to->retry_away_s, from->retry_away_s);
	to->rate = from->rate;
	to->rate_min = from->rate_min;
	to->rate_max = from->rate_max;
	to->format = from->format;
	to->channels = from->channels;
	to->connect_timeout_ms = from->connect_timeout_ms;
	to->name_card = from->name_card;
	to->mic = from->mic;
}

/**
 * hvsnd_card_set - configure a card anew
 * @card: the card
 * @config: how it is to be, each value within its limits; the name, the
 *          number, the protocol, the role and the numbers of streams are as
 *          they are
 * @refusal: set to what is wrong with @config, if that is why it fails
 *
 * Connections are made anew if they have to be. What else open streams do not
 * heed, they do not.
 *
 * Context: process, hvsnd_cards_mutex held.
 * Return: 0, -EINVAL, or why it cannot listen at another port.
 */
int hvsnd_card_set(struct hvsnd_card *card,
		   const struct hvsnd_card_config *config,
		   struct hvsnd_refusal *refusal)
{
	bool reconnect;
	int err, again;

	err = hvsnd_card_check(config, refusal);
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
			return hvsnd_card_cannot_listen(err, refusal);
		}
	}
	spin_lock(&card->keys_lock);
	reconnect = card->config.cid != config->cid ||
		    card->config.port != config->port ||
		    card->config.latency_us != config->latency_us;
	hvsnd_card_set_keys(&card->config, config);
	spin_unlock(&card->keys_lock);
	hvsnd_card_set_address(card);
	/* Who reads it now may see some of both: it is for people. */
	hvsnd_card_describe(card, config);
	if (reconnect)
		hvsnd_streams_reconnect(card);
	hvsnd_card_probe(card);
	hvsnd_cards_generation++;
	hvsnd_netlink_card(card, SND_HVSOCK_CMD_CARD_SET_NTF);
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
	hvsnd_netlink_card_gone(card);
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
