// SPDX-License-Identifier: GPL-2.0
/* Tests of dumps and notifications. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

#define MANY	24	/* more than what a dump brings at once */

static bool add_many(void)
{
	char name[16];
	int i;

	if (room < MANY + 4) {
		skipped = "this kernel's sound core has no room for so many cards";
		return false;
	}
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "Dump%d", i);
		CHECK(!add(name), "%s", genl_text);
	}
	return true;
}

bool test_dump(void)
{
	bool seen[MANY] = { false };
	struct genl m;
	int i, ret, before = cards(), n = 0;

	if (!add_many())
		return false;
	CHECK(!dump_begin(sock, SND_HVSOCK_CMD_CARD_GET));
	while ((ret = genl_next(sock, &m)) > 0) {
		n++;
		CHECK(!(m.head.nlmsg_flags & NLM_F_DUMP_INTR));
		if (sscanf(genl_string(&m, A(NAME)), "Dump%d", &i) != 1)
			continue;
		CHECK(!seen[i], "twice: %d", i);
		seen[i] = true;
	}
	CHECK(!ret, "%d", ret);
	CHECK(n == before + MANY, "%d", n);
	for (i = 0; i < MANY; i++)
		CHECK(seen[i]);
	/* Of one card only */
	genl_begin(&m, SND_HVSOCK_CMD_CARD_GET, NLM_F_DUMP);
	genl_put_text(&m, A(NAME), "Dump7");
	CHECK(send(sock, &m, m.head.nlmsg_len, 0) > 0);
	CHECK(genl_next(sock, &m) == 1);
	CHECK(!strcmp(genl_string(&m, A(NAME)), "Dump7"));
	CHECK(genl_next(sock, &m) == 0);
	return true;
}

bool test_dump_changed(void)
{
	int other = genl_socket(), ret, n = 0;
	bool told = false;
	struct genl m;

	if (!add_many())
		return false;
	CHECK(!dump_begin(other, SND_HVSOCK_CMD_CARD_GET));
	usleep(10000);
	CHECK(!del("Dump23"));
	CHECK(!add("Dump23"));
	while ((ret = genl_next(other, &m)) > 0) {
		n++;
		told |= m.head.nlmsg_flags & NLM_F_DUMP_INTR;
	}
	told |= m.head.nlmsg_flags & NLM_F_DUMP_INTR;
	CHECK(!ret);
	CHECK(told, "%d cards, and no word that they changed", n);
	close(other);
	return true;
}

bool test_events(void)
{
	int s = listener();
	struct genl m;

	CHECK(!add("Events"));
	CHECK(!set("Events", "port", "4720"));
	CHECK(!del("Events"));
	CHECK(comes(s, SND_HVSOCK_CMD_CARD_ADD_NTF, &m));
	CHECK(!strcmp(genl_string(&m, A(NAME)), "Events") &&
	      genl_u32(&m, A(PORT)) == 4713);
	CHECK(comes(s, SND_HVSOCK_CMD_CARD_SET_NTF, &m));
	CHECK(genl_u32(&m, A(PORT)) == 4720);
	CHECK(comes(s, SND_HVSOCK_CMD_CARD_DEL_NTF, &m));
	CHECK(!strcmp(genl_string(&m, A(NAME)), "Events"));
	close(s);
	return true;
}
