// SPDX-License-Identifier: GPL-2.0
/*
 * Raw PCM and Qubes' codes, with calls that the input selects. The host that
 * reads the codes must always know the latest state that could be sent, and at
 * the end the state that the guest wants.
 */
#include <string.h>

#include "fuzz.h"
#include "core/proto/qubes.h"
#include "core/proto/session.h"

static struct hvsnd_session session;
static u64 heard;
static unsigned int ready;

static void on_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
{
	MUST(s == &session);
	if (ev->type == HVSND_EVENT_READY) {
		ready++;
		return;
	}
	MUST(ev->type == HVSND_EVENT_DATA);
	MUST(s->params.direction == SNDRV_PCM_STREAM_CAPTURE);
	heard += ev->len;
}

static void raw(struct input *in)
{
	u8 how = take(in, 1);
	struct hvsnd_session_params p = {
		.direction = how & 1,
		.format = SNDRV_PCM_FORMAT_S16_LE,
		.rate = 44100,
		.channels = 2,
		.frame_bytes = 4,
	};
	u8 head[HVSND_HEAD_MAX];
	size_t bytes, framed, len = 1;
	u64 came = 0;

	session.ops = how & 2 ? &hvsnd_simple_ops : &hvsnd_qubes_ops;
	session.event = on_event;
	heard = 0;
	ready = 0;
	MUST(!session.ops->open(&session, &p) && ready == 1);
	while (in->size) {
		switch (take(in, 1) % 5) {
		case 0:
			session.ops->start(&session);
			break;
		case 1:
			session.ops->stop(&session);
			break;
		case 2:
			session.ops->pause(&session);
			break;
		case 3:
			bytes = take(in, 2) * 4;
			framed = session.ops->frame(&session, bytes, head,
						    &len);
			MUST(framed == bytes && !len);
			break;
		default:
			bytes = take(in, 1) % (in->size + 1);
			MUST(!session.ops->receive(&session, in->data, bytes));
			came += bytes;
			in->data += bytes;
			in->size -= bytes;
			break;
		}
		MUST(!session.tx_len && !session.failed && !session.reason &&
		     ready == 1);
	}
	MUST(heard == (p.direction == SNDRV_PCM_STREAM_CAPTURE ? came : 0));
}

/* State of each direction that the host received last, if any */
struct host {
	int known[2];
	u8 code[4];
	unsigned int have;
};

static void hear(struct host *h, u8 byte)
{
	u32 code;
	int d;

	h->code[h->have++] = byte;
	if (h->have < sizeof(h->code))
		return;
	h->have = 0;
	code = h->code[0] | h->code[1] << 8 | h->code[2] << 16 |
	       (u32)h->code[3] << 24;
	MUST(code >> 17 == 0 || code >> 1 == 0x10000);
	MUST((code & ~1U) == 0x00010000 || (code & ~1U) == 0x00020000);
	d = code >> 17 ? SNDRV_PCM_STREAM_PLAYBACK : SNDRV_PCM_STREAM_CAPTURE;
	/* The same state is not sent again. */
	MUST(h->known[d] != (int)(code & 1));
	h->known[d] = code & 1;
}

/* As many bytes as the connection accepts */
static void tell(struct hvsnd_qubes *q, struct host *h, size_t room)
{
	const u8 *p;

	while (room-- && (p = hvsnd_qubes_next(q))) {
		MUST(q->tx_len && q->tx_len <= sizeof(q->tx));
		hear(h, *p);
		q->tx_len--;
	}
}

static void codes(struct input *in)
{
	struct hvsnd_qubes q = { .wanted = { 0 } };
	struct host h = { .known = { -1, -1 } };

	hvsnd_qubes_open(&q);
	while (in->size) {
		u8 op = take(in, 1);

		switch (op % 4) {
		case 0:
		case 1:
			q.wanted[op % 4] = op & 4;
			break;
		case 2:
			tell(&q, &h, op >> 2);
			break;
		default:
			h = (struct host){ .known = { -1, -1 } };
			hvsnd_qubes_open(&q);
			break;
		}
	}
	tell(&q, &h, 64);
	MUST(!hvsnd_qubes_next(&q) && !h.have);
	MUST(h.known[0] == q.wanted[0] && h.known[1] == q.wanted[1]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };

	if (take(&in, 1) & 1)
		raw(&in);
	else
		codes(&in);
	return 0;
}
