// SPDX-License-Identifier: GPL-2.0
/* Sample formats: numbers, sizes, times and names are those of PulseAudio. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <pulse/sample.h>

#include "sample.h"

static void test_formats(void **state)
{
	static const struct sample_spec specs[] = {
		{ SAMPLE_U8, 8000, 1 },	      { SAMPLE_ALAW, 11025, 2 },
		{ SAMPLE_ULAW, 11025, 2 },    { SAMPLE_S16LE, 44100, 2 },
		{ SAMPLE_S16BE, 44100, 6 },   { SAMPLE_FLOAT32LE, 48000, 2 },
		{ SAMPLE_FLOAT32BE, 1, 32 },  { SAMPLE_S32LE, 96000, 8 },
		{ SAMPLE_S32BE, 192000, 2 },  { SAMPLE_S24LE, 44100, 2 },
		{ SAMPLE_S24BE, 44100, 1 },   { SAMPLE_S24_32LE, 384000, 2 },
		{ SAMPLE_S24_32BE, 4000, 3 },
	};
	size_t i;

	(void)state;
	assert_int_equal(SAMPLE_FORMATS, PA_SAMPLE_MAX);
	for (i = 0; i < SAMPLE_FORMATS; i++) {
		const struct sample_spec *s = &specs[i];
		const char *name = pa_sample_format_to_string(i);
		pa_sample_spec pulse = { i, s->rate, s->channels };

		assert_int_equal(s->format, i);
		assert_int_equal(sample_format_parse(name), i);
		assert_int_equal(sample_frame_size(s), pa_frame_size(&pulse));
		assert_int_equal(sample_bytes(1234567, s),
				 pa_usec_to_bytes(1234567, &pulse));
		assert_int_equal(sample_usec(1234567, s),
				 pa_bytes_to_usec(1234567, &pulse));
	}
}

static void test_names(void **state)
{
	static const char *const bases[] = {
		"u8",	 "8",	    "s8",     "16",   "s16",  "24",    "s24",
		"32",	 "s32",	    "f",      "alaw", "aLaw", "mulaw", "ulaw",
		"float", "float32", "s24-32", "",     "s",    "24-32"
	};
	static const char *const ends[] = { "",	  "le", "be", "ne",
					    "re", "LE", "x",  "-32" };
	size_t i, j;
	char name[32];

	(void)state;
	for (i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		for (j = 0; j < sizeof(ends) / sizeof(*ends); j++) {
			snprintf(name, sizeof(name), "%s%s", bases[i], ends[j]);
			/* libpulse takes it for a format of 24 bits. */
			if (strcmp(name, "s32re"))
				assert_int_equal(sample_format_parse(name),
						 pa_parse_sample_format(name));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
