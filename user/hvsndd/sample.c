// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "sample.h"

#define USEC 1000000ULL

size_t sample_size(enum sample_format format)
{
	static const uint8_t sizes[] = {
		[SAMPLE_U8] = 1,	[SAMPLE_ALAW] = 1,
		[SAMPLE_ULAW] = 1,	[SAMPLE_S16LE] = 2,
		[SAMPLE_S16BE] = 2,	[SAMPLE_FLOAT32LE] = 4,
		[SAMPLE_FLOAT32BE] = 4, [SAMPLE_S32LE] = 4,
		[SAMPLE_S32BE] = 4,	[SAMPLE_S24LE] = 3,
		[SAMPLE_S24BE] = 3,	[SAMPLE_S24_32LE] = 4,
		[SAMPLE_S24_32BE] = 4,
	};

	return sizes[format];
}

size_t sample_frame_size(const struct sample_spec *spec)
{
	return spec->channels * sample_size(spec->format);
}

size_t sample_bytes(uint64_t usec, const struct sample_spec *spec)
{
	return usec * spec->rate / USEC * sample_frame_size(spec);
}

uint64_t sample_usec(uint64_t len, const struct sample_spec *spec)
{
	return len / sample_frame_size(spec) * USEC / spec->rate;
}

void sample_silence(enum sample_format format, void *buf, size_t len)
{
	int silence = 0;

	if (format == SAMPLE_U8)
		silence = 0x80;
	else if (format == SAMPLE_ALAW)
		silence = 0xd5;
	else if (format == SAMPLE_ULAW)
		silence = 0xff;
	memset(buf, silence, len);
}

enum sample_format sample_format_parse(const char *text)
{
	/* "", ne: of this machine; re: the other byte order */
	static const char suffixes[][3] = { "le", "be", "ne", "re", "" };
	static const struct {
		const char *name;
		enum sample_format format;
		int has_order;
	} names[] = {
		{ "u8", SAMPLE_U8, 0 },
		{ "8", SAMPLE_U8, 0 },
		{ "alaw", SAMPLE_ALAW, 0 },
		{ "ulaw", SAMPLE_ULAW, 0 },
		{ "mulaw", SAMPLE_ULAW, 0 },
		{ "16", SAMPLE_S16LE, 0 },
		{ "s16", SAMPLE_S16LE, 1 },
		{ "float", SAMPLE_FLOAT32LE, 0 },
		{ "float32", SAMPLE_FLOAT32LE, 1 },
		{ "32", SAMPLE_S32LE, 0 },
		{ "s32", SAMPLE_S32LE, 1 },
		{ "24", SAMPLE_S24LE, 0 },
		{ "s24", SAMPLE_S24LE, 1 },
		{ "s24-32", SAMPLE_S24_32LE, 1 },
	};
	const int host_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	size_t i, j, len;
	int big;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = strlen(names[i].name);
		if (strncasecmp(text, names[i].name, len))
			continue;
		if (names[i].format <= SAMPLE_ULAW) {
			if (!text[len])
				return names[i].format;
			continue;
		}
		for (j = 0; j < 5; j++) {
			if (strcasecmp(text + len, suffixes[j]) ||
			    (j < 4 && !names[i].has_order))
				continue;
			big = j < 2 ? j == 1 : host_is_big ^ (j == 3);
			return names[i].format + big;
		}
	}
	return SAMPLE_INVALID;
}
