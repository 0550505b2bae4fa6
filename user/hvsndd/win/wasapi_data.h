/* SPDX-License-Identifier: GPL-2.0 */
/* A stream of --output wasapi, and its audio data. */
#ifndef HVSNDD_WIN_WASAPI_DATA_H
#define HVSNDD_WIN_WASAPI_DATA_H

#include "../drift.h"
#include "../outputs.h"
#include "../resample.h"
#include "../softclock.h"
#include "audio_client.h"

/**
 * enum wasapi_state - state of a stream
 * @WASAPI_AWAY: there is no device
 * @WASAPI_FILLING: the device is stopped until the queue has its target length
 * @WASAPI_RUNNING: the device runs
 * @WASAPI_DRAINING: the device runs until the queue is empty
 * @WASAPI_CORKED: the device is stopped
 */
enum wasapi_state {
	WASAPI_AWAY,
	WASAPI_FILLING,
	WASAPI_RUNNING,
	WASAPI_DRAINING,
	WASAPI_CORKED,
};

/**
 * struct wasapi_stream - a stream
 * @stream: the stream, must be the first member
 * @next: next stream in the list
 * @state: state
 * @client: the device's stream, unless WASAPI_AWAY
 * @session: id of @client's session
 * @keeps_volume: stream.volume is that of the session: a device that is opened
 *                again gets it
 * @closing: its user has closed the stream
 * @clock: WASAPI_AWAY: discards data, or records silence
 * @timer: WASAPI_AWAY: opens the device again; otherwise fires every second
 * @retry_usec: delay before the next attempt to open the device
 * @failure_logged: a failure of the device was logged
 * @drift: drift of the guest's clock
 * @was_full: the queue had no room since @timer fired last
 * @resample: from the guest's rate to the device's, or to the guest's
 * @exact: the rates are equal, and frames are passed on unchanged
 * @flushed: WASAPI_DRAINING: the resampler's last frames were taken
 * @queue: playback: data in the guest's sample format
 * @have: number of bytes in @queue
 * @size: size of @queue
 */
struct wasapi_stream {
	struct stream stream;
	struct wasapi_stream *next;
	enum wasapi_state state;
	struct audio_client client;
	GUID session;
	bool keeps_volume;
	bool closing;
	struct softclock clock;
	struct timer timer;
	uint64_t retry_usec;
	bool failure_logged;
	struct drift drift;
	bool was_full;
	struct resample resample;
	bool exact;
	bool flushed;
	uint8_t *queue;
	size_t have;
	size_t size;
};

/*
 * Prepare the conversion between the guest's format and that of the device,
 * which was opened. Returns 0 or a negative errno.
 */
int wasapi_init(struct wasapi_stream *p);

/* Playback: write to the device what it can take from the queue. */
HRESULT wasapi_fill(struct wasapi_stream *p);

/* Recording: pass on what the device has recorded. */
HRESULT wasapi_record(struct wasapi_stream *p);

#endif /* HVSNDD_WIN_WASAPI_DATA_H */
