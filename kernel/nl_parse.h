/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink attributes as the configuration of a card. */
#ifndef HVSOCK_NL_PARSE_H
#define HVSOCK_NL_PARSE_H

struct genl_info;
struct hvsnd_card_config;

int hvsnd_refuse(struct genl_info *info, int err, int attr, const char *msg);
int hvsnd_parse_keys(struct genl_info *info, struct hvsnd_card_config *config);

#endif /* HVSOCK_NL_PARSE_H */
