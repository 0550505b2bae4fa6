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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vector_frame {
	char side;		/* 'C' or 'S' */
	bool elided;
	uint8_t *data;		/* descriptor and payload */
	size_t len;
};

struct vector {
	struct vector_frame *frames;
	size_t n;
};

/* Ends the program if the file cannot be read or is malformed. */
struct vector *vector_load(const char *name);
void vector_free(struct vector *v);

#endif
