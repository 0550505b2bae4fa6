// SPDX-License-Identifier: GPL-2.0
/*
 * Each listener has a thread that waits in accept() and passes connections to
 * the loop. WSL2's virtual machine has another id each time it starts, and a
 * listener for it must be bound to its id. A thread therefore looks for the id.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../admit.h"
#include "../loop.h"
#include "hyperv.h"
#include "../listen.h"
#include "port.h"
#include "vm.h"
#include "wsl.h"

#define RETRY_USEC (5 * USEC_PER_SEC)
#define PAUSE_MS 1000
#define WSL_POLL_MS 3000
#define WSL "wsl"

/**
 * struct listener - an endpoint at which hvsndd listens
 * @endpoint: the endpoint
 * @fd: the listening socket, or INVALID_SOCKET
 * @thread: waits in accept(); NULL if there is none
 * @stopping: tells @thread to end
 * @retry: tries to listen again
 * @error: the last error that was logged
 * @log: rate limit of messages about refused connections
 */
struct listener {
	const struct endpoint_config *endpoint;
	SOCKET fd;
	HANDLE thread;
	volatile bool stopping;
	struct timer retry;
	int error;
	struct log_limit log;
};

/**
 * struct accepted - result of accept(), on its way to the loop
 * @event: the message, must be the first member
 * @listener: the listener
 * @from: the listening socket
 * @fd: the connection, or INVALID_SOCKET
 * @error: cause of a failure
 * @peer: the virtual machine
 */
struct accepted {
	struct port_event event;
	struct listener *listener;
	SOCKET from;
	SOCKET fd;
	int error;
	GUID peer;
};

/**
 * struct found - an id of WSL2, on its way to the loop
 * @event: the message, must be the first member
 * @id: the id; zero if WSL2 does not run
 */
struct found {
	struct port_event event;
	GUID id;
};

static struct listener listeners[CONFIG_ENDPOINTS_MAX];
static unsigned int listener_count;
static GUID wsl_id;
static HANDLE wsl_thread;
static HANDLE wsl_stop;

static bool is_wsl(const struct listener *l)
{
	return !strcmp(l->endpoint->address.vm, WSL);
}

static void on_accepted(struct port_event *event, DWORD bytes, DWORD error)
{
	struct accepted *a = (struct accepted *)event;
	struct listener *l = a->listener;
	char id[HYPERV_ID_SIZE], peer[HYPERV_ID_SIZE + 4], text[128];

	(void)bytes;
	(void)error;
	snprintf(peer, sizeof(peer), "VM %s", hyperv_text(&a->peer, id));
	if (a->fd != INVALID_SOCKET)
		admit(l->endpoint, a->fd, vm_guest(&a->peer), peer, &l->log);
	else if (a->from == l->fd)
		log_limited(&l->log, LOG_WARNING,
			    "a connection could not be accepted: %s",
			    port_error_text(a->error, text, sizeof(text)));
	free(a);
}

static DWORD WINAPI accept_thread(void *data)
{
	struct listener *l = data;
	SOCKET from = l->fd;
	struct accepted *a;

	for (;;) {
		a = calloc(1, sizeof(*a));
		if (!a) {
			Sleep(PAUSE_MS);
			continue;
		}
		a->event.done = on_accepted;
		a->listener = l;
		a->from = from;
		a->fd = hyperv_accept(from, &a->peer);
		a->error = WSAGetLastError();
		if (a->fd == INVALID_SOCKET && l->stopping)
			break;
		port_post(&a->event);
		if (a->fd == INVALID_SOCKET)
			Sleep(PAUSE_MS);
	}
	free(a);
	return 0;
}

static void close_listener(struct listener *l)
{
	if (l->fd == INVALID_SOCKET)
		return;
	l->stopping = true;
	closesocket(l->fd);
	l->fd = INVALID_SOCKET;
	/* accept() returns now. */
	WaitForSingleObject(l->thread, INFINITE);
	l->stopping = false;
	CloseHandle(l->thread);
	l->thread = NULL;
}

static const char *remedy(int error, const struct listener *l)
{
	switch (error) {
	case WSAEADDRINUSE:
		return "Another program has this port: end it, or choose another port with --listen";
	case WSAEACCES:
		return is_wsl(l) ? "Start hvsndd as the user who runs WSL2" :
				   "Register the port once: hvsndd register";
	case WSAEAFNOSUPPORT:
	case WSAEPROTONOSUPPORT:
		return "Switch Hyper-V or WSL2 on, and restart Windows";
	default:
		return "See hvsndd doctor";
	}
}

/* Log each cause once. */
static void log_failure(struct listener *l, int error)
{
	char text[ADDRESS_TEXT_SIZE], cause[128];

	if (error == l->error)
		return;
	l->error = error;
	log_line(LOG_ERR, "cannot listen at %s: %s. %s",
		 config_endpoint_text(l->endpoint, text),
		 port_error_text(error, cause, sizeof(cause)),
		 remedy(error, l));
}

static void open_listener(void *data)
{
	struct listener *l = data;
	const struct address *a = &l->endpoint->address;
	char text[ADDRESS_TEXT_SIZE];
	GUID vm = hyperv_any;

	if (is_wsl(l))
		vm = wsl_id;
	else if (*a->vm)
		hyperv_parse(a->vm, &vm);
	if (is_wsl(l) && !memcmp(&vm, &hyperv_any, sizeof(vm)))
		return;
	l->fd = hyperv_listen(&vm, a->port);
	if (l->fd == INVALID_SOCKET) {
		log_failure(l, WSAGetLastError());
		timer_set(&l->retry, RETRY_USEC);
		return;
	}
	l->error = 0;
	l->thread = CreateThread(NULL, 0, accept_thread, l, 0, NULL);
	if (!l->thread) {
		closesocket(l->fd);
		l->fd = INVALID_SOCKET;
		timer_set(&l->retry, RETRY_USEC);
		return;
	}
	log_line(LOG_NOTICE, "listening at %s",
		 config_endpoint_text(l->endpoint, text));
}

static void on_wsl_found(struct port_event *event, DWORD bytes, DWORD error)
{
	struct found *f = (struct found *)event;
	char text[HYPERV_ID_SIZE];
	unsigned int i;

	(void)bytes;
	(void)error;
	wsl_id = f->id;
	free(f);
	vm_set_wsl(&wsl_id);
	if (memcmp(&wsl_id, &hyperv_any, sizeof(wsl_id)))
		log_line(LOG_NOTICE, "WSL2 runs: VM %s",
			 hyperv_text(&wsl_id, text));
	else
		log_line(LOG_NOTICE, "WSL2 does not run");
	for (i = 0; i < listener_count; i++) {
		if (!is_wsl(&listeners[i]))
			continue;
		timer_stop(&listeners[i].retry);
		close_listener(&listeners[i]);
		open_listener(&listeners[i]);
	}
}

static DWORD WINAPI find_wsl(void *data)
{
	GUID last = hyperv_any;
	struct found *f;
	GUID id;

	(void)data;
	do {
		if (!wsl_find(&id))
			id = hyperv_any;
		if (!memcmp(&id, &last, sizeof(id)))
			continue;
		f = calloc(1, sizeof(*f));
		if (!f)
			continue;
		last = id;
		f->event.done = on_wsl_found;
		f->id = id;
		port_post(&f->event);
	} while (WaitForSingleObject(wsl_stop, WSL_POLL_MS) == WAIT_TIMEOUT);
	return 0;
}

static bool start_finding_wsl(void)
{
	if (wsl_stop)
		return true;
	wsl_stop = CreateEventA(NULL, TRUE, FALSE, NULL);
	if (wsl_stop)
		wsl_thread = CreateThread(NULL, 0, find_wsl, NULL, 0, NULL);
	return wsl_thread;
}

bool listen_start(void)
{
	unsigned int i;

	for (i = 0; i < config.endpoint_count; i++) {
		struct listener *l = &listeners[listener_count];

		if (config.endpoints[i].connect)
			continue;
		listener_count++;
		l->endpoint = &config.endpoints[i];
		l->fd = INVALID_SOCKET;
		if (timer_init(&l->retry, open_listener, l) ||
		    (is_wsl(l) && !start_finding_wsl()))
			return false;
		open_listener(l);
	}
	return true;
}

void listen_stop(void)
{
	unsigned int i;

	if (wsl_thread) {
		SetEvent(wsl_stop);
		WaitForSingleObject(wsl_thread, INFINITE);
		CloseHandle(wsl_thread);
	}
	for (i = 0; i < listener_count; i++) {
		timer_free(&listeners[i].retry);
		close_listener(&listeners[i]);
	}
}
