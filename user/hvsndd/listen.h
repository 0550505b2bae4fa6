/* SPDX-License-Identifier: GPL-2.0 */
/* Endpoints at which hvsndd listens. */
#ifndef HVSNDD_LISTEN_H
#define HVSNDD_LISTEN_H

#include <stdbool.h>

/*
 * Listen at the configured endpoints. On Windows, an endpoint that cannot be
 * used now, for instance because WSL2 does not run, is tried again. Returns
 * false after logging the cause if an endpoint fails.
 */
bool listen_start(void);
void listen_stop(void);

#endif /* HVSNDD_LISTEN_H */
