/* SPDX-License-Identifier: GPL-2.0 */
/* Guests: their names, their permissions and their connections. */
#ifndef HVSNDD_GUEST_H
#define HVSNDD_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"

#define GUEST_NAME_SIZE 48
#define GUESTS_MAX 256

struct connection;
struct control;

/**
 * enum mic_policy - what the command line says about a guest's microphone
 * @MIC_ASK: not allowed until somebody allows it
 * @MIC_ALLOW: allowed from the start
 * @MIC_NEVER: never allowed
 */
enum mic_policy {
	MIC_ASK,
	MIC_ALLOW,
	MIC_NEVER,
};

/* A decision about a guest's microphone that the state file keeps. */
enum saved_decision {
	SAVED_NONE,
	SAVED_DENY,
	SAVED_ALLOW,
};

/**
 * struct connection_ops - the protocol of a connection
 * @mic_changed: guest->mic_allowed has changed; the connection may close
 *               itself in this call
 * @close: close the connection and free it
 */
struct connection_ops {
	void (*mic_changed)(struct connection *c);
	void (*close)(struct connection *c);
};

/**
 * struct connection - a connection of a guest
 * @next: next connection of the same guest
 * @guest: the guest
 * @ops: the protocol
 * @wants_mic: the guest wants to record on this connection
 * @recording: the guest records on this connection
 * @on_closed: called after the connection was removed, may be NULL
 * @on_used: protocol pulse: called when the guest sends its first data, may be
 *           NULL; afterwards neither @on_used nor @on_closed is called
 * @dialer: argument of @on_closed and @on_used
 */
struct connection {
	struct connection *next;
	struct guest *guest;
	const struct connection_ops *ops;
	bool wants_mic;
	bool recording;
	void (*on_closed)(void *dialer);
	void (*on_used)(void *dialer);
	void *dialer;
};

/**
 * struct guest - a virtual machine
 * @next: next guest in the list
 * @name: letters, digits, '.', '_' and '-'
 * @cid: the CID of the guest, if @has_cid
 * @has_cid: the guest connects over AF_VSOCK
 * @configured: named on the command line; stays in the list while it has no
 *              connection
 * @playback: the guest may play
 * @mic_policy: what the command line says about the microphone
 * @mic_allowed: the guest may record now
 * @saved: what the state file says about the microphone; unless SAVED_NONE,
 *         the guest stays in the list while it has no connection
 * @connections: the open connections
 * @connection_count: number of connections, including closed connections
 *                    whose data is still being played
 * @control: the guest's control socket
 * @on_bus: the guest has a name on D-Bus
 * @log: rate limit of messages that the guest can cause
 * @played_bytes: audio received from the guest, without protocol headers
 * @recorded_bytes: audio sent to the guest, without protocol headers
 * @dropped_bytes: audio that was discarded
 * @underruns: number of underruns of the host's output
 * @queue_usec: mean amount of queued playback data in the last second
 * @drift_ppm: deviation of the guest's clock, where hvsndd follows the clock
 */
struct guest {
	struct guest *next;
	char name[GUEST_NAME_SIZE];
	uint32_t cid;
	bool has_cid;
	bool configured;
	bool playback;
	enum mic_policy mic_policy;
	bool mic_allowed;
	enum saved_decision saved;
	struct connection *connections;
	unsigned int connection_count;
	struct control *control;
	bool on_bus;
	struct log_limit log;
	uint64_t played_bytes;
	uint64_t recorded_bytes;
	uint64_t dropped_bytes;
	uint64_t underruns;
	uint64_t queue_usec;
	double drift_ppm;
};

/**
 * struct guest_observer - a module that follows what happens to guests
 * @next: next observer
 * @started: the guest is configured at the program's start, or gets a
 *           connection; returns 0, or a negative errno after logging the
 *           cause
 * @removed: the guest is about to be freed
 * @mic_changed: guest->mic_allowed has changed
 * @saved_changed: guest->saved has changed
 *
 * Each of the callbacks may be NULL.
 */
struct guest_observer {
	struct guest_observer *next;
	int (*started)(struct guest *g);
	void (*removed)(struct guest *g);
	void (*mic_changed)(struct guest *g);
	void (*saved_changed)(struct guest *g);
};

extern struct guest *guests;

/* Whether guests that the command line does not name may connect. */
extern bool guests_allow_any;

/* Permissions of guests that the command line does not name. */
extern struct guest guest_default;

/* Add an observer, behind the present ones, unless it was added before. */
void guest_observe(struct guest_observer *o);

/* Whether @name is valid as the name of a guest. */
bool guest_name_ok(const char *name);

struct guest *guest_by_name(const char *name);
struct guest *guest_by_cid(uint32_t cid);

/**
 * guest_from_cid() - Find the guest that connects from a CID
 * @cid: the CID
 *
 * An unknown guest is added if unknown guests may connect.
 *
 * Return: The guest, or NULL if it may not connect.
 */
struct guest *guest_from_cid(uint32_t cid);

/**
 * guest_lookup() - Find a guest by what a user typed
 * @text: name of a guest, a CID, or vmCID
 * @create: add the guest if it does not exist
 *
 * Return: The guest, or NULL if it does not exist or cannot be added.
 */
struct guest *guest_lookup(const char *text, bool create);

/**
 * guest_add() - Add a guest with default permissions
 * @name: name of the guest
 *
 * Return: The guest; NULL without memory or with GUESTS_MAX guests.
 */
struct guest *guest_add(const char *name);

/* Call the observers for all guests at the start. Returns 0 or -errno. */
int guests_start(void);

/* Close all connections, at the end. Guests stay, for what the output plays. */
void guests_disconnect(void);

/* Close all connections and free all guests. */
void guests_free(void);

/* Count one more connection of the guest. */
void guest_hold(struct guest *g);

/* Count one connection less. The guest may be freed. */
void guest_release(struct guest *g);

/* Free the guest if it has no connection, is not configured and not saved. */
void guest_free_unused(struct guest *g);

/* Set the microphone policy of the command line. */
void guest_set_mic_policy(struct guest *g, enum mic_policy policy);

/* Set what the state file says about the microphone. */
void guest_restore(struct guest *g, enum saved_decision saved);

/**
 * guest_set_mic() - Allow or deny the microphone until hvsndd ends
 * @g: the guest, which may be freed in this call
 * @allow: whether the guest may record
 *
 * Return: False if the guest may never record.
 */
bool guest_set_mic(struct guest *g, bool allow);

/**
 * connection_add() - Add a connection to a guest
 * @c: the connection, zeroed but for @ops
 * @g: the guest
 */
void connection_add(struct connection *c, struct guest *g);

/*
 * Call @on_used when the guest has sent data on a connection of the protocol
 * pulse. Returns whether it was called.
 */
bool connection_used(struct connection *c);

/* Remove a connection from its guest. The guest may be freed. */
void connection_remove(struct connection *c);

#endif /* HVSNDD_GUEST_H */
