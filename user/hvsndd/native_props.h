/* SPDX-License-Identifier: GPL-2.0 */
/* A short list of properties of a client or of a stream. */
#ifndef HVSNDD_NATIVE_PROPS_H
#define HVSNDD_NATIVE_PROPS_H

#include "native_tag.h"

#define NATIVE_PROPS_SIZE 1024

/**
 * struct native_props - properties whose values are strings
 * @len: number of bytes in @text
 * @text: names and values, each ended by a NUL
 */
struct native_props {
	size_t len;
	char text[NATIVE_PROPS_SIZE];
};

/* The value of a property, or NULL. */
const char *native_props_get(const struct native_props *p, const char *key);

/*
 * Set a property. A property that does not fit is ignored. Returns whether the
 * value has changed.
 */
bool native_props_set(struct native_props *p, const char *key,
		      const char *value);

/*
 * Read a list and set its properties. Values that are not strings, such as
 * icons, are ignored. Returns whether a value has changed.
 */
bool native_props_read(struct native_props *p, struct hvsnd_tag_reader *r);
void native_props_put(const struct native_props *p, struct hvsnd_tag_writer *w);

#endif /* HVSNDD_NATIVE_PROPS_H */
