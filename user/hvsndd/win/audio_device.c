// SPDX-License-Identifier: GPL-2.0
#define COBJMACROS
#include <winsock2.h>
#include <windows.h>

/* initguid.h makes mmdeviceapi.h define the ids */
#include <initguid.h>

#include "audio_device.h"
#include "port.h"

static IMMDeviceEnumerator *enumerator;
static void (*changed)(void);
static volatile LONG posted;
static bool registered;

static void on_message(struct port_event *e, DWORD bytes, DWORD error)
{
	(void)e;
	(void)bytes;
	(void)error;
	InterlockedExchange(&posted, 0);
	if (changed)
		changed();
}

static struct port_event message = { .done = on_message };

/* IMMNotificationClient: a static object, called in a thread of Windows. */

static HRESULT WINAPI query_interface(IMMNotificationClient *self, REFIID id,
				      void **out)
{
	if (!IsEqualGUID(id, &IID_IUnknown) &&
	    !IsEqualGUID(id, &IID_IMMNotificationClient)) {
		*out = NULL;
		return E_NOINTERFACE;
	}
	*out = self;
	return S_OK;
}

static ULONG WINAPI count(IMMNotificationClient *self)
{
	(void)self;
	return 1;
}

static HRESULT WINAPI on_state(IMMNotificationClient *self, LPCWSTR id,
			       DWORD state)
{
	(void)self;
	(void)id;
	(void)state;
	return S_OK;
}

static HRESULT WINAPI on_device(IMMNotificationClient *self, LPCWSTR id)
{
	(void)self;
	(void)id;
	return S_OK;
}

static HRESULT WINAPI on_default(IMMNotificationClient *self, EDataFlow flow,
				 ERole role, LPCWSTR id)
{
	(void)self;
	(void)flow;
	(void)id;
	if (role == eConsole && !InterlockedExchange(&posted, 1))
		port_post(&message);
	return S_OK;
}

static HRESULT WINAPI on_property(IMMNotificationClient *self, LPCWSTR id,
				  const PROPERTYKEY key)
{
	(void)self;
	(void)id;
	(void)key;
	return S_OK;
}

static IMMNotificationClientVtbl methods = {
	.QueryInterface = query_interface,
	.AddRef = count,
	.Release = count,
	.OnDeviceStateChanged = on_state,
	.OnDeviceAdded = on_device,
	.OnDeviceRemoved = on_device,
	.OnDefaultDeviceChanged = on_default,
	.OnPropertyValueChanged = on_property,
};

static IMMNotificationClient notifications = { &methods };

HRESULT audio_device_start(void (*on_change)(void))
{
	HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED);

	if (SUCCEEDED(hr))
		hr = CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL,
				      CLSCTX_ALL, &IID_IMMDeviceEnumerator,
				      (void **)&enumerator);
	if (FAILED(hr))
		return hr;
	changed = on_change;
	registered = SUCCEEDED(
		IMMDeviceEnumerator_RegisterEndpointNotificationCallback(
			enumerator, &notifications));
	return S_OK;
}

void audio_device_stop(void)
{
	changed = NULL;
	if (!enumerator)
		return;
	if (registered)
		IMMDeviceEnumerator_UnregisterEndpointNotificationCallback(
			enumerator, &notifications);
	IMMDeviceEnumerator_Release(enumerator);
	enumerator = NULL;
	CoUninitialize();
}

HRESULT audio_device_get(bool record, IMMDevice **device)
{
	return IMMDeviceEnumerator_GetDefaultAudioEndpoint(
		enumerator, record ? eCapture : eRender, eConsole, device);
}
