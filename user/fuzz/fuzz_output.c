// SPDX-License-Identifier: GPL-2.0
/*
 * Names from other programs and machines: after cleaning, any name survives
 * JSON unchanged, and is cut to the size of the buffer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *o = json_object_new_object(), *back;
	char *copy = malloc(size + 1), *clean = malloc(size + 1);
	size_t most = size < OUTPUT_STRING_SIZE ? size + 1 : OUTPUT_STRING_SIZE;
	size_t room = size / 2 + 1;
	char *part = malloc(room);

	memcpy(copy, data, size);
	copy[size] = '\0';
	output_clean(clean, most, copy, strlen(copy));
	output_clean(part, room, copy, strlen(copy));
	if (strncmp(part, clean, strlen(part)))
		abort();
	output_string(o, "name", copy);
	back = json_tokener_parse(json_object_to_json_string(o));
	if (!back || strcmp(output_text(back, "name"), clean))
		abort();
	json_object_put(back);
	json_object_put(o);
	free(copy);
	free(clean);
	free(part);
	return 0;
}
