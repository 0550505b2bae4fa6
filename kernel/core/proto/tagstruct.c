// SPDX-License-Identifier: GPL-2.0
/*
 * PulseAudio's tagstruct encoding. The layouts are those of PulseAudio's
 * src/pulsecore/tagstruct.c.
 */

#include "tagstruct.h"

#define TAG_STRING		't'
#define TAG_STRING_NULL		'N'
#define TAG_U32			'L'
#define TAG_U8			'B'
#define TAG_S64			'r'
#define TAG_SAMPLE_SPEC		'a'
#define TAG_ARBITRARY		'x'
#define TAG_TRUE		'1'
#define TAG_FALSE		'0'
#define TAG_TIMEVAL		'T'
#define TAG_USEC		'U'
#define TAG_CHANNEL_MAP		'm'
#define TAG_CVOLUME		'v'
#define TAG_PROPLIST		'P'

/* Room for a whole value: a value is written whole or not at all. */
static u8 *tag_room(struct hvsnd_tag_writer *w, size_t n)
{
	u8 *p = w->buf + w->len;

	if (w->overflow || n > w->size - w->len) {
		w->overflow = true;
		return NULL;
	}
	w->len += n;
	return p;
}

/**
 * hvsnd_tag_writer_init() - Prepare to write
 * @w: the writer
 * @buf: destination
 * @size: size of @buf
 *
 * Context: Any.
 */
void hvsnd_tag_writer_init(struct hvsnd_tag_writer *w, u8 *buf, size_t size)
{
	w->buf = buf;
	w->size = size;
	w->len = 0;
	w->overflow = false;
}

/**
 * hvsnd_tag_put_u32() - Write an unsigned 32-bit number
 * @w: the writer
 * @v: the number
 *
 * Context: Any.
 */
void hvsnd_tag_put_u32(struct hvsnd_tag_writer *w, u32 v)
{
	u8 *p = tag_room(w, 5);

	if (!p)
		return;
	p[0] = TAG_U32;
	hvsnd_put_be32(p + 1, v);
}

/**
 * hvsnd_tag_put_u8() - Write an unsigned 8-bit number
 * @w: the writer
 * @v: the number
 *
 * Context: Any.
 */
void hvsnd_tag_put_u8(struct hvsnd_tag_writer *w, u8 v)
{
	u8 *p = tag_room(w, 2);

	if (!p)
		return;
	p[0] = TAG_U8;
	p[1] = v;
}

/**
 * hvsnd_tag_put_bool() - Write a truth value; its tag is the value
 * @w: the writer
 * @v: the value
 *
 * Context: Any.
 */
void hvsnd_tag_put_bool(struct hvsnd_tag_writer *w, bool v)
{
	u8 *p = tag_room(w, 1);

	if (p)
		p[0] = v ? TAG_TRUE : TAG_FALSE;
}

/**
 * hvsnd_tag_put_string() - Write a string
 * @w: the writer
 * @v: the string, or NULL for the null string
 *
 * Context: Any.
 */
void hvsnd_tag_put_string(struct hvsnd_tag_writer *w, const char *v)
{
	size_t n = v ? strlen(v) + 1 : 0;
	u8 *p = tag_room(w, 1 + n);

	if (!p)
		return;
	p[0] = v ? TAG_STRING : TAG_STRING_NULL;
	if (v)
		memcpy(p + 1, v, n);
}

/**
 * hvsnd_tag_put_arbitrary() - Write bytes
 * @w: the writer
 * @v: the bytes, or NULL for as many zeros
 * @len: number of bytes
 *
 * Context: Any.
 */
void hvsnd_tag_put_arbitrary(struct hvsnd_tag_writer *w, const void *v, u32 len)
{
	u8 *p = tag_room(w, (size_t)len + 5);

	if (!p)
		return;
	p[0] = TAG_ARBITRARY;
	hvsnd_put_be32(p + 1, len);
	if (v)
		memcpy(p + 5, v, len);
	else
		memset(p + 5, 0, len);
}

/**
 * hvsnd_tag_put_timeval() - Write a time of day
 * @w: the writer
 * @sec: its seconds
 * @usec: its microseconds
 *
 * Context: Any.
 */
void hvsnd_tag_put_timeval(struct hvsnd_tag_writer *w, u32 sec, u32 usec)
{
	u8 *p = tag_room(w, 9);

	if (!p)
		return;
	p[0] = TAG_TIMEVAL;
	hvsnd_put_be32(p + 1, sec);
	hvsnd_put_be32(p + 5, usec);
}

/**
 * hvsnd_tag_put_sample_spec() - Write a sample format
 * @w: the writer
 * @format: PulseAudio's number of the encoding
 * @channels: samples per frame
 * @rate: frames per second
 *
 * Context: Any.
 */
void hvsnd_tag_put_sample_spec(struct hvsnd_tag_writer *w, u8 format,
			       u8 channels, u32 rate)
{
	u8 *p = tag_room(w, 7);

	if (!p)
		return;
	p[0] = TAG_SAMPLE_SPEC;
	p[1] = format;
	p[2] = channels;
	hvsnd_put_be32(p + 3, rate);
}

/**
 * hvsnd_tag_put_channel_map() - Write a channel map
 * @w: the writer
 * @map: PulseAudio's numbers of the positions
 * @n: number of channels
 *
 * Context: Any.
 */
void hvsnd_tag_put_channel_map(struct hvsnd_tag_writer *w, const u8 *map, u8 n)
{
	u8 *p = tag_room(w, 2 + (size_t)n);

	if (!p)
		return;
	p[0] = TAG_CHANNEL_MAP;
	p[1] = n;
	memcpy(p + 2, map, n);
}

/**
 * hvsnd_tag_put_cvolume() - Write the volume of each channel
 * @w: the writer
 * @volume: the volumes; 0x10000 is 0 dB
 * @n: channels
 *
 * Context: Any.
 */
void hvsnd_tag_put_cvolume(struct hvsnd_tag_writer *w, const u32 *volume, u8 n)
{
	u8 *p = tag_room(w, 2 + 4 * (size_t)n);
	u8 i;

	if (!p)
		return;
	p[0] = TAG_CVOLUME;
	p[1] = n;
	for (i = 0; i < n; i++)
		hvsnd_put_be32(p + 2 + 4 * (size_t)i, volume[i]);
}

/**
 * hvsnd_tag_begin_proplist() - Begin a list of properties
 * @w: the writer
 *
 * Context: Any.
 */
void hvsnd_tag_begin_proplist(struct hvsnd_tag_writer *w)
{
	u8 *p = tag_room(w, 1);

	if (p)
		p[0] = TAG_PROPLIST;
}

/**
 * hvsnd_tag_put_prop() - Write a property
 * @w: the writer, within a list of properties
 * @key: its name: ASCII, not empty
 * @value: its value, a string
 *
 * Context: Any.
 */
void hvsnd_tag_put_prop(struct hvsnd_tag_writer *w, const char *key,
			const char *value)
{
	u32 len = strlen(value) + 1;

	hvsnd_tag_put_string(w, key);
	hvsnd_tag_put_u32(w, len);
	hvsnd_tag_put_arbitrary(w, value, len);
}

/**
 * hvsnd_tag_end_proplist() - End a list of properties
 * @w: the writer
 *
 * Context: Any.
 */
void hvsnd_tag_end_proplist(struct hvsnd_tag_writer *w)
{
	hvsnd_tag_put_string(w, NULL);
}

/* Returns the @n bytes that follow @tag, or NULL. */
static const u8 *tag_take(struct hvsnd_tag_reader *r, u8 tag, size_t n)
{
	const u8 *p = r->buf + r->pos;

	if (r->bad || r->cut)
		return NULL;
	if (r->pos == r->len) {
		r->cut = true;
		return NULL;
	}
	if (p[0] != tag) {
		r->bad = true;
		return NULL;
	}
	if (n > r->len - r->pos - 1) {
		r->cut = true;
		return NULL;
	}
	r->pos += 1 + n;
	return p + 1;
}

/**
 * hvsnd_tag_reader_init() - Prepare to read
 * @r: the reader
 * @buf: the bytes
 * @len: number of bytes
 *
 * Context: Any.
 */
void hvsnd_tag_reader_init(struct hvsnd_tag_reader *r, const u8 *buf,
			   size_t len)
{
	r->buf = buf;
	r->len = len;
	r->pos = 0;
	r->bad = false;
	r->cut = false;
}

/**
 * hvsnd_tag_get_u32() - Read an unsigned 32-bit number
 * @r: the reader
 *
 * Context: Any.
 * Return: The number, or 0 with @r->bad or @r->cut set.
 */
u32 hvsnd_tag_get_u32(struct hvsnd_tag_reader *r)
{
	const u8 *p = tag_take(r, TAG_U32, 4);

	return p ? hvsnd_get_be32(p) : 0;
}

static u64 tag_get_64(struct hvsnd_tag_reader *r, u8 tag)
{
	const u8 *p = tag_take(r, tag, 8);

	return p ? (u64)hvsnd_get_be32(p) << 32 | hvsnd_get_be32(p + 4) : 0;
}

/**
 * hvsnd_tag_get_s64() - Read a signed 64-bit number
 * @r: the reader
 *
 * Context: Any.
 * Return: The number, or 0 with @r->bad or @r->cut set.
 */
s64 hvsnd_tag_get_s64(struct hvsnd_tag_reader *r)
{
	return (s64)tag_get_64(r, TAG_S64);
}

/**
 * hvsnd_tag_get_usec() - Read a duration
 * @r: the reader
 *
 * Context: Any.
 * Return: Microseconds, or 0 with @r->bad or @r->cut set.
 */
u64 hvsnd_tag_get_usec(struct hvsnd_tag_reader *r)
{
	return tag_get_64(r, TAG_USEC);
}

/**
 * hvsnd_tag_get_bool() - Read a truth value
 * @r: the reader
 *
 * Context: Any.
 * Return: The value, or false with @r->bad or @r->cut set.
 */
bool hvsnd_tag_get_bool(struct hvsnd_tag_reader *r)
{
	if (!r->bad && !r->cut && r->pos < r->len &&
	    r->buf[r->pos] == TAG_TRUE) {
		r->pos++;
		return true;
	}
	tag_take(r, TAG_FALSE, 0);
	return false;
}

/**
 * hvsnd_tag_get_sample_spec() - Read a sample format
 * @r: the reader
 * @format: PulseAudio's number of the encoding; 0 if @r->bad or @r->cut
 * @channels: samples per frame, likewise
 * @rate: frames per second, likewise
 *
 * Context: Any.
 */
void hvsnd_tag_get_sample_spec(struct hvsnd_tag_reader *r, u8 *format,
			       u8 *channels, u32 *rate)
{
	const u8 *p = tag_take(r, TAG_SAMPLE_SPEC, 6);

	*format = p ? p[0] : 0;
	*channels = p ? p[1] : 0;
	*rate = p ? hvsnd_get_be32(p + 2) : 0;
}

/* A count of at most HVSND_TAG_CHANNELS_MAX, and as many values; or NULL. */
static const u8 *tag_take_channels(struct hvsnd_tag_reader *r, u8 tag,
				   size_t size)
{
	const u8 *p = tag_take(r, tag, 1);

	if (!p)
		return NULL;
	if (p[0] > HVSND_TAG_CHANNELS_MAX)
		r->bad = true;
	else if (p[0] * size > r->len - r->pos)
		r->cut = true;
	else
		r->pos += p[0] * size;
	return r->bad || r->cut ? NULL : p;
}

/**
 * hvsnd_tag_get_cvolume() - Read the volume of each channel
 * @r: the reader
 * @volume: destination of @max volumes
 * @max: number of volumes to store; there may be more, or fewer
 *
 * Context: Any.
 * Return: The number of channels, or 0 with @r->bad or @r->cut set.
 */
u8 hvsnd_tag_get_cvolume(struct hvsnd_tag_reader *r, u32 *volume, u8 max)
{
	const u8 *p = tag_take_channels(r, TAG_CVOLUME, 4);
	u8 i;

	if (!p)
		return 0;
	for (i = 0; i < p[0] && i < max; i++)
		volume[i] = hvsnd_get_be32(p + 1 + 4 * (size_t)i);
	return p[0];
}

/**
 * hvsnd_tag_skip_string() - Skip a string or a null string
 * @r: the reader
 *
 * Context: Any.
 */
void hvsnd_tag_skip_string(struct hvsnd_tag_reader *r)
{
	const u8 *p, *end;

	if (!r->bad && !r->cut && r->pos < r->len &&
	    r->buf[r->pos] == TAG_STRING_NULL) {
		r->pos++;
		return;
	}
	p = tag_take(r, TAG_STRING, 0);
	if (!p)
		return;
	end = r->pos < r->len ? memchr(p, 0, r->len - r->pos) : NULL;
	if (end)
		r->pos += end - p + 1;
	else
		r->cut = true;
}

/**
 * hvsnd_tag_skip_timeval() - Skip a time of day
 * @r: the reader
 *
 * Context: Any.
 */
void hvsnd_tag_skip_timeval(struct hvsnd_tag_reader *r)
{
	tag_take(r, TAG_TIMEVAL, 8);
}

/**
 * hvsnd_tag_skip_channel_map() - Skip a channel map
 * @r: the reader
 *
 * Context: Any.
 */
void hvsnd_tag_skip_channel_map(struct hvsnd_tag_reader *r)
{
	tag_take_channels(r, TAG_CHANNEL_MAP, 1);
}

/**
 * hvsnd_tag_skip_proplist() - Skip a list of properties
 * @r: the reader
 *
 * Context: Any.
 */
void hvsnd_tag_skip_proplist(struct hvsnd_tag_reader *r)
{
	const u8 *p = tag_take(r, TAG_PROPLIST, 0);
	u32 n;

	while (p) {
		if (r->pos < r->len && r->buf[r->pos] == TAG_STRING_NULL) {
			r->pos++;
			return;
		}
		hvsnd_tag_skip_string(r);
		hvsnd_tag_get_u32(r);
		p = tag_take(r, TAG_ARBITRARY, 4);
		if (!p)
			return;
		n = hvsnd_get_be32(p);
		if (n > r->len - r->pos) {
			r->cut = true;
			return;
		}
		r->pos += n;
	}
}
