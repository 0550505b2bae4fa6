// SPDX-License-Identifier: GPL-2.0
/* --output null: playback data is discarded, recordings are silent. */
#include <stdlib.h>

#include "outputs.h"
#include "softclock.h"

struct null_stream {
	struct stream stream;
	struct softclock clock;
};

static struct stream *null_open(const struct stream *s)
{
	struct null_stream *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->stream = *s;
	n->stream.output = &output_null;
	if (!softclock_start(&n->clock, &n->stream))
		return &n->stream;
	free(n);
	return NULL;
}

static size_t null_room(struct stream *s)
{
	return softclock_room(&((struct null_stream *)s)->clock);
}

static void null_write(struct stream *s, const void *buf, size_t len)
{
	(void)buf;
	softclock_consume(&((struct null_stream *)s)->clock, len);
}

/* The clock needs no pause: it only limits the rate. */
static void null_cork(struct stream *s, bool cork)
{
	(void)s;
	(void)cork;
}

static void null_close(struct stream *s)
{
	softclock_stop(&((struct null_stream *)s)->clock);
	free(s);
}

const struct output output_null = {
	.name = "null",
	.open = null_open,
	.room = null_room,
	.write = null_write,
	.cork = null_cork,
	.close = null_close,
};
