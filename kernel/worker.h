/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSOCK_WORKER_H
#define HVSOCK_WORKER_H

#include "stream.h"

void hvsnd_stream_work(struct work_struct *work);

#endif /* HVSOCK_WORKER_H */
