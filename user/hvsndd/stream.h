/* SPDX-License-Identifier: GPL-2.0 */
/* One PCM stream between a guest and the host's output. */
#ifndef HVSNDD_STREAM_H
#define HVSNDD_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "guest.h"
#include "sample.h"

#define STREAM_BLOCK_SIZE 16384 /* maximum number of bytes passed at once */

/**
 * struct stream - a stream of uncompressed audio
 * @output: output that plays or records the stream
 * @guest: guest that the stream belongs to
 * @spec: sample format, rate and number of channels
 * @record: the stream carries audio from the host to the guest
 * @follow: playback: the guest sends at the rate of its own clock, which the
 *          output must follow
 * @on_room: playback: called when data can be written again
 * @on_data: recording: called with recorded data, whole frames
 * @data: argument of @on_room and @on_data
 */
struct stream {
	const struct output *output;
	struct guest *guest;
	struct sample_spec spec;
	bool record;
	bool follow;
	void (*on_room)(void *data);
	void (*on_data)(void *data, const void *buf, size_t len);
	void *data;
};

#endif /* HVSNDD_STREAM_H */
