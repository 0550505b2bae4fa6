/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What follows from the table of a card's keys: limits, names of values,
 * combinations and differences.
 *
 * Every key is a u32 in struct hvsnd_card_config. The table says what a key
 * may be and when a change takes effect, for netlink and for the module's
 * parameters alike.
 */
#ifndef HVSOCK_CONFIG_H
#define HVSOCK_CONFIG_H

#include "keys.h"
#include "proto/session.h"
#include "pure.h"

/**
 * struct hvsnd_config_error - why a configuration is not possible
 * @attr: attribute that is wrong, SND_HVSOCK_A_CARD_*
 * @msg: name of the key, and what it must be; a constant
 */
struct hvsnd_config_error {
	int attr;
	const char *msg;
};

const struct hvsnd_key *hvsnd_key_find(int attr);
const char *hvsnd_key_word(const struct hvsnd_key *key, u32 value);
bool hvsnd_key_parse(const struct hvsnd_key *key, const char *word, u32 *value);
bool hvsnd_key_allows(const struct hvsnd_key *key, u32 value);
u32 hvsnd_key_get(const struct hvsnd_key *key,
		  const struct hvsnd_card_config *config);
int hvsnd_key_set(const struct hvsnd_key *key, struct hvsnd_card_config *config,
		  u32 value, struct hvsnd_config_error *error);

void hvsnd_config_init(struct hvsnd_card_config *config);
int hvsnd_config_error(struct hvsnd_config_error *error, int err, int attr,
		       const char *msg);
int hvsnd_config_check_name(const char *id, struct hvsnd_config_error *error);
int hvsnd_config_check(const struct hvsnd_card_config *config,
		       struct hvsnd_config_error *error);
int hvsnd_config_check_fixed(const struct hvsnd_card_config *from,
			     const struct hvsnd_card_config *to,
			     struct hvsnd_config_error *error);
u32 hvsnd_config_waiting(const struct hvsnd_card_config *from,
			 const struct hvsnd_card_config *to,
			 u32 attrs[HVSND_KEYS]);
bool hvsnd_config_reconnects(const struct hvsnd_card_config *from,
			     const struct hvsnd_card_config *to);
void hvsnd_config_update(struct hvsnd_card_config *config,
			 const struct hvsnd_card_config *from);
void hvsnd_config_limit(struct hvsnd_card_config *config);
u32 hvsnd_config_links(const struct hvsnd_card_config *config);
const struct hvsnd_session_ops *
hvsnd_config_protocol(const struct hvsnd_card_config *config);

static inline bool hvsnd_config_listens(const struct hvsnd_card_config *config)
{
	return config->role == SND_HVSOCK_ROLE_LISTEN;
}

#endif /* HVSOCK_CONFIG_H */
