/* SPDX-License-Identifier: GPL-2.0 */
/* Guests: who they are, what they may do, and the connections they have. */
#ifndef HVSNDD_GUEST_H
#define HVSNDD_GUEST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"

#define GUEST_NAME_SIZE 48
#define GUESTS_MAX 256

struct control;
struct link;

/* What "hvsndd ctl" said of a guest's microphone, for good. */
enum kept {
	KEPT_NOTHING,
	KEPT_DENY,
	KEPT_ALLOW,
};

/**
 * struct link_ops - a protocol, as the guest's other parts see it
 * @microphone: the gate has opened or closed (guest->microphone); the link may
 * end itself
 * @close: end the link and free it
 */
struct link_ops {
	void (*microphone)(struct link *l);
	void (*close)(struct link *l);
};

/**
 * struct link - a guest's connection
 * @next: the guest's next
 * @guest: whose
 * @ops: what it is
 * @wants: the guest wants the microphone here
 * @records: and has it
 * @ended: told when the link is gone; may be NULL
 * @ended_data: for @ended
 */
struct link {
	struct link *next;
	struct guest *guest;
	const struct link_ops *ops;
	bool wants;
	bool records;
	void (*ended)(void *data);
	void *ended_data;
};

/**
 * struct guest - a virtual machine
 * @next: the next of them
 * @name: letters, digits, '.', '_' and '-'
 * @cid: its CID, if @has_cid
 * @has_cid: it comes by vsock
 * @known: named on the command line: it stays when it is not connected
 * @playback: it may play
 * @never: it may never record
 * @first: it may record from the start
 * @microphone: it may record now
 * @kept: what the state file has; then it stays when it is not connected
 * @links: its connections
 * @count: how many, with those being wound up
 * @control: its control socket
 * @on_bus: it has its name on D-Bus
 * @log: bounds what it makes us say
 * @played: bytes of sound taken from it, and of no protocol
 * @recorded: bytes of sound given to it, likewise
 * @dropped: bytes of sound that had no place
 * @underruns: times that the host ran out of its sound
 * @queue_us: of its sound that were ready for the host, in the mean of the last
 * second
 * @drift_ppm: how fast its clock is, where that is followed
 */
struct guest {
	struct guest *next;
	char name[GUEST_NAME_SIZE];
	uint32_t cid;
	bool has_cid;
	bool known;
	bool playback;
	bool never;
	bool first;
	bool microphone;
	enum kept kept;
	struct link *links;
	unsigned int count;
	struct control *control;
	bool on_bus;
	struct log_limit log;
	uint64_t played;
	uint64_t recorded;
	uint64_t dropped;
	uint64_t underruns;
	uint64_t queue_us;
	double drift_ppm;
};

extern struct guest *guests;

/* Whether guests that the command line does not name may connect. */
extern bool guests_any;

/* What those may do. */
extern struct guest guest_default;

/* Whether it can be a guest's name. */
bool guest_name_ok(const char *name);

struct guest *guest_by_name(const char *name);
struct guest *guest_by_cid(uint32_t cid);

/**
 * guest_of_cid - the guest that connects from a CID
 * @cid: its CID
 *
 * Return: it, added if need be; NULL if it may not connect.
 */
struct guest *guest_of_cid(uint32_t cid);

/**
 * guest_meant - the guest that somebody names
 * @text: a guest's name, a CID, or vmCID
 * @make: add it if there is none
 *
 * Return: it, or NULL: there is none, or there are too many.
 */
struct guest *guest_meant(const char *text, bool make);

/**
 * guest_add - a guest with the default rights
 * @name: its name
 *
 * Return: it, or NULL: without memory, or when there are too many.
 */
struct guest *guest_add(const char *name);

/* Gives the known guests what they need from the start on; returns 0 or a negative errno. */
int guests_start(void);

/* The guest goes, if nothing holds it. */
void guest_put(struct guest *g);

/*
 * Opens or closes the microphone's gate until hvsndd ends. Returns false for a
 * guest that may never record. The guest may be gone after this.
 */
bool guest_allow(struct guest *g, bool allow);

/**
 * guest_status - all about a guest
 * @g: the guest
 *
 * Return: a JSON object.
 */
struct json_object *guest_status(const struct guest *g);

/* Ends every link, and frees every guest. */
void guests_free(void);

/**
 * link_add - a guest has a connection
 * @l: zeroed, @ops set
 * @g: the guest
 */
void link_add(struct link *l, struct guest *g);

/* It has no longer; the guest may be gone after this. */
void link_remove(struct link *l);

#endif /* HVSNDD_GUEST_H */
