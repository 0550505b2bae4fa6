// SPDX-License-Identifier: GPL-2.0
/* The module's parameters for the card that needs no configuration. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <sound/core.h>

#include "core/config.h"
#include "params.h"

/**
 * struct hvsnd_param - a key of that card
 * @attr: attribute of the key
 * @given: whether it was given
 * @value: its value if so
 */
struct hvsnd_param {
	int attr;
	bool given;
	u32 value;
};

static void hvsnd_param_complain(const char *name, const char *text,
				 const struct hvsnd_key *key)
{
	const struct hvsnd_word *word;
	char list[64] = "";

	if (!key->words) {
		pr_err("%s=%s: must be a number from %u to %u\n", name, text,
		       key->min, key->max);
		return;
	}
	for (word = key->words; word->name; word++) {
		strlcat(list, " ", sizeof(list));
		strlcat(list, word->name, sizeof(list));
	}
	pr_err("%s=%s: must be one of:%s\n", name, text, list);
}

static int hvsnd_param_set(const char *text, const struct kernel_param *kp)
{
	struct hvsnd_param *param = kp->arg;
	const struct hvsnd_key *key = hvsnd_key_find(param->attr);

	if (key->words ? !hvsnd_key_parse(key, text, &param->value) :
	    kstrtou32(text, 0, &param->value) ||
	    !hvsnd_key_allows(key, param->value)) {
		hvsnd_param_complain(kp->name, text, key);
		return -EINVAL;
	}
	param->given = true;
	return 0;
}

static int hvsnd_param_get(char *buf, const struct kernel_param *kp)
{
	const struct hvsnd_param *param = kp->arg;
	const struct hvsnd_key *key = hvsnd_key_find(param->attr);
	u32 value = param->given ? param->value : key->preset;

	if (key->words)
		return sysfs_emit(buf, "%s\n", hvsnd_key_word(key, value));
	return sysfs_emit(buf, "%u\n", value);
}

static const struct kernel_param_ops hvsnd_param_ops = {
	.set = hvsnd_param_set,
	.get = hvsnd_param_get,
};

enum {
	HVSND_PARAM_CID,
	HVSND_PARAM_PORT,
	HVSND_PARAM_PROTOCOL,
	HVSND_PARAM_ROLE,
	HVSND_PARAM_PLAYBACK_STREAMS,
	HVSND_PARAM_CAPTURE_STREAMS,
	HVSND_PARAMS
};

#define HVSND_PARAM(name)						\
	[HVSND_PARAM_##name] = { .attr = SND_HVSOCK_A_CARD_##name }

static struct hvsnd_param hvsnd_params[HVSND_PARAMS] = {
	HVSND_PARAM(CID),
	HVSND_PARAM(PORT),
	HVSND_PARAM(PROTOCOL),
	HVSND_PARAM(ROLE),
	HVSND_PARAM(PLAYBACK_STREAMS),
	HVSND_PARAM(CAPTURE_STREAMS),
};

#define hvsnd_param(name, at)						\
	module_param_cb(name, &hvsnd_param_ops,				\
			&hvsnd_params[HVSND_PARAM_##at], 0444)

hvsnd_param(cid, CID);
MODULE_PARM_DESC(cid, "context id of the host (2)");
hvsnd_param(port, PORT);
MODULE_PARM_DESC(port, "vsock port of its audio server (4713)");
hvsnd_param(protocol, PROTOCOL);
MODULE_PARM_DESC(protocol, "protocol of that server: pulse, simple or qubes (pulse)");
hvsnd_param(role, ROLE);
MODULE_PARM_DESC(role, "connect to the host, or listen for its connections (connect)");
hvsnd_param(playback_streams, PLAYBACK_STREAMS);
MODULE_PARM_DESC(playback_streams, "substreams that can play at once, 0 to 64 (8)");
hvsnd_param(capture_streams, CAPTURE_STREAMS);
MODULE_PARM_DESC(capture_streams, "substreams that can record at once, 0 to 64 (2)");

static int index = -1;
module_param(index, int, 0444);
MODULE_PARM_DESC(index, "ALSA card number, -1 for the first free one (-1)");

static char *id = "HvSock";
module_param(id, charp, 0444);
MODULE_PARM_DESC(id, "ALSA card id (HvSock)");

/**
 * hvsnd_params_get_config() - Configuration that the module's parameters give
 * @config: set to it
 *
 * Context: Process.
 * Return: 0 or -EINVAL.
 */
int __init hvsnd_params_get_config(struct hvsnd_card_config *config)
{
	struct hvsnd_config_error error;
	unsigned int i;

	if (index < -1 || index >= SNDRV_CARDS) {
		pr_err("index=%d: must be a number from -1 to %d\n", index,
		       SNDRV_CARDS - 1);
		return -EINVAL;
	}
	hvsnd_config_init(config);
	config->index = index;
	/* A name that is cut off would be another one. */
	if (strscpy(config->id, id, sizeof(config->id)) < 0)
		config->id[0] = '\0';
	for (i = 0; i < HVSND_PARAMS; i++) {
		const struct hvsnd_param *param = &hvsnd_params[i];

		if (param->given)
			hvsnd_key_set(hvsnd_key_find(param->attr), config,
				      param->value, &error);
	}
	if (!config->playback_streams && !config->capture_streams) {
		pr_err("playback_streams=0 capture_streams=0: one of them must be at least 1\n");
		return -EINVAL;
	}
	return 0;
}

/**
 * hvsnd_params_log() - Log why there is no card with the module's parameters
 * @error: the error
 *
 * Context: Process.
 */
void __init hvsnd_params_log(const struct hvsnd_config_error *error)
{
	pr_err("index=%d id=%s: no card: %s\n", index, id, error->msg);
}
