/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration of hvsndd, which the command line determines. */
#ifndef HVSNDD_CONFIG_H
#define HVSNDD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/address.h"
#include "bus.h"
#include "guest.h"
#include "sample.h"

#define CONFIG_ENDPOINTS_MAX 128

enum protocol {
	PROTOCOL_PULSE,
	PROTOCOL_SIMPLE,
	PROTOCOL_QUBES,
	PROTOCOL_UNSET, /* until the whole command line was read */
};

/* What a connection of the protocols simple and qubes carries. */
enum direction {
	DIRECTION_DEFAULT,
	DIRECTION_PLAYBACK,
	DIRECTION_RECORD,
	DIRECTION_BOTH,
};

/**
 * struct endpoint_config - an address at which guests are reached
 * @address: the address, unless @tcp or @fd is set
 * @tcp: HOST:PORT of a TCP address, "" for another address
 * @connect: the guest listens, and hvsndd connects
 * @protocol: protocol of the connections
 * @direction: direction of the audio, unless @protocol is PROTOCOL_PULSE
 * @name: name of the guest that connects; "" if the CID identifies it
 * @fd: a listening socket that systemd passed to hvsndd, or -1
 */
struct endpoint_config {
	struct address address;
	char tcp[128];
	bool connect;
	enum protocol protocol;
	enum direction direction;
	char name[GUEST_NAME_SIZE];
	int fd;
};

/**
 * struct config - the configuration
 * @endpoints: the addresses at which guests are reached
 * @endpoint_count: number of @endpoints
 * @allow_tcp: @endpoints may have TCP addresses
 * @output: name of the output: null, file, pulse or alsa
 * @output_argument: text after the colon of --output, or NULL
 * @cookie: cookie of the host's PulseAudio server
 * @check_cookie: guests must send @cookie, where hvsndd is the server
 * @cookie_file: the file of --cookie or PULSE_COOKIE, or NULL
 * @simple_spec: sample format of the protocol simple
 * @latency_us: amount of playback data that is kept queued
 * @drop_when_full: discard data while the queue is full, instead of not
 *                  receiving it
 * @follow_drift: adapt the output's rate to the clock of each guest
 * @control_dir: directory of the control sockets
 * @state_dir: directory of the state file; "" for none
 * @bus: the D-Bus to use
 * @max_connections: maximum number of connections
 * @max_guest_connections: maximum number of connections of one guest
 */
struct config {
	struct endpoint_config endpoints[CONFIG_ENDPOINTS_MAX];
	unsigned int endpoint_count;
	bool allow_tcp;
	const char *output;
	const char *output_argument;
	uint8_t cookie[256];
	bool check_cookie;
	const char *cookie_file;
	struct sample_spec simple_spec;
	uint32_t latency_us;
	bool drop_when_full;
	bool follow_drift;
	char control_dir[128];
	char state_dir[200];
	enum bus_type bus;
	unsigned int max_connections;
	unsigned int max_guest_connections;
};

extern struct config config;

/* Set config.control_dir to the default, unless it is set. */
void config_set_control_dir(void);

/*
 * Set config.state_dir to the default, unless it is set or, on Linux,
 * config.control_dir is not the default.
 */
void config_set_state_dir(void);

/* The address in messages. Returns @out, which has ADDRESS_TEXT_SIZE bytes. */
const char *config_endpoint_text(const struct endpoint_config *e, char *out);

#endif /* HVSNDD_CONFIG_H */
