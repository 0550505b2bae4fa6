/* SPDX-License-Identifier: GPL-2.0 */
/* Playback: which frames of the PCM buffer the host gets next. */
#ifndef HVSOCK_PLAYBACK_H
#define HVSOCK_PLAYBACK_H

#include "context.h"
#include "pcm_state.h"

/**
 * enum hvsnd_tracking - what the application tells of its pointer
 * @HVSND_TRACKING_APPL: where what it wrote ends
 * @HVSND_TRACKING_LOOP: nothing since START, and it does not stop at the end of
 *	what it wrote: until it moves its pointer, the buffer is played again
 *	and again (OSS mmap)
 * @HVSND_TRACKING_NONE: nothing ever: what the position passes is sent (dmix)
 */
enum hvsnd_tracking {
	HVSND_TRACKING_APPL,
	HVSND_TRACKING_LOOP,
	HVSND_TRACKING_NONE,
};

/**
 * enum hvsnd_source - where the audio data of a block comes from
 * @HVSND_SOURCE_NONE: there is no block
 * @HVSND_SOURCE_RING: PCM buffer
 * @HVSND_SOURCE_DRAIN_COPY: copy of what the PCM buffer held
 * @HVSND_SOURCE_SILENCE: silence
 */
enum hvsnd_source {
	HVSND_SOURCE_NONE,
	HVSND_SOURCE_RING,
	HVSND_SOURCE_DRAIN_COPY,
	HVSND_SOURCE_SILENCE,
};

/**
 * struct hvsnd_playback - a playback stream's frames
 * @tracking: what the application tells of its pointer
 * @appl_ptr: frames since prepare that the application has written
 * @queued_ptr: frames since prepare that are framed for the host
 * @sent_ptr: frames since prepare that went out; written by the worker alone
 * @silence: frames of silence to be sent first
 * @skip: frames that are not to be sent, by which the delay becomes shorter
 * @insert: frames of silence to be sent, by which it becomes longer
 * @busy_until_ns: when the host has played what a position that stopped had
 *	passed, 0 if the host has nothing
 */
struct hvsnd_playback {
	enum hvsnd_tracking tracking;
	u64 appl_ptr;
	u64 queued_ptr;
	u64 sent_ptr;
	u32 silence;
	u32 skip;
	u32 insert;
	u64 busy_until_ns;
};

bool hvsnd_playback_is_untracked(const struct hvsnd_playback *p, u64 pos);
u64 hvsnd_playback_limit(const struct hvsnd_playback *p,
			 const struct hvsnd_geometry *g,
			 enum hvsnd_pcm_state state, u64 pos);
bool hvsnd_playback_is_due(const struct hvsnd_playback *p,
			   const struct hvsnd_geometry *g,
			   enum hvsnd_pcm_state state, u64 pos, u32 low_water);
u64 hvsnd_playback_wakeup(const struct hvsnd_playback *p,
			  const struct hvsnd_geometry *g, bool period_wakeups,
			  u64 pos);
bool hvsnd_playback_may_send(enum hvsnd_pcm_state state, bool flush);
void hvsnd_playback_prepare(struct hvsnd_playback *p);
void hvsnd_playback_begin(struct hvsnd_playback *p,
			  const struct hvsnd_context *x,
			  enum hvsnd_pcm_state state, u64 pos, bool fresh,
			  u32 busy);
enum hvsnd_source hvsnd_playback_next(struct hvsnd_playback *p,
				      const struct hvsnd_context *x,
				      enum hvsnd_pcm_state state, u64 pos,
				      u64 *frames);
void hvsnd_playback_queue(struct hvsnd_playback *p, enum hvsnd_source source,
			  u32 frames);
bool hvsnd_playback_was_overwritten(const struct hvsnd_playback *p,
				    const struct hvsnd_context *x,
				    u64 pos, u64 from);
void hvsnd_playback_stopped(struct hvsnd_playback *p,
			    const struct hvsnd_context *x, u64 now_ns,
			    u64 ago);
s64 hvsnd_playback_pending(const struct hvsnd_playback *p, u64 pos);
bool hvsnd_playback_set_appl(struct hvsnd_playback *p, bool on, s64 appl_ptr);

#endif /* HVSOCK_PLAYBACK_H */
