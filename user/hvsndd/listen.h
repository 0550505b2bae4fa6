/* SPDX-License-Identifier: GPL-2.0 */
/* Where guests are met: listening, connecting out, and who it is that comes. */
#ifndef HVSNDD_LISTEN_H
#define HVSNDD_LISTEN_H

#include "config.h"

/**
 * listen_start - be there for guests, also where systemd listens already
 *
 * Return: whether guests can come; what cannot be was complained of.
 */
bool listen_start(void);
void listen_stop(void);

#endif /* HVSNDD_LISTEN_H */
