// SPDX-License-Identifier: GPL-2.0
/* Netlink attributes as the configuration of a card. */
#include <linux/string.h>
#include <linux/stringify.h>
#include <net/genetlink.h>
#include <sound/core.h>

#include "core/config.h"
#include "nl_parse.h"

/**
 * hvsnd_refuse() - Say why a request fails
 * @info: the request
 * @err: negative errno
 * @attr: the attribute that is wrong or missing
 * @msg: error message, a constant; or NULL
 *
 * NL_SET_ERR_MSG_ATTR() takes literals only.
 *
 * Context: Any.
 * Return: @err.
 */
int hvsnd_refuse(struct genl_info *info, int err, int attr, const char *msg)
{
	struct netlink_ext_ack *extack = info->extack;

	if (extack && msg) {
		extack->_msg = msg;
		extack->bad_attr = info->attrs[attr];
	}
	return err;
}

static int hvsnd_parse_index(struct genl_info *info,
			     struct hvsnd_card_config *config)
{
	const struct nlattr *a = info->attrs[SND_HVSOCK_A_CARD_INDEX];

	if (!a)
		return 0;
	if (nla_get_u32(a) >= SNDRV_CARDS)
		return hvsnd_refuse(info, -EINVAL, SND_HVSOCK_A_CARD_INDEX,
				    "index: must be less than "
				    __stringify(SNDRV_CARDS)
				    ", the number of cards that this kernel supports");
	config->index = nla_get_u32(a);
	return 0;
}

/**
 * hvsnd_parse_keys() - Take the keys of a request
 * @info: the request
 * @config: configuration of a card; only keys of the request change
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int hvsnd_parse_keys(struct genl_info *info, struct hvsnd_card_config *config)
{
	struct hvsnd_config_error error;
	unsigned int i;

	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];
		const struct nlattr *a = info->attrs[key->attr];
		u32 value;

		if (!a)
			continue;
		if (!key->text)
			value = nla_get_u32(a);
		else if (!hvsnd_key_parse(key, nla_data(a), &value))
			return hvsnd_refuse(info, -EINVAL, key->attr, key->msg);
		if (hvsnd_key_set(key, config, value, &error))
			return hvsnd_refuse(info, -EINVAL, key->attr, key->msg);
	}
	return hvsnd_parse_index(info, config);
}
