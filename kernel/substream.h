/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_SUBSTREAM_H
#define HVSOCK_SUBSTREAM_H

#include "stream.h"

struct hvsnd_stream *
hvsnd_stream_create(struct hvsnd_card *card,
		    struct snd_pcm_substream *substream,
		    const struct hvsnd_session_params *params,
		    u32 period_frames, u32 ring_frames, u8 *ring);
void hvsnd_stream_prepare(struct hvsnd_stream *st);
void hvsnd_stream_start(struct hvsnd_stream *st, bool freewheel, bool loops,
			bool wakeups, u64 at_ns);
void hvsnd_stream_stop(struct hvsnd_stream *st);
u64 hvsnd_stream_start_time(struct hvsnd_stream *st);
void hvsnd_stream_drain(struct hvsnd_stream *st);
void hvsnd_stream_pause(struct hvsnd_stream *st);
void hvsnd_stream_resume(struct hvsnd_stream *st, u64 at_ns);
s64 hvsnd_stream_pointer(struct hvsnd_stream *st, u64 most, u32 *delay);
int hvsnd_stream_ack(struct hvsnd_stream *st, s64 ahead);
void hvsnd_stream_reset(struct hvsnd_stream *st);
void hvsnd_stream_detach(struct hvsnd_stream *st);

#endif /* HVSOCK_SUBSTREAM_H */
