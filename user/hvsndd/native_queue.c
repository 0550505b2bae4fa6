// SPDX-License-Identifier: GPL-2.0
/*
 * The queue of a playback stream. PulseAudio's src/pulsecore/memblockq.c
 * defines how its indices and requests behave.
 */
#include <stdlib.h>
#include <string.h>

#include "native_queue.h"

#define NONE 0xffffffffU
#define TLENGTH_US 2000000 /* unless the client asks for another */
#define MINREQ_US 20000
#define RING_MIN 16384
/* Limits of what a client can reach by seeking, so that nothing overflows. */
#define SEEK_MAX ((s64)1 << 40)
#define COUNT_MAX ((s64)1 << 60)
#define REQUEST_MAX 0x40000000

/* Whole frames, at least one. */
static u32 frames(u32 bytes, u32 frame)
{
	bytes -= bytes % frame;
	return bytes ? bytes : frame;
}

static u32 bytes_of(u64 usec, const struct sample_spec *spec)
{
	u64 bytes = sample_bytes(usec, spec);

	return bytes > NATIVE_QUEUE_MAX ? NATIVE_QUEUE_MAX : bytes;
}

void native_attr_fix(struct native_attr *a, const struct sample_spec *spec,
		     u64 step_us, u64 latency_us)
{
	u32 frame = sample_frame_size(spec), step = bytes_of(step_us, spec);
	u32 latency = bytes_of(latency_us, spec);

	if (a->maxlength > NATIVE_QUEUE_MAX)
		a->maxlength = NATIVE_QUEUE_MAX;
	a->maxlength = frames(a->maxlength, frame);
	if (a->tlength == NONE)
		a->tlength = bytes_of(TLENGTH_US, spec);
	if (a->tlength > a->maxlength)
		a->tlength = a->maxlength;
	if (a->minreq == NONE)
		a->minreq =
			min_t(u32, bytes_of(MINREQ_US, spec), a->tlength / 4);
	/* The output must find what it takes while the rest is on its way. */
	if (a->minreq > a->tlength / 2)
		a->minreq = a->tlength / 2;
	a->minreq = frames(a->minreq, frame);
	a->tlength -= min_t(u32, latency, a->tlength);
	a->tlength = max_t(u32, a->tlength, step + 2 * a->minreq);
	if (a->tlength > a->maxlength)
		a->tlength = a->maxlength;
	a->tlength = frames(a->tlength, frame);
	if (a->minreq > a->tlength)
		a->minreq = a->tlength;
	if (a->prebuf > a->tlength + frame - a->minreq)
		a->prebuf = a->tlength + frame - a->minreq;
	a->prebuf -= a->prebuf % frame;
}

static s64 limit(s64 v, s64 max)
{
	return v > max ? max : v < -max ? -max : v;
}

void native_queue_init(struct native_queue *q, const struct sample_spec *spec,
		       const struct native_attr *attr, size_t *used)
{
	memset(q, 0, sizeof(*q));
	q->spec = *spec;
	q->attr = *attr;
	q->used = used;
	q->requested = attr->tlength;
	q->prebuffering = attr->prebuf;
}

void native_queue_free(struct native_queue *q)
{
	if (q->used)
		*q->used -= q->size;
	free(q->ring);
	q->ring = NULL;
	q->size = 0;
}

void native_queue_set_attr(struct native_queue *q,
			   const struct native_attr *attr)
{
	q->missing += (s64)attr->tlength - q->attr.tlength;
	q->attr = *attr;
	if (!attr->prebuf)
		q->prebuffering = false;
}

/* Copy between the ring and a buffer, either of which is the destination. */
static void copy(struct native_queue *q, s64 index, u8 *to, const u8 *from,
		 size_t len)
{
	size_t at, n;

	while (len) {
		at = index & (q->size - 1);
		n = min_t(size_t, len, q->size - at);
		if (from) {
			memcpy(q->ring + at, from, n);
			from += n;
		} else {
			memcpy(to, q->ring + at, n);
			to += n;
		}
		index += n;
		len -= n;
	}
}

/* Let the ring hold @len bytes from the read index. */
static bool grow(struct native_queue *q, size_t len)
{
	size_t size = q->size ? q->size : RING_MIN, held, at;
	u8 *ring;

	while (size < len)
		size *= 2;
	if (size == q->size)
		return true;
	if (size - q->size > NATIVE_QUEUES_MAX - *q->used)
		return false;
	ring = malloc(size);
	if (!ring)
		return false;
	/* At most the present ring is filled. */
	held = q->end > q->read_index ? q->end - q->read_index : 0;
	at = q->read_index & (size - 1);
	if (held) {
		size_t first = min_t(size_t, held, size - at);

		copy(q, q->read_index, ring + at, NULL, first);
		copy(q, q->read_index + first, ring, NULL, held - first);
	}
	*q->used += size - q->size;
	free(q->ring);
	q->ring = ring;
	q->size = size;
	return true;
}

/* @is_requested: what was written is subtracted from what was requested. */
static void move_write_index(struct native_queue *q, s64 to, bool is_requested)
{
	s64 delta;

	to = q->read_index + limit(to - q->read_index, SEEK_MAX);
	delta = to - q->write_index;
	if (is_requested)
		q->requested = limit(q->requested - delta, COUNT_MAX);
	else
		q->missing = limit(q->missing - delta, COUNT_MAX);
	q->write_index = to;
}

bool native_queue_begin(struct native_queue *q, enum native_seek seek,
			s64 offset, size_t len)
{
	s64 to = limit(offset, SEEK_MAX), need;

	switch (seek) {
	case NATIVE_SEEK_RELATIVE:
		to += q->write_index;
		break;
	case NATIVE_SEEK_ABSOLUTE:
		to = limit(offset, COUNT_MAX);
		break;
	case NATIVE_SEEK_RELATIVE_ON_READ:
		to += q->read_index;
		break;
	case NATIVE_SEEK_RELATIVE_END:
		to += max_t(s64, q->end, q->read_index);
		break;
	}
	if (to != q->write_index)
		move_write_index(q, to, seek == NATIVE_SEEK_RELATIVE);
	need = q->write_index + (s64)len - q->read_index;
	q->discarding = need > q->attr.maxlength ||
			(need > 0 && !grow(q, need));
	return !q->discarding;
}

static void store(struct native_queue *q, s64 index, const u8 *buf, size_t len)
{
	u8 silence[512];
	s64 gap = max_t(s64, q->end, q->read_index);

	/* Between the old end and a later index that the client has sought. */
	while (gap < index) {
		size_t n = min_t(s64, index - gap, sizeof(silence));

		sample_silence(q->spec.format, silence, n);
		copy(q, gap, NULL, silence, n);
		gap += n;
	}
	copy(q, index, NULL, buf, len);
	if (index + (s64)len > q->end)
		q->end = index + len;
}

void native_queue_write(struct native_queue *q, const u8 *buf, size_t len)
{
	s64 index = q->write_index, late = q->read_index - index;

	move_write_index(q, index + (s64)len, true);
	if (q->discarding || late >= (s64)len)
		return;
	if (late > 0) {
		buf += late;
		len -= late;
		index += late;
	}
	store(q, index, buf, len);
}

static size_t length(const struct native_queue *q)
{
	return q->write_index > q->read_index ?
		       min_t(s64, q->write_index - q->read_index,
			     NATIVE_QUEUE_MAX) :
		       0;
}

size_t native_queue_readable(struct native_queue *q)
{
	size_t len = length(q), frame = sample_frame_size(&q->spec);

	if (q->prebuffering && len >= q->attr.prebuf)
		q->prebuffering = false;
	return q->prebuffering ? 0 : len - len % frame;
}

static void move_read_index(struct native_queue *q, size_t len)
{
	q->read_index += len;
	q->missing = limit(q->missing + (s64)len, COUNT_MAX);
}

void native_queue_read(struct native_queue *q, u8 *buf, size_t len)
{
	size_t held = q->end > q->read_index ?
			      min_t(s64, len, q->end - q->read_index) :
			      0;

	copy(q, q->read_index, buf, NULL, held);
	/* The client has sought beyond the end. */
	sample_silence(q->spec.format, buf + held, len - held);
	move_read_index(q, len);
}

void native_queue_skip(struct native_queue *q, size_t len)
{
	move_read_index(q, len);
}

u32 native_queue_pop_request(struct native_queue *q)
{
	s64 bytes = min_t(s64, q->missing, REQUEST_MAX);

	if (bytes <= 0 || (bytes < q->attr.minreq && !q->prebuffering))
		return 0;
	q->missing -= bytes;
	q->requested = limit(q->requested + bytes, COUNT_MAX);
	return bytes;
}

void native_queue_flush(struct native_queue *q)
{
	move_write_index(q, q->read_index, false);
	q->end = q->read_index;
	native_queue_prebuffer(q);
}

void native_queue_trigger(struct native_queue *q)
{
	q->prebuffering = false;
}

void native_queue_prebuffer(struct native_queue *q)
{
	q->prebuffering = q->attr.prebuf;
}
