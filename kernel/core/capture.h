/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Capture: from the host's bytes through the jitter buffer to the PCM buffer.
 *
 * Frames wait in the jitter buffer until the position passes them. Silence
 * stands for frames that are not there then.
 */
#ifndef HVSOCK_CAPTURE_H
#define HVSOCK_CAPTURE_H

#include "context.h"
#include "pcm_state.h"

#define HVSND_FRAME_MAX		96	/* bytes */

/**
 * struct hvsnd_capture - a capture stream's frames
 * @jitter: jitter buffer
 * @appl_ptr: frames since prepare that the application has read
 * @filled_ptr: frames since prepare that are in the PCM buffer
 * @jitter_in: frames since prepare that were put into @jitter
 * @jitter_out: frames since prepare that left @jitter
 * @late: frames of silence in the PCM buffer for what did not come in time
 * @synced: audio data has come since START
 * @silence: frames of silence to be put into @jitter first
 * @skip: frames to be dropped, by which the delay becomes shorter
 * @insert: frames of silence to be put into @jitter, by which it becomes longer
 * @no_room: no more audio data was taken, as it would not fit
 * @partial: a frame that has come in part
 * @partial_len: bytes in @partial
 */
struct hvsnd_capture {
	struct hvsnd_ring jitter;
	u64 appl_ptr;
	u64 filled_ptr;
	u64 jitter_in;
	u64 jitter_out;
	u32 late;
	bool synced;
	u32 silence;
	u32 skip;
	u32 insert;
	bool no_room;
	u8 partial[HVSND_FRAME_MAX];
	size_t partial_len;
};

u32 hvsnd_capture_jitter_frames(const struct hvsnd_geometry *g);
void hvsnd_capture_prepare(struct hvsnd_capture *c);
bool hvsnd_capture_may_take(enum hvsnd_pcm_state state, bool flush);
void hvsnd_capture_begin(struct hvsnd_capture *c);
size_t hvsnd_capture_quota(struct hvsnd_capture *c,
			   const struct hvsnd_context *x, u64 pos);
void hvsnd_capture_discard(struct hvsnd_capture *c);
void hvsnd_capture_deliver(struct hvsnd_capture *c,
			   const struct hvsnd_context *x, u64 pos,
			   const u8 *data, size_t len, u32 phase);
void hvsnd_capture_advance(struct hvsnd_capture *c,
			   const struct hvsnd_context *x, u64 pos);
void hvsnd_capture_resync(struct hvsnd_capture *c, struct hvsnd_stats *stats,
			  s64 frames);
s64 hvsnd_capture_pending(const struct hvsnd_capture *c, u64 pos);
bool hvsnd_capture_set_appl(struct hvsnd_capture *c,
			    const struct hvsnd_context *x, s64 appl_ptr);

#endif /* HVSOCK_CAPTURE_H */
