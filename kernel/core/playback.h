/* SPDX-License-Identifier: GPL-2.0 */
/* Playback: which frames of the PCM buffer the host gets next. */
#ifndef HVSOCK_PLAYBACK_H
#define HVSOCK_PLAYBACK_H

#include "pcm_state.h"
#include "tracking.h"

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
void hvsnd_playback_stopped(struct hvsnd_playback *p,
			    const struct hvsnd_context *x, u64 now_ns,
			    u64 ago);
bool hvsnd_playback_is_complete(const struct hvsnd_playback *p,
				enum hvsnd_pcm_state state);
void hvsnd_playback_resync(struct hvsnd_playback *p, struct hvsnd_stats *stats,
			   s64 frames);
s64 hvsnd_playback_pending(const struct hvsnd_playback *p, u64 pos);

#endif /* HVSOCK_PLAYBACK_H */
