/* SPDX-License-Identifier: GPL-2.0 */
/* Endpoints at which hvsndd listens. */
#ifndef HVSNDD_LISTEN_H
#define HVSNDD_LISTEN_H

#include <stdbool.h>

/**
 * listen_start() - Listen at the configured endpoints
 *
 * Return: False after logging the cause if one of them fails.
 */
bool listen_start(void);
void listen_stop(void);

#endif /* HVSNDD_LISTEN_H */
