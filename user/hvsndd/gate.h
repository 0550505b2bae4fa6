/* SPDX-License-Identifier: GPL-2.0 */
/* The two commands that a guest's control socket takes, as Qubes has them. */
#ifndef HVSNDD_GATE_H
#define HVSNDD_GATE_H

#include <stddef.h>

/**
 * enum gate_verdict - what was said
 * @GATE_MORE: nothing whole yet
 * @GATE_BAD: it is not one of the two commands
 * @GATE_DENY: "audio-input 0", and its newline
 * @GATE_ALLOW: "audio-input 1", and its newline
 */
enum gate_verdict {
	GATE_MORE,
	GATE_BAD,
	GATE_DENY,
	GATE_ALLOW,
};

/* Of all the bytes that have come so far. */
enum gate_verdict gate_judge(const char *buf, size_t len);

#endif /* HVSNDD_GATE_H */
