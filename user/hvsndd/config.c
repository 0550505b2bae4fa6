// SPDX-License-Identifier: GPL-2.0
#include "config.h"

struct config config = {
	.output = "pulse",
	.simple_spec = { SAMPLE_S16LE, 44100, 2 },
	.latency_us = 40000,
	.follow_drift = true,
	.max_connections = 256,
	.max_guest_connections = 16,
};
