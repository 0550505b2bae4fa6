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

int hvs_simple_open(struct hvs_session *s, const struct hvs_session_params *p)
{
	const struct hvs_event ready = { .type = HVS_EVENT_READY };

	if (p != &s->params)
		s->params = *p;
	s->reason = NULL;
	s->tx_len = 0;
	s->failed = false;
	s->event(s, &ready);
	return 0;
}

int hvs_simple_receive(struct hvs_session *s, const u8 *buf, size_t len)
{
	const struct hvs_event data = {
		.type = HVS_EVENT_DATA,
		.data = buf,
		.len = len,
	};

	/* A host that both plays and records sends to players as well. */
	if (s->params.direction == SNDRV_PCM_STREAM_CAPTURE)
		s->event(s, &data);
	return 0;
}

size_t hvs_simple_frame(struct hvs_session *s, size_t bytes, u8 *head,
			size_t *head_len)
{
	*head_len = 0;
	return bytes;
}

/* There is no word for any of this. */
void hvs_simple_pass(struct hvs_session *s)
{
}

/* PulseAudio's own default. */
static const struct hvs_session_format simple_format = {
	.format = SNDRV_PCM_FORMAT_S16_LE,
	.rate = 44100,
	.channels = 2,
};

const struct hvs_session_ops hvs_simple_ops = {
	.name = "simple",
	.chunk_ms = 300,	/* DEFAULT_SINK_LATENCY, DEFAULT_SOURCE_LATENCY */
	.only = &simple_format,
	.links = 1,
	.open = hvs_simple_open,
	.receive = hvs_simple_receive,
	.frame = hvs_simple_frame,
	.start = hvs_simple_pass,
	.stop = hvs_simple_pass,
	.pause = hvs_simple_pass,
};
