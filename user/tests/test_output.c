// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/common.h"
#include "../lib/output.h"

/* Names that a program can have, and how they are printed. */
static const struct {
	const char *in;
	const char *out;
} names[] = {
	{ "aplay", "aplay" },
	{ "", "" },
	{ "a\033[2Jb", "a?[2Jb" },
	{ "a\nb\tc\x7f", "a?b?c?" },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8a",
	  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8a" },
	{ "\xc2\x80\xc2\x9b", "????" }, /* control characters beyond ASCII */
	{ "\xc0\xaf\xe0\x80\xaf", "?????" }, /* overlong */
	{ "\xed\xa0\x80", "???" }, /* a surrogate */
	{ "\xf4\x90\x80\x80\xff\xfe", "??????" },
	{ "a\xe2\x82", "a??" }, /* truncated */
	{ "\xe2\x28\xa1", "?(?" },
	{ "\"\\/", "\"\\/" },
};

static void test_clean(void **state)
{
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		output_clean(out, sizeof(out), names[i].in,
			     strlen(names[i].in));
		assert_string_equal(out, names[i].out);
	}
	/* No partial character at the end, and no byte after the end. */
	memset(out, 'x', sizeof(out));
	output_clean(out, 4, "ab\xc3\xa4", 4);
	assert_string_equal(out, "ab");
	assert_int_equal(out[4], 'x');
	output_clean(out, 1, "ab", 2);
	assert_string_equal(out, "");
}

/* JSON does not change a string. */
static void test_json(void **state)
{
	struct json_object *o, *back;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		o = json_object_new_object();
		output_string(o, "name", names[i].in);
		output_number(o, "number", INT64_MIN);
		output_bool(o, "on", true);
		output_string(o, "none", NULL);
		back = json_tokener_parse(json_object_to_json_string(o));
		assert_non_null(back);
		assert_string_equal(output_text(back, "name"), names[i].out);
		assert_true(output_value(back, "number") == INT64_MIN);
		assert_int_equal(output_value(back, "on"), 1);
		assert_string_equal(output_text(back, "none"), "");
		assert_string_equal(output_text(back, "absent"), "");
		assert_int_equal(output_value(back, "absent"), 0);
		json_object_put(back);
		json_object_put(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
