// SPDX-License-Identifier: GPL-2.0
#include <pulse/error.h>

#include "config.h"
#include "loop.h"
#include "loop_pulse.h"
#include "pulse_context.h"
#include "server.h"

#define RETRY_USEC (500 * USEC_PER_MSEC)

static const struct pulse_context_ops *ops;
static pa_context *context;
static bool is_up;
static bool failure_logged;
static struct timer retry_timer;

pa_context *pulse_context(void)
{
	return is_up ? context : NULL;
}

const char *pulse_context_error(void)
{
	return pa_strerror(pa_context_errno(context));
}

/* Log a failure once, until the server accepts a connection. */
static void log_failure(bool lost)
{
	if (failure_logged)
		return;
	failure_logged = true;
	if (lost)
		log_line(LOG_WARNING,
			 "lost the connection to the sound server: %s. Audio of guests is discarded until the server is back at %s",
			 pulse_context_error(), server_text());
	else
		log_line(LOG_WARNING,
			 "no sound server at %s: %s. Audio of guests is discarded until there is one. Start PulseAudio or PipeWire as its user, or give --server ADDRESS",
			 server_text(), pulse_context_error());
}

static void on_state(pa_context *c, void *data)
{
	bool was_up = is_up;

	(void)data;
	switch (pa_context_get_state(c)) {
	case PA_CONTEXT_READY:
		is_up = true;
		failure_logged = false;
		log_line(LOG_NOTICE, "connected to the sound server");
		ops->up();
		break;
	case PA_CONTEXT_FAILED:
	case PA_CONTEXT_TERMINATED:
		log_failure(was_up);
		is_up = false;
		ops->down();
		timer_set(&retry_timer, RETRY_USEC);
		break;
	default:
		break;
	}
}

static void drop(void)
{
	ops->drop();
	if (!context)
		return;
	pa_context_set_state_callback(context, NULL, NULL);
	pa_context_disconnect(context);
	pa_context_unref(context);
	context = NULL;
	is_up = false;
}

static void connect_again(void *data)
{
	(void)data;
	drop();
	context = pa_context_new(loop_pulse(), "hvsndd");
	if (!context)
		return;
	pa_context_set_state_callback(context, on_state, NULL);
	if (config.cookie_file)
		pa_context_load_cookie_from_file(context, config.cookie_file);
	if (pa_context_connect(context, server_text(), PA_CONTEXT_NOAUTOSPAWN,
			       NULL) < 0) {
		log_failure(false);
		timer_set(&retry_timer, RETRY_USEC);
	}
}

bool pulse_context_start(const struct pulse_context_ops *callbacks)
{
	ops = callbacks;
	if (timer_init(&retry_timer, connect_again, NULL))
		return false;
	connect_again(NULL);
	return context;
}

void pulse_context_stop(void)
{
	if (!ops)
		return;
	drop();
	timer_free(&retry_timer);
}
