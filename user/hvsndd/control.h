/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UNIX sockets on which users of this machine allow and deny microphones: one
 * for "hvsndd ctl", and one for each guest, as in Qubes OS.
 */
#ifndef HVSNDD_CONTROL_H
#define HVSNDD_CONTROL_H

#define CONTROL_LINE_MAX 128 /* maximum length of a command, with its newline */

/* Name of the socket for "hvsndd ctl", and prefix of a guest's socket. */
#define CONTROL_SOCKET "control"
#define CONTROL_GUEST_PREFIX "audio-control."

/*
 * Open the socket for "hvsndd ctl". From then on, each guest that is started
 * gets a socket of its own.
 *
 * Returns 0, or a negative errno after logging the cause.
 */
int control_start(void);
void control_stop(void);

#endif /* HVSNDD_CONTROL_H */
