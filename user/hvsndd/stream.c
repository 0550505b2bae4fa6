// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "stream.h"

void stream_silence(const struct stream *s, void *buf, size_t len)
{
	int silence = 0;

	if (s->spec.format == PA_SAMPLE_U8)
		silence = 0x80;
	else if (s->spec.format == PA_SAMPLE_ALAW)
		silence = 0xd5;
	else if (s->spec.format == PA_SAMPLE_ULAW)
		silence = 0xff;
	memset(buf, silence, len);
}
