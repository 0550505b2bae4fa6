// SPDX-License-Identifier: GPL-2.0
/* Messages that nearly make sense. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

static void put_random(struct genl *m)
{
	static const char *const words[] = {
		"Random",  "HvSock",  "",      "any",  "S16_LE",  "pulse",
		"connect", "silence", "error", "card", "command", "Dummy",
	};
	static const uint32_t numbers[] = { 0,	       1,      2,    8,
					    9,	       64,     65,   8000,
					    48000,     192000, 4713, 0x7fffffff,
					    0xffffffff };
	const char *word = words[any(sizeof(words) / sizeof(*words))];
	uint16_t type = any(SND_HVSOCK_A_CARD_MAX + 4);
	char noise[600];
	struct nlattr *a;
	size_t i, size;

	switch (any(8)) {
	case 0 ... 2:
		a = genl_put(m, type, word, strlen(word) + 1);
		break;
	case 3 ... 4:
		a = genl_put(m, type,
			     &numbers[any(sizeof(numbers) / sizeof(*numbers))],
			     4);
		break;
	case 5:
		a = genl_put(m, type, "\1", 1);
		break;
	default:
		size = any(sizeof(noise));
		for (i = 0; i < size; i++)
			noise[i] = any(256);
		a = genl_put(m, type, noise, size);
		break;
	}
	if (!any(20))
		a->nla_type |= any(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
	if (!any(20))
		a->nla_len = any(2) ? any(700) : any(8);
}

/* No answer is wrong, but one must come. */
int random_messages(unsigned int count, uint32_t seed)
{
	unsigned int done = 0, refused = 0, n;

	random_state = seed;
	printf("# seed %u\n", seed);
	for (n = 0; n < count; n++) {
		unsigned int attrs = any(8);
		struct genl m;
		int err;

		genl_begin(&m, any(20) ? 1 + any(7) : any(256),
			   any(10) ? 0 : any(65536) & ~NLM_F_DUMP);
		if (any(8))
			genl_put_text(&m, A(NAME), any(4) ? "Random" : "nobody");
		while (attrs--)
			put_random(&m);
		if (!any(30))
			m.head.nlmsg_len -=
				any(m.head.nlmsg_len - NLMSG_HDRLEN);
		if (!any(30))
			((struct genlmsghdr *)NLMSG_DATA(&m.head))->version =
				any(256);
		err = genl_ask(sock, &m, NULL);
		if (err == -EAGAIN) {
			printf("# message %u: no answer\n", n);
			return KTAP_FAIL;
		}
		done += !err;
		refused += !!err;
	}
	printf("# %u done, %u refused\n", done, refused);
	del("Random");
	/* It still does what it should. */
	return done && refused && !add("Random") && !get("Random") &&
			       !del("Random") ?
		       KTAP_PASS :
		       KTAP_FAIL;
}
