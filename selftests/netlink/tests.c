// SPDX-License-Identifier: GPL-2.0
/* The tests in their order. */
#include <stdio.h>
#include <string.h>

#include "netlink.h"

uint32_t room;
const char *skipped;

static const struct test {
	const char *name;
	bool (*run)(void);
} tests[] = {
	{ "the family and its group", test_family },
	{ "a card with defaults comes and goes", test_defaults },
	{ "all keys", test_keys },
	{ "changes are whole or none", test_set },
	{ "each refusal says which key and what is allowed", test_refusals },
	{ "keys that do not go together", test_refused_wholes },
	{ "names", test_names },
	{ "names and numbers of other drivers", test_other_drivers },
	{ "a card's number", test_index },
	{ "as many cards as there can be", test_full },
	{ "malformed, truncated, over-long and unknown", test_malformed },
	{ "others may read only", test_rights },
	{ "a cookie comes in and not out", test_cookie },
	{ "a dump of many cards", test_dump },
	{ "a dump while cards change", test_dump_changed },
	{ "events of cards", test_events },
	{ "streams", test_stream },
	{ "what programs are offered", test_offered },
	{ "a card deleted while it is open", test_del_open },
};

/* What a test has left behind is not the next one's concern. */
static void sweep(const char *keep)
{
	char names[64][16];
	struct genl m;
	int n = 0;

	if (dump_begin(sock, SND_HVSOCK_CMD_CARD_GET))
		return;
	while (genl_next(sock, &m) > 0)
		if (n < 64 && strcmp(genl_string(&m, A(NAME)), keep))
			snprintf(names[n++], sizeof(*names), "%s",
				 genl_string(&m, A(NAME)));
	while (n--)
		del(names[n]);
}

int all_tests(void)
{
	bool passed;
	size_t i;

	ktap_plan(sizeof(tests) / sizeof(*tests));
	ask_key(SND_HVSOCK_CMD_CARD_ADD, "Room", "index", "4294967295");
	if (sscanf(genl_text, "index: must be less than %u", &room) != 1)
		ktap_bail("how many cards can there be?", genl_text);
	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		skipped = NULL;
		passed = tests[i].run();
		if (skipped)
			ktap_skip(tests[i].name, skipped);
		else
			ktap_result(passed, tests[i].name);
		sweep("HvSock");
	}
	return ktap_status();
}
