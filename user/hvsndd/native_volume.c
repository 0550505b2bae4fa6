// SPDX-License-Identifier: GPL-2.0
/* Volume of streams and devices, and its effect on samples. */
#include <math.h>
#include <string.h>

#include "native_private.h"

#define VOLUME_MAX 0x7fffffffU
#define GAIN_MAX 64.0f /* 36 dB */

void native_volume_init(struct native_volume *v, u8 channels)
{
	u8 i;

	memset(v, 0, sizeof(*v));
	v->channels = channels;
	for (i = 0; i < channels; i++)
		v->level[i] = NATIVE_VOLUME_NORM;
}

bool native_volume_read(struct hvsnd_tag_reader *r, struct native_volume *v)
{
	u32 level[NATIVE_CHANNELS_MAX];
	u8 n = hvsnd_tag_get_cvolume(r, level, NATIVE_CHANNELS_MAX), i;

	if (!n || (n != 1 && n != v->channels))
		return false;
	for (i = 0; i < n; i++) {
		if (level[i] > VOLUME_MAX)
			return false;
	}
	for (i = 0; i < v->channels; i++)
		v->level[i] = level[n == 1 ? 0 : i];
	return true;
}

static float gain_of(u32 level)
{
	float v = (float)level / NATIVE_VOLUME_NORM;

	return v * v * v;
}

static u32 loudest(const struct native_stream *s)
{
	u32 max = 0;
	u8 i;

	for (i = 0; i < s->volume.channels; i++)
		max = max_t(u32, max, s->volume.level[i]);
	return max;
}

/* The part of the volume that an output can apply; the rest is amplified. */
static u32 output_level(const struct native_stream *s)
{
	return min_t(u32, loudest(s), NATIVE_VOLUME_NORM);
}

/* The factor of each channel. Returns whether any of them is not 1. */
static bool gains_of(const struct native_stream *s, float *gain)
{
	const struct native_host *h = s->client->host;
	const struct native_volume *v = s->record ? &h->source : &h->sink;
	u32 level, applied = NATIVE_VOLUME_NORM;
	bool mute = v->mute, changes;
	u8 i;

	/* Where the output is silent, the samples do not matter. */
	if (s->output_volume)
		applied = max_t(u32, output_level(s), 1);
	else
		mute |= s->volume.mute;
	changes = mute;
	for (i = 0; i < s->spec.channels; i++) {
		/* Other channels than the device's have its first volume. */
		level = v->level[v->channels == s->spec.channels ? i : 0];
		if (level != NATIVE_VOLUME_NORM ||
		    s->volume.level[i] != applied)
			changes = true;
		gain[i] = mute ? 0 :
				 gain_of(level) * gain_of(s->volume.level[i]) /
					 gain_of(applied);
		if (gain[i] > GAIN_MAX)
			gain[i] = GAIN_MAX;
	}
	return changes;
}

static s32 clip(float v, s32 max)
{
	if (v >= (float)max)
		return max;
	return v <= -(float)max - 1 ? -max - 1 : (s32)lrintf(v);
}

/* ITU-T G.711, to 16 bits */
static s32 decode_alaw(u8 a)
{
	s32 exponent, v;

	a ^= 0x55;
	exponent = a >> 4 & 7;
	v = (a & 15) << 4;
	v = exponent ? (v + 0x108) << (exponent - 1) : v + 8;
	return a & 0x80 ? v : -v;
}

static s32 decode_ulaw(u8 u)
{
	s32 v;

	u = ~u;
	v = (((u & 15) << 3) + 0x84) << (u >> 4 & 7);
	return u & 0x80 ? 0x84 - v : v - 0x84;
}

/* The byte whose value is nearest. */
static u8 encode(s32 (*decode)(u8), s32 v)
{
	s32 best = -1, distance;
	u8 found = 0;
	int i;

	for (i = 0; i < 256; i++) {
		distance = decode(i) > v ? decode(i) - v : v - decode(i);
		if (best < 0 || distance < best) {
			best = distance;
			found = i;
		}
	}
	return found;
}

/* @bytes bytes of a sample; @bits of them, the lower ones, have a meaning. */
static u32 load(const u8 *p, int bytes, bool big)
{
	u32 v = 0;
	int i;

	for (i = 0; i < bytes; i++)
		v |= (u32)p[i] << 8 * (big ? bytes - 1 - i : i);
	return v;
}

static void store(u8 *p, u32 v, int bytes, bool big)
{
	int i;

	for (i = 0; i < bytes; i++)
		p[i] = v >> 8 * (big ? bytes - 1 - i : i);
}

static void scale_float(u8 *p, bool big, float gain)
{
	u32 bits = load(p, 4, big);
	float v;

	memcpy(&v, &bits, sizeof(v));
	v *= gain;
	memcpy(&bits, &v, sizeof(v));
	store(p, bits, 4, big);
}

static void scale_integer(u8 *p, int bytes, int bits, bool big, float gain)
{
	s32 v = (s32)(load(p, bytes, big) << (32 - bits)) >> (32 - bits);

	/* A float has 24 bits, which is what 32-bit samples keep. */
	v = clip(v * gain, bits == 32 ? 0x7fffffff : (1 << (bits - 1)) - 1);
	store(p, v, bytes, big);
}

static void scale(enum sample_format format, u8 *p, float gain)
{
	bool big = format == SAMPLE_S16BE || format == SAMPLE_FLOAT32BE ||
		   format == SAMPLE_S32BE || format == SAMPLE_S24BE ||
		   format == SAMPLE_S24_32BE;

	switch (format) {
	case SAMPLE_U8:
		*p = clip((*p - 0x80) * gain, 0x7f) + 0x80;
		break;
	case SAMPLE_ALAW:
		*p = encode(decode_alaw, clip(decode_alaw(*p) * gain, 0x7fff));
		break;
	case SAMPLE_ULAW:
		*p = encode(decode_ulaw, clip(decode_ulaw(*p) * gain, 0x7fff));
		break;
	case SAMPLE_FLOAT32LE:
	case SAMPLE_FLOAT32BE:
		scale_float(p, big, gain);
		break;
	case SAMPLE_S16LE:
	case SAMPLE_S16BE:
		scale_integer(p, 2, 16, big, gain);
		break;
	case SAMPLE_S24LE:
	case SAMPLE_S24BE:
		scale_integer(p, 3, 24, big, gain);
		break;
	case SAMPLE_S24_32LE:
	case SAMPLE_S24_32BE:
		scale_integer(p, 4, 24, big, gain);
		break;
	default:
		scale_integer(p, 4, 32, big, gain);
	}
}

void native_volume_apply(const struct native_stream *s, u8 *buf, size_t len)
{
	size_t size = sample_size(s->spec.format), i;
	float gain[NATIVE_CHANNELS_MAX];

	if (!gains_of(s, gain))
		return;
	for (i = 0; i < len / size; i++)
		scale(s->spec.format, buf + i * size,
		      gain[i % s->spec.channels]);
}

float native_volume_gain(const struct native_stream *s)
{
	return gain_of(output_level(s));
}

bool native_volume_set(struct native_stream *s, float gain, bool mute)
{
	u32 old = loudest(s), level;
	u8 i;

	gain = gain > 0 ? fminf(gain, 1) : 0;
	level = lroundf(cbrtf(gain) * NATIVE_VOLUME_NORM);
	/* Amplification remains while the output is as loud as it can be. */
	if (level == output_level(s))
		level = old;
	if (level == old && mute == s->volume.mute)
		return false;
	s->volume.mute = mute;
	for (i = 0; i < s->volume.channels; i++)
		s->volume.level[i] =
			old ? (u64)s->volume.level[i] * level / old : level;
	return true;
}
