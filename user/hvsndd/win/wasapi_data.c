// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "../convert.h"
#include "wasapi_data.h"

#define BLOCK_FRAMES 256
#define CHANNELS_MAX 64 /* of a device */

int wasapi_init(struct wasapi_stream *p)
{
	const struct sample_spec *spec = &p->stream.spec;

	if (p->client.channels > CHANNELS_MAX)
		return -EINVAL;
	resample_free(&p->resample);
	p->exact = spec->rate == p->client.rate && !p->stream.follow;
	if (p->exact)
		return 0;
	if (p->stream.record)
		return resample_init(&p->resample, spec->channels,
				     p->client.rate, spec->rate);
	return resample_init(&p->resample, p->client.channels, spec->rate,
			     p->client.rate);
}

/* Convert frames of the queue to the device's channels. Returns frames. */
static size_t take(struct wasapi_stream *p, float *out, size_t max)
{
	const struct sample_spec *spec = &p->stream.spec;
	size_t frame = sample_frame_size(spec), n = p->have / frame;
	float samples[BLOCK_FRAMES * SAMPLE_CHANNELS_MAX];

	if (n > max)
		n = max;
	convert_to_float(spec->format, p->queue, samples, n * spec->channels);
	convert_channels(samples, spec->channels, out, p->client.channels, n);
	p->have -= n * frame;
	memmove(p->queue, p->queue + n * frame, p->have);
	return n;
}

/* Fill the resampler; at the end of a drain, with silence. */
static bool feed(struct wasapi_stream *p)
{
	float frames[BLOCK_FRAMES * CHANNELS_MAX];
	size_t room = resample_room(&p->resample), n;

	n = take(p, frames, room < BLOCK_FRAMES ? room : BLOCK_FRAMES);
	if (!n && p->state == WASAPI_DRAINING && !p->flushed) {
		n = p->resample.taps / 2;
		if (n > BLOCK_FRAMES)
			n = BLOCK_FRAMES;
		memset(frames, 0, n * p->client.channels * sizeof(float));
		p->flushed = true;
	}
	resample_put(&p->resample, frames, n);
	return n;
}

/* The next frames for the device. Returns their number, 0 if there are none. */
static size_t next_frames(struct wasapi_stream *p, float *out, size_t max)
{
	size_t n;

	if (p->exact)
		return take(p, out, max);
	do {
		n = resample_get(&p->resample, out, max);
	} while (!n && feed(p));
	return n;
}

/* Write what the device can take. */
HRESULT wasapi_fill(struct wasapi_stream *p)
{
	float frames[BLOCK_FRAMES * CHANNELS_MAX];
	uint32_t queued, room;
	HRESULT hr;
	size_t n;

	hr = audio_client_queued(&p->client, &queued);
	if (FAILED(hr))
		return hr;
	for (room = p->client.buffer_frames - queued; room; room -= n) {
		n = next_frames(p, frames,
				room < BLOCK_FRAMES ? room : BLOCK_FRAMES);
		if (!n)
			break;
		hr = audio_client_write(&p->client, frames, n);
		if (FAILED(hr))
			return hr;
	}
	return S_OK;
}

HRESULT wasapi_record(struct wasapi_stream *p)
{
	const struct sample_spec *spec = &p->stream.spec;
	unsigned int channels = spec->channels;
	float frames[BLOCK_FRAMES * CHANNELS_MAX] = { 0 };
	float own[BLOCK_FRAMES * SAMPLE_CHANNELS_MAX];
	uint8_t out[BLOCK_FRAMES * SAMPLE_CHANNELS_MAX * 4];
	const float *in;
	uint32_t have, at, n;
	size_t made;
	HRESULT hr;

	for (;;) {
		hr = audio_client_read(&p->client, &in, &have);
		if (FAILED(hr) || !have)
			return hr;
		for (at = 0; at < have; at += n) {
			n = have - at < BLOCK_FRAMES ? have - at : BLOCK_FRAMES;
			convert_channels(in ? in + at * p->client.channels :
					      frames,
					 p->client.channels, own, channels, n);
			if (!p->exact)
				resample_put(&p->resample, own, n);
			for (made = n; made;) {
				if (!p->exact)
					made = resample_get(&p->resample, own,
							    BLOCK_FRAMES);
				convert_from_float(spec->format, own, out,
						   made * channels);
				if (made)
					p->stream.on_data(
						p->stream.data, out,
						made * sample_frame_size(spec));
				if (p->exact)
					break;
			}
		}
		hr = audio_client_release(&p->client, have);
		if (FAILED(hr))
			return hr;
	}
}
