// SPDX-License-Identifier: GPL-2.0
/* Streams: their place in a connection, playback and recording. */
#include <string.h>

#include "native_private.h"

/* Blocks of recorded data are at most this long. */
#define BLOCK_MAX 65536

struct native_stream *native_find_channel(struct native *n, u32 channel,
					  bool record)
{
	struct native_stream *s;

	for (s = n->streams; s < n->streams + NATIVE_STREAMS_MAX; s++) {
		if (s->state == NATIVE_OPEN && s->channel == channel &&
		    s->record == record)
			return s;
	}
	return NULL;
}

struct native_stream *native_find_index(struct native_host *h, u32 index,
					bool record)
{
	struct native_stream *s;
	struct native *n;

	for (n = h->clients; n; n = n->next) {
		for (s = n->streams; s < n->streams + NATIVE_STREAMS_MAX; s++) {
			if (s->state == NATIVE_OPEN && s->index == index &&
			    s->record == record)
				return s;
		}
	}
	return NULL;
}

struct native_stream *native_new_stream(struct native *n, bool record)
{
	struct native_stream *s;

	for (s = n->streams; s < n->streams + NATIVE_STREAMS_MAX; s++) {
		if (s->state == NATIVE_UNUSED) {
			memset(s, 0, sizeof(*s));
			s->client = n;
			s->record = record;
			return s;
		}
	}
	return NULL;
}

void native_end_stream(struct native_stream *s)
{
	struct native *n = s->client;
	bool was_open = s->state == NATIVE_OPEN;

	if (s->state == NATIVE_UNUSED)
		return;
	if (was_open) {
		n->ops->close(s);
		/* PulseAudio, too, answers this before the DELETE. */
		if (s->is_draining)
			native_error(n, s->drain_tag, PULSE_ERROR_NOENTITY);
	}
	s->state = NATIVE_UNUSED;
	if (!s->record)
		native_queue_free(&s->queue);
	if (n->rx_stream == s && n->rx_state == NATIVE_RX_AUDIO)
		n->rx_state = NATIVE_RX_DISCARD;
	if (was_open)
		native_notify(n->host, native_facility(s), NATIVE_EVENT_REMOVE,
			      s->index);
}

void native_stream_kill(struct native_stream *s)
{
	if (s->state != NATIVE_OPEN)
		return;
	native_tell(s, s->record ? PULSE_RECORD_STREAM_KILLED :
				   PULSE_PLAYBACK_STREAM_KILLED);
	native_end_stream(s);
}

void native_send_request(struct native_stream *s)
{
	u32 bytes = native_queue_pop_request(&s->queue);
	struct hvsnd_tag_writer w;

	if (!bytes)
		return;
	native_begin(s->client, &w, PULSE_REQUEST, NATIVE_NONE);
	hvsnd_tag_put_u32(&w, s->channel);
	hvsnd_tag_put_u32(&w, bytes);
	native_end(s->client, &w);
}

bool native_stream_is_stopped(const struct native_stream *s)
{
	const struct native_host *h = s->client->host;

	return s->corked ||
	       (s->record ? h->source_suspended : h->sink_suspended);
}

size_t native_stream_readable(struct native_stream *s)
{
	return native_stream_is_stopped(s) ? 0 :
					     native_queue_readable(&s->queue);
}

size_t native_stream_read(struct native_stream *s, u8 *buf, size_t len)
{
	size_t n = min_t(size_t, native_stream_readable(s),
			 len - len % sample_frame_size(&s->spec));

	if (!n)
		return 0;
	native_queue_read(&s->queue, buf, n);
	if (!s->running) {
		s->running = true;
		s->since_start = 0;
		native_tell(s, PULSE_STARTED);
	}
	s->since_start += n;
	s->since_underrun = 0;
	native_volume_apply(s, buf, n);
	native_map_apply(s, buf, n);
	native_send_request(s);
	return n;
}

static void tell_underflow(struct native_stream *s)
{
	struct hvsnd_tag_writer w;

	native_begin(s->client, &w, PULSE_UNDERFLOW, NATIVE_NONE);
	hvsnd_tag_put_u32(&w, s->channel);
	native_put_s64(&w, s->queue.read_index);
	native_end(s->client, &w);
}

void native_stream_starved(struct native_stream *s, size_t len)
{
	if (native_stream_is_stopped(s) || native_stream_readable(s))
		return;
	if (s->running)
		tell_underflow(s);
	s->running = false;
	s->since_start = 0;
	if (s->is_draining) {
		s->is_draining = false;
		native_ack(s->client, s->drain_tag);
	}
	/* -1 until playback begins for the first time */
	if (s->since_underrun != ~0ULL)
		s->since_underrun += len;
	/* Without a prebuffer, the stream runs on, and late data is lost. */
	if (!s->queue.attr.prebuf && !s->queue.prebuffering)
		native_queue_skip(&s->queue, len);
	else
		native_queue_prebuffer(&s->queue);
	native_send_request(s);
}

size_t native_stream_until_request(const struct native_stream *s)
{
	const struct native_queue *q = &s->queue;
	s64 queued = q->write_index - q->read_index;
	s64 request = q->attr.minreq - q->missing;

	if (request > 0 && request < queued)
		queued = request;
	return queued > 0 ? queued : 0;
}

bool native_stream_is_active(struct native_stream *s)
{
	return !native_stream_is_stopped(s) &&
	       (s->running || s->is_draining ||
		native_queue_readable(&s->queue) || !s->queue.attr.prebuf);
}

void native_stream_record(struct native_stream *s, const u8 *buf, size_t len)
{
	size_t frame = sample_frame_size(&s->spec), n;
	size_t max = min_t(size_t, s->attr.tlength, BLOCK_MAX);
	bool stopped = native_stream_is_stopped(s);

	max = max > frame ? max - max % frame : frame;
	s->recorded += len;
	while (len && !stopped) {
		n = min_t(size_t, len, max);
		if (!native_put_audio(s, buf, n))
			break;
		s->sent += n;
		buf += n;
		len -= n;
	}
	/* Nothing is kept: PulseAudio, too, loses what a client is slow for. */
	if (!stopped)
		s->dropped += len;
	s->sent = s->recorded;
}

void native_host_init(struct native_host *h)
{
	native_volume_init(&h->sink, h->spec.channels);
	native_volume_init(&h->source, h->spec.channels);
}

void native_open(struct native *n)
{
	n->index = n->host->next_index++;
	n->next = n->host->clients;
	n->host->clients = n;
	native_notify(n->host, NATIVE_FACILITY_CLIENT, NATIVE_EVENT_NEW,
		      n->index);
}

void native_close(struct native *n)
{
	struct native_stream *s;
	struct native **at;

	/* Nothing is sent to it any more. */
	n->reason = "closed";
	for (s = n->streams; s < n->streams + NATIVE_STREAMS_MAX; s++)
		native_end_stream(s);
	for (at = &n->host->clients; *at != n; at = &(*at)->next)
		;
	*at = n->next;
	native_notify(n->host, NATIVE_FACILITY_CLIENT, NATIVE_EVENT_REMOVE,
		      n->index);
}
