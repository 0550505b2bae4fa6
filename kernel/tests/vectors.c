// SPDX-License-Identifier: GPL-2.0
#include "unit.h"
#include "vectors.h"

#include "core/proto/tagstruct.h"

/* The file's text as a string, so that it is at hand in a kernel as well. */
#define TEXT(symbol, file)						\
extern const char symbol[];						\
asm(".pushsection .rodata\n" #symbol ": "				\
	".incbin \"" VECTORS_DIR "/" file ".hex\"\n.byte 0\n.popsection\n")

TEXT(vector_02, "02-auth-bad-then-good-cookie");
TEXT(vector_04, "04-auth-version-7-refused");
TEXT(vector_05, "05-playback-v32");
TEXT(vector_06, "06-record-v32");
TEXT(vector_07, "07-async-events-v32");
TEXT(vector_10, "10-flush-and-credit-v32");
TEXT(vector_14, "14-shm-flags-what-not-to-do");
TEXT(vector_15, "15-pipewire-1.4.2-v32");
TEXT(vector_16, "16-pipewire-0.3.65-v32");

static const struct {
	const char *name;
	const char *text;
} vectors[] = {
	{ "02-auth-bad-then-good-cookie", vector_02 },
	{ "04-auth-version-7-refused", vector_04 },
	{ "05-playback-v32", vector_05 },
	{ "06-record-v32", vector_06 },
	{ "07-async-events-v32", vector_07 },
	{ "10-flush-and-credit-v32", vector_10 },
	{ "14-shm-flags-what-not-to-do", vector_14 },
	{ "15-pipewire-1.4.2-v32", vector_15 },
	{ "16-pipewire-0.3.65-v32", vector_16 },
};

static int nibble(int c)
{
	return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

static const char *next_line(const char *p)
{
	const char *end = strchr(p, '\n');

	return end ? end + 1 : p + strlen(p);
}

/* The bytes from @p to the next frame, of which @out gets the first @size. */
static size_t read_bytes(const char *p, u8 *out, size_t size)
{
	size_t n = 0;

	while (*p && *p != '@') {
		if (*p == '#') {
			p = next_line(p);
		} else if (isspace(*p)) {
			p++;
		} else {
			assert_true(isxdigit(p[0]) && isxdigit(p[1]));
			if (n < size)
				out[n] = nibble(p[0]) << 4 | nibble(p[1]);
			n++;
			p += 2;
		}
	}
	return n;
}

/* The length that the descriptor names is what the frame must have. */
static void read_frame(const char *marker, struct vector_frame *f)
{
	const char *p = next_line(marker);
	const char *word = strstr(marker, "ELIDED");
	u8 head[20] = { 0 };
	size_t n;

	f->side = marker[1];
	f->elided = word && word < p;
	n = read_bytes(p, head, sizeof(head));
	assert_true(n >= sizeof(head));
	f->len = sizeof(head) + hvsnd_get_be32(head);
	assert_true(f->elided ? n < f->len : n == f->len);
	f->data = malloc(f->len);
	memset(f->data, 0, f->len);
	read_bytes(p, f->data, f->len);
}

struct vector *vector_load(const char *name)
{
	struct vector *v = malloc(sizeof(*v));
	const char *text = NULL, *p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vectors); i++)
		if (!strcmp(vectors[i].name, name))
			text = vectors[i].text;
	assert_non_null(text);
	v->n = 0;
	for (p = text; *p; p = next_line(p))
		v->n += *p == '@';
	v->frames = malloc(v->n * sizeof(*v->frames));
	i = 0;
	for (p = text; *p; p = next_line(p))
		if (*p == '@')
			read_frame(p, &v->frames[i++]);
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
