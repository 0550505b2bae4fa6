// SPDX-License-Identifier: GPL-2.0
#define COBJMACROS
#include <stdlib.h>
#include <string.h>

#include "audio_client.h"
#include "audio_device.h"
#include "port.h"

/* after windows.h, which they need; initguid.h makes them define the ids */
#include <initguid.h>
#include <audioclient.h>
#include <mmreg.h>

#define HNS_PER_USEC 10
#define HNS_PER_SEC 10000000ULL
#define DELAY_MAX_US 2000000

DEFINE_GUID(subtype_float, 0x00000003, 0x0000, 0x0010, 0x80, 0x00, 0x00, 0xaa,
	    0x00, 0x38, 0x9b, 0x71);

/**
 * struct audio_tick - the link from the device's event to the loop
 * @message: the message to the loop, must be the first member
 * @event: set by the device
 * @wait: waits for @event
 * @posted: @message is under way
 * @closed: free this when @message has arrived
 * @call: called in the loop
 * @data: argument of @call
 */
struct audio_tick {
	struct port_event message;
	HANDLE event;
	HANDLE wait;
	volatile LONG posted;
	bool closed;
	void (*call)(void *data);
	void *data;
};

static void on_message(struct port_event *e, DWORD bytes, DWORD error)
{
	struct audio_tick *t = (struct audio_tick *)e;

	(void)bytes;
	(void)error;
	InterlockedExchange(&t->posted, 0);
	if (t->closed)
		free(t);
	else
		t->call(t->data);
}

/* In a thread of Windows */
static void CALLBACK on_event(void *data, BOOLEAN timed_out)
{
	struct audio_tick *t = data;

	(void)timed_out;
	if (!InterlockedExchange(&t->posted, 1))
		port_post(&t->message);
}

static struct audio_tick *tick_new(const struct audio_options *o)
{
	struct audio_tick *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->message.done = on_message;
	t->call = o->on_tick;
	t->data = o->data;
	t->event = CreateEventA(NULL, FALSE, FALSE, NULL);
	if (t->event &&
	    RegisterWaitForSingleObject(&t->wait, t->event, on_event, t,
					INFINITE, WT_EXECUTEINWAITTHREAD))
		return t;
	if (t->event)
		CloseHandle(t->event);
	free(t);
	return NULL;
}

static void tick_free(struct audio_tick *t)
{
	if (!t)
		return;
	/* Waits until on_event() has returned. */
	UnregisterWaitEx(t->wait, INVALID_HANDLE_VALUE);
	CloseHandle(t->event);
	t->closed = true;
	if (!t->posted)
		free(t);
}

static bool is_float(const WAVEFORMATEX *f)
{
	const WAVEFORMATEXTENSIBLE *e = (const WAVEFORMATEXTENSIBLE *)f;

	if (f->wBitsPerSample != 32)
		return false;
	return f->wFormatTag == WAVE_FORMAT_IEEE_FLOAT ||
	       (f->wFormatTag == WAVE_FORMAT_EXTENSIBLE &&
		IsEqualGUID(&e->SubFormat, &subtype_float));
}

/*
 * A period that IAudioClient3 offers and that is not longer than wanted. Fails
 * if there is none.
 */
static HRESULT initialize_small(IAudioClient *client, const WAVEFORMATEX *f,
				const struct audio_options *o)
{
	UINT32 usual, step, min, max, frames;
	IAudioClient3 *client3;
	HRESULT hr;

	hr = IAudioClient_QueryInterface(client, &IID_IAudioClient3,
					 (void **)&client3);
	if (FAILED(hr))
		return hr;
	hr = IAudioClient3_GetSharedModeEnginePeriod(client3, f, &usual, &step,
						     &min, &max);
	if (SUCCEEDED(hr)) {
		frames = (uint64_t)o->period_us * f->nSamplesPerSec / 1000000;
		if (step)
			frames -= frames % step;
		if (frames < min)
			frames = min;
		/* The usual period is for all: nothing is won by this way. */
		hr = frames >= usual ?
			     E_NOINTERFACE :
			     IAudioClient3_InitializeSharedAudioStream(
				     client3, AUDCLNT_STREAMFLAGS_EVENTCALLBACK,
				     frames, f, &o->session);
	}
	IAudioClient3_Release(client3);
	return hr;
}

static HRESULT initialize(struct audio_client *c, const struct audio_options *o,
			  bool small)
{
	DWORD flags = AUDCLNT_STREAMFLAGS_EVENTCALLBACK;
	WAVEFORMATEX *f;
	HRESULT hr = IAudioClient_GetMixFormat((IAudioClient *)c->client, &f);

	if (FAILED(hr))
		return hr;
	if (!is_float(f)) {
		/* Windows converts. */
		flags |= AUDCLNT_STREAMFLAGS_AUTOCONVERTPCM |
			 AUDCLNT_STREAMFLAGS_SRC_DEFAULT_QUALITY;
		f->wFormatTag = WAVE_FORMAT_IEEE_FLOAT;
		f->wBitsPerSample = 32;
		f->nBlockAlign = 4 * f->nChannels;
		f->nAvgBytesPerSec = f->nSamplesPerSec * f->nBlockAlign;
		f->cbSize = 0;
	}
	c->rate = f->nSamplesPerSec;
	c->channels = f->nChannels;
	if (small)
		hr = initialize_small(c->client, f, o);
	else
		hr = IAudioClient_Initialize(
			(IAudioClient *)c->client, AUDCLNT_SHAREMODE_SHARED,
			flags, (REFERENCE_TIME)o->buffer_us * HNS_PER_USEC, 0,
			f, &o->session);
	CoTaskMemFree(f);
	return hr;
}

static void release(void *object)
{
	if (object)
		IUnknown_Release((IUnknown *)object);
}

static HRESULT activate(struct audio_client *c, IMMDevice *device,
			const struct audio_options *o, bool small)
{
	HRESULT hr = IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_ALL,
					NULL, &c->client);

	if (SUCCEEDED(hr))
		hr = initialize(c, o, small);
	if (FAILED(hr)) {
		release(c->client);
		c->client = NULL;
	}
	return hr;
}

HRESULT audio_client_open(struct audio_client *c, const struct audio_options *o)
{
	IMMDevice *device;
	HRESULT hr;

	memset(c, 0, sizeof(*c));
	hr = audio_device_get(o->record, &device);
	if (FAILED(hr))
		return hr;
	/*
	 * While another program has a small period, Windows refuses a different
	 * one. A client that was refused cannot be initialized again.
	 */
	hr = activate(c, device, o, true);
	if (FAILED(hr))
		hr = activate(c, device, o, false);
	IMMDevice_Release(device);
	if (SUCCEEDED(hr))
		hr = IAudioClient_GetBufferSize((IAudioClient *)c->client,
						&c->buffer_frames);
	if (SUCCEEDED(hr))
		hr = IAudioClient_GetService((IAudioClient *)c->client,
					     o->record ?
						     &IID_IAudioCaptureClient :
						     &IID_IAudioRenderClient,
					     &c->service);
	if (SUCCEEDED(hr)) {
		c->tick = tick_new(o);
		hr = c->tick ? IAudioClient_SetEventHandle(
				       (IAudioClient *)c->client,
				       c->tick->event) :
			       E_OUTOFMEMORY;
	}
	if (FAILED(hr)) {
		audio_client_close(c);
		return hr;
	}
	if (!o->record &&
	    FAILED(IAudioClient_GetService((IAudioClient *)c->client,
					   &IID_IAudioClock, &c->clock)))
		c->clock = NULL;
	audio_session_open(&c->session, c->client, o->name, o->on_volume,
			   o->data);
	return S_OK;
}

void audio_client_close(struct audio_client *c)
{
	if (c->started)
		IAudioClient_Stop((IAudioClient *)c->client);
	tick_free(c->tick);
	audio_session_close(&c->session);
	release(c->clock);
	release(c->service);
	release(c->client);
	memset(c, 0, sizeof(*c));
}

HRESULT audio_client_start(struct audio_client *c)
{
	HRESULT hr = IAudioClient_Start((IAudioClient *)c->client);

	c->started = SUCCEEDED(hr);
	return hr;
}

HRESULT audio_client_stop(struct audio_client *c)
{
	HRESULT hr;

	if (!c->started)
		return S_OK;
	c->started = false;
	hr = IAudioClient_Stop((IAudioClient *)c->client);
	if (SUCCEEDED(hr))
		hr = IAudioClient_Reset((IAudioClient *)c->client);
	c->written = 0;
	return hr;
}

HRESULT audio_client_queued(struct audio_client *c, uint32_t *frames)
{
	UINT32 n = 0;
	HRESULT hr =
		IAudioClient_GetCurrentPadding((IAudioClient *)c->client, &n);

	*frames = n;
	return hr;
}

HRESULT audio_client_write(struct audio_client *c, const float *in,
			   uint32_t frames)
{
	IAudioRenderClient *render = c->service;
	BYTE *buf;
	HRESULT hr = IAudioRenderClient_GetBuffer(render, frames, &buf);

	if (FAILED(hr))
		return hr;
	memcpy(buf, in, (size_t)frames * c->channels * sizeof(float));
	hr = IAudioRenderClient_ReleaseBuffer(render, frames, 0);
	if (SUCCEEDED(hr))
		c->written += frames;
	return hr;
}

/*
 * The position is that of the frame that is heard at the time @qpc, in units
 * of 100 ns.
 */
uint64_t audio_client_delay(struct audio_client *c)
{
	UINT64 frequency, position, qpc;
	LARGE_INTEGER now, per_second;
	double played, delay;

	if (!c->clock || !c->started ||
	    FAILED(IAudioClock_GetFrequency((IAudioClock *)c->clock,
					    &frequency)) ||
	    !frequency ||
	    FAILED(IAudioClock_GetPosition((IAudioClock *)c->clock, &position,
					   &qpc)))
		return c->written * 1000000 / (c->rate ? c->rate : 1);
	QueryPerformanceCounter(&now);
	QueryPerformanceFrequency(&per_second);
	played = (double)position / frequency;
	played += (double)now.QuadPart / per_second.QuadPart -
		  (double)qpc / HNS_PER_SEC;
	delay = ((double)c->written / c->rate - played) * 1e6;
	if (delay < 0)
		return 0;
	return delay < DELAY_MAX_US ? delay : DELAY_MAX_US;
}

HRESULT audio_client_read(struct audio_client *c, const float **out,
			  uint32_t *frames)
{
	IAudioCaptureClient *capture = c->service;
	UINT32 n = 0;
	DWORD flags = 0;
	BYTE *buf;
	HRESULT hr = IAudioCaptureClient_GetBuffer(capture, &buf, &n, &flags,
						   NULL, NULL);

	*frames = 0;
	/* AUDCLNT_S_BUFFER_EMPTY is no failure. */
	if (FAILED(hr) || hr == AUDCLNT_S_BUFFER_EMPTY)
		return FAILED(hr) ? hr : S_OK;
	*frames = n;
	*out = flags & AUDCLNT_BUFFERFLAGS_SILENT ? NULL : (const float *)buf;
	return S_OK;
}

HRESULT audio_client_release(struct audio_client *c, uint32_t frames)
{
	return IAudioCaptureClient_ReleaseBuffer(
		(IAudioCaptureClient *)c->service, frames);
}
