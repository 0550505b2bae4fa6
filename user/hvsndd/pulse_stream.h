/* SPDX-License-Identifier: GPL-2.0 */
/* A stream of --output pulse on the server. */
#ifndef HVSNDD_PULSE_STREAM_H
#define HVSNDD_PULSE_STREAM_H

#include <pulse/stream.h>

#include "drift.h"
#include "outputs.h"
#include "softclock.h"

/**
 * enum pulse_state - state of a stream
 * @PULSE_AWAY: there is no stream on the server
 * @PULSE_CONNECTING: the server is creating the stream
 * @PULSE_RUNNING: the stream exists
 * @PULSE_CORKED: the stream exists; it is corked after its queue was played
 * @PULSE_CLOSING: closed by its user; it is freed after its queue was played
 */
enum pulse_state {
	PULSE_AWAY,
	PULSE_CONNECTING,
	PULSE_RUNNING,
	PULSE_CORKED,
	PULSE_CLOSING,
};

/**
 * struct pulse_stream - a stream
 * @stream: the stream, must be the first member
 * @next: next stream in the list
 * @state: only changed by pulse_stream_set_state()
 * @remote: libpulse's stream, NULL if there is none
 * @drain: the drain operation under way, or NULL
 * @clock: playback: discards data in PULSE_AWAY
 * @timer: PULSE_AWAY, PULSE_CONNECTING: connects the stream again;
 *         PULSE_RUNNING, PULSE_CORKED: playback: fires every second;
 *         PULSE_CLOSING: frees the stream
 * @drift: playback: drift of the guest's clock
 * @was_full: the queue had no room since @timer fired last
 */
struct pulse_stream {
	struct stream stream;
	struct pulse_stream *next;
	enum pulse_state state;
	pa_stream *remote;
	pa_operation *drain;
	struct softclock clock;
	struct timer timer;
	struct drift drift;
	bool was_full;
};

/* Connect to the server. Returns whether libpulse could start. */
bool pulse_stream_start(void);
void pulse_stream_stop(void);

/* Whether the server has just been started and may still appear. */
bool pulse_stream_is_starting(void);

/* Create a stream, and open it on the server as soon as there is one. */
struct pulse_stream *pulse_stream_new(const struct stream *s);
void pulse_stream_free(struct pulse_stream *p);

void pulse_stream_set_state(struct pulse_stream *p, enum pulse_state state);

/* The stream exists on the server, and its user has not closed it. */
bool pulse_stream_is_open(const struct pulse_stream *p);

/* Measure the length of the queue for the drift compensation. */
void pulse_stream_measure(struct pulse_stream *p);

/* Play the queue; then do what the state requires. */
void pulse_stream_drain(struct pulse_stream *p);

#endif /* HVSNDD_PULSE_STREAM_H */
