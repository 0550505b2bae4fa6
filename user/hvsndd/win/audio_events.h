/* SPDX-License-Identifier: GPL-2.0 */
/* Events of a session, which threads of Windows report. */
#ifndef HVSNDD_WIN_AUDIO_EVENTS_H
#define HVSNDD_WIN_AUDIO_EVENTS_H

#include <winsock2.h>
#include <windows.h>

struct audio_events;

/**
 * audio_events_open() - Receive the events of a session
 * @control: IAudioSessionControl
 * @on_volume: called in the loop when the volume or the mute may have changed
 * @data: argument of @on_volume
 *
 * Return: what audio_events_close() frees, or NULL on failure.
 */
struct audio_events *audio_events_open(void *control,
				       void (*on_volume)(void *data),
				       void *data);

/* NULL is allowed. */
void audio_events_close(struct audio_events *e, void *control);

#endif /* HVSNDD_WIN_AUDIO_EVENTS_H */
