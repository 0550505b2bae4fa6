// SPDX-License-Identifier: GPL-2.0
#include "output_wasapi.h"
const struct output output_wasapi = { .name = "wasapi" };
