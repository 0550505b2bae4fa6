/* SPDX-License-Identifier: GPL-2.0 */
/* Where guests are met: listening, connecting out, and who it is that comes. */
#ifndef HVSNDD_LISTEN_H
#define HVSNDD_LISTEN_H

#include "config.h"

/**
 * listen_start - be there for guests
 *
 * Also takes what systemd has opened. Complains where something cannot be.
 *
 * Return: whether guests can come.
 */
bool listen_start(void);
void listen_stop(void);

#endif /* HVSNDD_LISTEN_H */
