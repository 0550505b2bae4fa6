// SPDX-License-Identifier: GPL-2.0
/* --output null: a loudspeaker that nobody hears, and a microphone that hears nothing. */
#include <stdlib.h>

#include "pace.h"

struct null_voice {
	struct voice voice;
	struct pace pace;
};

static struct voice *null_open(const struct voice *v)
{
	struct null_voice *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->voice = *v;
	n->voice.output = &output_null;
	if (!pace_start(&n->pace, &n->voice))
		return &n->voice;
	free(n);
	return NULL;
}

static size_t null_room(struct voice *v)
{
	return pace_room(&((struct null_voice *)v)->pace);
}

static void null_write(struct voice *v, const void *buf, size_t len)
{
	(void)buf;
	pace_take(&((struct null_voice *)v)->pace, len);
}

static void null_cork(struct voice *v, bool cork)
{
	(void)v;
	(void)cork;
}

static void null_close(struct voice *v)
{
	pace_stop(&((struct null_voice *)v)->pace);
	free(v);
}

const struct output output_null = {
	.name = "null",
	.open = null_open,
	.room = null_room,
	.write = null_write,
	.cork = null_cork,
	.close = null_close,
};
