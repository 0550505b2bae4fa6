// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "output.h"

bool output_json;

void output_string(struct json_object *o, const char *key, const char *value)
{
	char clean[OUTPUT_STRING_SIZE];

	if (!value) {
		json_object_object_add(o, key, NULL);
		return;
	}
	output_clean(clean, sizeof(clean), value, strlen(value));
	json_object_object_add(o, key, json_object_new_string(clean));
}

void output_number(struct json_object *o, const char *key, int64_t value)
{
	json_object_object_add(o, key, json_object_new_int64(value));
}

void output_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

const char *output_text(struct json_object *o, const char *key)
{
	struct json_object *member;

	if (!json_object_object_get_ex(o, key, &member) || !member)
		return "";
	return json_object_get_string(member);
}

int64_t output_value(struct json_object *o, const char *key)
{
	struct json_object *member;

	if (!json_object_object_get_ex(o, key, &member))
		return 0;
	return json_object_get_int64(member);
}

void output_print(struct json_object *o, bool line)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		    (line ? JSON_C_TO_STRING_PLAIN : JSON_C_TO_STRING_PRETTY);

	puts(json_object_to_json_string_ext(o, flags));
	if (line)
		fflush(stdout);
	json_object_put(o);
}

bool output_flush(void)
{
	return !fflush(stdout) && !ferror(stdout);
}
