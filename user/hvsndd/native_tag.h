/* SPDX-License-Identifier: GPL-2.0 */
/* The values of PulseAudio's tagstruct encoding that only a server needs. */
#ifndef HVSNDD_NATIVE_TAG_H
#define HVSNDD_NATIVE_TAG_H

#include "core/proto/tagstruct.h"

/* The string, NUL terminated, or NULL for the null string. */
const char *native_get_string(struct hvsnd_tag_reader *r);
u8 native_get_u8(struct hvsnd_tag_reader *r);

/* The bytes, *@len of them. NULL with @r->bad or @r->cut set. */
const u8 *native_get_arbitrary(struct hvsnd_tag_reader *r, u32 *len);

/**
 * native_get_map() - Read a channel map
 * @r: the reader
 * @map: HVSND_TAG_CHANNELS_MAX positions
 *
 * Return: The number of channels.
 */
u8 native_get_map(struct hvsnd_tag_reader *r, u8 *map);

/* Skip @n truth values. */
void native_skip_bools(struct hvsnd_tag_reader *r, unsigned int n);

/**
 * native_get_prop() - Read the next property of a list
 * @r: the reader, after native_begin_props()
 * @key: set to the name of the property
 * @value: set to the value, or NULL if the value is not a string
 *
 * Return: False at the end of the list, or with @r->bad or @r->cut set.
 */
bool native_get_prop(struct hvsnd_tag_reader *r, const char **key,
		     const char **value);
void native_begin_props(struct hvsnd_tag_reader *r);

void native_put_s64(struct hvsnd_tag_writer *w, s64 v);
void native_put_u64(struct hvsnd_tag_writer *w, u64 v);
void native_put_usec(struct hvsnd_tag_writer *w, u64 v);
void native_put_volume(struct hvsnd_tag_writer *w, u32 v);

/* Write the type of a format; an encoding and a list of properties follow. */
void native_begin_format(struct hvsnd_tag_writer *w);

#endif /* HVSNDD_NATIVE_TAG_H */
