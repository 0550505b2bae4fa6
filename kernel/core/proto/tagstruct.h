/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PulseAudio's tagstruct encoding: a byte that names the type precedes each
 * value; integers are big-endian. Only the types that a client of a single
 * stream needs are here.
 */
#ifndef HVSOCK_PROTO_TAGSTRUCT_H
#define HVSOCK_PROTO_TAGSTRUCT_H

#include "../pure.h"

#define HVSND_TAG_CHANNELS_MAX	32	/* of a channel map or volume */

/**
 * struct hvsnd_tag_writer - writer of values
 * @buf: destination
 * @size: size of @buf
 * @len: bytes written
 * @overflow: a value did not fit; that value and all later ones are dropped
 */
struct hvsnd_tag_writer {
	u8 *buf;
	size_t size;
	size_t len;
	bool overflow;
};

/**
 * struct hvsnd_tag_reader - reader of values
 * @buf: the bytes
 * @len: number of bytes
 * @pos: number of bytes that were read
 * @bad: a value had another type than expected, or is not possible
 * @cut: the bytes ended within a value
 *
 * After @bad or @cut is set, every value reads as zero.
 */
struct hvsnd_tag_reader {
	const u8 *buf;
	size_t len;
	size_t pos;
	bool bad;
	bool cut;
};

/**
 * hvsnd_put_be32() - Store a big-endian number
 * @p: 4 bytes, any alignment
 * @v: the number
 */
static inline void hvsnd_put_be32(u8 *p, u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

/**
 * hvsnd_get_be32() - Load a big-endian number
 * @p: 4 bytes, any alignment
 *
 * Return: The number.
 */
static inline u32 hvsnd_get_be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

void hvsnd_tag_writer_init(struct hvsnd_tag_writer *w, u8 *buf, size_t size);
void hvsnd_tag_put_u32(struct hvsnd_tag_writer *w, u32 v);
void hvsnd_tag_put_u8(struct hvsnd_tag_writer *w, u8 v);
void hvsnd_tag_put_bool(struct hvsnd_tag_writer *w, bool v);
void hvsnd_tag_put_string(struct hvsnd_tag_writer *w, const char *v);
void hvsnd_tag_put_arbitrary(struct hvsnd_tag_writer *w, const void *v,
			     u32 len);
void hvsnd_tag_put_timeval(struct hvsnd_tag_writer *w, u32 sec, u32 usec);
void hvsnd_tag_put_sample_spec(struct hvsnd_tag_writer *w, u8 format,
			       u8 channels, u32 rate);
void hvsnd_tag_put_channel_map(struct hvsnd_tag_writer *w, const u8 *map, u8 n);
void hvsnd_tag_put_cvolume(struct hvsnd_tag_writer *w, const u32 *volume, u8 n);
void hvsnd_tag_begin_proplist(struct hvsnd_tag_writer *w);
void hvsnd_tag_put_prop(struct hvsnd_tag_writer *w, const char *key,
			const char *value);
void hvsnd_tag_end_proplist(struct hvsnd_tag_writer *w);

void hvsnd_tag_reader_init(struct hvsnd_tag_reader *r, const u8 *buf,
			   size_t len);
u32 hvsnd_tag_get_u32(struct hvsnd_tag_reader *r);
s64 hvsnd_tag_get_s64(struct hvsnd_tag_reader *r);
u64 hvsnd_tag_get_usec(struct hvsnd_tag_reader *r);
bool hvsnd_tag_get_bool(struct hvsnd_tag_reader *r);
void hvsnd_tag_get_sample_spec(struct hvsnd_tag_reader *r, u8 *format,
			       u8 *channels, u32 *rate);
u8 hvsnd_tag_get_cvolume(struct hvsnd_tag_reader *r, u32 *volume, u8 max);
void hvsnd_tag_skip_string(struct hvsnd_tag_reader *r);
void hvsnd_tag_skip_timeval(struct hvsnd_tag_reader *r);
void hvsnd_tag_skip_channel_map(struct hvsnd_tag_reader *r);
void hvsnd_tag_skip_proplist(struct hvsnd_tag_reader *r);

#endif /* HVSOCK_PROTO_TAGSTRUCT_H */
