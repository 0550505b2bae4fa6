// SPDX-License-Identifier: GPL-2.0
/*
 * Sends messages to the netlink family that are valid except for some changes
 * of value, type, length, number, order, nesting and end of the attributes. One
 * process sends as root, another as nobody.
 *
 *   fuzz SECONDS [SEED]
 *
 * Prints KTAP. The same seed gives the same messages in the same order. Any
 * answer is accepted, except that nobody may change nothing. The valid request
 * after each message must be answered.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../netlink/genl.h"
#include "ktap.h"

#define NOBODY	65534
#define CARD(name)	SND_HVSOCK_A_CARD_##name
#define STREAM(name)	SND_HVSOCK_A_STREAM_##name
#define CMDS	(SND_HVSOCK_CMD_RECONNECT + 1)
#define ITEMS	40
#define SIZE	(sizeof(struct genl) / ITEMS - 2 * NLA_HDRLEN)

enum { ROOT, OTHER };

static struct {
	atomic_uint sent, done[2][CMDS], refused[2][CMDS], unanswered,
		changed_by_nobody;
} *seen;

static uint64_t random_state;

/* Only the upper bits of a linear generator are random enough. */
static uint32_t any(uint32_t below)
{
	random_state =
		random_state * 6364136223846793005u + 1442695040888963407u;
	return (random_state >> 33) % below;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------------ */
/* Valid messages                                                           */

#define WORDS	5

static const struct field {
	uint16_t attr;
	enum { TEXT, U32, BYTES } type;
	const char *words[WORDS];
	uint32_t numbers[WORDS];
} card_fields[] = {
	{ CARD(NAME), TEXT, .words = { "Fuzz1", "Fuzz2", "Fuzz3", "Fuzz4", "Fuzz5" } },
	{ CARD(INDEX), U32, .numbers = { 1, 2, 5, 7, 31 } },
	{ CARD(CID), U32, .numbers = { 0, 1, 2, 3, 4294967294 } },
	{ CARD(PORT), U32,
	  .numbers = { 1, 4713, 4720, 4294967294, 4294967295 } },
	{ CARD(PROTOCOL), U32, .numbers = { 0, 1, 2, 0, 1 } },
	{ CARD(ROLE), U32, .numbers = { 0, 1, 0, 0, 1 } },
	{ CARD(RATE), U32, .numbers = { 0, 8000, 44100, 48000, 192000 } },
	{ CARD(RATE_MIN), U32, .numbers = { 8000, 8000, 8001, 44100, 192000 } },
	{ CARD(RATE_MAX), U32,
	  .numbers = { 192000, 192000, 191999, 44100, 8000 } },
	{ CARD(FORMAT), TEXT, .words = { "any", "S16_LE", "S24_3BE", "FLOAT_LE", "U8" } },
	{ CARD(CHANNELS), U32, .numbers = { 0, 1, 2, 6, 8 } },
	{ CARD(LATENCY_US), U32,
	  .numbers = { 0, 3000, 20000, 100000, 2000000 } },
	{ CARD(CONNECT_TIMEOUT_MS), U32,
	  .numbers = { 10, 100, 2000, 9999, 10000 } },
	{ CARD(ON_LOST), U32, .numbers = { 0, 1, 0, 1, 0 } },
	{ CARD(PLAYBACK_STREAMS), U32, .numbers = { 0, 1, 8, 63, 64 } },
	{ CARD(CAPTURE_STREAMS), U32, .numbers = { 0, 1, 2, 63, 64 } },
	{ CARD(NAME_STREAMS), U32, .numbers = { 0, 1, 0, 1, 0 } },
	{ CARD(MIC), U32, .numbers = { 0, 1, 0, 1, 1 } },
	{ CARD(IDLE_RETRY_S), U32, .numbers = { 0, 1, 10, 3599, 3600 } },
}, name_fields[] = {
	{ CARD(NAME), TEXT, .words = { "Fuzz1", "Fuzz2", "Fuzz3", "Fuzz4", "Fuzz5" } },
}, cookie_fields[] = {
	{ CARD(NAME), TEXT, .words = { "Fuzz1", "Fuzz2", "Fuzz3", "Fuzz4", "Fuzz5" } },
	{ CARD(COOKIE), BYTES, .numbers = { 0, 256, 256, 256, 256 } },
}, stream_fields[] = {
	{ STREAM(CARD), TEXT, .words = { "HvSock", "HvSock", "HvSock", "HvSock", "Fuzz1" } },
	{ STREAM(ID), U32, .numbers = { 1, 2, 3, 4, 5 } },
};

static const struct command {
	uint8_t cmd;
	uint8_t always;		/* number of fields that are always sent */
	bool reads;
	const struct field *fields;
	size_t size;		/* of @fields */
} commands[] = {
	{ SND_HVSOCK_CMD_CARD_ADD, 1, false, card_fields, sizeof(card_fields) },
	{ SND_HVSOCK_CMD_CARD_ADD, 1, false, card_fields, sizeof(card_fields) },
	{ SND_HVSOCK_CMD_CARD_SET, 1, false, card_fields, sizeof(card_fields) },
	{ SND_HVSOCK_CMD_CARD_SET, 1, false, card_fields, sizeof(card_fields) },
	{ SND_HVSOCK_CMD_CARD_DEL, 1, false, name_fields, sizeof(name_fields) },
	{ SND_HVSOCK_CMD_CARD_GET, 1, true, name_fields, sizeof(name_fields) },
	{ SND_HVSOCK_CMD_COOKIE_SET, 2, false, cookie_fields,
	  sizeof(cookie_fields) },
	{ SND_HVSOCK_CMD_RECONNECT, 1, false, name_fields,
	  sizeof(name_fields) },
	{ SND_HVSOCK_CMD_STREAM_GET, 2, true, stream_fields,
	  sizeof(stream_fields) },
};

struct item {
	uint16_t type;
	uint16_t size;
	uint16_t claimed;	/* instead of @size, if not 0 */
	char data[SIZE];
};

static struct item items[ITEMS];
static unsigned int n_items;

static void put(uint16_t type, const void *data, size_t size)
{
	struct item *i = &items[n_items];

	if (n_items == ITEMS)
		return;
	n_items++;
	i->type = type;
	i->size = size;
	i->claimed = 0;
	memcpy(i->data, data, size);
}

static void put_field(const struct field *f)
{
	uint32_t number = f->numbers[any(WORDS)];
	const char *word = f->words[any(WORDS)];
	char cookie[SND_HVSOCK_COOKIE_SIZE];

	switch (f->type) {
	case TEXT:
		put(f->attr, word, strlen(word) + 1);
		break;
	case U32:
		put(f->attr, &number, 4);
		break;
	case BYTES:
		memset(cookie, number, sizeof(cookie));
		put(f->attr, cookie, number);
		break;
	}
}

static const struct command *compose(void)
{
	const struct command *c =
		&commands[any(sizeof(commands) / sizeof(*commands))];
	unsigned int i, n = c->size / sizeof(*c->fields), more = any(4);

	n_items = 0;
	for (i = 0; i < c->always; i++)
		put_field(&c->fields[i]);
	while (more-- && n > c->always)
		put_field(&c->fields[c->always + any(n - c->always)]);
	return c;
}

/* ------------------------------------------------------------------------ */
/* Changes                                                                  */

static void noise(char *data, size_t size)
{
	while (size--)
		*data++ = any(256);
}

static void change_value(struct item *i)
{
	static const uint32_t edges[] = {
		0, 1, 2, 7, 8, 9, 15, 16, 31, 32, 63, 64, 65, 255, 256, 2999,
		3000, 3600, 3601, 7999, 8000, 10000, 10001, 192000, 192001,
		2000000, 2000001, 65535, 65536, 0x7fffffff, 0x80000000,
		0xfffffffe, 0xffffffff,
	};
	uint32_t edge = edges[any(sizeof(edges) / sizeof(*edges))];

	if (any(4))
		memcpy(i->data, &edge, i->size < 4 ? i->size : 4);
	else
		noise(i->data, i->size);
}

static void change_size(struct item *i)
{
	static const uint16_t sizes[] = {
		0, 1, 2, 3, 4, 5, 7, 8, 14, 15, 16, 17, 100, SIZE
	};
	uint16_t was = i->size;

	i->size = sizes[any(sizeof(sizes) / sizeof(*sizes))];
	if (i->size > was)
		memset(i->data + was, any(2) ? 'x' : 0, i->size - was);
}

static void change_type(struct item *i)
{
	switch (any(4)) {
	case 0:
		i->type |= NLA_F_NESTED;
		break;
	case 1:
		i->type |= NLA_F_NET_BYTEORDER;
		break;
	case 2:
		i->type = any(SND_HVSOCK_A_CARD_MAX + 3);
		break;
	default:
		i->type = any(65536);
		break;
	}
}

/* Attributes within attributes, @depth levels. */
static void nest(struct item *i)
{
	unsigned int depth = 1 + any(20), at = 0;

	while (depth-- && at + NLA_HDRLEN <= SIZE) {
		struct nlattr a = {
			.nla_len = SIZE - at,
			.nla_type = i->type | (any(2) ? NLA_F_NESTED : 0),
		};

		memcpy(i->data + at, &a, sizeof(a));
		at += NLA_HDRLEN;
	}
	i->size = SIZE;
	i->type |= any(2) ? NLA_F_NESTED : 0;
}

static void mutate(void)
{
	struct item *i = &items[any(n_items)], *other = &items[any(n_items)], t;

	switch (any(11)) {
	case 0 ... 2:
		change_value(i);
		break;
	case 3 ... 4:
		change_size(i);
		break;
	case 5:
		change_type(i);
		break;
	case 6:
		put(i->type, other->data, other->size);
		break;
	case 7:
		t = *i;
		*i = *other;
		*other = t;
		break;
	case 8:
		/* A length that is too long or too short */
		i->claimed = any(2) ? any(8) : any(65536);
		break;
	case 9:
		nest(i);
		break;
	default:
		/* As many as fit */
		while (!any(8) && n_items < ITEMS)
			put(i->type, i->data, i->size);
		*i = items[--n_items];
		break;
	}
}

static void serialize(struct genl *m)
{
	unsigned int n;

	for (n = 0; n < n_items; n++) {
		struct nlattr *a = genl_put(m, items[n].type, items[n].data,
					    items[n].size);

		if (items[n].claimed)
			a->nla_len = items[n].claimed;
	}
}

static void mutate_message(struct genl *m)
{
	struct genlmsghdr *g = NLMSG_DATA(&m->head);

	switch (any(40)) {
	case 0:
		m->head.nlmsg_len -= any(m->head.nlmsg_len);
		break;
	case 1:
		m->head.nlmsg_len = any(65536);
		break;
	case 2:
		m->head.nlmsg_flags = any(65536);
		break;
	case 3:
		g->cmd = any(256);
		break;
	case 4:
		g->version = any(256);
		g->reserved = any(65536);
		break;
	case 5 ... 6:
		m->head.nlmsg_flags |= NLM_F_DUMP;
		break;
	}
}

/* ------------------------------------------------------------------------ */
/* Sending                                                                  */

static const struct command *find(uint8_t cmd)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (commands[i].cmd == cmd)
			return &commands[i];
	return NULL;
}

/* Count the answer to a message. */
static void note(int who, uint8_t cmd, uint16_t flags, int err)
{
	const struct command *c = find(cmd);

	/* A message that is not a request is only acknowledged. */
	if (!c || !(flags & NLM_F_REQUEST) ||
	    (flags & NLM_F_DUMP) == NLM_F_DUMP)
		return;
	if (err)
		seen->refused[who][cmd]++;
	else
		seen->done[who][cmd]++;
	if (!err && who == OTHER && !c->reads)
		seen->changed_by_nobody++;
}

/* Read until the answer to @ping. */
static bool answered(int sock, int who, const struct genl *m,
		     const struct genl *ping)
{
	static struct genl got;
	int ret;

	for (;;) {
		got.head.nlmsg_type = 0;
		ret = genl_next(sock, &got);
		if (ret == -EAGAIN)
			return false;
		if (got.head.nlmsg_type != NLMSG_ERROR)
			continue;
		if (got.head.nlmsg_seq == m->head.nlmsg_seq)
			note(who, genl_cmd(m), m->head.nlmsg_flags, ret);
		if (got.head.nlmsg_seq == ping->head.nlmsg_seq)
			return true;
	}
}

static bool send_one(int sock, int who)
{
	static struct genl m, ping;
	const struct command *c = compose();
	unsigned int mutations = any(4) ? any(5) : 0;
	size_t size;

	while (mutations-- && n_items)
		mutate();
	genl_begin(&m, c->cmd, NLM_F_ACK);
	serialize(&m);
	size = m.head.nlmsg_len;
	mutate_message(&m);
	genl_begin(&ping, SND_HVSOCK_CMD_CARD_GET, NLM_F_ACK);
	genl_put_text(&ping, CARD(NAME), "HvSock");
	/* The kernel may refuse the whole message. */
	if (send(sock, &m, size, 0) < 0)
		return true;
	seen->sent++;
	return send(sock, &ping, ping.head.nlmsg_len, 0) >= 0 &&
	       answered(sock, who, &m, &ping);
}

static void sender(int who, uint64_t end)
{
	int sock;

	if (who == OTHER && (setgid(NOBODY) || setuid(NOBODY)))
		ktap_bail("nobody", strerror(errno));
	sock = genl_socket();
	while (now_ms() < end) {
		if (send_one(sock, who))
			continue;
		seen->unanswered++;
		close(sock);
		sock = genl_socket();
	}
}

/* ------------------------------------------------------------------------ */

static int sock;

static int ask(uint8_t cmd, const char *name)
{
	struct genl m, answer;

	genl_begin(&m, cmd, 0);
	genl_put_text(&m, CARD(NAME), name);
	return genl_ask(sock, &m, &answer);
}

/* Number of cards; checks that each has the attributes of a card. */
static int cards(void)
{
	struct genl m;
	int n = 0, ret;

	genl_begin(&m, SND_HVSOCK_CMD_CARD_GET, NLM_F_DUMP);
	if (send(sock, &m, m.head.nlmsg_len, 0) < 0)
		return -errno;
	while ((ret = genl_next(sock, &m)) > 0) {
		n++;
		if (!*genl_string(&m, CARD(NAME)) ||
		    !genl_u32(&m, CARD(PORT)) ||
		    !genl_attr(&m, CARD(PROTOCOL)))
			return -EBADMSG;
	}
	return ret ? ret : n;
}

static void commands_result(int who, const char *name)
{
	bool all = true;
	int cmd;

	for (cmd = 1; cmd < CMDS; cmd++) {
		bool may = who == ROOT || find(cmd)->reads;

		ktap_note("%s, command %d: %u done, %u refused", who == ROOT ? "root" : "nobody",
			  cmd, seen->done[who][cmd], seen->refused[who][cmd]);
		all &= seen->refused[who][cmd] && !!seen->done[who][cmd] == may;
	}
	ktap_result(all, name);
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? atoi(argv[1]) : 0;
	uint32_t seed = argc > 2 ? strtoul(argv[2], NULL, 0) :
				   (uint32_t)time(NULL);
	static const char * const fresh = "Fresh";
	uint64_t end = now_ms() + seconds * 1000;
	int who, before, after, i;
	char name[8];

	ktap_plan(6);
	if (!seconds || genl_resolve(SND_HVSOCK_FAMILY_NAME))
		ktap_bail("fuzz SECONDS [SEED]", "with " SND_HVSOCK_FAMILY_NAME " loaded");
	ktap_note("seed %u", seed);
	fflush(stdout);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sock = genl_socket();
	before = cards();
	for (who = 0; who < 2; who++) {
		if (fork())
			continue;
		random_state = seed + who;
		sender(who, end);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	commands_result(ROOT, "each command, by root, is taken and refused");
	commands_result(OTHER, "nobody reads only");
	ktap_note("%u messages, %u without an answer after it, %u changes by nobody",
		  seen->sent, seen->unanswered, seen->changed_by_nobody);
	ktap_result(seen->sent > 10 * seconds && !seen->unanswered &&
		    !seen->changed_by_nobody,
		    "messages are answered");
	after = cards();
	ktap_note("%d cards before, %d afterwards", before, after);
	ktap_result(before > 0 && after >= before, "the list of cards");
	for (i = 1; i <= 5; i++) {
		snprintf(name, sizeof(name), "Fuzz%d", i);
		ask(SND_HVSOCK_CMD_CARD_DEL, name);
	}
	/* Some changed names are valid names of other cards. */
	after = cards();
	ktap_note("%d cards without those that were meant", after);
	ktap_result(after >= before, "they can be deleted");
	ktap_result(!ask(SND_HVSOCK_CMD_CARD_ADD, fresh) &&
		    !ask(SND_HVSOCK_CMD_CARD_GET, fresh) &&
		    !ask(SND_HVSOCK_CMD_CARD_DEL, fresh) && cards() == after,
		    "a fresh card");
	return ktap_status();
}
