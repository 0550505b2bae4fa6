/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_RX_H
#define HVSOCK_RX_H

#include "stream.h"

void hvsnd_stream_event(struct hvsnd_session *s, const struct hvsnd_event *ev);
int hvsnd_stream_receive(struct hvsnd_stream *st);

#endif /* HVSOCK_RX_H */
