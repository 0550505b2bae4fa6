// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the netlink family, on its wire.
 *
 *   netlink                      the tests: KTAP
 *   netlink storm SECONDS        adds, deletes, changes and dumps from four
 *   processes, under players netlink random COUNT [SEED]  messages that nearly
 *   make sense netlink cycles COUNT         adds and deletes a card so many times
 *   netlink add|set NAME [KEY VALUE]... netlink del|reconnect NAME netlink cookie
 *   NAME FILE netlink get NAME             what the kernel tells of it, as bytes
 *   netlink events SECONDS       what is told in that time, one a line
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <alsa/asoundlib.h>

#include "genl.h"
#include "ktap.h"

#define A(name) SND_HVSOCK_A_CARD_##name

static int sock;
static uint32_t room;		/* the sound core's, for cards */
static const char *skipped;	/* why, if a test cannot be run here */

#define CHECK(condition, ...)					\
	do {							\
		if (!(condition)) {				\
			ktap_note("line %d: " #condition, __LINE__); \
			ktap_note("  " __VA_ARGS__);		\
			return false;				\
		}						\
	} while (0)

/* ------------------------------------------------------------------------ */

static const struct key {
	const char *name;
	uint16_t attr;
	enum { TEXT, NUMBER, SWITCH } type;
} keys[] = {
	{ "index", A(INDEX), NUMBER },
	{ "cid", A(CID), NUMBER },
	{ "port", A(PORT), NUMBER },
	{ "protocol", A(PROTOCOL), TEXT },
	{ "role", A(ROLE), TEXT },
	{ "rate", A(RATE), NUMBER },
	{ "rate-min", A(RATE_MIN), NUMBER },
	{ "rate-max", A(RATE_MAX), NUMBER },
	{ "format", A(FORMAT), TEXT },
	{ "channels", A(CHANNELS), NUMBER },
	{ "latency", A(LATENCY), NUMBER },
	{ "connect-timeout", A(CONNECT_TIMEOUT), NUMBER },
	{ "on-lost", A(ON_LOST), TEXT },
	{ "playback-streams", A(PLAYBACK_STREAMS), NUMBER },
	{ "capture-streams", A(CAPTURE_STREAMS), NUMBER },
	{ "name-streams", A(NAME_STREAMS), TEXT },
	{ "mic", A(MIC), SWITCH },
	{ "retry-away", A(RETRY_AWAY), NUMBER },
};

#define KEYS (sizeof(keys) / sizeof(*keys))

static void put_key(struct genl *m, const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].name, name))
			continue;
		if (keys[i].type == TEXT)
			genl_put_text(m, keys[i].attr, value);
		else if (keys[i].type == NUMBER)
			genl_put_u32(m, keys[i].attr, strtoul(value, NULL, 0));
		else
			genl_put_u8(m, keys[i].attr, strtoul(value, NULL, 0));
	}
}

static struct genl answer;

/* Asks for a command on the card @name; NULL leaves it out. */
static int ask(uint8_t cmd, const char *name)
{
	struct genl m;

	genl_begin(&m, cmd, 0);
	if (name)
		genl_put_text(&m, A(NAME), name);
	return genl_ask(sock, &m, &answer);
}

/* The same with one key. */
static int ask_key(uint8_t cmd, const char *card, const char *key, const char *value)
{
	struct genl m;

	genl_begin(&m, cmd, 0);
	genl_put_text(&m, A(NAME), card);
	put_key(&m, key, value);
	return genl_ask(sock, &m, &answer);
}

static int add(const char *name) { return ask(SND_HVSOCK_CMD_CARD_ADD, name); }
static int del(const char *name) { return ask(SND_HVSOCK_CMD_CARD_DEL, name); }
static int get(const char *name) { return ask(SND_HVSOCK_CMD_CARD_GET, name); }

static int set(const char *name, const char *key, const char *value)
{
	return ask_key(SND_HVSOCK_CMD_CARD_SET, name, key, value);
}

static int give_cookie(const char *name, const void *cookie, size_t size)
{
	struct genl m;

	genl_begin(&m, SND_HVSOCK_CMD_COOKIE_SET, 0);
	genl_put_text(&m, A(NAME), name);
	genl_put(&m, A(COOKIE), cookie, size);
	return genl_ask(sock, &m, NULL);
}

static int dump_begin(int s, uint8_t cmd)
{
	struct genl m;

	genl_begin(&m, cmd, NLM_F_DUMP);
	return send(s, &m, m.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* How many a dump brings; negative for what went wrong. */
static int dump_count(uint8_t cmd)
{
	struct genl m;
	int n = 0, ret;

	ret = dump_begin(sock, cmd);
	while (!ret && (ret = genl_next(sock, &m)) > 0) {
		n++;
		ret = 0;
	}
	return ret < 0 ? ret : n;
}

static int cards(void) { return dump_count(SND_HVSOCK_CMD_CARD_GET); }

/* ------------------------------------------------------------------------ */
/* What can be asked for                                                    */

static bool test_family(void)
{
	CHECK(genl_family > 0);
	CHECK(genl_group > 0);
	return true;
}

static bool test_defaults(void)
{
	CHECK(!add("Defaults"), "%s", genl_text);
	CHECK(!strcmp(genl_string(&answer, A(NAME)), "Defaults"));
	CHECK(genl_attr(&answer, A(INDEX)));
	CHECK(!get("Defaults"));
	CHECK(genl_u32(&answer, A(CID)) == 2);
	CHECK(genl_u32(&answer, A(PORT)) == 4713);
	CHECK(!strcmp(genl_string(&answer, A(PROTOCOL)), "pulse"));
	CHECK(!strcmp(genl_string(&answer, A(ROLE)), "connect"));
	CHECK(genl_attr(&answer, A(RATE)) && !genl_u32(&answer, A(RATE)));
	CHECK(genl_u32(&answer, A(RATE_MIN)) == 8000);
	CHECK(genl_u32(&answer, A(RATE_MAX)) == 192000);
	CHECK(!strcmp(genl_string(&answer, A(FORMAT)), "any"));
	CHECK(genl_attr(&answer, A(CHANNELS)) && !genl_u32(&answer, A(CHANNELS)));
	CHECK(genl_attr(&answer, A(LATENCY)) && !genl_u32(&answer, A(LATENCY)));
	CHECK(genl_u32(&answer, A(CONNECT_TIMEOUT)) == 2000);
	CHECK(!strcmp(genl_string(&answer, A(ON_LOST)), "silence"));
	CHECK(genl_u32(&answer, A(PLAYBACK_STREAMS)) == 8);
	CHECK(genl_u32(&answer, A(CAPTURE_STREAMS)) == 2);
	CHECK(!strcmp(genl_string(&answer, A(NAME_STREAMS)), "command"));
	CHECK(*(genl_string(&answer, A(MIC))) == 1);
	CHECK(genl_u32(&answer, A(RETRY_AWAY)) == 10);
	CHECK(genl_attr(&answer, A(LINK)) && genl_u32(&answer, A(LINK)) == SND_HVSOCK_LINK_UNKNOWN);
	CHECK(!genl_attr(&answer, A(REASON)));
	CHECK(!genl_attr(&answer, A(HAS_COOKIE)));
	CHECK(genl_attr(&answer, A(STATS)));
	CHECK(!del("Defaults"));
	CHECK(get("Defaults") == -ENODEV);
	return true;
}

static bool test_keys(void)
{
	static const char *const values[][2] = {
		{ "cid", "5" },
		{ "port", "4294967295" },
		{ "rate-min", "44100" },
		{ "rate-max", "48000" },
		{ "rate", "48000" },
		{ "format", "S24_3LE" },
		{ "channels", "6" },
		{ "latency", "10000" },
		{ "connect-timeout", "10000" },
		{ "on-lost", "error" },
		{ "playback-streams", "64" },
		{ "capture-streams", "0" },
		{ "name-streams", "card" },
		{ "mic", "0" },
		{ "retry-away", "3600" },
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
		if (keys[k].type == TEXT)
			CHECK(!strcmp(genl_string(&answer, keys[k].attr), values[i][1]), "%s",
			      values[i][0]);
		else if (keys[k].type == NUMBER)
			CHECK(genl_u32(&answer, keys[k].attr) == strtoul(values[i][1], NULL, 0),
			      "%s", values[i][0]);
		else
			CHECK(*genl_string(&answer, keys[k].attr) == 0, "%s", values[i][0]);
	}
	/* The same again changes nothing and is no error, not even where it is settled. */
	m.head.nlmsg_seq++;
	((struct genlmsghdr *)NLMSG_DATA(&m.head))->cmd = SND_HVSOCK_CMD_CARD_SET;
	CHECK(!genl_ask(sock, &m, &answer), "%s", genl_text);
	CHECK(!genl_attr(&answer, A(NEXT_OPEN)));
	CHECK(!del("Keys"));
	return true;
}

/* All or nothing */
static bool test_set(void)
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

/* ------------------------------------------------------------------------ */
/* What is refused                                                          */

static const struct refusal {
	const char *key, *value, *says;
} refusals[] = {
	{ "cid", "4294967295", "cid: must be a number from 0 to 4294967294" },
	{ "port", "0", "port: must be a number from 1 to 4294967295" },
	{ "protocol", "PULSE", "protocol: must be pulse, simple or qubes" },
	{ "protocol", "", "protocol: must be pulse, simple or qubes" },
	{ "role", "server", "role: must be connect or listen" },
	{ "rate", "7999", "rate: must be a number from 8000 to 192000, or 0 for any" },
	{ "rate", "192001", "rate: must be a number from 8000 to 192000, or 0 for any" },
	{ "rate-min", "0", "rate-min: must be a number from 8000 to 192000" },
	{ "rate-max", "192001", "rate-max: must be a number from 8000 to 192000" },
	{ "format", "S8", "format: must be any, U8," },
	{ "format", "s16_le", "format: must be any, U8," },
	{ "channels", "9", "channels: must be a number from 1 to 8, or 0 for any" },
	{ "latency", "999", "latency: must be a number from 1000 to 2000000 (us), or 0" },
	{ "latency", "2000001", "latency: must be a number from 1000 to 2000000 (us), or 0" },
	{ "connect-timeout", "9", "connect-timeout: must be a number from 10 to 10000 (ms)" },
	{ "connect-timeout", "10001", "connect-timeout: must be a number from 10 to 10000 (ms)" },
	{ "on-lost", "noise", "on-lost: must be silence or error" },
	{ "playback-streams", "65", "playback-streams: must be a number from 0 to 64" },
	{ "capture-streams", "4294967295", "capture-streams: must be a number from 0 to 64" },
	{ "name-streams", "program", "name-streams: must be command or card" },
	{ "mic", "2", "mic: must be 0 or 1" },
	{ "retry-away", "3601", "retry-away: must be a number from 1 to 3600 (s), or 0" },
	{ "index", "256", "index: must be less than " },
};

/* The last refusal says this, and points at the request's first attribute of that kind. */
static bool refused(const struct genl *m, uint16_t attr, const char *says)
{
	const struct nlattr *a = genl_attr(m, attr);

	CHECK(!strncmp(genl_text, says, strlen(says)), "\"%s\" does not say \"%s\"", genl_text,
	      says);
	if (a)
		CHECK(genl_offset == (uint32_t)((const char *)a - m->bytes), "at %u", genl_offset);
	else
		CHECK(genl_offset == 0, "at %u", genl_offset);
	return true;
}

static bool test_refusals(void)
{
	static const uint8_t cmds[] = { SND_HVSOCK_CMD_CARD_ADD, SND_HVSOCK_CMD_CARD_SET };
	const char *name;
	struct genl m;
	size_t c, i;
	int err;

	CHECK(!add("Refuse"));
	for (c = 0; c < 2; c++) {
		for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
			const struct refusal *r = &refusals[i];
			size_t k;

			for (k = 0; strcmp(keys[k].name, r->key); k++)
				;
			name = c ? "Refuse" : "Other";
			genl_begin(&m, cmds[c], 0);
			genl_put_text(&m, A(NAME), name);
			put_key(&m, r->key, r->value);
			if (strcmp(r->key, "retry-away"))
				put_key(&m, "retry-away", "7");
			err = genl_ask(sock, &m, NULL);
			CHECK(err == -EINVAL, "%s %s: %d", r->key, r->value, err);
			CHECK(refused(&m, keys[k].attr, r->says));
		}
	}
	CHECK(get("Other") == -ENODEV);
	CHECK(!get("Refuse") && genl_u32(&answer, A(RETRY_AWAY)) == 10);
	CHECK(!del("Refuse"));
	return true;
}

static bool test_refused_wholes(void)
{
	struct genl m;

	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Whole");
	put_key(&m, "rate-min", "48000");
	put_key(&m, "rate-max", "44100");
	CHECK(genl_ask(sock, &m, NULL) == -EINVAL);
	CHECK(refused(&m, A(RATE_MIN), "rate-min: must not be above rate-max"));

	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Whole");
	put_key(&m, "rate", "48000");
	put_key(&m, "rate-max", "44100");
	CHECK(genl_ask(sock, &m, NULL) == -EINVAL);
	CHECK(refused(&m, A(RATE), "rate: must be between rate-min and rate-max, or 0"));

	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Whole");
	put_key(&m, "playback-streams", "0");
	put_key(&m, "capture-streams", "0");
	CHECK(genl_ask(sock, &m, NULL) == -EINVAL);
	CHECK(refused(&m, A(PLAYBACK_STREAMS), "playback-streams: must be at least 1"));

	CHECK(!add("Whole"));
	CHECK(set("Whole", "playback-streams", "9") == -EINVAL);
	CHECK(!strncmp(genl_text, "playback-streams: ", 18) &&
	      strstr(genl_text, "delete it and add it anew"));
	CHECK(set("Whole", "index", "0") == -EINVAL);
	CHECK(!strncmp(genl_text, "index: must stay", 16), "%s", genl_text);
	CHECK(!del("Whole"));
	return true;
}

static bool test_names(void)
{
	static const char *const bad[] = {
		"",	      "1st",	     "card",	"card1",
		"with space", "under_score", "dash-ed", "sixteenLettersXX",
		"a/b",	      "\xc3\xa4",
	};
	struct genl m;
	size_t i;
	int err;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
		genl_put_text(&m, A(NAME), bad[i]);
		err = genl_ask(sock, &m, NULL);
		CHECK(err == -EINVAL, "\"%s\": %d", bad[i], err);
		CHECK(refused(&m, A(NAME), "name: must be 1 to 15 letters and digits"));
	}
	CHECK(!add("fifteenLettersX"));
	CHECK(add("fifteenLettersX") == -EEXIST);
	CHECK(!strcmp(genl_text, "name: there is a card of that name"), "%s", genl_text);
	CHECK(!del("fifteenLettersX"));
	/* A word that ALSA keeps for /proc/asound */
	CHECK(add("version") == -EEXIST);
	CHECK(!strncmp(genl_text, "name: ALSA does not take it", 27), "%s", genl_text);
	CHECK(get("version") == -ENODEV);
	CHECK(add(NULL) == -EINVAL);
	CHECK(!strcmp(genl_text, "name: must be given, the new card's"), "%s", genl_text);
	CHECK(get(NULL) == -EINVAL);
	CHECK(!strcmp(genl_text, "name: must be given, a card's"), "%s", genl_text);
	CHECK(get("nobody") == -ENODEV);
	CHECK(!strcmp(genl_text, "name: there is no such card"), "%s", genl_text);
	return true;
}

static bool test_other_drivers(void)
{
	int index = snd_card_get_index("Dummy");
	char number[12];

	CHECK(index >= 0, "snd-dummy should be there");
	CHECK(add("Dummy") == -EEXIST);
	CHECK(!strcmp(genl_text, "name: another driver's card has that name"), "%s", genl_text);
	snprintf(number, sizeof(number), "%d", index);
	CHECK(ask_key(SND_HVSOCK_CMD_CARD_ADD, "Index", "index", number) == -EBUSY);
	CHECK(!strcmp(genl_text, "index: another card has that number"), "%s", genl_text);
	CHECK(del("Dummy") == -ENODEV);
	CHECK(snd_card_get_index("Dummy") == index);
	return true;
}

static bool test_index(void)
{
	char last[12];

	snprintf(last, sizeof(last), "%u", room - 1);
	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Last", "index", last), "%s", genl_text);
	CHECK(genl_u32(&answer, A(INDEX)) == room - 1);
	CHECK(snd_card_get_index("Last") == (int)room - 1);
	CHECK(!set("Last", "index", last));
	CHECK(!del("Last"));
	CHECK(snd_card_get_index("Last") < 0);
	return true;
}

/* The sound core's room is used up before the family's, with a card of another driver there. */
static bool test_full(void)
{
	char name[16], says[80];
	int n, had = cards(), err;

	for (n = 0; n < 40; n++) {
		snprintf(name, sizeof(name), "Full%d", n);
		err = add(name);
		if (err)
			break;
	}
	ktap_note("%d cards: %s", n + had, genl_text);
	CHECK(err == -ENOSPC, "%d", err);
	snprintf(says, sizeof(says), "index: none is free; this kernel has room for %u cards",
		 room);
	CHECK(!strncmp(genl_text, says, strlen(says)));
	CHECK(cards() == n + had);
	while (n--) {
		snprintf(name, sizeof(name), "Full%d", n);
		CHECK(!del(name));
	}
	CHECK(cards() == had);
	return true;
}

/* ------------------------------------------------------------------------ */
/* What makes no sense                                                      */

static bool test_malformed(void)
{
	static const uint8_t cmds[] = {
		SND_HVSOCK_CMD_CARD_ADD, SND_HVSOCK_CMD_CARD_DEL,   SND_HVSOCK_CMD_CARD_SET,
		SND_HVSOCK_CMD_CARD_GET, SND_HVSOCK_CMD_COOKIE_SET, SND_HVSOCK_CMD_RECONNECT,
	};
	struct nlattr *a;
	struct genl m;
	size_t i;
	int err;

	CHECK(!add("Form"));
	for (i = 0; i < sizeof(cmds); i++) {
		/* no attribute of the family's */
		genl_begin(&m, cmds[i], 0);
		genl_put_text(&m, A(NAME), "Form");
		genl_put_u32(&m, 99, 1);
		err = genl_ask(sock, &m, NULL);
		CHECK(err == -EINVAL && genl_offset, "unknown, %u: %d", cmds[i], err);
		/* one of the family's, but not of this command: what only is told */
		genl_begin(&m, cmds[i], 0);
		genl_put_text(&m, A(NAME), "Form");
		genl_put_u32(&m, A(LINK), 1);
		CHECK(genl_ask(sock, &m, NULL) == -EINVAL && genl_offset, "%u", cmds[i]);
		/* longer than the message */
		genl_begin(&m, cmds[i], 0);
		a = genl_put(&m, A(NAME), "Form", 5);
		a->nla_len = 200;
		CHECK(genl_ask(sock, &m, NULL) == -EINVAL, "%u", cmds[i]);
		/* shorter than its own header */
		genl_begin(&m, cmds[i], 0);
		a = genl_put(&m, A(NAME), "Form", 5);
		a->nla_len = 3;
		CHECK(genl_ask(sock, &m, NULL) == -EINVAL, "%u", cmds[i]);
		/* no NUL at its end */
		genl_begin(&m, cmds[i], 0);
		genl_put(&m, A(NAME), "Form", 4);
		CHECK(genl_ask(sock, &m, NULL) == -EINVAL, "%u", cmds[i]);
		/* a page of name */
		genl_begin(&m, cmds[i], 0);
		a = genl_put(&m, A(NAME), "", 8000);
		memset(a + 1, 'x', 7999);
		err = genl_ask(sock, &m, NULL);
		CHECK(err == -EINVAL || err == -ENODEV, "%u: %d", cmds[i], err);
	}
	/* numbers of another size */
	genl_begin(&m, SND_HVSOCK_CMD_CARD_SET, 0);
	genl_put_text(&m, A(NAME), "Form");
	genl_put(&m, A(PORT), "\1\2", 2);
	CHECK(genl_ask(sock, &m, NULL) < 0 && genl_offset);
	genl_begin(&m, SND_HVSOCK_CMD_CARD_SET, 0);
	genl_put_text(&m, A(NAME), "Form");
	genl_put(&m, A(PORT), "\1\2\3\4\5\6\7", 8);
	CHECK(genl_ask(sock, &m, NULL) < 0 && genl_offset);
	/* no command of the family's, nor one that is only told */
	CHECK(ask(200, "Form") == -EOPNOTSUPP);
	CHECK(ask(SND_HVSOCK_CMD_LINK_UP_NTF, "Form") == -EOPNOTSUPP);
	/* not even a whole head */
	genl_begin(&m, SND_HVSOCK_CMD_CARD_GET, 0);
	m.head.nlmsg_len = NLMSG_HDRLEN + 2;
	CHECK(genl_ask(sock, &m, NULL) < 0);
	CHECK(!get("Form") && genl_u32(&answer, A(PORT)) == 4713);
	CHECK(!del("Form"));
	return true;
}

/* ------------------------------------------------------------------------ */
/* Who may                                                                  */

/* Runs @f in a process of its own; whether it returned true. */
static bool apart(bool (*f)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		bool ok;

		sock = genl_socket();
		ok = f();
		fflush(stdout);
		_exit(!ok);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool only_reads(void)
{
	char cookie[SND_HVSOCK_COOKIE_SIZE] = "";

	CHECK(!get("Rights"));
	CHECK(cards() > 0);
	CHECK(dump_count(SND_HVSOCK_CMD_STREAM_GET) >= 0);
	CHECK(add("Mine") == -EPERM);
	CHECK(del("Rights") == -EPERM);
	CHECK(set("Rights", "port", "1") == -EPERM);
	CHECK(give_cookie("Rights", cookie, sizeof(cookie)) == -EPERM);
	CHECK(ask(SND_HVSOCK_CMD_RECONNECT, "Rights") == -EPERM);
	return true;
}

static bool as_user(void)
{
	close(sock);
	CHECK(!setgid(65534) && !setuid(65534));
	sock = genl_socket();
	return only_reads();
}

/* Root of a user namespace is nobody here. */
static bool in_user_namespace(void)
{
	close(sock);
	if (unshare(CLONE_NEWUSER) < 0) {
		ktap_note("no user namespaces: %s", strerror(errno));
		return true;
	}
	sock = genl_socket();
	return only_reads();
}

static bool in_net_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		ktap_note("no network namespaces: %s", strerror(errno));
		return true;
	}
	CHECK(genl_resolve(SND_HVSOCK_FAMILY_NAME) == -ENOENT);
	return true;
}

static bool test_rights(void)
{
	CHECK(!add("Rights"));
	CHECK(apart(as_user));
	CHECK(apart(in_user_namespace));
	CHECK(apart(in_net_namespace));
	CHECK(!get("Rights") && genl_u32(&answer, A(PORT)) == 4713);
	CHECK(!del("Rights"));
	return true;
}

static bool test_cookie(void)
{
	char cookie[SND_HVSOCK_COOKIE_SIZE + 1];
	struct genl m;
	int ret;

	memset(cookie, 0xa5, sizeof(cookie));
	CHECK(!add("Cookie"));
	CHECK(give_cookie("Cookie", cookie, 255) == -EINVAL);
	CHECK(!strcmp(genl_text, "cookie: must be 256 bytes, or none to forget it"), "%s",
	      genl_text);
	CHECK(give_cookie("Cookie", cookie, 257) == -EINVAL);
	CHECK(!get("Cookie") && !genl_attr(&answer, A(HAS_COOKIE)));
	CHECK(!give_cookie("Cookie", cookie, 256), "%s", genl_text);
	CHECK(!get("Cookie") && genl_attr(&answer, A(HAS_COOKIE)));
	CHECK(!genl_attr(&answer, A(COOKIE)));
	CHECK(!memmem(&answer, answer.head.nlmsg_len, cookie, 8));
	CHECK(!dump_begin(sock, SND_HVSOCK_CMD_CARD_GET));
	while ((ret = genl_next(sock, &m)) > 0)
		CHECK(!memmem(&m, m.head.nlmsg_len, cookie, 8));
	CHECK(!ret);
	CHECK(give_cookie("nobody", cookie, 256) == -ENODEV);
	CHECK(!give_cookie("Cookie", cookie, 256));
	CHECK(!give_cookie("Cookie", cookie, 0));
	CHECK(!get("Cookie") && !genl_attr(&answer, A(HAS_COOKIE)));
	CHECK(!give_cookie("Cookie", cookie, 256));
	CHECK(!del("Cookie"));
	return true;
}

/* ------------------------------------------------------------------------ */
/* Dumps and events                                                         */

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

static bool test_dump(void)
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

static bool test_dump_changed(void)
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

static int listener(void)
{
	struct timeval wait = { .tv_sec = 2 };
	int s = genl_socket();

	setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &genl_group, sizeof(genl_group));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return s;
}

/* The next event is this one; of others' cards and of the link there may be more. */
static bool comes(int s, uint8_t cmd, struct genl *m)
{
	int ret;

	while ((ret = genl_next(s, m)) > 0)
		if (genl_cmd(m) == cmd)
			return true;
	ktap_note("event %u does not come: %d", cmd, ret);
	return false;
}

static bool test_events(void)
{
	int s = listener();
	struct genl m;

	CHECK(!add("Events"));
	CHECK(!set("Events", "port", "4720"));
	CHECK(!del("Events"));
	CHECK(comes(s, SND_HVSOCK_CMD_CARD_ADD_NTF, &m));
	CHECK(!strcmp(genl_string(&m, A(NAME)), "Events") && genl_u32(&m, A(PORT)) == 4713);
	CHECK(comes(s, SND_HVSOCK_CMD_CARD_SET_NTF, &m));
	CHECK(genl_u32(&m, A(PORT)) == 4720);
	CHECK(comes(s, SND_HVSOCK_CMD_CARD_DEL_NTF, &m));
	CHECK(!strcmp(genl_string(&m, A(NAME)), "Events"));
	close(s);
	return true;
}

/* ------------------------------------------------------------------------ */
/* With sound                                                               */

#define BUFFER_US	500000

static snd_pcm_t *open_pcm(const char *card, snd_pcm_stream_t direction, unsigned int rate,
			   int *err)
{
	char name[32];
	snd_pcm_t *pcm;

	snprintf(name, sizeof(name), "hw:%s", card);
	*err = snd_pcm_open(&pcm, name, direction, 0);
	if (*err < 0)
		return NULL;
	*err = snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED, 2,
				  rate, 0, BUFFER_US);
	if (*err < 0) {
		snd_pcm_close(pcm);
		return NULL;
	}
	return pcm;
}

#define S(name) SND_HVSOCK_A_STREAM_##name

static bool test_stream(void)
{
	static short silence[24000 * 2];
	int s = listener(), err;
	struct genl m, stream;
	snd_pcm_t *pcm;

	/* Nobody listens there: the position runs all the same. */
	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Stream", "connect-timeout", "10"));
	CHECK(!set("Stream", "port", "4999"));
	pcm = open_pcm("Stream", SND_PCM_STREAM_PLAYBACK, 48000, &err);
	CHECK(pcm, "%s", snd_strerror(err));
	CHECK(snd_pcm_writei(pcm, silence, 24000) == 24000);
	CHECK(snd_pcm_writei(pcm, silence, 4800) == 4800);
	CHECK(comes(s, SND_HVSOCK_CMD_STREAM_OPEN_NTF, &m));
	CHECK(!strcmp(genl_string(&m, S(CARD)), "Stream"));
	CHECK(comes(s, SND_HVSOCK_CMD_LINK_DOWN_NTF, &m));
	ktap_note("link down: %s", genl_string(&m, A(REASON)));
	CHECK(*genl_string(&m, A(REASON)) && genl_u32(&m, A(ERROR)));

	CHECK(!dump_begin(sock, SND_HVSOCK_CMD_STREAM_GET));
	CHECK(genl_next(sock, &stream) == 1);
	CHECK(genl_next(sock, &m) == 0);
	CHECK(!strcmp(genl_string(&stream, S(CARD)), "Stream"));
	CHECK(genl_u32(&stream, S(ID)) == 1);
	CHECK(genl_u32(&stream, S(DIRECTION)) == SND_HVSOCK_DIRECTION_PLAYBACK);
	CHECK(genl_u32(&stream, S(STATE)) == SND_HVSOCK_STATE_RUNNING);
	CHECK(!genl_attr(&stream, S(CONNECTED)));
	CHECK(!strcmp(genl_string(&stream, S(APPLICATION)), "netlink"));
	CHECK(genl_u32(&stream, S(PID)) == (uint32_t)getpid());
	CHECK(!strcmp(genl_string(&stream, S(FORMAT)), "S16_LE"));
	CHECK(genl_u32(&stream, S(RATE)) == 48000);
	CHECK(genl_u32(&stream, S(CHANNELS)) == 2);
	CHECK(genl_u32(&stream, S(BUFFER)) == 24000);
	CHECK(*(const uint64_t *)genl_string(&stream, S(POSITION)) > 0);
	/* The same by its id; another id, another card */
	genl_begin(&m, SND_HVSOCK_CMD_STREAM_GET, 0);
	genl_put_text(&m, S(CARD), "Stream");
	genl_put_u32(&m, S(ID), 1);
	CHECK(!genl_ask(sock, &m, &answer) && genl_u32(&answer, S(RATE)) == 48000);
	genl_begin(&m, SND_HVSOCK_CMD_STREAM_GET, 0);
	genl_put_text(&m, S(CARD), "Stream");
	genl_put_u32(&m, S(ID), 2);
	CHECK(genl_ask(sock, &m, NULL) == -ENOENT);
	CHECK(!get("Stream") && genl_u32(&answer, A(STREAMS)) == 1);
	CHECK(genl_u32(&answer, A(LINK)) == SND_HVSOCK_LINK_DOWN);

	/* What waits for the next open is told, and what does not is not. */
	CHECK(!set("Stream", "port", "4998") && !genl_attr(&answer, A(NEXT_OPEN)));
	CHECK(!set("Stream", "format", "S16_LE"));
	CHECK(genl_u32(&answer, A(NEXT_OPEN)) == A(FORMAT));
	CHECK(!set("Stream", "rate-max", "48000"));
	CHECK(genl_u32(&answer, A(NEXT_OPEN)) == A(RATE_MAX));

	/* An underrun, by not writing */
	usleep(700000);
	CHECK(snd_pcm_writei(pcm, silence, 4800) == -EPIPE);
	CHECK(comes(s, SND_HVSOCK_CMD_XRUN_NTF, &m));
	snd_pcm_close(pcm);
	CHECK(comes(s, SND_HVSOCK_CMD_STREAM_CLOSE_NTF, &m));
	CHECK(dump_count(SND_HVSOCK_CMD_STREAM_GET) == 0);
	CHECK(!get("Stream") && genl_u32(&answer, A(STREAMS)) == 0);
	CHECK(!del("Stream"));
	close(s);
	return true;
}

/* Keys that programs meet when they open the card */
static bool test_offered(void)
{
	snd_pcm_hw_params_t *hw;
	unsigned int least, most;
	snd_pcm_t *pcm;
	struct genl m;
	int err;

	snd_pcm_hw_params_alloca(&hw);
	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Offer");
	put_key(&m, "rate-min", "16000");
	put_key(&m, "rate-max", "44100");
	put_key(&m, "format", "S16_LE");
	put_key(&m, "channels", "2");
	CHECK(!genl_ask(sock, &m, NULL), "%s", genl_text);
	CHECK(!snd_pcm_open(&pcm, "hw:Offer", SND_PCM_STREAM_PLAYBACK, 0));
	snd_pcm_hw_params_any(pcm, hw);
	CHECK(!snd_pcm_hw_params_get_rate_min(hw, &least, NULL) && least == 16000);
	CHECK(!snd_pcm_hw_params_get_rate_max(hw, &most, NULL) && most == 44100);
	CHECK(!snd_pcm_hw_params_get_channels_min(hw, &least) && least == 2);
	CHECK(!snd_pcm_hw_params_get_channels_max(hw, &most) && most == 2);
	CHECK(!snd_pcm_hw_params_test_format(pcm, hw, SND_PCM_FORMAT_S16_LE));
	CHECK(snd_pcm_hw_params_test_format(pcm, hw, SND_PCM_FORMAT_S32_LE) < 0);
	snd_pcm_close(pcm);

	CHECK(!set("Offer", "rate", "22050"), "%s", genl_text);
	CHECK(!snd_pcm_open(&pcm, "hw:Offer", SND_PCM_STREAM_PLAYBACK, 0));
	snd_pcm_hw_params_any(pcm, hw);
	CHECK(!snd_pcm_hw_params_get_rate(hw, &least, NULL) && least == 22050);
	snd_pcm_close(pcm);

	CHECK(!set("Offer", "mic", "0"));
	CHECK(!open_pcm("Offer", SND_PCM_STREAM_CAPTURE, 22050, &err) && err == -EACCES, "%d", err);
	CHECK(!set("Offer", "mic", "1"));
	pcm = open_pcm("Offer", SND_PCM_STREAM_CAPTURE, 22050, &err);
	CHECK(pcm, "%s", snd_strerror(err));
	snd_pcm_close(pcm);
	CHECK(!del("Offer"));
	return true;
}

static bool test_del_open(void)
{
	static short silence[24000 * 2];
	snd_pcm_t *pcm, *other;
	snd_ctl_t *ctl;
	int err, before = cards();

	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Open", "port", "4999"));
	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Other", "port", "4999"));
	pcm = open_pcm("Open", SND_PCM_STREAM_PLAYBACK, 48000, &err);
	CHECK(pcm, "%s", snd_strerror(err));
	other = open_pcm("Other", SND_PCM_STREAM_PLAYBACK, 48000, &err);
	CHECK(other, "%s", snd_strerror(err));
	CHECK(!snd_ctl_open(&ctl, "hw:Open", 0));
	CHECK(snd_pcm_writei(pcm, silence, 24000) == 24000);
	CHECK(snd_pcm_writei(other, silence, 4800) == 4800);
	CHECK(!del("Open"));
	CHECK(snd_card_get_index("Open") < 0);
	err = snd_pcm_writei(pcm, silence, 24000);
	CHECK(err == -ENODEV, "%s", snd_strerror(err));
	CHECK(snd_pcm_writei(other, silence, 4800) == 4800);
	/* The name and the number are free while the old one is still open. */
	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Open", "port", "4999"), "%s", genl_text);
	CHECK(cards() == before + 2);
	err = snd_pcm_prepare(pcm);
	CHECK(err == -ENODEV, "%s", snd_strerror(err));
	snd_pcm_close(pcm);
	snd_ctl_close(ctl);
	snd_pcm_close(other);
	CHECK(!del("Open"));
	CHECK(!del("Other"));
	return true;
}

/* ------------------------------------------------------------------------ */
/* Much of it                                                               */

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

static const char * const storm_names[] = { "Storm0", "Storm1", "Storm2" };

/* What is in nobody's hands may be refused; nothing else. */
static bool expected(int err)
{
	switch (err) {
	case 0:
	case -EEXIST:
	case -ENODEV:
	case -ENOSPC:
	case -EBUSY:
		return true;
	default:
		ktap_note("error %d: %s", err, genl_text);
		return false;
	}
}

static bool storm_changes(uint64_t end)
{
	char cookie[SND_HVSOCK_COOKIE_SIZE], port[12];
	unsigned int n = 0;

	memset(cookie, 1, sizeof(cookie));
	for (; now_ms() < end; n++) {
		const char *name = storm_names[any(3)];
		int err;

		snprintf(port, sizeof(port), "%u", 4990 + any(4));
		switch (any(8)) {
		case 0:
			err = add(name);
			break;
		case 1:
			err = ask_key(SND_HVSOCK_CMD_CARD_ADD, name, "port", port);
			break;
		case 2:
			err = del(name);
			break;
		case 3:
			err = set(name, "port", port);
			break;
		case 4:
			err = give_cookie(name, cookie, any(2) * sizeof(cookie));
			break;
		case 5:
			err = ask(SND_HVSOCK_CMD_RECONNECT, name);
			break;
		case 6:
			err = cards();
			break;
		default:
			err = dump_count(SND_HVSOCK_CMD_STREAM_GET);
			break;
		}
		if (err < 0 && !expected(err))
			return false;
	}
	ktap_note("%u commands", n);
	/* In 20 s; the debug kernel of 7.2 does 64. */
	return n > 40;
}

/* Plays, or records, on whatever card there is, until it goes. */
static bool storm_plays(uint64_t end, snd_pcm_stream_t direction)
{
	static short sound[4800 * 2];
	unsigned int opened = 0, gone = 0;

	while (now_ms() < end) {
		unsigned int writes = any(8), card = any(3);
		uint64_t begin = now_ms();
		snd_pcm_t *pcm;
		int err;

		pcm = open_pcm(storm_names[card], direction, 48000, &err);
		if (!pcm)
			continue;
		opened++;
		/* ALSA would wait for a whole buffer to be asked for. */
		if (direction == SND_PCM_STREAM_CAPTURE)
			err = snd_pcm_start(pcm);
		while (err >= 0 && writes--) {
			begin = now_ms();
			err = direction == SND_PCM_STREAM_PLAYBACK ?
				      snd_pcm_writei(pcm, sound, 1200) :
				      snd_pcm_readi(pcm, sound, 1200);
		}
		gone += err == -ENODEV;
		if (err < 0 && err != -ENODEV && err != -EPIPE && err != -EBADFD) {
			ktap_note("%s: %s after %u ms, state %s", storm_names[card],
				  snd_strerror(err), (unsigned int)(now_ms() - begin),
				  snd_pcm_state_name(snd_pcm_state(pcm)));
			return false;
		}
		snd_pcm_close(pcm);
	}
	ktap_note("opened %u times, %u times the card went", opened, gone);
	return opened > 0;
}

static int storm(unsigned int seconds)
{
	uint64_t end = now_ms() + seconds * 1000;
	int i, status, failed = 0;

	for (i = 0; i < 7; i++) {
		pid_t pid = fork();
		bool ok;

		if (pid)
			continue;
		setvbuf(stdout, NULL, _IOLBF, 0);
		random_state = 1000 * i + seconds;
		sock = genl_socket();
		if (i < 4)
			ok = storm_changes(end);
		else
			ok = storm_plays(end,
					 i < 6 ? SND_PCM_STREAM_PLAYBACK : SND_PCM_STREAM_CAPTURE);
		_exit(!ok);
	}
	while (wait(&status) > 0)
		failed |= status;
	for (i = 0; i < 3; i++)
		del(storm_names[i]);
	return failed ? KTAP_FAIL : KTAP_PASS;
}

static void put_random(struct genl *m)
{
	static const char *const words[] = {
		"Random",  "HvSock",  "",      "any",  "S16_LE",  "pulse",
		"connect", "silence", "error", "card", "command", "Dummy",
	};
	static const uint32_t numbers[] = { 0,	  1,	 2,	 8,    9,	   64,	      65,
					    8000, 48000, 192000, 4713, 0x7fffffff, 0xffffffff };
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
		a = genl_put(m, type, &numbers[any(sizeof(numbers) / sizeof(*numbers))], 4);
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
static int random_messages(unsigned int count, uint32_t seed)
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
			m.head.nlmsg_len -= any(m.head.nlmsg_len - NLMSG_HDRLEN);
		if (!any(30))
			((struct genlmsghdr *)NLMSG_DATA(&m.head))->version = any(256);
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
	return done && refused && !add("Random") && !get("Random") && !del("Random") ? KTAP_PASS :
										       KTAP_FAIL;
}

static int cycles(unsigned int count)
{
	while (count--)
		if (add("Cycle") || del("Cycle")) {
			printf("# %u to go: %s\n", count, genl_text);
			return KTAP_FAIL;
		}
	return KTAP_PASS;
}

/* ------------------------------------------------------------------------ */
/* By hand                                                                  */

static int say(int err)
{
	if (err)
		printf("%s (%s)\n", genl_text[0] ? genl_text : "refused", strerror(-err));
	return err ? KTAP_FAIL : KTAP_PASS;
}

static int change(uint8_t cmd, int argc, char **argv)
{
	struct genl m;
	int i, err;

	genl_begin(&m, cmd, 0);
	genl_put_text(&m, A(NAME), argv[0]);
	for (i = 1; i + 1 < argc; i += 2)
		put_key(&m, argv[i], argv[i + 1]);
	err = genl_ask(sock, &m, &answer);
	return say(err);
}

static int cookie_of_file(const char *name, const char *file)
{
	char cookie[SND_HVSOCK_COOKIE_SIZE];
	int fd = open(file, O_RDONLY);
	ssize_t size = fd < 0 ? -1 : read(fd, cookie, sizeof(cookie));

	if (size < 0)
		return KTAP_FAIL;
	close(fd);
	return say(give_cookie(name, cookie, size));
}

static int print(const char *name)
{
	int err = get(name);

	if (!err)
		fwrite(&answer, 1, answer.head.nlmsg_len, stdout);
	return err ? KTAP_FAIL : KTAP_PASS;
}

static int print_events(unsigned int seconds)
{
	static const char *const names[] = {
		"card-add",	"card-del",    "card-set",     "link-up",
		"link-down",	"stream-open", "stream-start", "stream-stop",
		"stream-close", "xrun",	       "resync",       "volume",
	};
	uint64_t end = now_ms() + seconds * 1000;
	int s = listener();
	struct genl m;

	while (now_ms() < end)
		/* In each of the sets the first is the card's name. */
		if (genl_next(s, &m) > 0)
			printf("%s %s\n", names[genl_cmd(&m) - SND_HVSOCK_CMD_CARD_ADD_NTF],
			       genl_string(&m, A(NAME)));
	return KTAP_PASS;
}

/* ------------------------------------------------------------------------ */

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

static void no_message(const char *file, int line, const char *function, int err,
		       const char *format, ...)
{
	(void)file, (void)line, (void)function, (void)err, (void)format;
}

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
			snprintf(names[n++], sizeof(*names), "%s", genl_string(&m, A(NAME)));
	while (n--)
		del(names[n]);
}

static int all_tests(void)
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

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	/* what is refused on purpose is no news */
	snd_lib_error_set_handler(no_message);
	if (genl_resolve(SND_HVSOCK_FAMILY_NAME))
		ktap_bail(SND_HVSOCK_FAMILY_NAME, "no such family");
	sock = genl_socket();
	if (argc == 1)
		return all_tests();
	if (argc == 3 && !strcmp(verb, "storm"))
		return storm(atoi(argv[2]));
	if (argc >= 3 && !strcmp(verb, "random"))
		return random_messages(atoi(argv[2]),
				       argc > 3 ? strtoul(argv[3], NULL, 0) : (uint32_t)time(NULL));
	if (argc == 3 && !strcmp(verb, "cycles"))
		return cycles(atoi(argv[2]));
	if (argc == 3 && !strcmp(verb, "events"))
		return print_events(atoi(argv[2]));
	if (argc == 3 && !strcmp(verb, "get"))
		return print(argv[2]);
	if (argc == 4 && !strcmp(verb, "cookie"))
		return cookie_of_file(argv[2], argv[3]);
	if (argc >= 3 && !strcmp(verb, "add"))
		return change(SND_HVSOCK_CMD_CARD_ADD, argc - 2, argv + 2);
	if (argc >= 3 && !strcmp(verb, "set"))
		return change(SND_HVSOCK_CMD_CARD_SET, argc - 2, argv + 2);
	if (argc == 3 && !strcmp(verb, "del"))
		return change(SND_HVSOCK_CMD_CARD_DEL, 1, argv + 2);
	if (argc == 3 && !strcmp(verb, "reconnect"))
		return change(SND_HVSOCK_CMD_RECONNECT, 1, argv + 2);
	fprintf(stderr, "netlink: see the beginning of netlink.c\n");
	return 2;
}
