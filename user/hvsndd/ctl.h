/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HVSNDD_CTL_H
#define HVSNDD_CTL_H

/* "hvsndd ctl": the arguments from "ctl" on. Returns the exit status. */
int ctl(int argc, char **argv);

#endif /* HVSNDD_CTL_H */
