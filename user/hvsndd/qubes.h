/* SPDX-License-Identifier: GPL-2.0 */
/* Parser of the codes with which a Qubes VM starts and stops its streams. */
#ifndef HVSNDD_QUBES_H
#define HVSNDD_QUBES_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct qubes - the parser
 * @len: number of bytes in @bytes
 * @bytes: an incomplete code
 * @record: called when the VM starts (1) or stops (0) recording
 * @play: called when the VM starts (1) or stops (0) playback
 * @data: argument of the callbacks
 */
struct qubes {
	unsigned int len;
	uint8_t bytes[4];
	void (*record)(void *data, int start);
	void (*play)(void *data, int start);
	void *data;
};

/* Parse received bytes, which may be split anywhere. Ignore unknown codes. */
void qubes_receive(struct qubes *q, const uint8_t *buf, size_t len);

#endif /* HVSNDD_QUBES_H */
