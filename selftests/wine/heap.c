// SPDX-License-Identifier: GPL-2.0
/*
 * Finds memory that is used after it was freed. There is no ASan for mingw-w64.
 * The linker passes free() through here (--wrap). If HVSNDD_HEAP is set, freed
 * memory is filled and kept: a pointer that is read from it is not valid. At
 * the end of the program, freed memory must not have changed.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define FILLER 0xdd
#define FREED_MAX 100000

void __real_free(void *p);

static struct {
	unsigned char *p;
	size_t size;
} freed[FREED_MAX];
static LONG count;

void __wrap_free(void *p)
{
	LONG i;

	if (!p || !getenv("HVSNDD_HEAP")) {
		__real_free(p);
		return;
	}
	i = InterlockedIncrement(&count) - 1;
	if (i >= FREED_MAX)
		return;
	freed[i].size = _msize(p);
	memset(p, FILLER, freed[i].size);
	freed[i].p = p;
}

static __attribute__((destructor)) void check(void)
{
	size_t n;
	LONG i;

	for (i = 0; i < count && i < FREED_MAX; i++) {
		for (n = 0; n < freed[i].size; n++) {
			if (freed[i].p[n] == FILLER)
				continue;
			fprintf(stderr,
				"heap: byte %d of %d was changed after it was freed\n",
				(int)n, (int)freed[i].size);
			fflush(stderr);
			TerminateProcess(GetCurrentProcess(), 99);
		}
	}
}
