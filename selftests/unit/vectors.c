// SPDX-License-Identifier: GPL-2.0
#include "vectors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	exit(1);
}

static int nibble(int c)
{
	return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

/* The length that the descriptor names is what the frame must have. */
static void finish(const char *path, struct vector_frame *f)
{
	size_t full;

	if (f->len < 20)
		die(path, "a frame without a descriptor");
	full = 20 + ((size_t)f->data[0] << 24 | f->data[1] << 16 |
		     f->data[2] << 8 | f->data[3]);
	if (f->elided ? f->len >= full : f->len != full)
		die(path, "a frame of the wrong length");
	f->data = realloc(f->data, full);
	memset(f->data + f->len, 0, full - f->len);
	f->len = full;
}

struct vector *vector_load(const char *name)
{
	struct vector *v = calloc(1, sizeof(*v));
	struct vector_frame *f = NULL;
	char path[512], line[512], *p;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.hex", VECTORS_DIR, name);
	file = fopen(path, "r");
	if (!file)
		die(path, "cannot be opened");
	while (fgets(line, sizeof(line), file)) {
		p = strchr(line, '#');
		if (p)
			*p = 0;
		if (line[0] == '@') {
			if (f)
				finish(path, f);
			v->frames = realloc(v->frames,
					    (v->n + 1) * sizeof(*f));
			f = &v->frames[v->n++];
			memset(f, 0, sizeof(*f));
			f->side = line[1];
			f->elided = strstr(line, "ELIDED");
			continue;
		}
		for (p = line; *p; p++) {
			if (isspace((unsigned char)*p))
				continue;
			if (!f || !isxdigit((unsigned char)p[0]) ||
			    !isxdigit((unsigned char)p[1]))
				die(path, "not hexadecimal");
			f->data = realloc(f->data, f->len + 1);
			f->data[f->len++] = nibble(p[0]) << 4 | nibble(p[1]);
			p++;
		}
	}
	if (f)
		finish(path, f);
	fclose(file);
	return v;
}

void vector_free(struct vector *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		free(v->frames[i].data);
	free(v->frames);
	free(v);
}
