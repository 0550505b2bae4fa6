/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reader of vectors/NAME.hex: sessions captured from real audio servers.
 *
 * A line "@C" or "@S" begins a frame, from the client or the server. Hex bytes
 * follow, white space is free, '#' begins a comment. Where the marker's line
 * also says ELIDED, the payload was cut short; it is filled up with zeros here.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include "core/pure.h"

struct vector_frame {
	char side;		/* 'C' or 'S' */
	bool elided;
	u8 *data;		/* descriptor and payload */
	size_t len;
};

struct vector {
	struct vector_frame *frames;
	size_t n;
};

/* Fails the test if there is none of that name, or it is malformed. */
struct vector *vector_load(const char *name);
void vector_free(struct vector *v);

#endif
