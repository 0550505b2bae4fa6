/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The queue of one playback stream of PulseAudio's native protocol: the audio
 * data, two indices into it, and how many bytes the server still requests.
 */
#ifndef HVSNDD_NATIVE_QUEUE_H
#define HVSNDD_NATIVE_QUEUE_H

#include "core/pure.h"
#include "sample.h"

/* Maximum size of a queue, and of all queues of a guest. */
#define NATIVE_QUEUE_MAX (4U << 20)
#define NATIVE_QUEUES_MAX ((size_t)64 << 20)

/**
 * struct native_attr - sizes of a queue in bytes, whole frames
 * @maxlength: maximum number of bytes in the queue
 * @tlength: number of bytes that the server requests
 * @prebuf: number of bytes at which playback begins, 0 for at once
 * @minreq: minimum number of bytes of a request
 */
struct native_attr {
	u32 maxlength;
	u32 tlength;
	u32 prebuf;
	u32 minreq;
};

/* Where a block of audio data is written. */
enum native_seek {
	NATIVE_SEEK_RELATIVE,
	NATIVE_SEEK_ABSOLUTE,
	NATIVE_SEEK_RELATIVE_ON_READ,
	NATIVE_SEEK_RELATIVE_END,
};

/**
 * struct native_queue - the queue
 * @spec: sample format
 * @attr: sizes
 * @used: bytes that all queues of the guest have allocated
 * @ring: audio data of the indices from @read_index to @end
 * @size: size of @ring, a power of two, or 0
 * @write_index: index of the next byte that the client writes
 * @read_index: index of the next byte that is played
 * @end: index after the last byte that was written
 * @missing: bytes that were played and not requested again yet
 * @requested: bytes that were requested and not written yet
 * @prebuffering: nothing is played until there are attr.prebuf bytes
 * @discarding: the rest of the current block is discarded
 */
struct native_queue {
	struct sample_spec spec;
	struct native_attr attr;
	size_t *used;
	u8 *ring;
	size_t size;
	s64 write_index;
	s64 read_index;
	s64 end;
	s64 missing;
	s64 requested;
	bool prebuffering;
	bool discarding;
};

/**
 * native_attr_fix() - Replace sizes that are not possible
 * @a: sizes as the client asked for them; 0xffffffff for the default
 * @spec: sample format
 * @step_us: duration of what the output takes at a time
 * @latency_us: duration of what the output holds, if it is a part of the
 *              latency that the client asked for, else 0
 */
void native_attr_fix(struct native_attr *a, const struct sample_spec *spec,
		     u64 step_us, u64 latency_us);

/* Prepare an empty queue. The server has requested attr.tlength bytes. */
void native_queue_init(struct native_queue *q, const struct sample_spec *spec,
		       const struct native_attr *attr, size_t *used);
void native_queue_free(struct native_queue *q);

/* Change the sizes. */
void native_queue_set_attr(struct native_queue *q,
			   const struct native_attr *attr);

/**
 * native_queue_begin() - Begin to write a block
 * @q: the queue
 * @seek: what @offset refers to
 * @offset: in bytes
 * @len: number of bytes in the block
 *
 * Return: False if the block does not fit and is discarded.
 */
bool native_queue_begin(struct native_queue *q, enum native_seek seek,
			s64 offset, size_t len);

/* Write the next bytes of the block. */
void native_queue_write(struct native_queue *q, const u8 *buf, size_t len);

/* Number of bytes that can be played now, whole frames. */
size_t native_queue_readable(struct native_queue *q);

/* Take @len bytes, at most what native_queue_readable() returned. */
void native_queue_read(struct native_queue *q, u8 *buf, size_t len);

/* Play @len bytes of silence, because the queue is empty. */
void native_queue_skip(struct native_queue *q, size_t len);

/* Bytes to request now, or 0. They count as requested. */
u32 native_queue_pop_request(struct native_queue *q);

/* Discard the data. */
void native_queue_flush(struct native_queue *q);

/* Play without waiting for attr.prebuf bytes, or wait for them again. */
void native_queue_trigger(struct native_queue *q);
void native_queue_prebuffer(struct native_queue *q);

#endif /* HVSNDD_NATIVE_QUEUE_H */
