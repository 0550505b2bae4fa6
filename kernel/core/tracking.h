/* SPDX-License-Identifier: GPL-2.0 */
/* Playback: the application's pointer, and the frames that it stands for. */
#ifndef HVSOCK_TRACKING_H
#define HVSOCK_TRACKING_H

#include "context.h"

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
 * struct hvsnd_playback - a playback stream's frames
 * @tracking: what the application tells of its pointer
 * @appl_ptr: frames since prepare that the application has written
 * @written_ptr: the same without rewinds: what the buffer holds ends there
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
	u64 written_ptr;
	u64 queued_ptr;
	u64 sent_ptr;
	u32 silence;
	u32 skip;
	u32 insert;
	u64 busy_until_ns;
};

bool hvsnd_playback_is_untracked(const struct hvsnd_playback *p, u64 pos);
void hvsnd_playback_drop(struct hvsnd_playback *p, struct hvsnd_stats *stats,
			 u64 to);
void hvsnd_playback_reset(struct hvsnd_playback *p, u64 reported_ptr, u64 pos);
void hvsnd_playback_end_loop(struct hvsnd_playback *p, u64 pos);
void hvsnd_playback_prepare(struct hvsnd_playback *p);
bool hvsnd_playback_was_overwritten(const struct hvsnd_playback *p,
				    const struct hvsnd_context *x,
				    u64 pos, u64 from);
void hvsnd_playback_drain(struct hvsnd_playback *p, bool on);
bool hvsnd_playback_set_appl(struct hvsnd_playback *p,
			     const struct hvsnd_context *x, bool on,
			     s64 appl_ptr);

#endif /* HVSOCK_TRACKING_H */
