// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>

#include "../output_choices.h"
#include "output_wasapi.h"

const struct output_choice output_choices[] = {
	{ &output_wasapi, no_argument },
	{ &output_file, required_argument },
	{ &output_null, no_argument },
	{}
};
