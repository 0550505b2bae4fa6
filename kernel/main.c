// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading of the module. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <asm/mshyperv.h>
#include <sound/core.h>

#include "cards.h"
#include "core/config.h"
#include "netlink-gen.h"
#include "netlink.h"
#include "params.h"
#include "workqueue.h"

MODULE_DESCRIPTION("ALSA card whose other end is the host's audio server, over AF_VSOCK");
MODULE_AUTHOR("The snd-hvsock authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(HVSND_VERSION);
MODULE_SOFTDEP("pre: vsock");

static bool enable = true;
module_param(enable, bool, 0444);
MODULE_PARM_DESC(enable, "whether there is a card without configuration (Y)");

static int __init hvsnd_default_card_create(void)
{
	struct hvsnd_config_error error = { };
	struct hvsnd_card_config config;
	struct hvsnd_card *card;
	int err;

	err = hvsnd_params_get_config(&config);
	if (err)
		return err;
	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_card_add(&config, &error);
	mutex_unlock(&hvsnd_cards_mutex);
	if (IS_ERR(card) && error.msg)
		hvsnd_params_log(&error);
	return PTR_ERR_OR_ZERO(card);
}

static int __init hvsnd_init(void)
{
	int err;

	/* Nothing else loads hv_sock. Elsewhere loading it only logs errors. */
	if (hv_is_hyperv_initialized())
		request_module("hv_sock");
	err = hvsnd_workqueue_create();
	if (err)
		return err;
	err = hvsnd_card_driver_register();
	if (err)
		goto destroy;
	err = hvsnd_netlink_register(snd_hvsock_nl_ops,
				     ARRAY_SIZE(snd_hvsock_nl_ops));
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
	/* hv_sock calls back from softirq: wait for the last call. */
	synchronize_rcu();
}

module_init(hvsnd_init);
module_exit(hvsnd_exit);
