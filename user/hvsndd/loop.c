// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pulse/mainloop-signal.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "loop_pulse.h"

static struct pa_mainloop *loop;
static struct pa_mainloop_api *loop_api;

struct pa_mainloop_api *loop_pulse(void)
{
	return loop_api;
}

static void on_io(pa_mainloop_api *api, pa_io_event *event, int fd,
		  pa_io_event_flags_t flags, void *data)
{
	struct watch *w = data;
	bool ended = flags & (PA_IO_EVENT_HANGUP | PA_IO_EVENT_ERROR);

	(void)api;
	(void)event;
	(void)fd;
	/* After the end, reading or writing reports the cause. */
	w->ready(w->data, w->in && (ended || flags & PA_IO_EVENT_INPUT),
		 w->out && (ended || flags & PA_IO_EVENT_OUTPUT));
}

void watch_set(struct watch *w, bool in, bool out)
{
	pa_io_event_flags_t flags = (in ? PA_IO_EVENT_INPUT : 0) |
				    (out ? PA_IO_EVENT_OUTPUT : 0);

	if (w->event && in == w->in && out == w->out)
		return;
	w->in = in;
	w->out = out;
	if (!flags) {
		/* Without this, poll() would report a hang-up over and over. */
		if (w->event)
			loop_api->io_free(w->event);
		w->event = NULL;
	} else if (w->event) {
		loop_api->io_enable(w->event, flags);
	} else {
		w->event = loop_api->io_new(loop_api, w->fd, flags, on_io, w);
	}
}

static void on_timer(void *data, bool in, bool out)
{
	struct timer *t = data;
	struct watch *w = t->event;
	uint64_t expired;

	(void)out;
	if (in && read(w->fd, &expired, sizeof(expired)) == sizeof(expired)) {
		t->is_set = false;
		watch_set(w, false, false);
		t->call(t->data);
	}
}

int timer_init(struct timer *t, void (*call)(void *data), void *data)
{
	struct watch *w = malloc(sizeof(*w));
	int fd, err;

	if (!w)
		return -ENOMEM;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		free(w);
		return err;
	}
	*w = (struct watch){ .fd = fd, .ready = on_timer, .data = t };
	*t = (struct timer){ .call = call, .data = data, .event = w };
	return 0;
}

void timer_set(struct timer *t, uint64_t usec)
{
	struct watch *w = t->event;
	struct itimerspec when = {
		.it_value = { .tv_sec = usec / USEC_PER_SEC,
			      .tv_nsec = usec % USEC_PER_SEC * 1000 }
	};

	/* A time of zero would stop the timer. */
	if (!usec)
		when.it_value.tv_nsec = 1;
	t->is_set = true;
	timerfd_settime(w->fd, 0, &when, NULL);
	watch_set(w, true, false);
}

void timer_stop(struct timer *t)
{
	const struct itimerspec never = { 0 };
	struct watch *w = t->event;

	if (!w)
		return;
	t->is_set = false;
	timerfd_settime(w->fd, 0, &never, NULL);
	watch_set(w, false, false);
}

void timer_free(struct timer *t)
{
	struct watch *w = t->event;

	if (!w)
		return;
	watch_set(w, false, false);
	close(w->fd);
	free(w);
	memset(t, 0, sizeof(*t));
}

static uint64_t time_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

uint64_t loop_now(void)
{
	return time_of(CLOCK_MONOTONIC);
}

uint64_t loop_wall(void)
{
	return time_of(CLOCK_REALTIME);
}

static void on_signal(pa_mainloop_api *api, pa_signal_event *event, int sig,
		      void *data)
{
	(void)event;
	(void)sig;
	(void)data;
	api->quit(api, 0);
}

bool loop_start(void)
{
	loop = pa_mainloop_new();
	if (!loop)
		return false;
	loop_api = pa_mainloop_get_api(loop);
	signal(SIGPIPE, SIG_IGN);
	return !pa_signal_init(loop_api) &&
	       pa_signal_new(SIGINT, on_signal, NULL) &&
	       pa_signal_new(SIGTERM, on_signal, NULL);
}

int loop_run(void)
{
	int status = 1;

	return pa_mainloop_run(loop, &status) < 0 ? 1 : status;
}

void loop_free(void)
{
	if (!loop)
		return;
	pa_signal_done();
	pa_mainloop_free(loop);
	loop = NULL;
}
