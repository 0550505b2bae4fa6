/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_CONN_H
#define HVSOCK_CONN_H

#include "stream.h"

void hvsnd_stream_init_conn(struct hvsnd_stream *st);
void hvsnd_stream_disconnect(struct hvsnd_stream *st);
void hvsnd_stream_connect(struct hvsnd_stream *st);
void hvsnd_stream_create_remote(struct hvsnd_stream *st);
int hvsnd_stream_handshake(struct hvsnd_stream *st);
void hvsnd_stream_answered(struct hvsnd_stream *st);
int hvsnd_stream_check_handshake(struct hvsnd_stream *st);
void hvsnd_stream_set_geometry(struct hvsnd_stream *st);
void hvsnd_stream_abandon(struct hvsnd_stream *st);
void hvsnd_stream_renew(struct hvsnd_stream *st);
void hvsnd_stream_check_up(struct hvsnd_stream *st);
void hvsnd_stream_lose(struct hvsnd_stream *st, int err);

#endif /* HVSOCK_CONN_H */
