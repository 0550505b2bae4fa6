/* SPDX-License-Identifier: GPL-2.0 */
/* libpulse's main loop, which the event loop of Linux consists of. */
#ifndef HVSNDD_LOOP_PULSE_H
#define HVSNDD_LOOP_PULSE_H

#include <pulse/mainloop.h>

/* The main loop; NULL before loop_start(). */
struct pa_mainloop_api *loop_pulse(void);

#endif /* HVSNDD_LOOP_PULSE_H */
