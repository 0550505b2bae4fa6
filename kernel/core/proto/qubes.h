/* SPDX-License-Identifier: GPL-2.0 */
/* What a Qubes VM tells its host on the second of their two connections. */
#ifndef HVSOCK_PROTO_QUBES_H
#define HVSOCK_PROTO_QUBES_H

#include "../pure.h"

/**
 * struct hvsnd_qubes - what is to be told
 * @wanted: by direction, SNDRV_PCM_STREAM_*: the guest wants to play, to record
 * @told: the host knows it as
 * @stale: it knows nothing of it yet
 * @tx: the code that is being sent
 * @tx_len: how many of its bytes are left, the last ones of @tx
 */
struct hvsnd_qubes {
	bool wanted[2];
	bool told[2];
	bool stale[2];
	u8 tx[4];
	size_t tx_len;
};

void hvsnd_qubes_open(struct hvsnd_qubes *q);
const u8 *hvsnd_qubes_next(struct hvsnd_qubes *q);

#endif /* HVSOCK_PROTO_QUBES_H */
