/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_OUTAGE_H
#define HVSOCK_OUTAGE_H

#include "stream.h"

const char *hvsnd_stream_explain(const struct hvsnd_stream *st, int err);
void hvsnd_stream_warn(struct hvsnd_stream *st, int err, const char *reason);
bool hvsnd_stream_may_fail(const struct hvsnd_stream *st);
void hvsnd_stream_fail(struct hvsnd_stream *st);

#endif /* HVSOCK_OUTAGE_H */
