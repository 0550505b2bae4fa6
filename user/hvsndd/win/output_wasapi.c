// SPDX-License-Identifier: GPL-2.0
/*
 * --output wasapi: each stream is a session of Windows' volume mixer. A stream
 * has a queue in the guest's sample format. The device takes frames from the
 * queue through the resampler, at the rate at which the queue stays at its
 * target length. While there is no device, playback data is discarded at the
 * rate at which it would be played.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../config.h"
#include "audio_device.h"
#include "output_wasapi.h"
#include "port.h"
#include "wasapi_session.h"

#define RETRY_MIN_USEC (100 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (5 * USEC_PER_SEC)
/* A closed stream is freed at the latest so long after its queue has ended. */
#define LINGER_USEC (2 * USEC_PER_SEC)

static struct wasapi_stream *streams;

static struct wasapi_stream *of(struct stream *s)
{
	return (struct wasapi_stream *)s;
}

static void stream_free(struct wasapi_stream *p)
{
	struct guest *g = p->closing ? p->stream.guest : NULL;
	struct wasapi_stream **at;

	for (at = &streams; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	audio_client_close(&p->client);
	resample_free(&p->resample);
	softclock_stop(&p->clock);
	timer_free(&p->timer);
	free(p->queue);
	free(p);
	if (g)
		guest_release(g);
}

/* Duration of all data that the device has not played yet, in microseconds. */
static uint64_t queued_usec(struct wasapi_stream *p)
{
	uint32_t padding = 0;

	audio_client_queued(&p->client, &padding);
	return sample_usec(p->have, &p->stream.spec) +
	       (p->exact ? 0 : resample_delay(&p->resample)) +
	       (uint64_t)padding * USEC_PER_SEC / p->client.rate;
}

static void measure(struct wasapi_stream *p)
{
	if (p->stream.follow && p->state == WASAPI_RUNNING)
		drift_measure(&p->drift, queued_usec(p), loop_now());
}

/* Without a clock, for lack of memory, the stream only waits. */
static void start_clock(struct wasapi_stream *p)
{
	softclock_start(&p->clock, &p->stream);
	/* The guest must not send in a burst what it would send in time. */
	if (!p->stream.record)
		p->clock.bytes = 0;
}

/* The device is gone. Its data is lost, and the guest plays on. */
static void lose(struct wasapi_stream *p, HRESULT hr)
{
	struct guest *g = p->stream.guest;
	char text[128];

	if (!p->failure_logged)
		log_limited(
			&g->log, LOG_WARNING,
			"%s: the audio device failed: %s. Audio is discarded until there is a device. Check Settings > System > Sound",
			g->name, port_error_text(hr, text, sizeof(text)));
	p->failure_logged = true;
	audio_client_close(&p->client);
	p->state = WASAPI_AWAY;
	g->dropped_bytes += p->have;
	p->have = 0;
	if (!p->closing)
		start_clock(p);
	timer_set(&p->timer, p->closing ? 0 : p->retry_usec);
	p->retry_usec *= 2;
	if (p->retry_usec > RETRY_MAX_USEC)
		p->retry_usec = RETRY_MAX_USEC;
}

/* The device has played everything. */
static HRESULT on_empty(struct wasapi_stream *p)
{
	HRESULT hr = audio_client_stop(&p->client);

	if (!p->exact)
		resample_reset(&p->resample);
	if (p->state == WASAPI_RUNNING) {
		p->stream.guest->underruns++;
		p->state = WASAPI_FILLING;
	} else {
		p->state = WASAPI_CORKED;
		if (p->closing)
			timer_set(&p->timer, 0);
	}
	return hr;
}

/* Move data to the device, and start or stop it. */
static HRESULT advance(struct wasapi_stream *p)
{
	uint32_t queued;
	HRESULT hr;

	if (p->state == WASAPI_CORKED ||
	    (p->state == WASAPI_FILLING && queued_usec(p) < config.latency_us))
		return S_OK;
	hr = wasapi_fill(p);
	if (SUCCEEDED(hr))
		hr = audio_client_queued(&p->client, &queued);
	if (FAILED(hr))
		return hr;
	if (!p->client.started && queued) {
		if (p->state == WASAPI_FILLING)
			p->state = WASAPI_RUNNING;
		drift_start(&p->drift, 0, config.latency_us);
		return audio_client_start(&p->client);
	}
	return queued || p->have ? S_OK : on_empty(p);
}

static void on_tick(void *data)
{
	struct wasapi_stream *p = data;
	HRESULT hr;

	if (p->stream.record) {
		hr = wasapi_record(p);
	} else {
		measure(p);
		hr = advance(p);
	}
	if (FAILED(hr))
		lose(p, hr);
	if (!p->stream.record && !p->closing)
		p->stream.on_room(p->stream.data);
}

static HRESULT open_device(struct wasapi_stream *p)
{
	struct audio_options o = {
		.record = p->stream.record,
		.name = wasapi_session_name(p),
		.session = p->session,
		.buffer_us = config.latency_us,
		.period_us = config.latency_us / 8,
		.on_tick = on_tick,
		.on_volume = wasapi_session_on_volume,
		.data = p,
	};
	HRESULT hr = audio_client_open(&p->client, &o);

	if (SUCCEEDED(hr) && wasapi_init(p))
		hr = E_OUTOFMEMORY;
	if (SUCCEEDED(hr) && p->stream.record)
		hr = audio_client_start(&p->client);
	if (FAILED(hr))
		return hr;
	wasapi_session_join(p);
	p->state = WASAPI_FILLING;
	p->flushed = false;
	p->retry_usec = RETRY_MIN_USEC;
	softclock_stop(&p->clock);
	drift_start(&p->drift, p->stream.spec.rate, config.latency_us);
	if (p->failure_logged)
		log_line(LOG_NOTICE, "%s: the audio device is back",
			 p->stream.guest->name);
	p->failure_logged = false;
	timer_set(&p->timer, USEC_PER_SEC);
	return S_OK;
}

static void on_second(struct wasapi_stream *p)
{
	struct guest *g = p->stream.guest;
	uint32_t rate = 0, queued;
	HRESULT hr;

	timer_set(&p->timer, USEC_PER_SEC);
	if (p->stream.record)
		return;
	/* A device that is gone may give no event any more. */
	hr = audio_client_queued(&p->client, &queued);
	if (FAILED(hr)) {
		lose(p, hr);
		return;
	}
	if (p->stream.follow && p->state == WASAPI_RUNNING)
		rate = drift_step(&p->drift, p->was_full);
	p->was_full = false;
	g->queue_usec = p->drift.mean_s * 1e6;
	g->drift_ppm = p->drift.drift * 1e6;
	if (rate)
		resample_set_rate(&p->resample, rate);
}

static void on_timer(void *data)
{
	struct wasapi_stream *p = data;
	HRESULT hr;

	if (p->closing) {
		stream_free(p);
	} else if (p->state == WASAPI_AWAY) {
		hr = open_device(p);
		if (FAILED(hr))
			lose(p, hr);
		if (!p->stream.record)
			p->stream.on_room(p->stream.data);
	} else {
		on_second(p);
	}
}

static void on_default_changed(void)
{
	struct wasapi_stream *p;

	for (p = streams; p; p = p->next) {
		if (p->closing || p->state == WASAPI_AWAY)
			continue;
		p->retry_usec = RETRY_MIN_USEC;
		audio_client_close(&p->client);
		p->stream.guest->dropped_bytes += p->have;
		p->have = 0;
		p->state = WASAPI_AWAY;
		start_clock(p);
		timer_set(&p->timer, 0);
	}
}

static bool wasapi_start(const char *argument)
{
	HRESULT hr = audio_device_start(on_default_changed);
	char text[128];

	(void)argument;
	if (FAILED(hr))
		log_line(
			LOG_ERR,
			"Windows' audio cannot be used: %s. Start the service Windows Audio",
			port_error_text(hr, text, sizeof(text)));
	return SUCCEEDED(hr);
}

static struct stream *wasapi_open(const struct stream *s)
{
	struct wasapi_stream *p = calloc(1, sizeof(*p));
	HRESULT hr;

	if (!p)
		return NULL;
	p->stream = *s;
	p->stream.output = &output_wasapi;
	wasapi_session_init(p, streams);
	p->retry_usec = RETRY_MIN_USEC;
	p->size = sample_bytes(2 * config.latency_us, &s->spec) +
		  sample_frame_size(&s->spec);
	if (!s->record)
		p->queue = malloc(p->size);
	if ((!s->record && !p->queue) || timer_init(&p->timer, on_timer, p)) {
		free(p->queue);
		free(p);
		return NULL;
	}
	p->next = streams;
	streams = p;
	hr = open_device(p);
	if (FAILED(hr))
		lose(p, hr);
	return &p->stream;
}

static size_t wasapi_room(struct stream *s)
{
	struct wasapi_stream *p = of(s);
	uint64_t max = 2 * config.latency_us, queued;
	size_t room, frame = sample_frame_size(&s->spec);

	if (p->state == WASAPI_AWAY)
		return softclock_room(&p->clock);
	queued = queued_usec(p);
	room = queued < max ? sample_bytes(max - queued, &s->spec) : 0;
	if (room > p->size - p->have)
		room = p->size - p->have;
	room -= room % frame;
	p->was_full |= !room;
	return room;
}

static void wasapi_write(struct stream *s, const void *buf, size_t len)
{
	struct wasapi_stream *p = of(s);
	HRESULT hr;

	if (p->state == WASAPI_AWAY) {
		softclock_consume(&p->clock, len);
		s->guest->dropped_bytes += len;
		return;
	}
	memcpy(p->queue + p->have, buf, len);
	p->have += len;
	hr = advance(p);
	if (FAILED(hr))
		lose(p, hr);
	else
		measure(p);
}

static void wasapi_cork(struct stream *s, bool cork)
{
	struct wasapi_stream *p = of(s);
	HRESULT hr = S_OK;

	if (p->state == WASAPI_AWAY)
		return;
	if (cork && p->state != WASAPI_CORKED) {
		p->state = WASAPI_DRAINING;
		p->flushed = false;
		hr = advance(p);
	} else if (!cork && p->state == WASAPI_DRAINING) {
		p->state = p->client.started ? WASAPI_RUNNING : WASAPI_FILLING;
	} else if (!cork && p->state == WASAPI_CORKED) {
		p->state = WASAPI_FILLING;
	}
	if (FAILED(hr))
		lose(p, hr);
}

static uint64_t wasapi_delay(struct stream *s)
{
	struct wasapi_stream *p = of(s);
	uint64_t usec = p->exact ? 0 : resample_delay(&p->resample);

	if (p->state == WASAPI_AWAY)
		return 0;
	if (!s->record)
		usec += sample_usec(p->have, &s->spec) +
			audio_client_delay(&p->client);
	return usec;
}

static void wasapi_set_volume(struct stream *s)
{
	struct wasapi_stream *p = of(s);

	wasapi_session_set_volume(p);
}

static void wasapi_close(struct stream *s)
{
	struct wasapi_stream *p = of(s);

	if (s->record || p->state == WASAPI_AWAY || p->state == WASAPI_CORKED) {
		stream_free(p);
		return;
	}
	p->closing = true;
	guest_hold(s->guest);
	softclock_stop(&p->clock);
	timer_set(&p->timer, 2 * config.latency_us + LINGER_USEC);
	wasapi_cork(s, true);
}

static void wasapi_stop(void)
{
	while (streams)
		stream_free(streams);
	audio_device_stop();
}

const struct output output_wasapi = {
	.name = "wasapi",
	.start = wasapi_start,
	.open = wasapi_open,
	.room = wasapi_room,
	.write = wasapi_write,
	.cork = wasapi_cork,
	.delay = wasapi_delay,
	.set_volume = wasapi_set_volume,
	.close = wasapi_close,
	.stop = wasapi_stop,
};
