/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Output of JSON and text. Names that come from other machines are made safe to
 * print.
 */
#ifndef HVSND_OUTPUT_H
#define HVSND_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clean.h"

/* Whether JSON is printed (option -j). */
extern bool output_json;

/* Maximum size of a string in an object; longer strings are truncated. */
#define OUTPUT_STRING_SIZE 4096

/* Set a member of an object. A NULL string becomes null. */
void output_string(struct json_object *o, const char *key, const char *value);
void output_number(struct json_object *o, const char *key, int64_t value);
void output_bool(struct json_object *o, const char *key, bool value);

/* Get a member of an object: "" or 0 if there is no such member. */
const char *output_text(struct json_object *o, const char *key);
int64_t output_value(struct json_object *o, const char *key);

/**
 * output_print() - Print an object and release it
 * @o: the object
 * @line: print on one line and flush, for output that consists of many objects
 */
void output_print(struct json_object *o, bool line);

/**
 * output_flush() - Flush standard output before the program ends
 *
 * Return: False if anything could not be written.
 */
bool output_flush(void);

#endif /* HVSND_OUTPUT_H */
