// SPDX-License-Identifier: GPL-2.0
#define COBJMACROS
#include <string.h>

#include "audio_events.h"
#include "audio_session.h"

/* after windows.h, which they need; initguid.h makes them define the ids */
#include <initguid.h>
#include <audioclient.h>
#include <audiopolicy.h>

#define NAME_MAX_CHARS 128

void audio_session_open(struct audio_session *s, void *client, const char *name,
			void (*on_volume)(void *data), void *data)
{
	wchar_t text[NAME_MAX_CHARS];
	IAudioClient *c = client;

	memset(s, 0, sizeof(*s));
	if (FAILED(IAudioClient_GetService(c, &IID_ISimpleAudioVolume,
					   &s->volume)))
		s->volume = NULL;
	if (FAILED(IAudioClient_GetService(c, &IID_IAudioSessionControl,
					   &s->control))) {
		s->control = NULL;
		return;
	}
	/* Wine 8 has no names. */
	if (MultiByteToWideChar(CP_UTF8, 0, name, -1, text, NAME_MAX_CHARS))
		IAudioSessionControl_SetDisplayName(
			(IAudioSessionControl *)s->control, text, NULL);
	s->events = audio_events_open(s->control, on_volume, data);
}

void audio_session_close(struct audio_session *s)
{
	audio_events_close(s->events, s->control);
	if (s->control)
		IUnknown_Release((IUnknown *)s->control);
	if (s->volume)
		IUnknown_Release((IUnknown *)s->volume);
	memset(s, 0, sizeof(*s));
}

bool audio_session_volume(struct audio_session *s, float *gain, bool *mute)
{
	ISimpleAudioVolume *volume = s->volume;
	float level;
	BOOL muted;

	if (!volume ||
	    FAILED(ISimpleAudioVolume_GetMasterVolume(volume, &level)) ||
	    FAILED(ISimpleAudioVolume_GetMute(volume, &muted)))
		return false;
	*gain = level;
	*mute = muted;
	return true;
}

void audio_session_set_volume(struct audio_session *s, float gain, bool mute)
{
	ISimpleAudioVolume *volume = s->volume;

	if (!volume)
		return;
	ISimpleAudioVolume_SetMasterVolume(volume, gain, NULL);
	ISimpleAudioVolume_SetMute(volume, mute, NULL);
}
