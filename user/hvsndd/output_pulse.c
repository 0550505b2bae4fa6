// SPDX-License-Identifier: GPL-2.0
/*
 * --output pulse: each stream is a stream of the host's PulseAudio or PipeWire
 * server, named after its guest. While there is no server, playback data is
 * discarded at the rate at which it would be played, so that nothing is played
 * late when the server is back.
 */
#include "config.h"
#include "pulse_stream.h"

/* A closed stream is freed at the latest so long after its queue has ended. */
#define LINGER_USEC (2 * USEC_PER_SEC)

static bool pulse_start(const char *argument)
{
	if (!argument)
		return pulse_stream_start();
	log_line(LOG_ERR, "output pulse takes no argument: see --server");
	return false;
}

static struct stream *pulse_open(const struct stream *s)
{
	struct stream with_output = *s;
	struct pulse_stream *p;

	with_output.output = &output_pulse;
	p = pulse_stream_new(&with_output);
	return p ? &p->stream : NULL;
}

static size_t pulse_room(struct stream *s)
{
	struct pulse_stream *p = (struct pulse_stream *)s;
	size_t room = 0;

	if (p->state == PULSE_AWAY)
		return pulse_stream_is_starting() ? 0 :
						    softclock_room(&p->clock);
	if (pulse_stream_is_open(p))
		room = pa_stream_writable_size(p->remote);
	if (room == (size_t)-1)
		room = 0;
	room -= room % sample_frame_size(&s->spec);
	p->was_full |= !room;
	return room;
}

static void pulse_write(struct stream *s, const void *buf, size_t len)
{
	struct pulse_stream *p = (struct pulse_stream *)s;

	if (p->state == PULSE_AWAY) {
		softclock_consume(&p->clock, len);
		s->guest->dropped_bytes += len;
		return;
	}
	if (pa_stream_write(p->remote, buf, len, NULL, 0, PA_SEEK_RELATIVE) < 0)
		s->guest->dropped_bytes += len;
	pulse_stream_measure(p);
}

static void pulse_cork(struct stream *s, bool cork)
{
	struct pulse_stream *p = (struct pulse_stream *)s;
	enum pulse_state state = cork ? PULSE_CORKED : PULSE_RUNNING;

	if (!pulse_stream_is_open(p) || p->state == state)
		return;
	pulse_stream_set_state(p, state);
	if (cork) {
		pulse_stream_drain(p);
	} else {
		drift_start(&p->drift, 0, config.latency_us);
		pa_operation_unref(pa_stream_cork(p->remote, 0, NULL, NULL));
	}
}

static void pulse_close(struct stream *s)
{
	struct pulse_stream *p = (struct pulse_stream *)s;

	if (s->record || p->state != PULSE_RUNNING) {
		pulse_stream_free(p);
		return;
	}
	pulse_stream_set_state(p, PULSE_CLOSING);
	guest_hold(s->guest);
	softclock_stop(&p->clock);
	timer_set(&p->timer, 2 * config.latency_us + LINGER_USEC);
	pulse_stream_drain(p);
}

const struct output output_pulse = {
	.name = "pulse",
	.start = pulse_start,
	.open = pulse_open,
	.room = pulse_room,
	.write = pulse_write,
	.cork = pulse_cork,
	.close = pulse_close,
	.stop = pulse_stream_stop,
};
