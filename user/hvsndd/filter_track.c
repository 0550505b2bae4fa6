// SPDX-License-Identifier: GPL-2.0
/* The streams of a connection and the requests whose replies are awaited. */
#include "filter_private.h"

void filter_add_stream(struct filter_streams *s, u32 channel, u32 index)
{
	if (s->count < FILTER_STREAMS_MAX)
		s->list[s->count++] = (struct filter_stream){ channel, index };
}

void filter_remove_stream(struct filter_streams *s, u32 channel)
{
	unsigned int i;

	for (i = 0; i < s->count; i++) {
		if (s->list[i].channel == channel) {
			s->list[i] = s->list[--s->count];
			return;
		}
	}
}

bool filter_has_stream(const struct filter_streams *s, u32 index)
{
	unsigned int i;

	for (i = 0; i < s->count; i++) {
		if (s->list[i].index == index)
			return true;
	}
	return false;
}

unsigned int filter_count_pending(const struct filter *f, u32 command)
{
	unsigned int i, n = 0;

	for (i = 0; i < f->pending_count; i++)
		n += f->pending[i].command == command;
	return n;
}

void filter_add_pending(struct filter *f, u32 tag, u32 command)
{
	f->pending[f->pending_count++] =
		(struct filter_pending){ tag, command };
}

u32 filter_take_pending(struct filter *f, u32 tag)
{
	unsigned int i;
	u32 command;

	for (i = 0; i < f->pending_count; i++) {
		if (f->pending[i].tag == tag) {
			command = f->pending[i].command;
			f->pending[i] = f->pending[--f->pending_count];
			return command;
		}
	}
	return FILTER_NONE;
}

bool filter_is_recording(const struct filter *f)
{
	return f->record_streams.count ||
	       filter_count_pending(f, PULSE_CREATE_RECORD_STREAM);
}

bool filter_wants_mic(const struct filter *f)
{
	unsigned int i;

	for (i = 0; i < FILTER_HELD_MAX; i++) {
		if (f->held[i].len)
			return true;
	}
	return filter_is_recording(f);
}
