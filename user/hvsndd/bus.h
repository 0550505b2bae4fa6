/* SPDX-License-Identifier: GPL-2.0 */
/*
 * D-Bus, as Qubes' older interface had it: org.qubesos.Audio.GUEST,
 * /org/qubesos/audio, RecAllowed.
 */
#ifndef HVSNDD_BUS_H
#define HVSNDD_BUS_H

#include "guest.h"

/*
 * On the 's'ystem's or the 'u'ser's bus; 0 for none. Returns 0 or a negative
 * errno, after a complaint.
 */
int bus_start(char which);
void bus_stop(void);

/* A guest came, goes, or its microphone's gate has changed. Without a bus they do nothing. */
void bus_add(struct guest *g);
void bus_remove(struct guest *g);
void bus_changed(struct guest *g);

#endif /* HVSNDD_BUS_H */
