/* SPDX-License-Identifier: GPL-2.0 */
/* One PCM stream between a guest and the host's output. */
#ifndef HVSNDD_STREAM_H
#define HVSNDD_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "guest.h"
#include "sample.h"

#define STREAM_BLOCK_SIZE 16384 /* maximum number of bytes passed at once */
#define STREAM_NAME_SIZE 96

/**
 * struct stream_volume - volume and mute of a stream on the host
 * @gain: factor of the amplitude, 0 to 1
 * @mute: no sound at all
 */
struct stream_volume {
	float gain;
	bool mute;
};

/**
 * struct stream - a stream of uncompressed audio
 * @output: output that plays or records the stream
 * @guest: guest that the stream belongs to
 * @name: what a user of the host sees, valid UTF-8; empty: the guest's name
 * @spec: sample format, rate and number of channels
 * @record: the stream carries audio from the host to the guest
 * @follow: playback: the guest sends at the rate of its own clock, which the
 *          output must follow
 * @volume: playback: volume and mute, for an output with the operation
 *          set_volume
 * @gives_gain: open() must set the gain of @volume; else the output keeps its
 *              own
 * @gives_mute: open() must set the mute of @volume; likewise
 * @on_room: playback: called when data can be written again
 * @on_data: recording: called with recorded data, whole frames
 * @on_volume: playback: called with the volume that the output's stream has, if
 *             it is not @volume: a user of the host has changed it, or the
 *             output has kept its own. The output has set @volume before. May
 *             be called before open() returns. NULL if nothing needs to know.
 * @data: argument of @on_room, @on_data and @on_volume
 */
struct stream {
	const struct output *output;
	struct guest *guest;
	char name[STREAM_NAME_SIZE];
	struct sample_spec spec;
	bool record;
	bool follow;
	struct stream_volume volume;
	bool gives_gain;
	bool gives_mute;
	void (*on_room)(void *data);
	void (*on_data)(void *data, const void *buf, size_t len);
	void (*on_volume)(void *data, const struct stream_volume *v);
	void *data;
};

#endif /* HVSNDD_STREAM_H */
