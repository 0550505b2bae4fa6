/* SPDX-License-Identifier: GPL-2.0 */
/* What the command line says. */
#ifndef HVSNDD_CONFIG_H
#define HVSNDD_CONFIG_H

#include <pulse/sample.h>
#include <stdbool.h>
#include <stdint.h>

#include "../lib/address.h"
#include "guest.h"

#define CONFIG_PLACES_MAX 128

enum protocol {
	PROTOCOL_PULSE,
	PROTOCOL_SIMPLE,
	PROTOCOL_QUBES,
};

/* Of a connection that carries nothing but sound. */
enum direction {
	DIRECTION_DEFAULT,
	DIRECTION_PLAYBACK,
	DIRECTION_RECORD,
	DIRECTION_BOTH,
};

/**
 * struct place - where guests are met
 * @address: it, unless @tcp
 * @tcp: HOST:PORT of a TCP address, "" for none
 * @connect: the guest listens there, and hvsndd connects
 * @protocol: what is spoken
 * @direction: of what is not PROTOCOL_PULSE
 * @name: of the guest that comes from there; "" where the CID tells
 * @fd: a socket that systemd handed over, -1 for none
 */
struct place {
	struct address address;
	char tcp[128];
	bool connect;
	enum protocol protocol;
	enum direction direction;
	char name[GUEST_NAME_SIZE];
	int fd;
};

/**
 * struct config - all options
 * @place: where guests are met
 * @places: how many
 * @output: null, file, pulse or alsa
 * @output_argument: what stands behind its colon, or NULL
 * @cookie: of the host's server, for PROTOCOL_PULSE
 * @cookie_file: that --cookie or PULSE_COOKIE names, or NULL
 * @simple_spec: sample format of PROTOCOL_SIMPLE
 * @latency_us: what is kept ready of a guest's sound
 * @drop: what does not fit is dropped, not left waiting
 * @follow: the output's rate follows each guest's clock
 * @control: folder of the control sockets
 * @state: folder of what lasts; "" for none
 * @bus: 0: no D-Bus, 's'ystem or 'u'ser
 * @connections: at most
 * @guest_connections: at most, of one guest
 */
struct config {
	struct place place[CONFIG_PLACES_MAX];
	unsigned int places;
	const char *output;
	const char *output_argument;
	uint8_t cookie[256];
	const char *cookie_file;
	pa_sample_spec simple_spec;
	uint32_t latency_us;
	bool drop;
	bool follow;
	char control[128];
	char state[200];
	char bus;
	unsigned int connections;
	unsigned int guest_connections;
};

extern struct config config;

/**
 * config_read - read the command line
 * @argc: of main()
 * @argv: of main()
 *
 * Complains about what is wrong.
 *
 * Return: -1 to go on, or the exit status.
 */
int config_read(int argc, char **argv);

/**
 * config_control - where the control sockets are unless it is said
 * @out: sizeof(config.control) bytes
 */
void config_control(char *out);

/* Sets config.state, unless it is said, for the folder that config.control is. */
void config_state(void);

#endif /* HVSNDD_CONFIG_H */
