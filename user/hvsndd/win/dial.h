/* SPDX-License-Identifier: GPL-2.0 */
/* Guests that listen, to which hvsndd connects. */
#ifndef HVSNDD_WIN_DIAL_H
#define HVSNDD_WIN_DIAL_H

#include <stdbool.h>

/*
 * Start to connect to the configured endpoints. Attempts are repeated until
 * they succeed. After a connection was closed, hvsndd connects again. With the
 * protocol pulse, it keeps one connection ready that the guest does not use
 * yet. Returns false without memory.
 */
bool dial_start(void);
void dial_stop(void);

#endif /* HVSNDD_WIN_DIAL_H */
