// SPDX-License-Identifier: GPL-2.0
/* One sound card: a platform device, and the snd_card that it carries. */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <sound/core.h>
#include <sound/initval.h>

#include "card.h"
#include "proto/session.h"
#include "stream.h"

/* ALSA calls this when the last file is closed, before @card goes. */
static void hvs_card_private_free(struct snd_card *snd)
{
	hvs_streams_end(snd->private_data);
}

static void hvs_card_free(void *snd)
{
	snd_card_free(snd);
}

static int hvs_card_probe(struct platform_device *pdev)
{
	const struct hvs_card_config *config = dev_get_platdata(&pdev->dev);
	struct snd_card *snd;
	struct hvs_card *card;
	int err;

	err = snd_card_new(&pdev->dev, config->index, config->id, THIS_MODULE,
			   sizeof(*card), &snd);
	if (err < 0)
		return err;
	card = snd->private_data;
	card->config = *config;
	card->card = snd;
	card->dev = &pdev->dev;
	ratelimit_state_init(&card->complaints, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	mutex_init(&card->lock);
	INIT_LIST_HEAD(&card->streams);
	INIT_WORK(&card->reap, hvs_streams_reap);
	init_waitqueue_head(&card->empty);
	hvs_watch_init(card);
	snd->private_free = hvs_card_private_free;
	err = devm_add_action_or_reset(&pdev->dev, hvs_card_free, snd);
	if (err)
		return err;

	strscpy(snd->driver, HVS_DRIVER_NAME, sizeof(snd->driver));
	strscpy(snd->shortname, "HvSock", sizeof(snd->shortname));
	snprintf(snd->longname, sizeof(snd->longname),
		 "HvSock at vsock:%u:%u (%s)", config->cid, config->port,
		 config->protocol->name);
	err = hvs_controls_create(card);
	if (err < 0)
		return err;
	err = hvs_pcm_create(card);
	if (err < 0)
		return err;
	err = snd_card_register(snd);
	if (err < 0)
		return err;
	platform_set_drvdata(pdev, card);
	return 0;
}

static int __maybe_unused hvs_card_suspend(struct device *dev)
{
	struct hvs_card *card = dev_get_drvdata(dev);

	/* ALSA has stopped the substreams. */
	snd_power_change_state(card->card, SNDRV_CTL_POWER_D3hot);
	hvs_streams_suspend(card);
	return 0;
}

static int __maybe_unused hvs_card_resume(struct device *dev)
{
	struct hvs_card *card = dev_get_drvdata(dev);

	hvs_streams_resume(card);
	snd_power_change_state(card->card, SNDRV_CTL_POWER_D0);
	return 0;
}

static SIMPLE_DEV_PM_OPS(hvs_card_pm_ops, hvs_card_suspend, hvs_card_resume);

static struct platform_driver hvs_card_driver = {
	.probe = hvs_card_probe,
	.driver = {
		.name = HVS_DRIVER_NAME,
		.pm = &hvs_card_pm_ops,
		/* Cards come and go as a whole, not by taking the driver off. */
		.suppress_bind_attrs = true,
	},
};

/**
 * hvs_card_driver_register - be ready for cards
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int hvs_card_driver_register(void)
{
	return platform_driver_register(&hvs_card_driver);
}

/**
 * hvs_card_driver_unregister - after the last card
 *
 * Context: process.
 */
void hvs_card_driver_unregister(void)
{
	platform_driver_unregister(&hvs_card_driver);
}
