/* SPDX-License-Identifier: GPL-2.0 */
/* The default audio devices of Windows. */
#ifndef HVSNDD_WIN_AUDIO_DEVICE_H
#define HVSNDD_WIN_AUDIO_DEVICE_H

#include <stdbool.h>
#include <winsock2.h>
#include <windows.h>
#include <mmdeviceapi.h>

/**
 * audio_device_start() - Prepare this thread for audio
 * @on_change: called in the loop when another device has become the default one
 *
 * Return: whether Windows has audio at all.
 */
HRESULT audio_device_start(void (*on_change)(void));
void audio_device_stop(void);

/* Get the default device. The caller releases it. */
HRESULT audio_device_get(bool record, IMMDevice **device);

#endif /* HVSNDD_WIN_AUDIO_DEVICE_H */
