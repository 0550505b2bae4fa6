/* SPDX-License-Identifier: GPL-2.0 */
/* --output wasapi: each stream is a session of Windows' mixer. */
#ifndef HVSNDD_WIN_OUTPUT_WASAPI_H
#define HVSNDD_WIN_OUTPUT_WASAPI_H

#include "../outputs.h"

extern const struct output output_wasapi;

#endif /* HVSNDD_WIN_OUTPUT_WASAPI_H */
