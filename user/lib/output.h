/* SPDX-License-Identifier: GPL-2.0 */
/* What is printed: JSON by json-c, text that no name from elsewhere can play tricks with. */
#ifndef HVSND_OUTPUT_H
#define HVSND_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -j was given. */
extern bool output_json;

/**
 * output_clean - make bytes of any origin valid, printable UTF-8
 * @out: where to, always terminated
 * @size: bytes that @out takes, at least 1
 * @in: the bytes
 * @len: how many
 *
 * Control characters and what is not UTF-8 become question marks.
 */
void output_clean(char *out, size_t size, const char *in, size_t len);

/* Bytes of a string in an object, with its end; what is longer is cut. */
#define OUTPUT_STRING_SIZE 4096

/*
 * Setters of an object's members. A NULL string is null.
 */
void output_string(struct json_object *o, const char *key, const char *value);
void output_number(struct json_object *o, const char *key, int64_t value);
void output_bool(struct json_object *o, const char *key, bool value);

/*
 * Getters for the text made from an object: "" and 0 for members that are not
 * there.
 */
const char *output_text(struct json_object *o, const char *key);
int64_t output_value(struct json_object *o, const char *key);

/**
 * output_print - print an object and release it
 * @o: the object
 * @line: on one line, and at once, as for one of many
 */
void output_print(struct json_object *o, bool line);

/**
 * output_flush - the last thing before a program ends
 *
 * Return: whether all that was printed has arrived.
 */
bool output_flush(void);

#endif /* HVSND_OUTPUT_H */
