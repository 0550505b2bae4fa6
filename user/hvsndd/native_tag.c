// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "native_tag.h"

/* Returns the @n bytes that follow @tag, or NULL. */
static const u8 *take(struct hvsnd_tag_reader *r, u8 tag, size_t n)
{
	const u8 *p = r->buf + r->pos;

	if (r->bad || r->cut)
		return NULL;
	if (r->pos < r->len && *p != tag) {
		r->bad = true;
		return NULL;
	}
	if (n + 1 > r->len - r->pos) {
		r->cut = true;
		return NULL;
	}
	r->pos += n + 1;
	return p + 1;
}

const char *native_get_string(struct hvsnd_tag_reader *r)
{
	const char *p = (const char *)r->buf + r->pos + 1;
	bool null = r->pos < r->len && r->buf[r->pos] == 'N';

	hvsnd_tag_skip_string(r);
	return null || r->bad || r->cut ? NULL : p;
}

u8 native_get_u8(struct hvsnd_tag_reader *r)
{
	const u8 *p = take(r, 'B', 1);

	return p ? *p : 0;
}

const u8 *native_get_arbitrary(struct hvsnd_tag_reader *r, u32 *len)
{
	const u8 *p = take(r, 'x', 4);

	*len = p ? hvsnd_get_be32(p) : 0;
	if (!p)
		return NULL;
	if (*len > r->len - r->pos) {
		r->cut = true;
		return NULL;
	}
	r->pos += *len;
	return p + 4;
}

u8 native_get_map(struct hvsnd_tag_reader *r, u8 *map)
{
	const u8 *p = r->buf + r->pos + 1;

	hvsnd_tag_skip_channel_map(r);
	if (r->bad || r->cut)
		return 0;
	memcpy(map, p + 1, *p);
	return *p;
}

void native_skip_bools(struct hvsnd_tag_reader *r, unsigned int n)
{
	while (n--)
		hvsnd_tag_get_bool(r);
}

void native_begin_props(struct hvsnd_tag_reader *r)
{
	take(r, 'P', 0);
}

bool native_get_prop(struct hvsnd_tag_reader *r, const char **key,
		     const char **value)
{
	const u8 *bytes;
	u32 len;

	*key = native_get_string(r);
	if (!*key)
		return false;
	len = hvsnd_tag_get_u32(r);
	bytes = native_get_arbitrary(r, &len);
	*value = NULL;
	if (bytes && len && !bytes[len - 1] &&
	    strlen((const char *)bytes) == len - 1)
		*value = (const char *)bytes;
	return bytes;
}

static void put_64(struct hvsnd_tag_writer *w, char tag, u64 v)
{
	u8 *p = w->buf + w->len;

	if (w->overflow || w->size - w->len < 9) {
		w->overflow = true;
		return;
	}
	*p = tag;
	hvsnd_put_be32(p + 1, v >> 32);
	hvsnd_put_be32(p + 5, v);
	w->len += 9;
}

void native_put_s64(struct hvsnd_tag_writer *w, s64 v)
{
	put_64(w, 'r', v);
}

void native_put_u64(struct hvsnd_tag_writer *w, u64 v)
{
	put_64(w, 'R', v);
}

void native_put_usec(struct hvsnd_tag_writer *w, u64 v)
{
	put_64(w, 'U', v);
}

void native_put_volume(struct hvsnd_tag_writer *w, u32 v)
{
	size_t at = w->len;

	hvsnd_tag_put_u32(w, v);
	if (!w->overflow)
		w->buf[at] = 'V';
}

void native_begin_format(struct hvsnd_tag_writer *w)
{
	size_t at = w->len;

	hvsnd_tag_begin_proplist(w);
	if (!w->overflow)
		w->buf[at] = 'f';
}
