// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "raw_private.h"

#define QUEUE_MS 200 /* of recorded audio, if the guest does not receive */
#define QUEUE_MAX 262144 /* bytes */

int raw_record_send(struct raw *r)
{
	int n;

	if (!r->queue_len)
		return 0;
	n = socket_send(&r->w, r->queue, r->queue_len);
	if (n < 0)
		return n == -EAGAIN ? 0 : n;
	r->connection.guest->recorded_bytes += n;
	r->queue_len -= n;
	memmove(r->queue, r->queue + n, r->queue_len);
	return 0;
}

static void on_data(void *data, const void *buf, size_t len)
{
	struct raw *r = data;
	size_t room = r->queue_size - r->queue_len;

	room -= room % sample_frame_size(&r->spec);
	if (len > room) {
		r->connection.guest->dropped_bytes += len - room;
		len = room;
	}
	memcpy(r->queue + r->queue_len, buf, len);
	r->queue_len += len;
	/* The same error is reported when the socket is read. */
	raw_record_send(r);
	watch_set(&r->w, r->w.in, r->queue_len);
}

void raw_record_update(struct raw *r)
{
	struct connection *c = &r->connection;
	bool record = c->wants_mic && c->guest->mic_allowed;
	struct stream s = {
		.guest = c->guest,
		.spec = r->spec,
		.record = true,
		.on_data = on_data,
		.data = r,
	};

	if (record && !r->record) {
		r->record = selected_output->open(&s);
	} else if (!record && r->record) {
		r->record->output->close(r->record);
		r->record = NULL;
		/* Discard the queue, but finish a frame sent in part. */
		r->queue_len %= sample_frame_size(&r->spec);
	}
	c->recording = r->record;
}

int raw_record_init(struct raw *r)
{
	if (!r->can_record)
		return 0;
	r->queue_size = sample_bytes(QUEUE_MS * USEC_PER_MSEC, &r->spec);
	if (r->queue_size > QUEUE_MAX)
		r->queue_size =
			QUEUE_MAX - QUEUE_MAX % sample_frame_size(&r->spec);
	r->queue = malloc(r->queue_size);
	return r->queue ? 0 : -ENOMEM;
}

void raw_record_free(struct raw *r)
{
	if (r->record)
		r->record->output->close(r->record);
	free(r->queue);
}
