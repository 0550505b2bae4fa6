/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_POSITION_H
#define HVSOCK_POSITION_H

#include "stream.h"

void hvsnd_stream_set_timer(struct hvsnd_stream *st, u64 now);
void hvsnd_stream_relearn(struct hvsnd_stream *st);
void hvsnd_stream_run_clock(struct hvsnd_stream *st, u64 now);
void hvsnd_stream_stop_clock(struct hvsnd_stream *st);
void hvsnd_stream_begin_starting(struct hvsnd_stream *st, u64 at_ns);
enum hrtimer_restart hvsnd_stream_timer(struct hrtimer *timer);
void hvsnd_stream_begin(struct hvsnd_stream *st, u64 pos);

#endif /* HVSOCK_POSITION_H */
