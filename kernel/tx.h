/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_TX_H
#define HVSOCK_TX_H

#include "stream.h"

void hvsnd_stream_free_drain_copy(struct hvsnd_stream *st);
void hvsnd_stream_drop_drain_copy(struct hvsnd_stream *st);
void hvsnd_stream_cut_drain_copy(struct hvsnd_stream *st);
int hvsnd_stream_send(struct hvsnd_stream *st);
void hvsnd_stream_sync_stop(struct hvsnd_stream *st);

#endif /* HVSOCK_TX_H */
