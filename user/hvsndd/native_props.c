// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "native_props.h"

/* Offset of a property, or p->len. */
static size_t find(const struct native_props *p, const char *key)
{
	size_t at = 0;

	while (at < p->len && strcmp(p->text + at, key)) {
		at += strlen(p->text + at) + 1;
		at += strlen(p->text + at) + 1;
	}
	return at;
}

const char *native_props_get(const struct native_props *p, const char *key)
{
	size_t at = find(p, key);

	return at < p->len ? p->text + at + strlen(key) + 1 : NULL;
}

bool native_props_set(struct native_props *p, const char *key,
		      const char *value)
{
	size_t at = find(p, key), key_size = strlen(key) + 1, size;

	if (at < p->len) {
		if (!strcmp(p->text + at + key_size, value))
			return false;
		size = key_size + strlen(p->text + at + key_size) + 1;
		p->len -= size;
		memmove(p->text + at, p->text + at + size, p->len - at);
	}
	size = strlen(value) + 1;
	if (key_size > sizeof(p->text) - p->len ||
	    size > sizeof(p->text) - p->len - key_size)
		return false;
	memcpy(p->text + p->len, key, key_size);
	memcpy(p->text + p->len + key_size, value, size);
	p->len += key_size + size;
	return true;
}

bool native_props_read(struct native_props *p, struct hvsnd_tag_reader *r)
{
	const char *key, *value;
	bool changed = false;

	native_begin_props(r);
	while (native_get_prop(r, &key, &value)) {
		if (*key && value)
			changed |= native_props_set(p, key, value);
	}
	return changed;
}

void native_props_put(const struct native_props *p, struct hvsnd_tag_writer *w)
{
	size_t at = 0;

	hvsnd_tag_begin_proplist(w);
	while (at < p->len) {
		const char *key = p->text + at;
		const char *value = key + strlen(key) + 1;

		hvsnd_tag_put_prop(w, key, value);
		at = value + strlen(value) + 1 - p->text;
	}
	hvsnd_tag_end_proplist(w);
}
