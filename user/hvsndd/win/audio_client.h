/* SPDX-License-Identifier: GPL-2.0 */
/* A stream of WASAPI in shared mode, in 32-bit float. */
#ifndef HVSNDD_WIN_AUDIO_CLIENT_H
#define HVSNDD_WIN_AUDIO_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <winsock2.h>
#include <windows.h>

#include "audio_session.h"

struct audio_tick;

/**
 * struct audio_options - what a stream is opened with
 * @record: record instead of play
 * @name: name in Windows' volume mixer
 * @session: Windows keeps the volume of each id
 * @buffer_us: wanted length of the device's buffer
 * @period_us: wanted time between two calls of @on_tick
 * @on_tick: called when the device has played or recorded a period
 * @on_volume: called when the volume in the mixer may have changed
 * @data: argument of @on_tick and @on_volume
 */
struct audio_options {
	bool record;
	const char *name;
	GUID session;
	uint32_t buffer_us;
	uint32_t period_us;
	void (*on_tick)(void *data);
	void (*on_volume)(void *data);
	void *data;
};

/**
 * struct audio_client - a stream
 * @client: IAudioClient
 * @service: IAudioRenderClient or IAudioCaptureClient
 * @clock: IAudioClock of a playback stream, or NULL
 * @session: its entry in the mixer
 * @tick: calls @on_tick
 * @started: the stream runs
 * @rate: frames per second
 * @channels: number of channels
 * @buffer_frames: size of the device's buffer
 * @written: number of frames that were written
 */
struct audio_client {
	void *client;
	void *service;
	void *clock;
	struct audio_session session;
	struct audio_tick *tick;
	bool started;
	uint32_t rate;
	unsigned int channels;
	uint32_t buffer_frames;
	uint64_t written;
};

/* Functions that return an HRESULT fail when the device is gone. */

/* Open a stream on the default device. */
HRESULT audio_client_open(struct audio_client *c,
			  const struct audio_options *o);

/* Free a stream. A zeroed one is allowed. */
void audio_client_close(struct audio_client *c);
HRESULT audio_client_start(struct audio_client *c);

/* Stop and discard what was not played. */
HRESULT audio_client_stop(struct audio_client *c);

/* Playback: set @frames to the number of frames that were not played yet. */
HRESULT audio_client_queued(struct audio_client *c, uint32_t *frames);

/* Playback: write at most what @buffer_frames leaves beside those queued. */
HRESULT audio_client_write(struct audio_client *c, const float *in,
			   uint32_t frames);

/* Playback: microseconds until a frame that is written now is heard. */
uint64_t audio_client_delay(struct audio_client *c);

/**
 * audio_client_read() - Read one packet
 * @c: a record stream
 * @out: set to the frames; NULL for silence
 * @frames: set to the number of frames, 0 if there is no packet
 *
 * audio_client_release() must follow if @frames is not 0.
 *
 * Return: an HRESULT.
 */
HRESULT audio_client_read(struct audio_client *c, const float **out,
			  uint32_t *frames);
HRESULT audio_client_release(struct audio_client *c, uint32_t frames);

#endif /* HVSNDD_WIN_AUDIO_CLIENT_H */
