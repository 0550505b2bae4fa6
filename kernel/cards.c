// SPDX-License-Identifier: GPL-2.0
/* All cards: how they are added, changed and deleted. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <sound/core.h>
#include <uapi/linux/snd_hvsock.h>

#include "cards.h"
#include "streams.h"

/* Guards what follows, and that no two cards get the same name */
DEFINE_MUTEX(hvsnd_cards_mutex);
LIST_HEAD(hvsnd_cards);		/* in the order of their serial numbers */
u32 hvsnd_cards_generation = 1;
static u32 hvsnd_cards_serial;
static bool hvsnd_cards_ended;

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
					  "name: another card has this name. Choose another one");
	for (i = 0; i < SNDRV_CARDS; i++) {
		other = snd_card_ref(i);
		if (!other)
			continue;
		same = !strcmp(other->id, id);
		snd_card_unref(other);
		if (same)
			return hvsnd_config_error(error, -EEXIST,
						  SND_HVSOCK_A_CARD_NAME,
						  "name: another card has this name. Choose another one");
	}
	return 0;
}

static int hvsnd_card_free_platform_id(void)
{
	DECLARE_BITMAP(used, SND_HVSOCK_MAX_CARDS) = { };
	struct hvsnd_card *card;

	list_for_each_entry(card, &hvsnd_cards, entry)
		__set_bit(card->platform_id, used);
	return find_first_zero_bit(used, SND_HVSOCK_MAX_CARDS);
}

/**
 * hvsnd_card_add() - Add a card
 * @config: its configuration, each value within its limits
 * @error: set to what is wrong with @config, if that is why it fails
 *
 * Context: Process, hvsnd_cards_mutex held.
 * Return: The card, or an error pointer: -EINVAL, -EEXIST for a name that is
 * taken, -EBUSY for a number that is taken, -EADDRINUSE for a port that is
 * taken in this machine, -ENOSPC for too many cards, -ENODEV while the module
 * is being unloaded, -ENOMEM.
 */
struct hvsnd_card *hvsnd_card_add(const struct hvsnd_card_config *config,
				  struct hvsnd_config_error *error)
{
	struct platform_device *pdev;
	struct hvsnd_card *card;
	int id, err;

	lockdep_assert_held(&hvsnd_cards_mutex);
	if (hvsnd_cards_ended)
		return ERR_PTR(-ENODEV);
	err = hvsnd_card_check_id(config->id, error);
	if (!err)
		err = hvsnd_config_check(config, error);
	if (err)
		return ERR_PTR(err);
	id = hvsnd_card_free_platform_id();
	if (id >= SND_HVSOCK_MAX_CARDS) {
		err = hvsnd_config_error(error, -ENOSPC, SND_HVSOCK_A_CARD_NAME,
					 "name: there are "
					 __stringify(SND_HVSOCK_MAX_CARDS)
					 " cards, the maximum. Delete one of them");
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
 * hvsnd_card_set() - Change the configuration of a card
 * @card: the card
 * @config: the configuration, each value within its limits; the name, the
 *	number, the protocol, the role and the numbers of streams are the card's
 * @error: set to what is wrong with @config, if that is why it fails
 *
 * Context: Process, hvsnd_cards_mutex held.
 * Return: 0, -EINVAL, or why the card cannot listen at another port.
 */
int hvsnd_card_set(struct hvsnd_card *card,
		   const struct hvsnd_card_config *config,
		   struct hvsnd_config_error *error)
{
	int err;

	lockdep_assert_held(&hvsnd_cards_mutex);
	err = hvsnd_config_check(config, error);
	if (!err)
		err = hvsnd_card_apply(card, config, error);
	if (err)
		return err;
	hvsnd_cards_generation++;
	hvsnd_card_notify(card, SND_HVSOCK_CMD_CARD_SET_NTF);
	return 0;
}

/**
 * hvsnd_card_del() - Delete a card
 * @card: the card, which the caller must not use any more
 *
 * Its connections end at once, and programs that have it open get ENODEV. What
 * they hold of the card is freed with their last file.
 *
 * Context: Process, hvsnd_cards_mutex held. Does not wait for programs nor for
 * the host.
 */
void hvsnd_card_del(struct hvsnd_card *card)
{
	struct platform_device *pdev = to_platform_device(card->dev);

	lockdep_assert_held(&hvsnd_cards_mutex);
	list_del(&card->entry);
	hvsnd_cards_generation++;
	hvsnd_card_notify(card, SND_HVSOCK_CMD_CARD_DEL_NTF);
	hvsnd_card_free(card);
	platform_device_unregister(pdev);
}

/**
 * hvsnd_cards_end() - Delete all cards, and let no more be added
 *
 * Context: Process. Waits until nothing exists of any card, and so for attempts
 * to connect that are under way.
 */
void hvsnd_cards_end(void)
{
	struct hvsnd_card *card, *next;

	mutex_lock(&hvsnd_cards_mutex);
	hvsnd_cards_ended = true;
	list_for_each_entry_safe(card, next, &hvsnd_cards, entry)
		hvsnd_card_del(card);
	mutex_unlock(&hvsnd_cards_mutex);
	hvsnd_cards_wait();
}

/**
 * hvsnd_card_find() - Find a card by its name
 * @id: its name
 *
 * Context: Process, hvsnd_cards_mutex held.
 * Return: The card, valid while hvsnd_cards_mutex is held, or NULL.
 */
struct hvsnd_card *hvsnd_card_find(const char *id)
{
	struct hvsnd_card *card;

	lockdep_assert_held(&hvsnd_cards_mutex);
	list_for_each_entry(card, &hvsnd_cards, entry) {
		if (!strcmp(card->config.id, id))
			return card;
	}
	return NULL;
}

/* ------------------------------------------------------------------------ */
/* The platform driver                                                      */

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
		/* A card is deleted as a whole, not by unbinding the driver. */
		.suppress_bind_attrs = true,
	},
};

/**
 * hvsnd_card_driver_register() - Register the platform driver
 *
 * Context: Process.
 * Return: 0 or a negative errno.
 */
int hvsnd_card_driver_register(void)
{
	return platform_driver_register(&hvsnd_card_driver);
}

/**
 * hvsnd_card_driver_unregister() - Unregister the driver, after the last card
 *
 * Context: Process.
 */
void hvsnd_card_driver_unregister(void)
{
	platform_driver_unregister(&hvsnd_card_driver);
}
