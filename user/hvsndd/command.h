/* SPDX-License-Identifier: GPL-2.0 */
/* PulseAudio's commands, as its native-common.h numbers them. */
#ifndef HVSNDD_COMMAND_H
#define HVSNDD_COMMAND_H

#include <stdint.h>

/* Its name, or "?". */
const char *command_name(uint32_t command);

#endif /* HVSNDD_COMMAND_H */
