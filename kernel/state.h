/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_STATE_H
#define HVSOCK_STATE_H

#include "stream.h"

void hvsnd_stream_wake(struct hvsnd_stream *st);
void hvsnd_stream_set_conn(struct hvsnd_stream *st,
			   enum hvsnd_conn_state state);
void hvsnd_stream_set_life(struct hvsnd_stream *st, enum hvsnd_life life);
void hvsnd_stream_set_state(struct hvsnd_stream *st,
			    enum hvsnd_pcm_state state);
bool hvsnd_stream_is_idle(const struct hvsnd_stream *st);
bool hvsnd_stream_is_wanted(const struct hvsnd_stream *st);

#endif /* HVSOCK_STATE_H */
