/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection of --output pulse to the host's PulseAudio or PipeWire server.
 * The connection is made again until it succeeds.
 */
#ifndef HVSNDD_PULSE_CONTEXT_H
#define HVSNDD_PULSE_CONTEXT_H

#include <pulse/context.h>
#include <stdbool.h>

/**
 * struct pulse_context_ops - callbacks for the streams of the connection
 * @up: the server has accepted the connection
 * @down: the connection is lost
 * @drop: the connection is about to be freed: free all streams of it
 */
struct pulse_context_ops {
	void (*up)(void);
	void (*down)(void);
	void (*drop)(void);
};

/**
 * pulse_context_start() - Start to connect
 * @ops: the callbacks
 *
 * Return: Whether libpulse could start.
 */
bool pulse_context_start(const struct pulse_context_ops *ops);
void pulse_context_stop(void);

/* The connection; NULL while there is none or it is not accepted. */
pa_context *pulse_context(void);

/* Description of the last error of libpulse. */
const char *pulse_context_error(void);

#endif /* HVSNDD_PULSE_CONTEXT_H */
