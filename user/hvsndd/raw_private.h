/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the protocols simple and qubes share. */
#ifndef HVSNDD_RAW_PRIVATE_H
#define HVSNDD_RAW_PRIVATE_H

#include <errno.h>

#include "config.h"
#include "loop.h"
#include "output_select.h"
#include "qubes.h"
#include "rate_check.h"
#include "socket.h"

#define RAW_FRAME_MAX 128 /* bytes: 32 channels of 4 bytes */
/* Pause in receiving, so that a flooding guest does not take all CPU time. */
#define RAW_THROTTLE_USEC (5 * USEC_PER_MSEC)

/**
 * struct raw - one connection
 * @connection: the guest's connection, must be the first member
 * @w: the socket
 * @protocol: PROTOCOL_SIMPLE or PROTOCOL_QUBES
 * @spec: sample format in both directions
 * @end_reason: why the connection ends; NULL if the guest has closed it
 * @can_play: the connection carries audio to the host
 * @playback: the playback stream; NULL before the first data
 * @partial_frame: bytes of an incomplete frame
 * @partial_len: number of bytes in @partial_frame
 * @guest_stopped: qubes: the guest has sent the code that stops playback
 * @corked: @playback is corked
 * @last_data_usec: time at which data was received last
 * @idle_timer: corks @playback when no data arrives
 * @rate_check: simple: rate at which the guest sends
 * @rate_warned: simple: a wrong rate was logged
 * @can_record: the connection carries audio to the guest
 * @record: the record stream, while the guest records
 * @codes: qubes: parser of the guest's codes
 * @throttle_timer: ends a pause in receiving
 * @queue: recorded data that was not sent yet
 * @queue_len: number of bytes in @queue
 * @queue_size: size of @queue
 */
struct raw {
	struct connection connection;
	struct watch w;
	enum protocol protocol;
	struct sample_spec spec;
	const char *end_reason;

	bool can_play;
	struct stream *playback;
	uint8_t partial_frame[RAW_FRAME_MAX];
	size_t partial_len;
	bool guest_stopped;
	bool corked;
	uint64_t last_data_usec;
	struct timer idle_timer;
	struct rate_check rate_check;
	bool rate_warned;

	bool can_record;
	struct stream *record;
	struct qubes codes;
	struct timer throttle_timer;
	uint8_t *queue;
	size_t queue_len;
	size_t queue_size;
};

/* Receive no more until the throttle timer, or the output, allows it. */
static inline void raw_stop_receiving(struct raw *r)
{
	watch_set(&r->w, false, r->queue_len);
}

/* Receive again. @data is the struct raw. */
static inline void raw_receive_again(void *data)
{
	struct raw *r = data;

	watch_set(&r->w, true, r->queue_len);
}

/* Playback (raw_play.c) */

/* Receive and play data. Returns false if the connection ends. */
bool raw_play_receive(struct raw *r);

/* The guest has sent the code that starts or stops playback. */
void raw_play_set_stopped(struct raw *r, bool stopped);
int raw_play_init(struct raw *r);
void raw_play_free(struct raw *r);

/* Recording (raw_record.c) */

/* Start or stop the record stream, as the guest and its permission require. */
void raw_record_update(struct raw *r);

/* Send queued data. Returns 0, or a negative errno if the connection failed. */
int raw_record_send(struct raw *r);
int raw_record_init(struct raw *r);
void raw_record_free(struct raw *r);

#endif /* HVSNDD_RAW_PRIVATE_H */
