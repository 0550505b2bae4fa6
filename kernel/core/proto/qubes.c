// SPDX-License-Identifier: GPL-2.0
/*
 * Qubes OS: two connections. The first one carries playback's audio only. On
 * the second one the host sends captured audio, and the guest sends 4-byte
 * little-endian codes: whether it plays and records. The format is S16_LE,
 * 44.1 kHz, stereo.
 *
 * The host sends no messages. It knows nothing of a guest that has just
 * connected, so both codes are sent first. The codes are defined in
 * qubes-gui-agent-linux, pulse/qubes-vchan-sink.h; its PipeWire agent shows how
 * they are used.
 */
#include "qubes.h"
#include "session.h"

static const u32 qubes_codes[2][2] = {
	[SNDRV_PCM_STREAM_PLAYBACK] = { 0x00020000, 0x00020001 },
	[SNDRV_PCM_STREAM_CAPTURE] = { 0x00010000, 0x00010001 },
};

/**
 * hvsnd_qubes_open() - Begin with a host that was told nothing
 * @q: the codes; @q->wanted stays
 *
 * Context: Any, serialised by the owner.
 */
void hvsnd_qubes_open(struct hvsnd_qubes *q)
{
	q->stale[0] = true;
	q->stale[1] = true;
	q->tx_len = 0;
}

/**
 * hvsnd_qubes_next() - Bytes to be sent now
 * @q: the codes; the owner subtracts the bytes that it sent from @q->tx_len
 *
 * A change that was undone before it was sent is not sent.
 *
 * Context: Any, serialised by the owner.
 * Return: @q->tx_len bytes, or NULL if the host was told everything.
 */
const u8 *hvsnd_qubes_next(struct hvsnd_qubes *q)
{
	int d;
	u32 code;

	/* Recording first, as the PipeWire agent does. */
	for (d = SNDRV_PCM_STREAM_CAPTURE; !q->tx_len && d >= 0; d--) {
		if (!q->stale[d] && q->told[d] == q->wanted[d])
			continue;
		q->stale[d] = false;
		q->told[d] = q->wanted[d];
		code = qubes_codes[d][q->told[d]];
		q->tx[0] = code;
		q->tx[1] = code >> 8;
		q->tx[2] = code >> 16;
		q->tx[3] = code >> 24;
		q->tx_len = sizeof(q->tx);
	}
	return q->tx_len ? q->tx + sizeof(q->tx) - q->tx_len : NULL;
}

/* A stream is raw PCM; the codes belong to the card's connections. */
const struct hvsnd_session_ops hvsnd_qubes_ops = {
	.name = "qubes",
	.chunk_ms = 24,		/* 4096 bytes: pacat-simple-vchan -l */
	.only = &hvsnd_simple_format,
	.fixed = true,
	.links = 2,
	.open = hvsnd_simple_open,
	.receive = hvsnd_simple_receive,
	.frame = hvsnd_simple_frame,
	.start = hvsnd_simple_pass,
	.stop = hvsnd_simple_pass,
	.pause = hvsnd_simple_pass,
};
