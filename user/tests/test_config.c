// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../lib/config.h"

#define ERRORS_MAX 8

static struct config config;

/* What was complained about. */
static struct {
	unsigned int line;
	char reason[REASON_SIZE];
} errors[ERRORS_MAX];

static void complain(void *data, unsigned int line, const char *reason)
{
	unsigned int *n = data;

	assert_true(*n < ERRORS_MAX);
	errors[*n].line = line;
	strcpy(errors[*n].reason, reason);
	++*n;
}

/* Returns how many errors the text has. */
static unsigned int parse(const char *text, size_t len)
{
	unsigned int n = 0;
	struct config_errors all = { .complain = complain, .data = &n };

	bool whole = config_parse(&config, text, len, &all);

	assert_int_equal(whole, !n);
	assert_int_equal(all.count, n);
	return n;
}

static unsigned int check(const char *text)
{
	unsigned int n = 0;
	struct config_errors all = { .complain = complain, .data = &n };

	bool whole;

	assert_int_equal(parse(text, strlen(text)), 0);
	whole = config_check(&config, &all);
	assert_int_equal(whole, !n);
	return n;
}

static void good(const char *text)
{
	if (parse(text, strlen(text)))
		fail_msg("%u: %s", errors[0].line, errors[0].reason);
}

static const char *value(size_t card, const char *key)
{
	size_t i;

	for (i = 0; i < CARD_KEYS; i++) {
		if (!strcmp(card_keys[i].name, key))
			return config.cards[card].value[i];
	}
	fail_msg("no key %s", key);
	return "";
}

static void test_all_keys(void **state)
{
	(void)state;
	good("# Sound\n"
	     "\n"
	     "[studio]\r\n"
	     "  port = 4714   # the other server\n"
	     "cid=0x2\n"
	     "protocol\t=\tpulse\n"
	     "latency-us = 10000\n"
	     "; rate = 1\n"
	     "mic = off\n"
	     "index = 3\n"
	     "cookie-file = /etc/a cookie#1\n"
	     "[Other]");
	assert_int_equal(config.count, 2);
	assert_string_equal(config.cards[0].name, "studio");
	assert_int_equal(config.cards[0].line, 3);
	assert_string_equal(value(0, "port"), "4714");
	assert_string_equal(value(0, "cid"), "2");
	assert_string_equal(value(0, "protocol"), "pulse");
	assert_string_equal(value(0, "latency-us"), "10000");
	assert_string_equal(value(0, "rate"), "");
	assert_string_equal(value(0, "mic"), "off");
	assert_string_equal(value(0, "index"), "3");
	assert_string_equal(config.cards[0].cookie_file, "/etc/a cookie#1");
	assert_string_equal(config.cards[1].name, "Other");
	assert_string_equal(value(1, "port"), "");
}

static void test_nothing(void **state)
{
	(void)state;
	good("");
	assert_int_equal(config.count, 0);
	good("\n\n# nothing\n");
	assert_int_equal(config.count, 0);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *reason;
	} bad[] = {
		{ "port = 1", 1, "[CARD] must come first" },
		{ "[a]\nport", 2, "neither" },
		{ "[a]\nport = x", 2, "port 'x': must be a number from 1 to 4294967295" },
		{ "[a]\nport = 0", 2, "from 1" },
		{ "[a]\nport =", 2, "from 1" },
		{ "[a]\nport = -1", 2, "from 1" },
		{ "[a]\nport = 1 2", 2, "from 1" },
		{ "[a]\nport = 4294967296", 2, "from 1" },
		{ "[a]\n\ncid = 1\ncid = 2", 4, "cid is given twice" },
		{ "[a]\ncookie-file = x", 2, "path from the root" },
		{ "[a]\ncookie-file = /x\ncookie-file = /y", 3, "twice" },
		{ "[a]\nvolume = 1", 2, "there is no key 'volume': must be one of index cid port" },
		{ "[a]\nmic = yes", 2, "off or on" },
		{ "[a]\nmic = ", 2, "mic '': must be off or on" },
		{ "[a]\nprotocol =", 2, "must be pulse, simple or qubes" },
		{ "[a]\nprotocol = raw", 2, "protocol 'raw': must be pulse, simple or qubes" },
		{ "[a]\nrole =# connect", 2, "must be connect or listen" },
		{ "[a]\non-lost = noise", 2, "must be silence or error" },
		{ "[a]\nname-streams = x", 2, "must be command or card" },
		{ "[a]\nformat = S16", 2, "must be any, U8, A_LAW, MU_LAW, S16_LE, S16_BE" },
		{ "[a]\nrate = 192001", 2, "from 8000 to 192000, or 0" },
		{ "[a]\nrate = 7999", 2, "from 8000 to 192000, or 0" },
		{ "[a]\nlatency-us = 999", 2, "from 1000 to 2000000, or 0" },
		{ "[a]\nrate-min = 0", 2, "from 8000 to 192000" },
		{ "[a]\n[b]\n[a]", 3, "card a is there already, in line 1" },
		{ "[a", 1, "']' is missing" },
		{ "[]", 1, "cannot name a card" },
		{ "[a-b]", 1, "cannot name a card" },
		{ "[a b]", 1, "cannot name a card" },
		{ "[abcdefghijklmnop]", 1, "cannot name a card" },
		{ "[\xc3\xa4]", 1, "cannot name a card" },
		{ "[a_b]", 1, "cannot name a card" },
		{ "[1a]", 1, "cannot name a card" },
		{ "[cards]", 1, "cannot name a card" },
	};
	char text[600];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!parse(bad[i].text, strlen(bad[i].text)))
			fail_msg("'%s' was taken", bad[i].text);
		if (errors[0].line != bad[i].line ||
		    !strstr(errors[0].reason, bad[i].reason))
			fail_msg("'%s': %u: %s", bad[i].text, errors[0].line,
				 errors[0].reason);
	}
	memset(text, '#', sizeof(text));
	assert_int_equal(parse(text, sizeof(text)), 1);
	assert_non_null(strstr(errors[0].reason, "too long"));
	assert_int_equal(parse("\n\0\n", 3), 1);
	assert_int_equal(errors[0].line, 2);
	assert_non_null(strstr(errors[0].reason, "zero byte"));
}

/* Each error is told, also of a section that has a bad name. */
static void test_all_errors(void **state)
{
	static const char text[] = "[a]\nport = x\ncid = y\n[1b]\nport = 0\nport = 5\n[a]\nport = 7\n"
				   "[c]\nport = 8\n";
	static const unsigned int lines[] = { 2, 3, 4, 5, 7 };
	size_t i;

	(void)state;
	assert_int_equal(parse(text, strlen(text)), ARRAY_SIZE(lines));
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		assert_int_equal(errors[i].line, lines[i]);
	assert_int_equal(config.count, 2);
	assert_string_equal(config.cards[1].value[CARD_PORT], "8");
	assert_int_equal(config_line(&config.cards[1], CARD_PORT), 10);
	assert_int_equal(config_line(&config.cards[1], CARD_CID), 9);
}

/* Keys that do not go together, as the kernel has it. */
static void test_check(void **state)
{
	static const struct {
		const char *text;
		unsigned int line; /* 0: it is good */
		const char *reason;
	} all[] = {
		{ "[a]\n[b]\nrate = 48000\n[c]\nprotocol = qubes", 0, "" },
		{ "[a]\nrate-min = 48000\nrate-max = 48000\nrate = 48000", 0,
		  "" },
		{ "[a]\nrate-min = 48000\nrate-max = 44100", 2,
		  "not be above" },
		{ "[a]\nrate-max = 8000\nrate-min = 9000", 3, "not be above" },
		{ "[a]\nrate-max = 44100\nrate = 48000", 3,
		  "rate: must be between" },
		{ "[a]\nplayback-streams = 0\ncapture-streams = 0", 2,
		  "at least 1" },
		{ "[a]\nplayback-streams = 0", 0, "" },
		{ "[a]\nrole = listen", 0, "" },
		{ "[a]\nrole = listen\nport = 4294967295", 3, "port: must be" },
		{ "[a]\nrole = listen\nprotocol = simple\nport = 4294967294", 0,
		  "" },
		{ "[a]\nrole = listen\nprotocol = simple\nport = 4294967295", 4,
		  "port: must be" },
		{ "[a]\nprotocol = qubes\nport = 4294967294", 3,
		  "port: must be" },
		{ "[a]\nprotocol = qubes\nport = 4294967293", 0, "" },
		{ "[a]\nport = 4294967295", 0, "" },
		{ "[a]\nprotocol = qubes\nrate = 44100\nformat = S16_LE\nchannels = 2",
		  0, "" },
		{ "[a]\nprotocol = qubes\nrate = 48000", 3,
		  "rate: must be 44100" },
		{ "[a]\nprotocol = qubes\nrate-min = 48000", 3,
		  "rate: must be 44100" },
		{ "[a]\nprotocol = qubes\nrate-max = 44000", 3,
		  "rate: must be 44100" },
		{ "[a]\nprotocol = qubes\nformat = U8", 3,
		  "format: must be S16_LE" },
		{ "[a]\nprotocol = qubes\nchannels = 1", 3,
		  "channels: must be 2" },
		{ "[a]\ncookie-file = /nothing/here", 2, "No such file" },
		{ "[a]\nindex = 1\n[b]\nindex = 0x1", 4,
		  "card a has number 1, in line 2" },
		{ "[a]\nindex = 1\n[b]\nindex = 2", 0, "" },
		{ "[a]\nrole = listen\n[b]\nrole = listen", 3,
		  "card a listens there, in line 1" },
		{ "[a]\nprotocol = simple\nrole = listen\n[b]\nprotocol = simple\nrole = listen",
		  4, "card a listens there, in line 1" },
		{ "[a]\nprotocol = simple\n[b]\nprotocol = simple", 0, "" },
	};
	unsigned int n;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		n = check(all[i].text);
		if (n != !!all[i].line)
			fail_msg("'%s' has %u errors", all[i].text, n);
		if (n && (errors[0].line != all[i].line ||
			  !strstr(errors[0].reason, all[i].reason)))
			fail_msg("'%s': %u: %s", all[i].text, errors[0].line,
				 errors[0].reason);
	}
}

static void test_too_many(void **state)
{
	char text[1024] = "";
	unsigned int i;

	(void)state;
	for (i = 0; i < SND_HVSOCK_MAX_CARDS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "[c%u]\n", i);
	good(text);
	assert_int_equal(config.count, SND_HVSOCK_MAX_CARDS);
	strcat(text, "[more]\n");
	assert_int_equal(parse(text, strlen(text)), 1);
	assert_int_equal(errors[0].line, SND_HVSOCK_MAX_CARDS + 1);
}

/* What is written is read as the same. */
static void test_round_trip(void **state)
{
	struct config before;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	good("[studio]\nport = 4714\nformat = S16_LE\nlatency-us = 10000\ncookie-file = /x\n");
	before = config;
	config_write(f, &config.cards[0]);
	fclose(f);
	good(text);
	assert_memory_equal(&before.cards[0], &config.cards[0],
			    sizeof(struct card));
	free(text);
}

static void advise(void *data, unsigned int line, const char *notice)
{
	unsigned int *n = data;

	errors[*n].line = line;
	strcpy(errors[*n].reason, notice);
	++*n;
}

/* Names that keys had before are read, and the user is told the new ones. */
static void test_former_names(void **state)
{
	static const char text[] =
		"[a]\nlatency = 10000\nlatency-us = 1\n[b]\nconnect-timeout = 500\nretry-away = 7\n";
	unsigned int n = 0;
	struct config_errors all = { .complain = complain,
				     .advise = advise,
				     .data = &n };

	(void)state;
	assert_false(config_parse(&config, text, strlen(text), &all));
	assert_int_equal(n, 4);
	assert_int_equal(errors[0].line, 2);
	assert_string_equal(errors[0].reason, "latency is an old name: write latency-us");
	assert_int_equal(errors[1].line, 3);
	assert_string_equal(errors[1].reason, "latency-us is given twice");
	assert_string_equal(errors[2].reason,
			    "connect-timeout is an old name: write connect-timeout-ms");
	assert_string_equal(errors[3].reason, "retry-away is an old name: write idle-retry-s");
	assert_string_equal(value(0, "latency-us"), "10000");
	assert_string_equal(value(1, "connect-timeout-ms"), "500");
	assert_string_equal(value(1, "idle-retry-s"), "7");
}

static void test_defaults_are_not_written(void **state)
{
	struct card card = { .name = "a" };
	char *text = NULL, reason[REASON_SIZE];
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_true(card_set(&card, "port", "4713", reason));
	assert_true(card_set(&card, "mic", "off", reason));
	card.has_cookie = true;
	config_write(f, &card);
	fclose(f);
	assert_string_equal(text, "[a]\nmic = off\n"
				  "# It has a cookie, which the kernel does not tell: cookie-file = PATH\n");
	good(text);
	free(text);
}

static void test_cookie(void **state)
{
	uint8_t bytes[SND_HVSOCK_COOKIE_SIZE + 1],
		cookie[SND_HVSOCK_COOKIE_SIZE];
	char path[] = "/tmp/hvsnd-cookie.XXXXXX", reason[REASON_SIZE];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	memset(bytes, 0xa5, sizeof(bytes));
	assert_int_equal(write(fd, bytes, 255), 255);
	assert_false(card_cookie(path, cookie, reason));
	assert_non_null(strstr(reason, "must be 256 bytes"));
	assert_int_equal(write(fd, bytes, 1), 1);
	assert_true(card_cookie(path, cookie, reason));
	assert_memory_equal(cookie, bytes, sizeof(cookie));
	assert_int_equal(write(fd, bytes, 1), 1);
	assert_false(card_cookie(path, cookie, reason));
	close(fd);
	unlink(path);
	assert_false(card_cookie(path, cookie, reason));
	assert_non_null(strstr(reason, "No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_former_names),
		cmocka_unit_test(test_defaults_are_not_written),
		cmocka_unit_test(test_cookie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
