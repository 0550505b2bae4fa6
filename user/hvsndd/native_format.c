// SPDX-License-Identifier: GPL-2.0
/*
 * Sample formats in PulseAudio's format_info: a list of properties whose values
 * are JSON. Of a list or a range of values, the first one counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_private.h"

#define ENCODING_PCM 1
#define AUX0 12
#define AUX_COUNT 32
#define TEXT_SIZE 512

static const char *const formats[SAMPLE_FORMATS] = {
	[SAMPLE_U8] = "u8",
	[SAMPLE_ALAW] = "aLaw",
	[SAMPLE_ULAW] = "uLaw",
	[SAMPLE_S16LE] = "s16le",
	[SAMPLE_S16BE] = "s16be",
	[SAMPLE_FLOAT32LE] = "float32le",
	[SAMPLE_FLOAT32BE] = "float32be",
	[SAMPLE_S32LE] = "s32le",
	[SAMPLE_S32BE] = "s32be",
	[SAMPLE_S24LE] = "s24le",
	[SAMPLE_S24BE] = "s24be",
	[SAMPLE_S24_32LE] = "s24-32le",
	[SAMPLE_S24_32BE] = "s24-32be",
};

/* pa_channel_position_t, without AUX */
static const char *const positions[] = {
	[0] = "mono",
	[1] = "front-left",
	[2] = "front-right",
	[3] = "front-center",
	[4] = "rear-center",
	[5] = "rear-left",
	[6] = "rear-right",
	[7] = "lfe",
	[8] = "front-left-of-center",
	[9] = "front-right-of-center",
	[10] = "side-left",
	[11] = "side-right",
	[44] = "top-center",
	[45] = "top-front-left",
	[46] = "top-front-right",
	[47] = "top-front-center",
	[48] = "top-rear-left",
	[49] = "top-rear-right",
	[50] = "top-rear-center",
};

bool native_spec_ok(const struct sample_spec *spec)
{
	return (u32)spec->format < SAMPLE_FORMATS && spec->rate &&
	       spec->rate <= SAMPLE_RATE_MAX && spec->channels &&
	       spec->channels <= NATIVE_CHANNELS_MAX;
}

/* The first string in a JSON value. */
static bool json_string(const char *json, char *out, size_t size)
{
	const char *from = strchr(json, '"');
	const char *to = from ? strchr(from + 1, '"') : NULL;

	if (!to || (size_t)(to - from) > size)
		return false;
	memcpy(out, from + 1, to - from - 1);
	out[to - from - 1] = '\0';
	return true;
}

/* The first number in a JSON value; 0 if there is none. */
static u32 json_number(const char *json)
{
	json += strcspn(json, "0123456789");
	return strtoul(json, NULL, 10);
}

static int position_of(const char *name)
{
	size_t i;
	int aux;
	char rest;

	for (i = 0; i < ARRAY_SIZE(positions); i++) {
		if (positions[i] && !strcmp(positions[i], name))
			return i;
	}
	if (sscanf(name, "aux%2d%c", &aux, &rest) == 1 && aux >= 0 &&
	    aux < AUX_COUNT)
		return AUX0 + aux;
	if (!strcmp(name, "left"))
		return 1;
	return strcmp(name, "right") ? -1 : 2;
}

/* Returns whether the text names @channels positions. */
static bool read_map(const char *json, u8 *map, u8 channels)
{
	char text[TEXT_SIZE], *name = text, *end;
	u8 found[NATIVE_CHANNELS_MAX], n = 0;
	int position;

	if (!json_string(json, text, sizeof(text)))
		return false;
	for (; name; name = end, n++) {
		end = strchr(name, ',');
		if (end)
			*end++ = '\0';
		position = position_of(name);
		if (position < 0 || n == channels)
			return false;
		found[n] = position;
	}
	if (n != channels)
		return false;
	memcpy(map, found, n);
	return true;
}

/* Read the properties of one format. */
static void read_format(struct hvsnd_tag_reader *r, struct sample_spec *spec,
			u8 *map)
{
	const char *key, *value, *positions_json = NULL;
	char text[32];
	u32 channels;

	native_begin_props(r);
	while (native_get_prop(r, &key, &value)) {
		if (!value)
			continue;
		if (!strcmp(key, "format.sample_format") &&
		    json_string(value, text, sizeof(text))) {
			spec->format = sample_format_parse(text);
		} else if (!strcmp(key, "format.rate")) {
			spec->rate = json_number(value);
		} else if (!strcmp(key, "format.channels")) {
			channels = json_number(value);
			spec->channels = min_t(u32, channels, 255);
		} else if (!strcmp(key, "format.channel_map")) {
			positions_json = value;
		}
	}
	if (!native_spec_ok(spec))
		return;
	if (!positions_json || !read_map(positions_json, map, spec->channels))
		native_default_map(map, spec->channels);
}

bool native_read_formats(struct hvsnd_tag_reader *r, struct sample_spec *spec,
			 u8 *map, const struct native_host *h)
{
	struct sample_spec offered;
	bool found = native_spec_ok(spec), use;
	u8 n = native_get_u8(r), encoding, offered_map[NATIVE_CHANNELS_MAX];

	while (n-- && !r->bad && !r->cut) {
		if (r->pos < r->len && r->buf[r->pos] != 'f')
			r->bad = true;
		r->pos++;
		encoding = native_get_u8(r);
		offered = h->spec;
		read_format(r, &offered, offered_map);
		use = encoding == ENCODING_PCM && native_spec_ok(&offered);
		if (found || !use || r->bad || r->cut)
			continue;
		found = true;
		*spec = offered;
		memcpy(map, offered_map, offered.channels);
	}
	return found && !r->bad && !r->cut;
}

static void put_json_number(struct hvsnd_tag_writer *w, const char *key,
			    u32 value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	hvsnd_tag_put_prop(w, key, text);
}

static void put_map(struct hvsnd_tag_writer *w, const u8 *map, u8 channels)
{
	char text[NATIVE_CHANNELS_MAX * 24], *p = text;
	u8 i;

	for (i = 0; i < channels; i++) {
		const char *before = i ? "," : "\"";

		if (map[i] >= AUX0 && map[i] < AUX0 + AUX_COUNT)
			p += sprintf(p, "%saux%d", before, map[i] - AUX0);
		else
			p += sprintf(p, "%s%s", before, positions[map[i]]);
	}
	strcpy(p, "\"");
	hvsnd_tag_put_prop(w, "format.channel_map", text);
}

void native_put_format(struct hvsnd_tag_writer *w,
		       const struct sample_spec *spec, const u8 *map)
{
	char text[32];

	native_begin_format(w);
	hvsnd_tag_put_u8(w, ENCODING_PCM);
	hvsnd_tag_begin_proplist(w);
	snprintf(text, sizeof(text), "\"%s\"", formats[spec->format]);
	hvsnd_tag_put_prop(w, "format.sample_format", text);
	put_json_number(w, "format.rate", spec->rate);
	put_json_number(w, "format.channels", spec->channels);
	put_map(w, map, spec->channels);
	hvsnd_tag_end_proplist(w);
}
