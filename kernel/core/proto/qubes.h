/* SPDX-License-Identifier: GPL-2.0 */
/* The codes that a Qubes VM sends to its host on the second connection. */
#ifndef HVSOCK_PROTO_QUBES_H
#define HVSOCK_PROTO_QUBES_H

#include "../pure.h"

/**
 * struct hvsnd_qubes - codes to be sent to the host
 * @wanted: by direction, SNDRV_PCM_STREAM_*: the guest plays, or records
 * @told: value that the host was told
 * @stale: the host was told nothing yet
 * @tx: the code that is being sent
 * @tx_len: bytes of the code that remain to be sent, the last ones of @tx
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
