/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The D-Bus interface of Qubes OS: each guest has the name
 * org.qubesos.Audio.GUEST, with the property RecAllowed of the object
 * /org/qubesos/audio.
 */
#ifndef HVSNDD_BUS_H
#define HVSNDD_BUS_H

enum bus_type {
	BUS_NONE,
	BUS_SYSTEM,
	BUS_USER,
};

/**
 * bus_start() - Connect to D-Bus, and offer a name for each guest
 * @type: which D-Bus
 *
 * Return: 0, or a negative errno after logging the cause.
 */
int bus_start(enum bus_type type);
void bus_stop(void);

#endif /* HVSNDD_BUS_H */
