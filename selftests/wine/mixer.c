// SPDX-License-Identifier: GPL-2.0
/*
 * Windows' volume mixer, for Wine: there, each program has a mixer of its own,
 * and no event says that a volume has changed. The linker passes hvsndd's calls
 * of audio_session.h through here (--wrap).
 *
 * A program connects to the TCP port HVSNDD_SHIM + 49, sends one line and reads
 * the answer:
 *
 *   list                  for each session a line: number, gain, mute, frames
 *                         of the device's buffer, name
 *   set NUMBER GAIN MUTE  as a user does
 *   handles               the first free handle: it grows if handles leak
 */
#define COBJMACROS
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>

#include "../../user/hvsndd/win/audio_session.h"

/* after windows.h, which they need; initguid.h makes them define the ids */
#include <initguid.h>
#include <audioclient.h>
#include <audiopolicy.h>

#define PORT_OFFSET 49
#define SESSIONS_MAX 64
#define ANSWER_SIZE 8192
#define HANDLE_STEP 4

extern typeof(socket) *__real___imp_socket;
extern typeof(bind) *__real___imp_bind;
extern typeof(listen) *__real___imp_listen;
extern typeof(accept) *__real___imp_accept;

void __real_audio_session_open(struct audio_session *s, void *client,
			       const char *name, void (*on_volume)(void *data),
			       void *data);
void __real_audio_session_close(struct audio_session *s);

/* The mixer has references of its own, as Windows has. */
static struct {
	IAudioSessionControl *control;
	ISimpleAudioVolume *volume;
	IAudioSessionEvents *events;
	UINT32 buffer_frames;
} sessions[SESSIONS_MAX];

static CRITICAL_SECTION lock;
static HANDLE thread;

static void list(char *out)
{
	char name[256];
	float gain;
	BOOL mute;
	WCHAR *text;
	int i;

	for (i = 0; i < SESSIONS_MAX; i++) {
		if (!sessions[i].events)
			continue;
		ISimpleAudioVolume_GetMasterVolume(sessions[i].volume, &gain);
		ISimpleAudioVolume_GetMute(sessions[i].volume, &mute);
		*name = '\0';
		if (SUCCEEDED(IAudioSessionControl_GetDisplayName(
			    sessions[i].control, &text))) {
			WideCharToMultiByte(CP_UTF8, 0, text, -1, name,
					    sizeof(name), NULL, NULL);
			CoTaskMemFree(text);
		}
		sprintf(out + strlen(out), "%d %.6f %d %u %s\n", i, gain, mute,
			sessions[i].buffer_frames, name);
	}
}

/* Wine does not count a process's handles, but takes the first free one. */
static void show_handles(char *out)
{
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

	sprintf(out, "%d", (int)(UINT_PTR)event / HANDLE_STEP);
	CloseHandle(event);
}

static void answer(const char *line, char *out)
{
	float gain;
	int i, mute;

	EnterCriticalSection(&lock);
	if (sscanf(line, "set %d %f %d", &i, &gain, &mute) == 3 &&
	    sessions[i].events) {
		ISimpleAudioVolume_SetMasterVolume(sessions[i].volume, gain,
						   NULL);
		ISimpleAudioVolume_SetMute(sessions[i].volume, mute, NULL);
		IAudioSessionEvents_OnSimpleVolumeChanged(sessions[i].events,
							  gain, mute, NULL);
	} else if (!strncmp(line, "handles", 7)) {
		show_handles(out);
	} else {
		list(out);
	}
	LeaveCriticalSection(&lock);
}

static DWORD WINAPI serve(void *data)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	SOCKET listener = __real___imp_socket(AF_INET, SOCK_STREAM, 0), fd;
	char line[128], out[ANSWER_SIZE];
	int n;

	(void)data;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = htons(atoi(getenv("HVSNDD_SHIM")) + PORT_OFFSET);
	CoInitializeEx(NULL, COINIT_MULTITHREADED);
	if (__real___imp_bind(listener, (struct sockaddr *)&in, sizeof(in)) ||
	    __real___imp_listen(listener, 1))
		return 1;
	while ((fd = __real___imp_accept(listener, NULL, NULL)) !=
	       INVALID_SOCKET) {
		n = recv(fd, line, sizeof(line) - 1, 0);
		line[n > 0 ? n : 0] = '\0';
		*out = '\0';
		answer(line, out);
		send(fd, out, strlen(out), 0);
		closesocket(fd);
	}
	return 0;
}

void __wrap_audio_session_open(struct audio_session *s, void *client,
			       const char *name, void (*on_volume)(void *data),
			       void *data)
{
	int i;

	__real_audio_session_open(s, client, name, on_volume, data);
	if (!s->events)
		return;
	if (!thread) {
		InitializeCriticalSection(&lock);
		thread = CreateThread(NULL, 0, serve, NULL, 0, NULL);
	}
	EnterCriticalSection(&lock);
	for (i = 0; i < SESSIONS_MAX - 1 && sessions[i].events; i++)
		;
	sessions[i].control = s->control;
	sessions[i].volume = s->volume;
	IAudioClient_GetBufferSize((IAudioClient *)client,
				   &sessions[i].buffer_frames);
	IUnknown_AddRef((IUnknown *)s->control);
	IUnknown_AddRef((IUnknown *)s->volume);
	IUnknown_QueryInterface((IUnknown *)s->events, &IID_IAudioSessionEvents,
				(void **)&sessions[i].events);
	LeaveCriticalSection(&lock);
}

void __wrap_audio_session_close(struct audio_session *s)
{
	int i;

	if (!s->events) {
		__real_audio_session_close(s);
		return;
	}
	EnterCriticalSection(&lock);
	for (i = 0; i < SESSIONS_MAX - 1 && sessions[i].control != s->control;
	     i++)
		;
	__real_audio_session_close(s);
	/* Windows may still report what it has begun to report. */
	IAudioSessionEvents_OnSimpleVolumeChanged(sessions[i].events, 1, FALSE,
						  NULL);
	IAudioSessionEvents_Release(sessions[i].events);
	ISimpleAudioVolume_Release(sessions[i].volume);
	IAudioSessionControl_Release(sessions[i].control);
	memset(&sessions[i], 0, sizeof(sessions[i]));
	LeaveCriticalSection(&lock);
}
