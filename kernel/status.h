/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_STATUS_H
#define HVSOCK_STATUS_H

#include "stream.h"

void hvsnd_stream_xrun(struct hvsnd_stream *st);
void hvsnd_stream_get_info(struct hvsnd_stream *st,
			   struct hvsnd_stream_info *info);

#endif /* HVSOCK_STATUS_H */
