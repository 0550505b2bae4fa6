/* SPDX-License-Identifier: GPL-2.0 */
/* A model of hvsndd's event loop: timers, and time that passes when told to. */
#ifndef SELFTESTS_MODEL_LOOP_H
#define SELFTESTS_MODEL_LOOP_H

#include "loop.h"

/* Let time pass. Calls @each_ms after each millisecond, unless it is NULL. */
void model_pass(unsigned int ms, void (*each_ms)(void));

/* Number of timers that were not freed. */
unsigned int model_timers(void);

#endif /* SELFTESTS_MODEL_LOOP_H */
