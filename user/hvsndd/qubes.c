// SPDX-License-Identifier: GPL-2.0
#include "qubes.h"

#define RECORD_STOP 0x00010000U
#define RECORD_START 0x00010001U
#define PLAY_STOP 0x00020000U
#define PLAY_START 0x00020001U

static void dispatch(struct qubes *q, uint32_t code)
{
	switch (code) {
	case RECORD_STOP:
	case RECORD_START:
		q->record(q->data, code == RECORD_START);
		break;
	case PLAY_STOP:
	case PLAY_START:
		q->play(q->data, code == PLAY_START);
		break;
	}
}

void qubes_receive(struct qubes *q, const uint8_t *buf, size_t len)
{
	for (; len; buf++, len--) {
		q->bytes[q->len++] = *buf;
		if (q->len < sizeof(q->bytes))
			continue;
		q->len = 0;
		dispatch(q, q->bytes[0] | q->bytes[1] << 8 | q->bytes[2] << 16 |
				    (uint32_t)q->bytes[3] << 24);
	}
}
