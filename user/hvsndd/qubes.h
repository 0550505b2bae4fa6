/* SPDX-License-Identifier: GPL-2.0 */
/* The codes by which a Qubes VM tells what it wants. */
#ifndef HVSNDD_QUBES_H
#define HVSNDD_QUBES_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct qubes - codes being received
 * @have: bytes of an incomplete one
 * @bytes: it
 * @record: called when the VM wants the microphone, or no longer
 * @play: called when it wants to play, or no longer
 * @data: for those
 */
struct qubes {
	unsigned int have;
	uint8_t bytes[4];
	void (*record)(void *data, int wanted);
	void (*play)(void *data, int wanted);
	void *data;
};

/* Takes what came, in any cut. Codes that it does not know are passed over. */
void qubes_receive(struct qubes *q, const uint8_t *buf, size_t len);

#endif /* HVSNDD_QUBES_H */
