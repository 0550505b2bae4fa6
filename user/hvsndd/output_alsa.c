// SPDX-License-Identifier: GPL-2.0
/*
 * --output alsa[:DEVICE]: each stream is an ALSA PCM, for hosts without a sound
 * server. alsa-lib's configuration of the device mixes guests and converts
 * rates.
 */
#include <alsa/asoundlib.h>
#include <stdlib.h>

#include "config.h"
#include "loop.h"
#include "outputs.h"

#define PERIOD_MIN_USEC (5 * USEC_PER_MSEC)
/* A device that has not played its queue after so much longer has failed. */
#define LINGER_USEC (2 * USEC_PER_SEC)

/**
 * enum alsa_state - state of a PCM
 * @ALSA_RUNNING: takes or has data
 * @ALSA_CORKED: stopped
 * @ALSA_DRAINING: plays its queue, and is running after it
 * @ALSA_CORKING: plays its queue, and is corked after it
 * @ALSA_CLOSING: plays its queue, and is freed after it
 */
enum alsa_state {
	ALSA_RUNNING,
	ALSA_CORKED,
	ALSA_DRAINING,
	ALSA_CORKING,
	ALSA_CLOSING,
};

/**
 * struct alsa_stream - a stream
 * @stream: the stream, must be the first member
 * @next: closing: next in the list
 * @pcm: the PCM
 * @buffer_frames: size of its buffer
 * @timer: fires once per period, to write or to read
 * @failure_logged: a failure of the PCM was logged
 * @state: what the PCM does
 * @silence: draining: number of frames of silence behind the queue
 * @deadline_usec: draining: end of the wait for the queue, a time of loop_now()
 */
struct alsa_stream {
	struct stream stream;
	struct alsa_stream *next;
	snd_pcm_t *pcm;
	snd_pcm_uframes_t buffer_frames;
	struct timer timer;
	bool failure_logged;
	enum alsa_state state;
	snd_pcm_sframes_t silence;
	uint64_t deadline_usec;
};

static const char *device = "default";
static struct alsa_stream *closing;

static bool is_draining(const struct alsa_stream *a)
{
	return a->state >= ALSA_DRAINING;
}

/* The time for the queue begins with the first request to play it. */
static void set_state(struct alsa_stream *a, enum alsa_state state)
{
	if (!is_draining(a)) {
		a->deadline_usec =
			loop_now() + 2 * config.latency_us + LINGER_USEC;
		a->silence = 0;
	}
	a->state = state;
}

static snd_pcm_format_t format_of(enum sample_format format)
{
	static const struct {
		enum sample_format sample;
		snd_pcm_format_t alsa;
	} formats[] = {
		{ SAMPLE_U8, SND_PCM_FORMAT_U8 },
		{ SAMPLE_ALAW, SND_PCM_FORMAT_A_LAW },
		{ SAMPLE_ULAW, SND_PCM_FORMAT_MU_LAW },
		{ SAMPLE_S16LE, SND_PCM_FORMAT_S16_LE },
		{ SAMPLE_S16BE, SND_PCM_FORMAT_S16_BE },
		{ SAMPLE_FLOAT32LE, SND_PCM_FORMAT_FLOAT_LE },
		{ SAMPLE_FLOAT32BE, SND_PCM_FORMAT_FLOAT_BE },
		{ SAMPLE_S32LE, SND_PCM_FORMAT_S32_LE },
		{ SAMPLE_S32BE, SND_PCM_FORMAT_S32_BE },
		{ SAMPLE_S24LE, SND_PCM_FORMAT_S24_3LE },
		{ SAMPLE_S24BE, SND_PCM_FORMAT_S24_3BE },
		{ SAMPLE_S24_32LE, SND_PCM_FORMAT_S24_LE },
		{ SAMPLE_S24_32BE, SND_PCM_FORMAT_S24_BE },
	};
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].sample == format)
			return formats[i].alsa;
	}
	return SND_PCM_FORMAT_UNKNOWN;
}

static uint64_t period(void)
{
	return config.latency_us / 4 < PERIOD_MIN_USEC ? PERIOD_MIN_USEC :
							 config.latency_us / 4;
}

static bool alsa_start(const char *argument)
{
	if (argument && *argument)
		device = argument;
	return true;
}

/*
 * Continue after an xrun or a suspend. Returns whether the operation can be
 * repeated.
 */
static bool recover(struct alsa_stream *a, int err)
{
	if (err == -EPIPE && !a->stream.record)
		a->stream.guest->underruns++;
	if (err == -EAGAIN)
		return false;
	err = snd_pcm_recover(a->pcm, err, 1);
	if (err < 0) {
		if (!a->failure_logged)
			log_limited(&a->stream.guest->log, LOG_WARNING,
				    "%s: ALSA device %s failed: %s. Audio of this connection is discarded",
				    a->stream.guest->name, device,
				    snd_strerror(err));
		a->failure_logged = true;
		return false;
	}
	return !a->stream.record || snd_pcm_start(a->pcm) >= 0;
}

static void record(struct alsa_stream *a)
{
	size_t frame = sample_frame_size(&a->stream.spec);
	char buf[STREAM_BLOCK_SIZE];
	snd_pcm_sframes_t n;

	do {
		n = snd_pcm_readi(a->pcm, buf, sizeof(buf) / frame);
		if (n > 0)
			a->stream.on_data(a->stream.data, buf, n * frame);
		else if (n < 0)
			recover(a, n);
	} while (n == (snd_pcm_sframes_t)(sizeof(buf) / frame));
}

static void alsa_free(struct alsa_stream *a)
{
	timer_free(&a->timer);
	snd_pcm_close(a->pcm);
	free(a);
}

static void finish_close(struct alsa_stream *a)
{
	struct guest *g = a->stream.guest;
	struct alsa_stream **at;

	for (at = &closing; *at != a; at = &(*at)->next)
		;
	*at = a->next;
	alsa_free(a);
	guest_release(g);
}

/* After prepare, the PCM starts by itself when enough data was written. */
static void prepare(struct alsa_stream *a)
{
	snd_pcm_drop(a->pcm);
	snd_pcm_prepare(a->pcm);
	timer_set(&a->timer, period());
}

/* Keep the room filled with silence, and have the PCM started. */
static void write_silence(struct alsa_stream *a)
{
	const struct sample_spec *spec = &a->stream.spec;
	size_t frame = sample_frame_size(spec);
	char buf[STREAM_BLOCK_SIZE];
	snd_pcm_sframes_t n;

	sample_silence(spec->format, buf, sizeof(buf));
	while ((n = snd_pcm_writei(a->pcm, buf, sizeof(buf) / frame)) > 0)
		a->silence += n;
	if (snd_pcm_state(a->pcm) == SND_PCM_STATE_PREPARED)
		snd_pcm_start(a->pcm);
}

/*
 * Whether only silence is left. ALSA's plugin for PulseAudio has no delay
 * before the server plays; the buffer alone decides then.
 */
static bool is_played(struct alsa_stream *a)
{
	snd_pcm_sframes_t delay, room = snd_pcm_avail_update(a->pcm);

	if (room < 0)
		return true;
	if (snd_pcm_delay(a->pcm, &delay) < 0)
		delay = 0;
	return delay <= a->silence &&
	       (snd_pcm_sframes_t)a->buffer_frames - room <= a->silence;
}

/*
 * Play the queue. While ALSA itself drains a PCM, a device may play old data of
 * its buffer behind the end of the queue, and there is no way back to running.
 * Returns whether the queue was played and the PCM takes data again.
 */
static bool drain(struct alsa_stream *a)
{
	if (!is_played(a) && loop_now() < a->deadline_usec) {
		write_silence(a);
		timer_set(&a->timer, PERIOD_MIN_USEC);
		return false;
	}
	snd_pcm_drop(a->pcm);
	if (a->state == ALSA_CLOSING) {
		finish_close(a);
		return false;
	}
	if (a->state == ALSA_CORKING) {
		timer_stop(&a->timer);
		set_state(a, ALSA_CORKED);
	} else {
		prepare(a);
		set_state(a, ALSA_RUNNING);
	}
	return true;
}

static void on_timer(void *data)
{
	struct alsa_stream *a = data;

	if (is_draining(a)) {
		if (drain(a))
			a->stream.on_room(a->stream.data);
		return;
	}
	timer_set(&a->timer, period());
	if (a->stream.record)
		record(a);
	else
		a->stream.on_room(a->stream.data);
}

static struct stream *alsa_open(const struct stream *s)
{
	struct alsa_stream *a = calloc(1, sizeof(*a));
	snd_pcm_uframes_t period_frames;
	int err;

	if (!a)
		return NULL;
	a->stream = *s;
	a->stream.output = &output_alsa;
	err = snd_pcm_open(&a->pcm, device,
			   s->record ? SND_PCM_STREAM_CAPTURE :
				       SND_PCM_STREAM_PLAYBACK,
			   SND_PCM_NONBLOCK);
	if (err >= 0)
		err = snd_pcm_set_params(a->pcm, format_of(s->spec.format),
					 SND_PCM_ACCESS_RW_INTERLEAVED,
					 s->spec.channels, s->spec.rate, 1,
					 2 * config.latency_us);
	if (err >= 0)
		err = snd_pcm_get_params(a->pcm, &a->buffer_frames,
					 &period_frames);
	if (err >= 0)
		err = timer_init(&a->timer, on_timer, a);
	if (err >= 0 && s->record)
		err = snd_pcm_start(a->pcm);
	if (err >= 0) {
		timer_set(&a->timer, period());
		return &a->stream;
	}
	log_limited(&s->guest->log, LOG_WARNING,
		    "%s: ALSA device %s cannot be opened: %s", s->guest->name,
		    device, snd_strerror(err));
	if (a->pcm)
		snd_pcm_close(a->pcm);
	timer_free(&a->timer);
	free(a);
	return NULL;
}

static size_t alsa_room(struct stream *s)
{
	struct alsa_stream *a = (struct alsa_stream *)s;
	snd_pcm_sframes_t n;

	if (is_draining(a))
		return 0;
	n = snd_pcm_avail_update(a->pcm);
	if (n < 0 && recover(a, n))
		n = snd_pcm_avail_update(a->pcm);
	return n > 0 ? n * sample_frame_size(&s->spec) : 0;
}

static void alsa_write(struct stream *s, const void *buf, size_t len)
{
	struct alsa_stream *a = (struct alsa_stream *)s;
	size_t frame = sample_frame_size(&s->spec);
	snd_pcm_sframes_t n = snd_pcm_writei(a->pcm, buf, len / frame);

	if (n < 0 && recover(a, n))
		n = snd_pcm_writei(a->pcm, buf, len / frame);
	if (n < (snd_pcm_sframes_t)(len / frame))
		s->guest->dropped_bytes += len - (n > 0 ? n * frame : 0);
}

static void alsa_cork(struct stream *s, bool cork)
{
	struct alsa_stream *a = (struct alsa_stream *)s;

	if (cork) {
		set_state(a, ALSA_CORKING);
		drain(a);
	} else if (is_draining(a)) {
		set_state(a, ALSA_DRAINING);
	} else {
		set_state(a, ALSA_RUNNING);
		prepare(a);
	}
}

static uint64_t alsa_delay(struct stream *s)
{
	struct alsa_stream *a = (struct alsa_stream *)s;
	snd_pcm_sframes_t n;

	if (snd_pcm_delay(a->pcm, &n) < 0 || n < 0)
		return 0;
	return n * USEC_PER_SEC / s->spec.rate;
}

static void alsa_close(struct stream *s)
{
	struct alsa_stream *a = (struct alsa_stream *)s;

	if (s->record) {
		alsa_free(a);
		return;
	}
	/* It counts as a connection until it was played. */
	guest_hold(s->guest);
	a->next = closing;
	closing = a;
	set_state(a, ALSA_CLOSING);
	drain(a);
}

static void alsa_stop(void)
{
	while (closing)
		finish_close(closing);
	snd_config_update_free_global();
}

const struct output output_alsa = {
	.name = "alsa",
	.start = alsa_start,
	.open = alsa_open,
	.room = alsa_room,
	.write = alsa_write,
	.cork = alsa_cork,
	.delay = alsa_delay,
	.close = alsa_close,
	.stop = alsa_stop,
};
