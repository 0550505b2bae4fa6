/* SPDX-License-Identifier: GPL-2.0 */
/* The streams of the native protocol on the selected output. */
#ifndef HVSNDD_NATIVE_OUTPUT_H
#define HVSNDD_NATIVE_OUTPUT_H

#include "guest.h"
#include "native.h"

/*
 * The operations of struct native_ops with these names. native.owner is the
 * struct connection.
 */
bool native_output_open(struct native_stream *s);
void native_output_close(struct native_stream *s);
void native_output_changed(struct native_stream *s);
u64 native_output_latency(struct native_stream *s);
void native_output_volume(struct native_stream *s);

#endif /* HVSNDD_NATIVE_OUTPUT_H */
