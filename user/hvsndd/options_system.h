/* SPDX-License-Identifier: GPL-2.0 */
/* The part of the command line that differs between Linux and Windows. */
#ifndef HVSNDD_OPTIONS_SYSTEM_H
#define HVSNDD_OPTIONS_SYSTEM_H

#include <getopt.h>
#include <stdbool.h>

#define OPTIONS_SYSTEM 512 /* first value of an option of the system */
#define OPTIONS_SYSTEM_MAX 16 /* maximum number of @options_system */

/* Parts of the help that all systems have */

#define HELP_CONNECTIONS \
	"        protocol=PROTOCOL  protocol at this address\n" \
	"        direction=playback|record|both\n" \
	"                           audio that a simple or qubes connection carries\n" \
	"                           (playback)\n"

#define HELP_PROTOCOL \
	"  -p, --protocol PROTOCOL  pulse, simple or qubes (pulse)\n"

#define HELP_GUEST \
	"        playback=on|off    whether the guest may play (on)\n" \
	"        microphone=ask|allow|never\n" \
	"                           the guest may record: after it was allowed, from the\n" \
	"                           start, never (ask)\n" \
	"      --max-connections N  maximum number of connections (256)\n" \
	"      --max-guest-connections N\n" \
	"                           maximum number of connections of one guest (16)\n\n"

#define HELP_AUDIO \
	"      --format FORMAT      of simple, and of the sink that hvsndd offers: s16le,\n" \
	"                           s32le, float32le, ... (s16le)\n" \
	"      --rate RATE          (44100)\n" \
	"      --channels N         (2)\n" \
	"      --latency MS         simple and qubes: amount of queued audio (40)\n" \
	"      --when-full block|drop\n" \
	"                           while the queue is full, do not receive data, or\n" \
	"                           discard it (block)\n" \
	"      --drift follow|ignore\n" \
	"                           whether the output's rate follows the guest's clock\n" \
	"                           (follow)\n\n"

#define HELP_END \
	"  -v, --verbose            log each connection\n" \
	"  -V, --version            print the version\n\n"

/* The whole help */
extern const char options_help[];

/* Values of --output, for the message about another one */
extern const char *const options_output;

/* The options that only this system has; a member without a name is last. */
extern const struct option options_system[];

/**
 * options_read_system() - Apply one of @options_system
 * @option: its value
 * @argument: its argument, or NULL
 *
 * Return: False after printing an error.
 */
bool options_read_system(int option, const char *argument);

/*
 * Set what the command line leaves to defaults, before the endpoints are
 * completed. Returns false after printing an error.
 */
bool options_finish_system(void);

#endif /* HVSNDD_OPTIONS_SYSTEM_H */
