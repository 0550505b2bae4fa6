/* SPDX-License-Identifier: GPL-2.0 */
/* Common parts of the fuzzers of kernel/. */
#ifndef HVSOCK_FUZZ_H
#define HVSOCK_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "core/pure.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static inline void must(bool what, const char *text)
{
	if (what)
		return;
	fprintf(stderr, "not so: %s\n", text);
	abort();
}

#define MUST(what) must(what, #what)

/* The rest of the input. Zeros follow its end. */
struct input {
	const u8 *data;
	size_t size;
};

static inline u32 take(struct input *in, unsigned int bytes)
{
	u32 v = 0;

	while (bytes--) {
		v <<= 8;
		if (in->size) {
			v |= *in->data++;
			in->size--;
		}
	}
	return v;
}

/* Large numbers, small numbers, and numbers near a power of two. */
static inline u64 take_number(struct input *in)
{
	u8 how = take(in, 1);
	u64 v = (1ULL << how % 64) + take(in, 1) - 128;

	return how & 64 ? take(in, 2) : v;
}

#endif /* HVSOCK_FUZZ_H */
