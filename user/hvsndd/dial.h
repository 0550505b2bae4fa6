/* SPDX-License-Identifier: GPL-2.0 */
/* Endpoints at which guests listen and to which hvsndd connects. */
#ifndef HVSNDD_DIAL_H
#define HVSNDD_DIAL_H

#include <stdbool.h>

/*
 * Start to connect to the configured endpoints. Connection attempts are
 * repeated until they succeed. After a connection was closed, hvsndd connects
 * again. With the protocol pulse, it keeps one connection ready that the guest
 * does not use yet: it connects again as soon as the guest uses one.
 *
 * Returns false without memory or descriptors.
 */
bool dial_start(void);
void dial_stop(void);

#endif /* HVSNDD_DIAL_H */
