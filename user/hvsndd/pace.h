/* SPDX-License-Identifier: GPL-2.0 */
/* The pace of a device where there is none: sound is taken, or given, as fast as it is heard. */
#ifndef HVSNDD_PACE_H
#define HVSNDD_PACE_H

#include "loop.h"
#include "stream.h"

/**
 * struct pace - the pace of one stream
 * @stream: whose
 * @timer: playback: when there is room again; record: when sound is due
 * @since: up to when @bytes is right
 * @bytes: playback: may still be taken
 */
struct pace {
	struct stream *stream;
	struct timer timer;
	uint64_t since;
	size_t bytes;
};

/* Sets the pace; a recording stream hears silence from now on. Returns 0 or a negative errno. */
int pace_start(struct pace *p, struct stream *s);
void pace_stop(struct pace *p);

/* For playback: bytes that may be taken now, and that so many were. */
size_t pace_room(struct pace *p);
void pace_take(struct pace *p, size_t len);

#endif /* HVSNDD_PACE_H */
