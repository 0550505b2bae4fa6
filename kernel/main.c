// SPDX-License-Identifier: GPL-2.0
/* Load and unload: orders the parts, unwinds them. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <sound/core.h>

#include "card.h"
#include "compat/hyperv.h"
#include "netlink.h"
#include "core/proto/session.h"
#include "workqueue.h"

MODULE_DESCRIPTION("ALSA card whose other end is the host's audio server, over AF_VSOCK");
MODULE_AUTHOR("The snd-hvsock authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(HVSND_VERSION);
MODULE_SOFTDEP("pre: vsock");

/* ------------------------------------------------------------------------ */
/* Parameters of the card that is there without being configured            */

/* A number and what it may be, to be told when it is not. */
struct hvsnd_number {
	u32 value;
	u32 min;
	u32 max;
};

static int hvsnd_number_set(const char *text, const struct kernel_param *kp)
{
	struct hvsnd_number *number = kp->arg;
	unsigned long long value;

	if (kstrtoull(text, 0, &value) || value < number->min ||
	    value > number->max) {
		pr_err("%s=%s: must be a number from %u to %u\n",
		       kp->name, text, number->min, number->max);
		return -EINVAL;
	}
	number->value = value;
	return 0;
}

static int hvsnd_number_get(char *buf, const struct kernel_param *kp)
{
	const struct hvsnd_number *number = kp->arg;

	return sysfs_emit(buf, "%u\n", number->value);
}

static const struct kernel_param_ops hvsnd_number_ops = {
	.set = hvsnd_number_set,
	.get = hvsnd_number_get,
};

static struct hvsnd_number cid = { 2, 0, U32_MAX - 1 };
module_param_cb(cid, &hvsnd_number_ops, &cid, 0444);
MODULE_PARM_DESC(cid, "context id of the host (2)");

static struct hvsnd_number port = { 4713, 1, U32_MAX };
module_param_cb(port, &hvsnd_number_ops, &port, 0444);
MODULE_PARM_DESC(port, "vsock port of its audio server (4713)");

static char *protocol = "pulse";
module_param(protocol, charp, 0444);
MODULE_PARM_DESC(protocol, "what is spoken there: pulse, simple or qubes (pulse)");

static char *role = "connect";
module_param(role, charp, 0444);
MODULE_PARM_DESC(role, "who calls whom: connect, or listen for the host to call (connect)");

static struct hvsnd_number playback_streams = { 8, 0, HVSND_MAX_SUBSTREAMS };
module_param_cb(playback_streams, &hvsnd_number_ops, &playback_streams, 0444);
MODULE_PARM_DESC(playback_streams, "substreams that can play at once, 0 to 64 (8)");

static struct hvsnd_number capture_streams = { 2, 0, HVSND_MAX_SUBSTREAMS };
module_param_cb(capture_streams, &hvsnd_number_ops, &capture_streams, 0444);
MODULE_PARM_DESC(capture_streams, "substreams that can record at once, 0 to 64 (2)");

static int index = -1;
module_param(index, int, 0444);
MODULE_PARM_DESC(index, "ALSA card number, -1 for the first free one (-1)");

static char *id = "HvSock";
module_param(id, charp, 0444);
MODULE_PARM_DESC(id, "ALSA card id (HvSock)");

static bool enable = true;
module_param(enable, bool, 0444);
MODULE_PARM_DESC(enable, "whether there is a card without configuration (Y)");

static int __init hvsnd_default_config(struct hvsnd_card_config *config)
{
	const struct hvsnd_session_ops *ops = hvsnd_protocol(protocol);

	if (!ops) {
		pr_err("protocol=%s: must be one of: pulse simple qubes\n", protocol);
		return -EINVAL;
	}
	if (strcmp(role, "connect") && strcmp(role, "listen")) {
		pr_err("role=%s: must be one of: connect listen\n", role);
		return -EINVAL;
	}
	if (!playback_streams.value && !capture_streams.value) {
		pr_err("playback_streams=0 capture_streams=0: one of them must be at least 1\n");
		return -EINVAL;
	}
	if (index < -1 || index >= SNDRV_CARDS) {
		pr_err("index=%d: must be a number from -1 to %d\n", index,
		       SNDRV_CARDS - 1);
		return -EINVAL;
	}
	*config = hvsnd_card_defaults;
	config->protocol = ops;
	config->listen = !strcmp(role, "listen");
	config->index = index;
	/* Cut off, it would be another. */
	if (strscpy(config->id, id, sizeof(config->id)) < 0)
		config->id[0] = '\0';
	config->cid = cid.value;
	config->port = port.value;
	config->playback_streams = playback_streams.value;
	config->capture_streams = capture_streams.value;
	return 0;
}

static int __init hvsnd_default_card_create(void)
{
	struct hvsnd_refusal refusal = { };
	struct hvsnd_card_config config;
	struct hvsnd_card *card;
	int err;

	err = hvsnd_default_config(&config);
	if (err)
		return err;
	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_card_add(&config, &refusal);
	mutex_unlock(&hvsnd_cards_mutex);
	if (IS_ERR(card) && refusal.why)
		pr_err("index=%d id=%s: no card: %s\n", index, id, refusal.why);
	return PTR_ERR_OR_ZERO(card);
}

static int __init hvsnd_init(void)
{
	int err;

	/* Nothing on Hyper-V's bus asks for it, and elsewhere it only complains. */
	if (hv_is_hyperv_initialized())
		request_module("hv_sock");
	err = hvsnd_workqueue_create();
	if (err)
		return err;
	err = hvsnd_card_driver_register();
	if (err)
		goto destroy;
	err = hvsnd_netlink_register();
	if (err)
		goto unregister;
	if (enable) {
		err = hvsnd_default_card_create();
		if (err)
			goto end;
	}
	return 0;

end:
	hvsnd_cards_end();
	hvsnd_netlink_unregister();
unregister:
	hvsnd_card_driver_unregister();
destroy:
	hvsnd_workqueue_destroy();
	return err;
}

static void __exit hvsnd_exit(void)
{
	hvsnd_cards_end();
	hvsnd_netlink_unregister();
	hvsnd_card_driver_unregister();
	hvsnd_workqueue_destroy();
	/* hv_sock calls sockets back from softirq: let the last one return. */
	synchronize_rcu();
}

module_init(hvsnd_init);
module_exit(hvsnd_exit);
