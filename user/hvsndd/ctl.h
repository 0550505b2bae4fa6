/* SPDX-License-Identifier: GPL-2.0 */
/* The command "hvsndd ctl": a client of the control socket. */
#ifndef HVSNDD_CTL_H
#define HVSNDD_CTL_H

/*
 * Run "hvsndd ctl". The arguments begin with "ctl". Returns the exit status.
 */
int ctl(int argc, char **argv);

#endif /* HVSNDD_CTL_H */
