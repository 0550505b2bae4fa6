/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions: the entries of Windows' volume mixer. */
#ifndef HVSNDD_WIN_AUDIO_SESSION_H
#define HVSNDD_WIN_AUDIO_SESSION_H

#include <stdbool.h>
#include <winsock2.h>
#include <windows.h>

struct audio_events;

/**
 * struct audio_session - the session of a stream
 * @control: IAudioSessionControl, or NULL
 * @volume: ISimpleAudioVolume, or NULL
 * @events: receives the events of @control, or NULL
 */
struct audio_session {
	void *control;
	void *volume;
	struct audio_events *events;
};

/**
 * audio_session_open() - Get the session of a stream
 * @s: set to the session; what Windows does not have is left out
 * @client: IAudioClient, which is initialized
 * @name: name in the mixer, UTF-8
 * @on_volume: called in the loop when the volume or the mute may have changed
 * @data: argument of @on_volume
 */
void audio_session_open(struct audio_session *s, void *client, const char *name,
			void (*on_volume)(void *data), void *data);

/* A zeroed session is allowed. */
void audio_session_close(struct audio_session *s);

/**
 * audio_session_volume() - Get the volume and the mute
 * @s: the session
 * @gain: set to the volume, 0 to 1
 * @mute: set to the mute
 *
 * Return: false, with @gain and @mute unchanged, if they are not known.
 */
bool audio_session_volume(struct audio_session *s, float *gain, bool *mute);

/* Set the volume and the mute. */
void audio_session_set_volume(struct audio_session *s, float gain, bool mute);

#endif /* HVSNDD_WIN_AUDIO_SESSION_H */
