// SPDX-License-Identifier: GPL-2.0
/*
 * Qubes OS: two connections, one of nothing but playback's audio; captured
 * audio comes on the other, on which the guest says by 4-byte little-endian
 * codes whether it wants to play and to record. S16_LE, 44.1 kHz, stereo.
 *
 * The host says nothing. It assumes no state of a guest that has just
 * connected, so that is told first, whatever it is. (qubes-gui-agent-linux,
 * pulse/qubes-vchan-sink.h for the codes, its PipeWire agent for the rest.)
 */
#include "qubes.h"
#include "session.h"

static const u32 qubes_codes[2][2] = {
	[SNDRV_PCM_STREAM_PLAYBACK] = { 0x00020000, 0x00020001 },
	[SNDRV_PCM_STREAM_CAPTURE] = { 0x00010000, 0x00010001 },
};

/**
 * hvsnd_qubes_open - the host is another, or has forgotten
 * @q: what is to be told; @q->wanted stays
 *
 * Context: any, serialised by the owner.
 */
void hvsnd_qubes_open(struct hvsnd_qubes *q)
{
	q->stale[0] = true;
	q->stale[1] = true;
	q->tx_len = 0;
}

/**
 * hvsnd_qubes_next - what is to be sent now
 * @q: what is to be told; the owner takes @q->tx_len down by what it sent
 *
 * What changed and changed back meanwhile is not told.
 *
 * Context: any, serialised by the owner.
 * Return: @q->tx_len bytes, or NULL when all is told.
 */
const u8 *hvsnd_qubes_next(struct hvsnd_qubes *q)
{
	int d;
	u32 code;

	/* Recording first, as the PipeWire agent has it. */
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

static const struct hvsnd_session_format qubes_format = {
	.format = SNDRV_PCM_FORMAT_S16_LE,
	.rate = 44100,
	.channels = 2,
};

/* Of one direction, what is said is what raw PCM says; the codes are the card's. */
const struct hvsnd_session_ops hvsnd_qubes_ops = {
	.name = "qubes",
	.chunk_ms = 24,		/* pacat-simple-vchan's target with -l: 4096 bytes */
	.only = &qubes_format,
	.fixed = true,
	.links = 2,
	.open = hvsnd_simple_open,
	.receive = hvsnd_simple_receive,
	.frame = hvsnd_simple_frame,
	.start = hvsnd_simple_pass,
	.stop = hvsnd_simple_pass,
	.pause = hvsnd_simple_pass,
};
