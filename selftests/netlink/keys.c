// SPDX-License-Identifier: GPL-2.0
/* Tests of what can be asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"

bool test_family(void)
{
	CHECK(genl_family > 0);
	CHECK(genl_group > 0);
	return true;
}

/* The answer has a number. */
static bool has(uint16_t attr, uint32_t value)
{
	return genl_attr(&answer, attr) && genl_u32(&answer, attr) == value;
}

bool test_defaults(void)
{
	CHECK(!add("Defaults"), "%s", genl_text);
	CHECK(!strcmp(genl_string(&answer, A(NAME)), "Defaults"));
	CHECK(genl_attr(&answer, A(INDEX)));
	CHECK(!get("Defaults"));
	CHECK(genl_u32(&answer, A(CID)) == 2);
	CHECK(genl_u32(&answer, A(PORT)) == 4713);
	CHECK(has(A(PROTOCOL), SND_HVSOCK_PROTOCOL_PULSE));
	CHECK(has(A(ROLE), SND_HVSOCK_ROLE_CONNECT));
	CHECK(genl_attr(&answer, A(RATE)) && !genl_u32(&answer, A(RATE)));
	CHECK(genl_u32(&answer, A(RATE_MIN)) == 8000);
	CHECK(genl_u32(&answer, A(RATE_MAX)) == 192000);
	CHECK(!strcmp(genl_string(&answer, A(FORMAT)), "any"));
	CHECK(genl_attr(&answer, A(CHANNELS)) &&
	      !genl_u32(&answer, A(CHANNELS)));
	CHECK(genl_attr(&answer, A(LATENCY_US)) &&
	      !genl_u32(&answer, A(LATENCY_US)));
	CHECK(genl_u32(&answer, A(CONNECT_TIMEOUT_MS)) == 2000);
	CHECK(has(A(ON_LOST), SND_HVSOCK_ON_LOST_SILENCE));
	CHECK(genl_u32(&answer, A(PLAYBACK_STREAMS)) == 8);
	CHECK(genl_u32(&answer, A(CAPTURE_STREAMS)) == 2);
	CHECK(has(A(NAME_STREAMS), SND_HVSOCK_NAME_STREAMS_COMMAND));
	CHECK(genl_u32(&answer, A(MIC)) == 1);
	CHECK(genl_u32(&answer, A(IDLE_RETRY_S)) == 10);
	CHECK(genl_attr(&answer, A(LINK)) &&
	      genl_u32(&answer, A(LINK)) == SND_HVSOCK_LINK_UNKNOWN);
	CHECK(!genl_attr(&answer, A(REASON)));
	CHECK(!genl_attr(&answer, A(HAS_COOKIE)));
	CHECK(genl_attr(&answer, A(STATS)));
	CHECK(!del("Defaults"));
	CHECK(get("Defaults") == -ENODEV);
	return true;
}

bool test_keys(void)
{
	static const char *const values[][2] = {
		{ "cid", "5" },
		{ "port", "4294967295" },
		{ "rate-min", "44100" },
		{ "rate-max", "48000" },
		{ "rate", "48000" },
		{ "format", "S24_3LE" },
		{ "channels", "6" },
		{ "latency-us", "10000" },
		{ "connect-timeout-ms", "10000" },
		{ "on-lost", "error" },
		{ "playback-streams", "64" },
		{ "capture-streams", "0" },
		{ "name-streams", "card" },
		{ "mic", "0" },
		{ "idle-retry-s", "3600" },
		{ "protocol", "pulse" },
		{ "role", "connect" },
	};
	size_t i, k;
	struct genl m;

	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Keys");
	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		put_key(&m, values[i][0], values[i][1]);
	CHECK(!genl_ask(sock, &m, &answer), "%s", genl_text);
	CHECK(!get("Keys"));
	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		for (k = 0; strcmp(keys[k].name, values[i][0]); k++)
			;
		if (keys[k].attr == A(FORMAT))
			CHECK(!strcmp(genl_string(&answer, keys[k].attr),
				      values[i][1]));
		else
			CHECK(genl_u32(&answer, keys[k].attr) ==
				      key_number(&keys[k], values[i][1]),
			      "%s", values[i][0]);
	}
	/* The same value is no error, not even for a key that cannot change. */
	m.head.nlmsg_seq++;
	((struct genlmsghdr *)NLMSG_DATA(&m.head))->cmd =
		SND_HVSOCK_CMD_CARD_SET;
	CHECK(!genl_ask(sock, &m, &answer), "%s", genl_text);
	CHECK(!genl_attr(&answer, A(NEXT_OPEN)));
	CHECK(!del("Keys"));
	return true;
}

/* All or nothing */
bool test_set(void)
{
	struct genl m;

	CHECK(!add("Set"));
	CHECK(!set("Set", "port", "4714"), "%s", genl_text);
	CHECK(!get("Set") && genl_u32(&answer, A(PORT)) == 4714);
	genl_begin(&m, SND_HVSOCK_CMD_CARD_SET, 0);
	genl_put_text(&m, A(NAME), "Set");
	put_key(&m, "port", "4715");
	put_key(&m, "rate", "1");
	CHECK(genl_ask(sock, &m, NULL) == -EINVAL);
	CHECK(!get("Set") && genl_u32(&answer, A(PORT)) == 4714);
	CHECK(!ask(SND_HVSOCK_CMD_RECONNECT, "Set"));
	CHECK(!del("Set"));
	CHECK(del("Set") == -ENODEV);
	CHECK(set("Set", "port", "4714") == -ENODEV);
	CHECK(ask(SND_HVSOCK_CMD_RECONNECT, "Set") == -ENODEV);
	return true;
}
