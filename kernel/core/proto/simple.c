// SPDX-License-Identifier: GPL-2.0
/*
 * Raw PCM: what a connection carries is one direction's audio, and nothing
 * else, as PulseAudio's module-simple-protocol-* and PipeWire's
 * module-protocol-simple have it.
 *
 * The host tells nothing: not that it took the stream, nor how much of it has
 * been played. So the stream is there as soon as the connection is, and what
 * it plays cannot be taken back. The sample format is agreed on beforehand.
 */
#include "session.h"

int hvsnd_simple_open(struct hvsnd_session *s,
		      const struct hvsnd_session_params *p)
{
	const struct hvsnd_event ready = { .type = HVSND_EVENT_READY };

	if (p != &s->params)
		s->params = *p;
	s->reason = NULL;
	s->tx_len = 0;
	s->failed = false;
	s->event(s, &ready);
	return 0;
}

int hvsnd_simple_receive(struct hvsnd_session *s, const u8 *buf, size_t len)
{
	const struct hvsnd_event data = {
		.type = HVSND_EVENT_DATA,
		.data = buf,
		.len = len,
	};

	/* A host that both plays and records sends to players as well. */
	if (s->params.direction == SNDRV_PCM_STREAM_CAPTURE)
		s->event(s, &data);
	return 0;
}

size_t hvsnd_simple_frame(struct hvsnd_session *s, size_t bytes, u8 *head,
			  size_t *head_len)
{
	*head_len = 0;
	return bytes;
}

/* There is no word for any of this. */
void hvsnd_simple_pass(struct hvsnd_session *s)
{
}

/* PulseAudio's own default. */
static const struct hvsnd_session_format simple_format = {
	.format = SNDRV_PCM_FORMAT_S16_LE,
	.rate = 44100,
	.channels = 2,
};

const struct hvsnd_session_ops hvsnd_simple_ops = {
	.name = "simple",
	.chunk_ms = 300,	/* DEFAULT_SINK_LATENCY, DEFAULT_SOURCE_LATENCY */
	.only = &simple_format,
	.links = 1,
	.open = hvsnd_simple_open,
	.receive = hvsnd_simple_receive,
	.frame = hvsnd_simple_frame,
	.start = hvsnd_simple_pass,
	.stop = hvsnd_simple_pass,
	.pause = hvsnd_simple_pass,
};
