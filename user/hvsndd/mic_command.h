/* SPDX-License-Identifier: GPL-2.0 */
/* Parser of the two commands that a guest's control socket accepts. */
#ifndef HVSNDD_MIC_COMMAND_H
#define HVSNDD_MIC_COMMAND_H

#include <stddef.h>

/**
 * enum mic_command - what the received bytes are
 * @MIC_COMMAND_INCOMPLETE: the beginning of a command
 * @MIC_COMMAND_INVALID: neither a command nor the beginning of a command
 * @MIC_COMMAND_DENY: "audio-input 0" and a newline
 * @MIC_COMMAND_ALLOW: "audio-input 1" and a newline
 */
enum mic_command {
	MIC_COMMAND_INCOMPLETE,
	MIC_COMMAND_INVALID,
	MIC_COMMAND_DENY,
	MIC_COMMAND_ALLOW,
};

/* Parse all @len bytes that were received on a connection so far. */
enum mic_command mic_command_parse(const char *buf, size_t len);

#endif /* HVSNDD_MIC_COMMAND_H */
