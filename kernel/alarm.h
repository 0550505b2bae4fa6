/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_ALARM_H
#define HVSOCK_ALARM_H

#include "stream.h"

void hvsnd_stream_alarm(struct work_struct *work);
void hvsnd_stream_set_deadline(struct hvsnd_stream *st,
			       enum hvsnd_deadline which, u64 at_ns);
bool hvsnd_stream_has_passed(const struct hvsnd_stream *st,
			     enum hvsnd_deadline which);
void hvsnd_stream_set_alarm(struct hvsnd_stream *st, u64 since_ns);

#endif /* HVSOCK_ALARM_H */
