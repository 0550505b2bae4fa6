// SPDX-License-Identifier: GPL-2.0
/*
 * Raw PCM: a connection carries the audio of one direction and nothing else,
 * as in PulseAudio's module-simple-protocol-* and PipeWire's
 * module-protocol-simple.
 *
 * The host reports nothing: neither that it accepts the stream nor how much it
 * has played. So a stream exists as soon as its connection does, and audio that
 * was sent cannot be flushed. Both sides must agree on the sample format
 * beforehand.
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

	/* A host that plays and records sends audio to all streams. */
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

/* The protocol has no such command. */
void hvsnd_simple_pass(struct hvsnd_session *s)
{
}

/* PulseAudio's default, and the only format of Qubes */
const struct hvsnd_session_format hvsnd_simple_format = {
	.format = SNDRV_PCM_FORMAT_S16_LE,
	.rate = 44100,
	.channels = 2,
};

const struct hvsnd_session_ops hvsnd_simple_ops = {
	.name = "simple",
	.chunk_ms = 300,	/* DEFAULT_SINK_LATENCY */
	.only = &hvsnd_simple_format,
	.links = 1,
	.open = hvsnd_simple_open,
	.receive = hvsnd_simple_receive,
	.frame = hvsnd_simple_frame,
	.start = hvsnd_simple_pass,
	.stop = hvsnd_simple_pass,
	.pause = hvsnd_simple_pass,
};
