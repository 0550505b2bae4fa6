/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The D-Bus interface of Qubes OS: each guest has the name
 * org.qubesos.Audio.GUEST, with the property RecAllowed of the object
 * /org/qubesos/audio.
 */
#ifndef HVSNDD_BUS_H
#define HVSNDD_BUS_H

/**
 * bus_start - connect to D-Bus, and offer a name for each guest
 * @which: 's' for the system bus, 'u' for the user's bus, 0 for none
 *
 * Return: 0, or a negative errno after logging the cause.
 */
int bus_start(char which);
void bus_stop(void);

#endif /* HVSNDD_BUS_H */
