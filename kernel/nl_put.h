/* SPDX-License-Identifier: GPL-2.0 */
/* Info structs as netlink attributes. */
#ifndef HVSOCK_NL_PUT_H
#define HVSOCK_NL_PUT_H

#include <linux/types.h>

struct hvsnd_card_info;
struct hvsnd_stream_info;
struct hvsnd_volume_info;
struct sk_buff;

int hvsnd_put_card_name(struct sk_buff *skb,
			const struct hvsnd_card_info *card);
int hvsnd_put_card(struct sk_buff *skb, const struct hvsnd_card_info *card);
int hvsnd_put_waiting(struct sk_buff *skb, const u32 *attrs, u32 n);
int hvsnd_put_link(struct sk_buff *skb, const struct hvsnd_card_info *card);
int hvsnd_put_stream(struct sk_buff *skb, const struct hvsnd_stream_info *s);
int hvsnd_put_volume(struct sk_buff *skb, const struct hvsnd_volume_info *v);

#endif /* HVSOCK_NL_PUT_H */
