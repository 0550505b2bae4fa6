// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rate_check.h"
#include "loop.h"
#include "qubes.h"
#include "raw.h"
#include "outputs.h"

#define FRAME_MAX 128 /* bytes: 32 channels of 4 */
#define QUEUE_MS 200 /* of recorded sound that the guest does not fetch */
#define QUEUE_MAX 262144 /* bytes of it */
#define IDLE_USEC \
	(5 * USEC_PER_SEC) /* a stream this long without sound sleeps */
#define TAIL_USEC \
	(20 * USEC_PER_MSEC) /* sound may come behind the code that ends it */
#define CODES_MAX 256 /* bytes read at once: codes are rare */
#define REST_USEC (5 * USEC_PER_MSEC)

/**
 * struct raw - one connection
 * @link: for the guest
 * @w: the connection
 * @protocol: what it speaks
 * @spec: its sample format
 * @plays: it may carry sound to the host
 * @play: that sound's stream, from the first sound on
 * @part: bytes of an incomplete frame,
 * @part_len: and how many
 * @corked: the guest said that it does not want to play
 * @asleep: @play was corked
 * @heard_at: when sound last came
 * @rate_check: rate at which the guest sends
 * @warned: the log has that it is another rate
 * @idle: notices that none comes
 * @records: it may carry sound from the host
 * @record: that sound's stream
 * @codes: what a Qubes VM says
 * @rest: when it is read again
 * @queue: recorded sound that waits for the guest,
 * @queue_len: so many bytes,
 * @queue_max: of so many
 */
struct raw {
	struct connection link;
	struct watch w;
	enum protocol protocol;
	pa_sample_spec spec;
	bool plays;
	struct stream *play;
	uint8_t part[FRAME_MAX];
	size_t part_len;
	bool corked;
	bool asleep;
	uint64_t heard_at;
	struct rate_check rate_check;
	bool warned;
	struct timer idle;
	bool records;
	struct stream *record;
	struct qubes codes;
	struct timer rest;
	uint8_t *queue;
	size_t queue_len;
	size_t queue_max;
};

static const struct connection_ops raw_ops;

static void raw_close(struct connection *l)
{
	struct raw *r = (struct raw *)l;

	if (r->play)
		r->play->output->close(r->play);
	if (r->record)
		r->record->output->close(r->record);
	timer_free(&r->idle);
	timer_free(&r->rest);
	watch_set(&r->w, false, false);
	close(r->w.fd);
	connection_remove(l);
	free(r->queue);
	free(r);
}

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static void end(struct raw *r, const char *why)
{
	log_limited(&r->link.guest->log, LOG_INFO, "%s: disconnected%s%s",
		    r->link.guest->name, why ? ": " : "", why ? why : "");
	raw_close(&r->link);
}

/* Playback */

static void on_room(void *data)
{
	struct raw *r = data;

	watch_set(&r->w, true, r->queue_len);
}

static bool play_open(struct raw *r)
{
	struct stream s = {
		.guest = r->link.guest,
		.spec = r->spec,
		.on_room = on_room,
		.data = r,
	};

	if (!r->play)
		r->play = output->open(&s);
	return r->play;
}

static void wake(struct raw *r)
{
	if (r->asleep)
		r->play->output->cork(r->play, false);
	r->asleep = false;
}

static void on_idle(void *data)
{
	struct raw *r = data;
	uint64_t most = r->corked ? TAIL_USEC : IDLE_USEC,
		 gone = loop_now() - r->heard_at;

	if (r->asleep || !r->play)
		return;
	if (gone < most) {
		timer_set(&r->idle, most - gone);
		return;
	}
	r->asleep = true;
	r->play->output->cork(r->play, true);
}

/* Bytes that wait in the socket; vsock has no other way to ask. */
static size_t backlog(struct raw *r)
{
	static uint8_t buf[RATE_CHECK_BACKLOG];
	ssize_t n = recv(r->w.fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);

	return n > 0 ? n : 0;
}

static void check_rate(struct raw *r, size_t len)
{
	uint64_t now = loop_now();
	uint32_t rate;

	if (r->protocol != PROTOCOL_SIMPLE || r->warned ||
	    !rate_check_add(&r->rate_check, now, len))
		return;
	rate = rate_check_result(&r->rate_check, now, backlog(r), &r->spec);
	if (!rate)
		return;
	r->warned = true;
	log_line(LOG_WARNING,
		 "%s: its sound arrives at %u frames/s and is played at %u: at the wrong pitch. Give hvsndd --rate %u, or in the guest: hvsnd set CARD rate %u (or the formats differ: see --format and --channels)",
		 r->link.guest->name, rate, r->spec.rate, rate, r->spec.rate);
}

/* Whole frames of @buf, which has the incomplete one in front. */
static void play(struct raw *r, const uint8_t *buf, size_t len)
{
	size_t part = len % pa_frame_size(&r->spec);
	struct guest *g = r->link.guest;
	uint64_t dropped;

	r->part_len = part;
	memcpy(r->part, buf + len - part, part);
	len -= part;
	if (!len)
		return;
	r->heard_at = loop_now();
	if (r->asleep || !r->idle.w.event)
		timer_set(&r->idle, r->corked ? TAIL_USEC : IDLE_USEC);
	wake(r);
	dropped = g->dropped_bytes;
	r->play->output->write(r->play, buf, len);
	g->played_bytes += len - (g->dropped_bytes - dropped);
}

/* Returns false if the link is gone. */
static bool read_sound(struct raw *r)
{
	uint8_t buf[STREAM_BLOCK_SIZE + FRAME_MAX];
	bool full = false;
	size_t room;
	ssize_t n;

	if (!play_open(r)) {
		end(r, "the host has no sound for it");
		return false;
	}
	room = r->play->output->room(r->play);
	if (room < pa_frame_size(&r->spec)) {
		full = true;
		room = STREAM_BLOCK_SIZE;
	}
	if (full && !config.drop_when_full) {
		watch_set(&r->w, false, r->queue_len);
		return true;
	}
	if (room > STREAM_BLOCK_SIZE)
		room = STREAM_BLOCK_SIZE;
	memcpy(buf, r->part, r->part_len);
	n = recv(r->w.fd, buf + r->part_len, room - r->part_len, 0);
	if (n < 0 && again())
		return true;
	if (n <= 0) {
		/* hv_sock has kernels that say EIO for the end. */
		end(r, n && errno != EIO ? strerror(errno) : NULL);
		return false;
	}
	check_rate(r, n);
	if (!full) {
		play(r, buf, r->part_len + n);
		return true;
	}
	r->part_len = (r->part_len + n) % pa_frame_size(&r->spec);
	r->link.guest->dropped_bytes += n;
	/* One that floods is not to keep us busy. */
	watch_set(&r->w, false, r->queue_len);
	timer_set(&r->rest, REST_USEC);
	return true;
}

/* Recording */

static bool flush(struct raw *r)
{
	ssize_t n;

	if (!r->queue_len)
		return true;
	n = send(r->w.fd, r->queue, r->queue_len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && !again())
		return false;
	if (n > 0) {
		r->link.guest->recorded_bytes += n;
		r->queue_len -= n;
		memmove(r->queue, r->queue + n, r->queue_len);
	}
	return true;
}

static void on_data(void *data, const void *buf, size_t len)
{
	struct raw *r = data;
	size_t room = r->queue_max - r->queue_len;

	room -= room % pa_frame_size(&r->spec);
	if (len > room) {
		r->link.guest->dropped_bytes += len - room;
		len = room;
	}
	memcpy(r->queue + r->queue_len, buf, len);
	r->queue_len += len;
	/* An error comes again when the connection is read. */
	flush(r);
	watch_set(&r->w, r->w.in, r->queue_len);
}

/* The host records while both sides want it. */
static void record_update(struct raw *r)
{
	bool wanted = r->link.wants_mic && r->link.guest->mic_allowed;
	struct stream s = {
		.guest = r->link.guest,
		.spec = r->spec,
		.record = true,
		.on_data = on_data,
		.data = r,
	};

	if (wanted && !r->record) {
		r->record = output->open(&s);
	} else if (!wanted && r->record) {
		r->record->output->close(r->record);
		r->record = NULL;
		/* What was heard is not told any more, but for a frame that is under way. */
		r->queue_len %= pa_frame_size(&r->spec);
	}
	r->link.recording = r->record;
}

static void raw_mic_changed(struct connection *l)
{
	record_update((struct raw *)l);
}

static void code_record(void *data, int wanted)
{
	struct raw *r = data;

	r->link.wants_mic = wanted;
	record_update(r);
	if (wanted && !r->link.guest->mic_allowed)
		log_limited(&r->link.guest->log, LOG_NOTICE,
			    "%s: wants the microphone, which is closed for it",
			    r->link.guest->name);
}

/* Said on one connection, of another. */
static void code_play(void *data, int wanted)
{
	struct raw *r = data, *other;
	struct connection *l;

	for (l = r->link.guest->connections; l; l = l->next) {
		other = (struct raw *)l;
		if (l->ops != &raw_ops || other->protocol != PROTOCOL_QUBES ||
		    !other->play)
			continue;
		other->corked = !wanted;
		if (wanted)
			wake(other);
		/* Sound that is still under way is waited for. */
		timer_set(&other->idle, wanted ? IDLE_USEC : TAIL_USEC);
	}
}

static void on_rest(void *data)
{
	on_room(data);
}

static bool read_codes(struct raw *r)
{
	uint8_t buf[CODES_MAX];
	ssize_t n = recv(r->w.fd, buf, sizeof(buf), 0);

	if (n < 0 && again())
		return true;
	if (n <= 0) {
		end(r, n && errno != EIO ? strerror(errno) : NULL);
		return false;
	}
	if (n == sizeof(buf)) {
		/* Nobody has as much to say. */
		watch_set(&r->w, false, r->queue_len);
		timer_set(&r->rest, REST_USEC);
	}
	if (r->protocol == PROTOCOL_QUBES)
		qubes_receive(&r->codes, buf, n);
	return true;
}

static void on_ready(void *data, bool in, bool out)
{
	struct raw *r = data;

	if (in && !(r->plays ? read_sound(r) : read_codes(r)))
		return;
	if (!out)
		return;
	if (flush(r))
		watch_set(&r->w, r->w.in, r->queue_len);
	else
		end(r, strerror(errno));
}

static const struct connection_ops raw_ops = {
	.mic_changed = raw_mic_changed,
	.close = raw_close,
};

/* A Qubes VM has one connection for each direction; an older one is dead. */
static void replace(const struct raw *r)
{
	struct connection *l;

	for (l = r->link.guest->connections; l; l = l->next) {
		struct raw *old = (struct raw *)l;

		if (l->ops != &raw_ops || old == r ||
		    old->protocol != PROTOCOL_QUBES || old->plays != r->plays)
			continue;
		end(old, "it has connected anew");
		return;
	}
}

static bool raw_start(struct raw *r)
{
	size_t frame = pa_frame_size(&r->spec);

	if (timer_init(&r->idle, on_idle, r) ||
	    timer_init(&r->rest, on_rest, r))
		return false;
	if (!r->records)
		return true;
	r->queue_max = pa_usec_to_bytes(QUEUE_MS * USEC_PER_MSEC, &r->spec);
	if (r->queue_max > QUEUE_MAX)
		r->queue_max = QUEUE_MAX - QUEUE_MAX % frame;
	r->queue = malloc(r->queue_max);
	return r->queue;
}

struct connection *raw_open(struct guest *g, int fd,
			    const struct endpoint_config *p)
{
	static const pa_sample_spec qubes_sound = { PA_SAMPLE_S16LE, 44100, 2 };
	struct raw *r = calloc(1, sizeof(*r));

	if (!r) {
		close(fd);
		return NULL;
	}
	r->link.ops = &raw_ops;
	r->w = (struct watch){ .fd = fd, .ready = on_ready, .data = r };
	r->protocol = p->protocol;
	r->spec = p->protocol == PROTOCOL_QUBES ? qubes_sound :
						  config.simple_spec;
	r->plays = p->direction != DIRECTION_RECORD;
	r->records = p->direction == DIRECTION_RECORD ||
		     p->direction == DIRECTION_BOTH;
	r->codes = (struct qubes){ .record = code_record,
				   .play = code_play,
				   .data = r };
	if ((r->plays && !g->playback) || !raw_start(r)) {
		log_limited(&g->log, LOG_NOTICE, "%s: refused: %s", g->name,
			    r->plays && !g->playback ? "it may not play" :
						       strerror(errno));
		timer_free(&r->idle);
		timer_free(&r->rest);
		free(r->queue);
		free(r);
		close(fd);
		return NULL;
	}
	connection_add(&r->link, g);
	if (p->protocol == PROTOCOL_QUBES)
		replace(r);
	/* In the simple protocol nothing is said: who connects there wants to record. */
	r->link.wants_mic = r->records && r->protocol == PROTOCOL_SIMPLE;
	record_update(r);
	watch_set(&r->w, true, false);
	return &r->link;
}
