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

static struct config config;

static void good(const char *text)
{
	char reason[REASON_SIZE] = "";
	unsigned int line;

	if (!config_parse(&config, text, strlen(text), &line, reason))
		fail_msg("%u: %s", line, reason);
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
	     "latency = 10000\n"
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
	assert_string_equal(value(0, "latency"), "10000");
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
		{ "[a]\nmic = yes", 2, "on or off" },
		{ "[a]\nprotocol =", 2, "must be a word" },
		{ "[a]\nrole =# connect", 2, "must be a word" },
		{ "[a]\nrate = 192001", 2, "0 to 192000" },
		{ "[a]\n[b]\n[a]", 3, "card a is there already, in line 1" },
		{ "[a", 1, "']' is missing" },
		{ "[]", 1, "cannot name a card" },
		{ "[a-b]", 1, "cannot name a card" },
		{ "[a b]", 1, "cannot name a card" },
		{ "[abcdefghijklmnop]", 1, "cannot name a card" },
		{ "[\xc3\xa4]", 1, "cannot name a card" },
	};
	char reason[REASON_SIZE], text[600];
	unsigned int line;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		*reason = '\0';
		if (config_parse(&config, bad[i].text, strlen(bad[i].text), &line, reason))
			fail_msg("'%s' was taken", bad[i].text);
		if (line != bad[i].line || !strstr(reason, bad[i].reason))
			fail_msg("'%s': %u: %s", bad[i].text, line, reason);
	}
	memset(text, '#', sizeof(text));
	assert_false(config_parse(&config, text, sizeof(text), &line, reason));
	assert_non_null(strstr(reason, "too long"));
	assert_false(config_parse(&config, "\n\0\n", 3, &line, reason));
	assert_int_equal(line, 2);
	assert_non_null(strstr(reason, "zero byte"));
}

static void test_too_many(void **state)
{
	char text[1024] = "", reason[REASON_SIZE];
	unsigned int line, i;

	(void)state;
	for (i = 0; i < SND_HVSOCK_CARDS_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "[c%u]\n", i);
	good(text);
	assert_int_equal(config.count, SND_HVSOCK_CARDS_MAX);
	strcat(text, "[more]\n");
	assert_false(config_parse(&config, text, strlen(text), &line, reason));
	assert_int_equal(line, SND_HVSOCK_CARDS_MAX + 1);
}

/* What is written is read as the same. */
static void test_round_trip(void **state)
{
	struct config before;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	good("[studio]\nport = 4714\nlatency = 10000\nformat = S16_LE\ncookie-file = /x\n");
	before = config;
	config_write(f, &config.cards[0]);
	fclose(f);
	good(text);
	assert_memory_equal(&before.cards[0], &config.cards[0], sizeof(struct card));
	free(text);
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
	uint8_t bytes[SND_HVSOCK_COOKIE_SIZE + 1], cookie[SND_HVSOCK_COOKIE_SIZE];
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
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_defaults_are_not_written),
		cmocka_unit_test(test_cookie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
