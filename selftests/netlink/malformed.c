// SPDX-License-Identifier: GPL-2.0
/* Tests of messages that make no sense, and of who may send which. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netlink.h"

bool test_malformed(void)
{
	static const uint8_t cmds[] = {
		SND_HVSOCK_CMD_CARD_ADD,   SND_HVSOCK_CMD_CARD_DEL,
		SND_HVSOCK_CMD_CARD_SET,   SND_HVSOCK_CMD_CARD_GET,
		SND_HVSOCK_CMD_COOKIE_SET, SND_HVSOCK_CMD_RECONNECT,
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
		CHECK(err == -EINVAL && genl_offset, "unknown, %u: %d", cmds[i],
		      err);
		/* an attribute of the family, but of replies only */
		genl_begin(&m, cmds[i], 0);
		genl_put_text(&m, A(NAME), "Form");
		genl_put_u32(&m, A(LINK), 1);
		CHECK(genl_ask(sock, &m, NULL) == -EINVAL && genl_offset, "%u",
		      cmds[i]);
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
		CHECK(err == -EINVAL, "%u: %d", cmds[i], err);
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

bool test_rights(void)
{
	CHECK(!add("Rights"));
	CHECK(apart(as_user));
	CHECK(apart(in_user_namespace));
	CHECK(apart(in_net_namespace));
	CHECK(!get("Rights") && genl_u32(&answer, A(PORT)) == 4713);
	CHECK(!del("Rights"));
	return true;
}

bool test_cookie(void)
{
	char cookie[SND_HVSOCK_COOKIE_SIZE + 1];
	struct genl m;
	int ret;

	memset(cookie, 0xa5, sizeof(cookie));
	CHECK(!add("Cookie"));
	CHECK(give_cookie("Cookie", cookie, 255) == -EINVAL);
	CHECK(!strcmp(genl_text, "cookie: must be 256 bytes long, or empty to remove it"), "%s",
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
