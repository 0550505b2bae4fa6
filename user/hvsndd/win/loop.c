// SPDX-License-Identifier: GPL-2.0
/*
 * The loop on Windows: one thread that waits on a completion port. Sockets
 * complete their operations there; other threads post messages to it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../loop.h"
#include "port.h"

#define EVENTS_AT_ONCE 32

/**
 * struct pending - a timer in the list
 * @next: next timer, which fires later
 * @timer: the timer
 * @when_usec: time at which the timer fires
 */
struct pending {
	struct pending *next;
	struct timer *timer;
	uint64_t when_usec;
};

static HANDLE port;
static struct pending *timers;
static bool ended;
static int exit_status;

BOOL port_add(HANDLE handle)
{
	return CreateIoCompletionPort(handle, port, 0, 0) == port;
}

void port_post(struct port_event *e)
{
	PostQueuedCompletionStatus(port, 0, 0, &e->overlapped);
}

static void on_quit(struct port_event *e, DWORD bytes, DWORD error)
{
	(void)e;
	(void)bytes;
	(void)error;
	ended = true;
}

void port_quit(int status)
{
	static struct port_event quit = { .done = on_quit };

	exit_status = status;
	port_post(&quit);
}

uint64_t loop_now(void)
{
	static LARGE_INTEGER frequency;
	LARGE_INTEGER now;

	if (!frequency.QuadPart)
		QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&now);
	return now.QuadPart / frequency.QuadPart * USEC_PER_SEC +
	       now.QuadPart % frequency.QuadPart * USEC_PER_SEC /
		       frequency.QuadPart;
}

uint64_t loop_wall(void)
{
	const uint64_t from_1601_to_1970 = 11644473600ULL;
	ULARGE_INTEGER now; /* in 100 ns since 1601 */
	FILETIME t;

	GetSystemTimePreciseAsFileTime(&t);
	now.LowPart = t.dwLowDateTime;
	now.HighPart = t.dwHighDateTime;
	return now.QuadPart / 10 - from_1601_to_1970 * USEC_PER_SEC;
}

int timer_init(struct timer *t, void (*call)(void *data), void *data)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->timer = t;
	*t = (struct timer){ .call = call, .data = data, .event = p };
	return 0;
}

void timer_stop(struct timer *t)
{
	struct pending **at, *p = t->event;

	if (!t->is_set)
		return;
	t->is_set = false;
	for (at = &timers; *at != p; at = &(*at)->next)
		;
	*at = p->next;
}

void timer_set(struct timer *t, uint64_t usec)
{
	struct pending **at, *p = t->event;

	timer_stop(t);
	p->when_usec = loop_now() + usec;
	for (at = &timers; *at && (*at)->when_usec <= p->when_usec;
	     at = &(*at)->next)
		;
	p->next = *at;
	*at = p;
	t->is_set = true;
}

void timer_free(struct timer *t)
{
	timer_stop(t);
	free(t->event);
	memset(t, 0, sizeof(*t));
}

/* Call the timers that are due now, and not those that they set to now. */
static void run_timers(void)
{
	uint64_t now = loop_now();

	while (!ended && timers && timers->when_usec <= now) {
		struct timer *t = timers->timer;

		timer_stop(t);
		t->call(t->data);
	}
}

/* Milliseconds until the next timer, rounded up. */
static DWORD wait_ms(void)
{
	uint64_t now = loop_now();

	if (!timers)
		return INFINITE;
	if (timers->when_usec <= now)
		return 0;
	return (timers->when_usec - now + USEC_PER_MSEC - 1) / USEC_PER_MSEC;
}

static BOOL WINAPI on_console(DWORD type)
{
	(void)type;
	port_quit(0);
	/* At a log-off, Windows ends the process when this function returns. */
	if (type != CTRL_C_EVENT && type != CTRL_BREAK_EVENT)
		Sleep(1000);
	return TRUE;
}

bool loop_start(void)
{
	WSADATA data;

	port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	return port && !WSAStartup(MAKEWORD(2, 2), &data) &&
	       SetConsoleCtrlHandler(on_console, TRUE);
}

/* NTSTATUS of an ended operation as an error of Windows. */
static DWORD error_of(const OVERLAPPED *overlapped)
{
	DWORD bytes;

	if (!overlapped->Internal)
		return 0;
	/* The operation has ended: this only converts the status. */
	SetLastError(0);
	GetOverlappedResult(NULL, (OVERLAPPED *)overlapped, &bytes, FALSE);
	return GetLastError();
}

int loop_run(void)
{
	OVERLAPPED_ENTRY entries[EVENTS_AT_ONCE];
	ULONG n, i;

	while (!ended) {
		if (!GetQueuedCompletionStatusEx(port, entries, EVENTS_AT_ONCE,
						 &n, wait_ms(), FALSE))
			n = 0;
		for (i = 0; i < n && !ended; i++) {
			struct port_event *e =
				(struct port_event *)entries[i].lpOverlapped;

			e->done(e, entries[i].dwNumberOfBytesTransferred,
				error_of(&e->overlapped));
		}
		run_timers();
	}
	return exit_status;
}

void loop_free(void)
{
	if (!port)
		return;
	WSACleanup();
	CloseHandle(port);
	port = NULL;
}
