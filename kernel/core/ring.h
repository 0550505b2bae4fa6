/* SPDX-License-Identifier: GPL-2.0 */
/* Rings of audio frames: the PCM buffer and the jitter buffer. */
#ifndef HVSOCK_RING_H
#define HVSOCK_RING_H

#include "pure.h"

#define HVSND_SILENCE_BLOCK	512	/* bytes */

/**
 * struct hvsnd_silence - silence in a stream's format
 * @block: whole frames of it
 * @frames: how many
 */
struct hvsnd_silence {
	u8 block[HVSND_SILENCE_BLOCK];
	u32 frames;
};

/**
 * struct hvsnd_ring - a ring of frames
 * @data: its memory
 * @frames: frames in it
 * @frame_bytes: bytes per frame
 *
 * A frame of the stream is found by its number since prepare, modulo @frames.
 */
struct hvsnd_ring {
	u8 *data;
	u32 frames;
	u32 frame_bytes;
};

u32 hvsnd_ring_piece(const struct hvsnd_ring *ring, u64 from, u64 frames,
		     u8 **data);
void hvsnd_ring_write(const struct hvsnd_ring *ring, u64 to, const u8 *data,
		      u32 frames);
void hvsnd_ring_silence(const struct hvsnd_ring *ring, u64 to,
			const struct hvsnd_silence *silence, u32 frames);
void hvsnd_ring_move(const struct hvsnd_ring *to, u64 at,
		     const struct hvsnd_ring *from, u64 begin, u32 frames);

#endif /* HVSOCK_RING_H */
