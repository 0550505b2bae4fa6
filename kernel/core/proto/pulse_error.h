/* SPDX-License-Identifier: GPL-2.0 */
/* The errors with which PulseAudio refuses a connection or a stream. */
#ifndef HVSOCK_PROTO_PULSE_ERROR_H
#define HVSOCK_PROTO_PULSE_ERROR_H

#include "../pure.h"

int hvsnd_pulse_errno(u32 code);
const char *hvsnd_pulse_connection_reason(int err);
const char *hvsnd_pulse_stream_reason(int err, int direction);

#endif /* HVSOCK_PROTO_PULSE_ERROR_H */
