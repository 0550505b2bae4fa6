// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "raw_private.h"

#define IDLE_USEC (5 * USEC_PER_SEC) /* without data until corked */
/* Data may arrive on one connection after the code that stops it on another. */
#define TRAILING_USEC (20 * USEC_PER_MSEC)

static uint64_t idle_usec(const struct raw *r)
{
	return r->guest_stopped ? TRAILING_USEC : IDLE_USEC;
}

static bool open_stream(struct raw *r)
{
	struct stream s = {
		.guest = r->connection.guest,
		.spec = r->spec,
		.follow = config.follow_drift,
		.on_room = raw_receive_again,
		.data = r,
	};

	if (!r->playback)
		r->playback = selected_output->open(&s);
	return r->playback;
}

static void set_corked(struct raw *r, bool corked)
{
	if (r->corked != corked)
		r->playback->output->cork(r->playback, corked);
	r->corked = corked;
}

static void on_idle(void *data)
{
	struct raw *r = data;
	uint64_t idle = loop_now() - r->last_data_usec;

	if (r->corked || !r->playback)
		return;
	if (idle < idle_usec(r))
		timer_set(&r->idle_timer, idle_usec(r) - idle);
	else
		set_corked(r, true);
}

void raw_play_set_stopped(struct raw *r, bool stopped)
{
	r->guest_stopped = stopped;
	if (!stopped)
		set_corked(r, false);
	timer_set(&r->idle_timer, idle_usec(r));
}

static void check_rate(struct raw *r, size_t len)
{
	uint64_t now = loop_now();
	uint32_t rate;

	if (r->protocol != PROTOCOL_SIMPLE || r->rate_warned ||
	    !rate_check_add(&r->rate_check, now, len))
		return;
	rate = rate_check_result(&r->rate_check, now, socket_backlog(&r->w),
				 &r->spec);
	if (!rate)
		return;
	r->rate_warned = true;
	log_line(LOG_WARNING,
		 "%s: wrong pitch: audio arrives at %u frames/s and is played at %u. Give hvsndd --rate %u, or in the guest: hvsnd set CARD rate %u (or the formats differ: see --format and --channels)",
		 r->connection.guest->name, rate, r->spec.rate, rate,
		 r->spec.rate);
}

/* Play data that begins with the partial frame, and keep the next one. */
static void play(struct raw *r, const uint8_t *buf, size_t len)
{
	size_t partial = len % sample_frame_size(&r->spec);
	struct guest *g = r->connection.guest;
	uint64_t dropped = g->dropped_bytes;

	r->partial_len = partial;
	memcpy(r->partial_frame, buf + len - partial, partial);
	len -= partial;
	if (!len)
		return;
	r->last_data_usec = loop_now();
	if (r->corked || !r->idle_timer.is_set)
		timer_set(&r->idle_timer, idle_usec(r));
	set_corked(r, false);
	r->playback->output->write(r->playback, buf, len);
	g->played_bytes += len - (g->dropped_bytes - dropped);
}

/* Count data as received without playing it. */
static void discard(struct raw *r, size_t len)
{
	size_t frame = sample_frame_size(&r->spec);

	r->partial_len = (r->partial_len + len) % frame;
	r->connection.guest->dropped_bytes += len;
	raw_stop_receiving(r);
	timer_set(&r->throttle_timer, RAW_THROTTLE_USEC);
}

bool raw_play_receive(struct raw *r)
{
	uint8_t buf[STREAM_BLOCK_SIZE + RAW_FRAME_MAX];
	size_t room;
	bool full;
	int n;

	if (!open_stream(r)) {
		r->end_reason = "the host's output cannot be opened";
		return false;
	}
	room = r->playback->output->room(r->playback);
	full = room < sample_frame_size(&r->spec);
	if (full && !config.drop_when_full) {
		/* The output calls raw_receive_again(). */
		raw_stop_receiving(r);
		return true;
	}
	if (full || room > STREAM_BLOCK_SIZE)
		room = STREAM_BLOCK_SIZE;
	memcpy(buf, r->partial_frame, r->partial_len);
	n = socket_receive(&r->w, buf + r->partial_len, room - r->partial_len);
	if (n == -EAGAIN)
		return true;
	if (n <= 0) {
		r->end_reason = n ? strerror(-n) : NULL;
		return false;
	}
	check_rate(r, n);
	if (full)
		discard(r, n);
	else
		play(r, buf, r->partial_len + n);
	return true;
}

int raw_play_init(struct raw *r)
{
	return timer_init(&r->idle_timer, on_idle, r);
}

void raw_play_free(struct raw *r)
{
	if (r->playback)
		r->playback->output->close(r->playback);
	timer_free(&r->idle_timer);
}
