// SPDX-License-Identifier: GPL-2.0
/*
 * Another program that has a small period, for Wine: if HVSNDD_LOCKED is set,
 * IAudioClient3 refuses any other, as Windows does, and the refused client
 * cannot be initialized again. The linker passes audio_device_get() through
 * here (--wrap).
 */
#define COBJMACROS
#include <stdbool.h>
#include <stdlib.h>

#include "../../user/hvsndd/win/audio_device.h"

/* after windows.h, which they need; initguid.h makes them define the ids */
#include <initguid.h>
#include <audioclient.h>

HRESULT __real_audio_device_get(bool record, IMMDevice **device);

static HRESULT(WINAPI *initialize)(IAudioClient3 *c, AUDCLNT_SHAREMODE mode,
				   DWORD flags, REFERENCE_TIME buffer,
				   REFERENCE_TIME period,
				   const WAVEFORMATEX *format,
				   const GUID *session);
static IAudioClient3 *refused;

static HRESULT WINAPI refuse(IAudioClient3 *c, DWORD flags, UINT32 period,
			     const WAVEFORMATEX *format, const GUID *session)
{
	(void)flags;
	(void)period;
	(void)format;
	(void)session;
	refused = c;
	/* An address that no later client has. */
	IAudioClient3_AddRef(c);
	return AUDCLNT_E_ENGINE_PERIODICITY_LOCKED;
}

static HRESULT WINAPI once(IAudioClient3 *c, AUDCLNT_SHAREMODE mode,
			   DWORD flags, REFERENCE_TIME buffer,
			   REFERENCE_TIME period, const WAVEFORMATEX *format,
			   const GUID *session)
{
	if (c == refused)
		return AUDCLNT_E_ALREADY_INITIALIZED;
	return initialize(c, mode, flags, buffer, period, format, session);
}

/* All clients have one table of functions. */
static void replace(IMMDevice *device)
{
	IAudioClient3Vtbl *table;
	IAudioClient3 *c3;
	IAudioClient *c;
	DWORD protection;

	if (FAILED(IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_ALL,
				      NULL, (void **)&c)))
		return;
	if (SUCCEEDED(IAudioClient_QueryInterface(c, &IID_IAudioClient3,
						  (void **)&c3))) {
		table = c3->lpVtbl;
		VirtualProtect(table, sizeof(*table), PAGE_READWRITE,
			       &protection);
		initialize = table->Initialize;
		table->Initialize = once;
		table->InitializeSharedAudioStream = refuse;
		IAudioClient3_Release(c3);
	}
	IAudioClient_Release(c);
}

HRESULT __wrap_audio_device_get(bool record, IMMDevice **device)
{
	HRESULT hr = __real_audio_device_get(record, device);

	if (SUCCEEDED(hr) && !initialize && getenv("HVSNDD_LOCKED"))
		replace(*device);
	return hr;
}
