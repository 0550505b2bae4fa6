// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>

#include "wave.h"

bool samples_silent(const int32_t *samples, size_t n)
{
	while (n--)
		if (*samples++)
			return false;
	return true;
}

/* Exits with status 2 if the file cannot be read. */
void wave_load(struct wave *w, const char *path)
{
	SNDFILE *f;

	memset(w, 0, sizeof(*w));
	f = sf_open(path, SFM_READ, &w->info);
	if (!f)
		errx(2, "%s: %s", path, sf_strerror(NULL));
	w->data = calloc(w->info.frames + 1,
			 w->info.channels * sizeof(*w->data));
	if (!w->data)
		err(2, "%s: no memory for %lld frames", path,
		    (long long)w->info.frames);
	w->frames = sf_readf_int(f, w->data, w->info.frames);
	sf_close(f);

	w->end = w->frames;
	while (w->end && wave_silent(w, w->end - 1))
		w->end--;
	while (w->begin < w->end && wave_silent(w, w->begin))
		w->begin++;
}
