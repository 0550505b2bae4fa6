/* SPDX-License-Identifier: GPL-2.0 */
/* The sockets by which this machine's people open and close microphones. */
#ifndef HVSNDD_CONTROL_H
#define HVSNDD_CONTROL_H

#include <stdbool.h>

#include "guest.h"

#define CONTROL_COMMAND_MAX 128 /* of a line, with its end */

/* How a command line or a guest's socket is called in the folder. */
#define CONTROL_SOCKET "control"
#define CONTROL_GUEST "audio-control."

/**
 * control_start - let "hvsndd ctl" reach us
 *
 * Return: 0 or a negative errno.
 */
int control_start(void);
void control_stop(void);

/**
 * control_guest - let a guest's microphone be opened by its own socket, as
 * Qubes has it
 * @g: the guest; sets @g->control
 *
 * Return: 0 or a negative errno.
 */
int control_guest(struct guest *g);
void control_free(struct control *c);

#endif /* HVSNDD_CONTROL_H */
