// SPDX-License-Identifier: GPL-2.0
#define COBJMACROS
#include <stdlib.h>

#include "audio_events.h"
#include "port.h"

/* after windows.h, which it needs; initguid.h makes it define the ids */
#include <initguid.h>
#include <audiopolicy.h>

/**
 * struct audio_events - an object of COM
 * @com: the object, must be the first member
 * @message: the message to the loop
 * @posted: @message is under way
 * @references: number of users: the owner, Windows, and @message under way
 * @on_volume: called in the loop; NULL after the owner has closed this
 * @data: argument of @on_volume
 */
struct audio_events {
	IAudioSessionEvents com;
	struct port_event message;
	volatile LONG posted;
	volatile LONG references;
	void (*on_volume)(void *data);
	void *data;
};

static struct audio_events *of(IAudioSessionEvents *com)
{
	return (struct audio_events *)com;
}

static HRESULT WINAPI query_interface(IAudioSessionEvents *com, REFIID id,
				      void **out)
{
	*out = NULL;
	if (!IsEqualGUID(id, &IID_IUnknown) &&
	    !IsEqualGUID(id, &IID_IAudioSessionEvents))
		return E_NOINTERFACE;
	IAudioSessionEvents_AddRef(com);
	*out = com;
	return S_OK;
}

static ULONG WINAPI add_reference(IAudioSessionEvents *com)
{
	return InterlockedIncrement(&of(com)->references);
}

static ULONG WINAPI release(IAudioSessionEvents *com)
{
	ULONG n = InterlockedDecrement(&of(com)->references);

	if (!n)
		free(of(com));
	return n;
}

static HRESULT WINAPI on_text(IAudioSessionEvents *com, LPCWSTR text,
			      LPCGUID context)
{
	(void)com;
	(void)text;
	(void)context;
	return S_OK;
}

static HRESULT WINAPI on_volume(IAudioSessionEvents *com, float gain, BOOL mute,
				LPCGUID context)
{
	struct audio_events *e = of(com);

	(void)gain;
	(void)mute;
	(void)context;
	if (!InterlockedExchange(&e->posted, 1)) {
		add_reference(com);
		port_post(&e->message);
	}
	return S_OK;
}

static HRESULT WINAPI on_channels(IAudioSessionEvents *com, DWORD channels,
				  float *gains, DWORD changed, LPCGUID context)
{
	(void)com;
	(void)channels;
	(void)gains;
	(void)changed;
	(void)context;
	return S_OK;
}

static HRESULT WINAPI on_group(IAudioSessionEvents *com, LPCGUID group,
			       LPCGUID context)
{
	(void)com;
	(void)group;
	(void)context;
	return S_OK;
}

static HRESULT WINAPI on_state(IAudioSessionEvents *com,
			       AudioSessionState state)
{
	(void)com;
	(void)state;
	return S_OK;
}

/* The calls of the stream fail then. */
static HRESULT WINAPI on_disconnected(IAudioSessionEvents *com,
				      AudioSessionDisconnectReason reason)
{
	(void)com;
	(void)reason;
	return S_OK;
}

static IAudioSessionEventsVtbl methods = {
	.QueryInterface = query_interface,
	.AddRef = add_reference,
	.Release = release,
	.OnDisplayNameChanged = on_text,
	.OnIconPathChanged = on_text,
	.OnSimpleVolumeChanged = on_volume,
	.OnChannelVolumeChanged = on_channels,
	.OnGroupingParamChanged = on_group,
	.OnStateChanged = on_state,
	.OnSessionDisconnected = on_disconnected,
};

static void on_message(struct port_event *m, DWORD bytes, DWORD error)
{
	struct audio_events *e =
		CONTAINING_RECORD(m, struct audio_events, message);

	(void)bytes;
	(void)error;
	InterlockedExchange(&e->posted, 0);
	if (e->on_volume)
		e->on_volume(e->data);
	release(&e->com);
}

struct audio_events *audio_events_open(void *control,
				       void (*on_volume)(void *data),
				       void *data)
{
	struct audio_events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->com.lpVtbl = &methods;
	e->message.done = on_message;
	e->references = 1;
	e->on_volume = on_volume;
	e->data = data;
	if (SUCCEEDED(IAudioSessionControl_RegisterAudioSessionNotification(
		    (IAudioSessionControl *)control, &e->com)))
		return e;
	release(&e->com);
	return NULL;
}

void audio_events_close(struct audio_events *e, void *control)
{
	if (!e)
		return;
	e->on_volume = NULL;
	IAudioSessionControl_UnregisterAudioSessionNotification(
		(IAudioSessionControl *)control, &e->com);
	release(&e->com);
}
