/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_STREAMS_H
#define HVSOCK_STREAMS_H

#include "stream.h"

void hvsnd_streams_wake(struct hvsnd_card *card);
void hvsnd_streams_reconnect(struct hvsnd_card *card);
void hvsnd_streams_suspend(struct hvsnd_card *card);
void hvsnd_streams_resume(struct hvsnd_card *card);
void hvsnd_streams_retry(struct hvsnd_card *card);
void hvsnd_streams_reap(struct work_struct *work);
void hvsnd_streams_abort(struct hvsnd_card *card);
extern atomic_t hvsnd_streams_generation;
bool hvsnd_streams_next(struct hvsnd_card *card, u32 after,
			struct hvsnd_stream_info *info);
u32 hvsnd_streams_stats(struct hvsnd_card *card, struct hvsnd_stats *sum);

#endif /* HVSOCK_STREAMS_H */
