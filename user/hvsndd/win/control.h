/* SPDX-License-Identifier: GPL-2.0 */
/* The named pipe that takes the commands of "hvsndd ctl". */
#ifndef HVSNDD_WIN_CONTROL_H
#define HVSNDD_WIN_CONTROL_H

#include <stdbool.h>

/* Open the pipe. Returns false after logging the cause. */
bool control_start(void);
void control_stop(void);

#endif /* HVSNDD_WIN_CONTROL_H */
