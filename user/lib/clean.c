// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <string.h>

#include "clean.h"

/* Length of the character at @p, 0 if it is invalid or not printable. */
static size_t char_length(const unsigned char *p, size_t len)
{
	static const uint32_t code_min[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	size_t n, i;

	if (p[0] < 0x80)
		return p[0] >= ' ' && p[0] != 0x7f;
	if (p[0] >= 0xf0)
		n = 4;
	else
		n = p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
		return 0;
	code = p[0] & (0xff >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < code_min[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff) || code < 0xa0)
		return 0;
	return n;
}

void output_clean(char *out, size_t size, const char *in, size_t len)
{
	size_t n;

	while (len) {
		n = char_length((const unsigned char *)in, len);
		if ((n ? n : 1) >= size)
			break;
		if (n)
			memcpy(out, in, n);
		else
			*out = '?';
		n += !n;
		out += n;
		size -= n;
		/* Each byte of an invalid character becomes a question mark. */
		in += n;
		len -= n;
	}
	*out = '\0';
}
