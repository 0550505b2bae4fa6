// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "bus.h"
#include "guest.h"
#include "loop.h"

#define INTERFACE "org.qubesos.Audio"
#define PATH "/org/qubesos/audio"

static sd_bus *bus;
static struct watch bus_watch;
static struct timer bus_timer;

/*
 * In a bus name, no element may begin with a digit, and early versions of D-Bus
 * do not allow '-'.
 */
static void bus_name(const struct guest *g, char *out, size_t size)
{
	char *p;

	snprintf(out, size, "%s.%s%s", INTERFACE,
		 isdigit((unsigned char)*g->name) ? "_" : "", g->name);
	for (p = out + sizeof(INTERFACE); *p; p++) {
		if (!isalnum((unsigned char)*p))
			*p = '_';
	}
}

/* All guests share one object path: the called bus name selects the guest. */
static struct guest *called_guest(sd_bus_error *error)
{
	sd_bus_message *m = sd_bus_get_current_message(bus);
	const char *destination = m ? sd_bus_message_get_destination(m) : NULL;
	char name[128];
	struct guest *g;

	for (g = guests; g && destination; g = g->next) {
		bus_name(g, name, sizeof(name));
		if (!strcmp(name, destination))
			return g;
	}
	sd_bus_error_set(error, SD_BUS_ERROR_UNKNOWN_OBJECT,
			 "no such guest: the bus name must be org.qubesos.Audio.GUEST");
	return NULL;
}

static int get_allowed(sd_bus *b, const char *path, const char *interface,
		       const char *property, sd_bus_message *reply, void *data,
		       sd_bus_error *error)
{
	struct guest *g = called_guest(error);

	(void)b;
	(void)path;
	(void)interface;
	(void)property;
	(void)data;
	return g ? sd_bus_message_append(reply, "b", g->mic_allowed) : -ENOENT;
}

static int set_allowed(sd_bus *b, const char *path, const char *interface,
		       const char *property, sd_bus_message *value, void *data,
		       sd_bus_error *error)
{
	struct guest *g = called_guest(error);
	int on, err;

	(void)b;
	(void)path;
	(void)interface;
	(void)property;
	(void)data;
	if (!g)
		return -ENOENT;
	err = sd_bus_message_read(value, "b", &on);
	if (err < 0)
		return err;
	if (!guest_set_mic(g, on))
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
					"this guest may never record");
	return 0;
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	/* The policy of the bus decides which callers are allowed. */
	SD_BUS_WRITABLE_PROPERTY("RecAllowed", "b", get_allowed, set_allowed, 0,
				 SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("RecAllowedChanged", "b", 0), SD_BUS_VTABLE_END
};

static void process(void)
{
	uint64_t until;
	int events, err;

	do {
		err = sd_bus_process(bus, NULL);
	} while (err > 0);
	if (err < 0) {
		log_line(LOG_WARNING, "the connection to D-Bus is lost: %s",
			 strerror(-err));
		bus_stop();
		return;
	}
	events = sd_bus_get_events(bus);
	watch_set(&bus_watch, events & POLLIN, events & POLLOUT);
	if (sd_bus_get_timeout(bus, &until) > 0 && until != UINT64_MAX)
		timer_set(&bus_timer,
			  until > loop_now() ? until - loop_now() : 0);
}

static void on_ready(void *data, bool in, bool out)
{
	(void)data;
	(void)in;
	(void)out;
	process();
}

static void on_timer(void *data)
{
	(void)data;
	process();
}

/* Log why a name was not granted: nothing else reports it. */
static int on_name(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const sd_bus_error *cause = sd_bus_message_get_error(m);
	static struct log_limit limit;
	uint32_t result = 1;

	(void)data;
	(void)error;
	if (cause)
		log_limited(&limit, LOG_WARNING,
			    "no name on D-Bus: %s. Let this user own it: <allow own_prefix=\"" INTERFACE
			    "\"/> in a policy of /etc/dbus-1/system.d",
			    cause->message ? cause->message : cause->name);
	else if (sd_bus_message_read(m, "u", &result) >= 0 && result != 1 &&
		 result != 4)
		log_limited(&limit, LOG_WARNING,
			    "no name on D-Bus: another program owns the name. Stop the other hvsndd, or omit --bus");
	return 0;
}

static int on_started(struct guest *g)
{
	char name[128];
	int err;

	if (!bus || g->mic_policy == MIC_NEVER || g->on_bus)
		return 0;
	bus_name(g, name, sizeof(name));
	err = sd_bus_request_name_async(bus, NULL, name, 0, on_name, NULL);
	if (err < 0)
		log_limited(&g->log, LOG_WARNING, "%s: no name on D-Bus: %s",
			    g->name, strerror(-err));
	g->on_bus = err >= 0;
	timer_set(&bus_timer, 0);
	return 0;
}

static void on_removed(struct guest *g)
{
	char name[128];

	if (!bus || !g->on_bus)
		return;
	bus_name(g, name, sizeof(name));
	sd_bus_release_name_async(bus, NULL, name, NULL, NULL);
	timer_set(&bus_timer, 0);
}

static void on_mic_changed(struct guest *g)
{
	if (!bus || !g->on_bus)
		return;
	sd_bus_emit_signal(bus, PATH, INTERFACE, "RecAllowedChanged", "b",
			   g->mic_allowed);
	timer_set(&bus_timer, 0);
}

int bus_start(enum bus_type type)
{
	static struct guest_observer observer = {
		.started = on_started,
		.removed = on_removed,
		.mic_changed = on_mic_changed,
	};
	int err;

	if (type == BUS_NONE)
		return 0;
	err = type == BUS_SYSTEM ? sd_bus_open_system(&bus) :
				   sd_bus_open_user(&bus);
	if (err >= 0)
		err = sd_bus_add_object_vtable(bus, NULL, PATH, INTERFACE,
					       vtable, NULL);
	if (err >= 0)
		err = timer_init(&bus_timer, on_timer, NULL);
	if (err < 0) {
		log_line(LOG_ERR,
			 "the %s's D-Bus cannot be reached: %s. %s, or omit --bus",
			 type == BUS_SYSTEM ? "system" : "user", strerror(-err),
			 type == BUS_SYSTEM ?
				 "Start it: systemctl start dbus" :
				 "Start hvsndd in the user's session, or set DBUS_SESSION_BUS_ADDRESS");
		bus_stop();
		return err;
	}
	guest_observe(&observer);
	bus_watch =
		(struct watch){ .fd = sd_bus_get_fd(bus), .ready = on_ready };
	process();
	return 0;
}

void bus_stop(void)
{
	if (!bus)
		return;
	watch_set(&bus_watch, false, false);
	timer_free(&bus_timer);
	bus = sd_bus_flush_close_unref(bus);
}
