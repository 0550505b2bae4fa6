// SPDX-License-Identifier: GPL-2.0
#include "ring.h"

/**
 * hvsnd_ring_piece() - Find frames that lie in one piece
 * @ring: ring
 * @from: first frame, counted since prepare
 * @frames: frames that are asked for
 * @data: set to where the first frame lies
 *
 * Context: Any.
 * Return: Frames that lie there in one piece, at most @frames.
 */
u32 hvsnd_ring_piece(const struct hvsnd_ring *ring, u64 from, u64 frames,
		     u8 **data)
{
	u32 at;

	div_u64_rem(from, ring->frames, &at);
	*data = ring->data + (size_t)at * ring->frame_bytes;
	return min_t(u64, frames, ring->frames - at);
}

/**
 * hvsnd_ring_write() - Copy frames into a ring
 * @ring: ring
 * @to: number of the first frame
 * @data: frames
 * @frames: how many, at most as many as the ring has
 *
 * Context: Any.
 */
void hvsnd_ring_write(const struct hvsnd_ring *ring, u64 to, const u8 *data,
		      u32 frames)
{
	while (frames) {
		u8 *p;
		u32 n = hvsnd_ring_piece(ring, to, frames, &p);

		memcpy(p, data, (size_t)n * ring->frame_bytes);
		data += (size_t)n * ring->frame_bytes;
		to += n;
		frames -= n;
	}
}

/**
 * hvsnd_ring_silence() - Write silence into a ring
 * @ring: ring
 * @to: number of the first frame
 * @silence: silence in the format of the frames
 * @frames: how many, at most as many as the ring has
 *
 * Context: Any.
 */
void hvsnd_ring_silence(const struct hvsnd_ring *ring, u64 to,
			const struct hvsnd_silence *silence, u32 frames)
{
	while (frames) {
		u32 n = min_t(u32, frames, silence->frames);

		hvsnd_ring_write(ring, to, silence->block, n);
		to += n;
		frames -= n;
	}
}

/**
 * hvsnd_ring_move() - Copy frames from one ring to another
 * @to: ring that gets them
 * @at: number of the first frame in @to
 * @from: ring that has them, with frames of the same size
 * @begin: number of the first frame in @from
 * @frames: how many, at most as many as either ring has
 *
 * Context: Any.
 */
void hvsnd_ring_move(const struct hvsnd_ring *to, u64 at,
		     const struct hvsnd_ring *from, u64 begin, u32 frames)
{
	while (frames) {
		u8 *p;
		u32 n = hvsnd_ring_piece(from, begin, frames, &p);

		hvsnd_ring_write(to, at, p, n);
		at += n;
		begin += n;
		frames -= n;
	}
}
