// SPDX-License-Identifier: GPL-2.0
/*
 * What the family takes and what it refuses, attribute by attribute, in
 * messages that go through a netlink socket as a program's would.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/net.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <uapi/linux/snd_hvsock.h>

#include "info.h"
#include "netlink-gen.h"
#include "notify.h"
#include "rig.h"

enum {
	ADD = SND_HVSOCK_CMD_CARD_ADD,
	DEL = SND_HVSOCK_CMD_CARD_DEL,
	SET = SND_HVSOCK_CMD_CARD_SET,
	GET = SND_HVSOCK_CMD_CARD_GET,
};

/**
 * struct client - a program that speaks to the family
 * @events: where it hears them
 * @file: of its socket, by which it is judged what it may do
 * @sock: the same
 * @family: the number to which the name was resolved
 * @why: what the last refusal said, or ""
 * @attr: the type of the attribute that it was about, or 0
 * @policy: it had the attribute's limits
 * @sent: the last message
 * @got: the last answer
 */
struct client {
	struct socket *events;
	struct file *file;
	struct socket *sock;
	u16 family;
	char why[256];
	int attr;
	bool policy;
	struct sk_buff *sent;
	u8 got[8192] __aligned(8);
};

static struct sk_buff *message(struct client *c, u16 family, u8 cmd, u16 flags)
{
	struct sk_buff *skb = nlmsg_new(4096, GFP_KERNEL);
	struct genlmsghdr *genl;
	struct nlmsghdr *nlh;

	if (!skb)
		return NULL;
	nlh = nlmsg_put(skb, 0, 1, family, GENL_HDRLEN,
			NLM_F_REQUEST | NLM_F_ACK | flags);
	genl = nlmsg_data(nlh);
	genl->cmd = cmd;
	genl->version = 1;
	genl->reserved = 0;
	return skb;
}

/* Message and attribute of the answer. */
static void take_error(struct client *c, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	const struct nlattr *a;
	u32 offset;

	c->why[0] = '\0';
	c->attr = 0;
	c->policy = false;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)(e + 1),
		      nlh->nlmsg_len - NLMSG_HDRLEN - sizeof(*e), NULL, NULL))
		return;
	c->policy = tb[NLMSGERR_ATTR_POLICY];
	if (tb[NLMSGERR_ATTR_MSG])
		nla_strscpy(c->why, tb[NLMSGERR_ATTR_MSG], sizeof(c->why));
	if (tb[NLMSGERR_ATTR_OFFS]) {
		offset = nla_get_u32(tb[NLMSGERR_ATTR_OFFS]);
		a = (void *)c->sent->data + offset;
		if (offset + sizeof(*a) <= c->sent->len)
			c->attr = nla_type(a);
	}
}

/*
 * Sends @skb; returns what the last answer says. The one before it, if
 * there is one, is left in @c->got.
 */
static int exchange(struct kunit *test, struct client *c, struct sk_buff *skb)
{
	struct nlmsghdr *nlh = nlmsg_hdr(skb);
	struct nlmsghdr *got = (struct nlmsghdr *)c->got;
	static u8 buf[8192] __aligned(8);
	struct msghdr msg = { };
	struct kvec vec;
	int ret, left;

	nlh->nlmsg_len = skb->len;
	c->sent = skb;
	got->nlmsg_len = 0;
	vec.iov_base = skb->data;
	vec.iov_len = skb->len;
	ret = kernel_sendmsg(c->sock, &msg, &vec, 1, skb->len);
	KUNIT_ASSERT_EQ(test, ret, skb->len);
	for (;;) {
		memset(&msg, 0, sizeof(msg));
		vec.iov_base = buf;
		vec.iov_len = sizeof(buf);
		left = kernel_recvmsg(c->sock, &msg, &vec, 1, sizeof(buf),
				      MSG_DONTWAIT);
		KUNIT_ASSERT_GT(test, left, 0);
		for (nlh = (void *)buf; nlmsg_ok(nlh, left);
		     nlh = nlmsg_next(nlh, &left)) {
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				take_error(c, nlh);
				ret = ((struct nlmsgerr *)nlmsg_data(nlh))
					      ->error;
				c->sent = NULL;
				nlmsg_free(skb);
				return ret;
			}
			memcpy(c->got, nlh, nlh->nlmsg_len);
		}
	}
}

/* The answer's attributes. */
static void parse(struct kunit *test, struct client *c, struct nlattr **tb,
		  int most)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)c->got;

	KUNIT_ASSERT_GT(test, nlh->nlmsg_len, 0);
	KUNIT_ASSERT_EQ(test, 0, nlmsg_parse_deprecated(nlh, GENL_HDRLEN, tb,
							most, NULL, NULL));
}

static struct sk_buff *request(struct kunit *test, u8 cmd, const char *name)
{
	struct client *c = test->priv;
	struct sk_buff *skb = message(c, c->family, cmd, 0);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	if (name)
		nla_put_string(skb, SND_HVSOCK_A_CARD_NAME, name);
	return skb;
}

static int request_plain(struct kunit *test, u8 cmd, const char *name)
{
	return exchange(test, test->priv, request(test, cmd, name));
}

/* A request with one more attribute, whatever it is. */
static int request_with(struct kunit *test, u8 cmd, const char *name, int attr,
			const void *data, int len)
{
	struct sk_buff *skb = request(test, cmd, name);

	KUNIT_ASSERT_EQ(test, 0, nla_put(skb, attr, len, data));
	return exchange(test, test->priv, skb);
}

static int request_u32(struct kunit *test, u8 cmd, int attr, u32 value)
{
	return request_with(test, cmd, "Netlink", attr, &value, sizeof(value));
}

static int request_string(struct kunit *test, u8 cmd, int attr,
			  const char *value)
{
	return request_with(test, cmd, "Netlink", attr, value,
			    strlen(value) + 1);
}

/*
 * It was refused for that attribute: by the policy, or in words that begin with
 * its name.
 */
static void expect_refused(struct kunit *test, int ret, int attr,
			   const char *name)
{
	struct client *c = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, c->attr, attr, "%s: %s", name, c->why);
	if (c->policy) {
		KUNIT_EXPECT_LT_MSG(test, ret, 0, "%s", name);
		return;
	}
	KUNIT_EXPECT_EQ_MSG(test, ret, -EINVAL, "%s", name);
	KUNIT_EXPECT_TRUE_MSG(test, !strncmp(c->why, name, strlen(name)),
			      "\"%s\" does not begin with %s", c->why, name);
}

static void expect_taken(struct kunit *test, int ret, const char *name)
{
	struct client *c = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, ret, 0, "%s: %s", name, c->why);
}

static void add_card(struct kunit *test)
{
	expect_taken(test, request_plain(test, ADD, "Netlink"), "add");
}

static void del_card(struct kunit *test)
{
	expect_taken(test, request_plain(test, DEL, "Netlink"), "del");
}

/* ------------------------------------------------------------------------ */

/* Numbers: the ends of what each may be, and one beyond. */
static const struct {
	int attr;
	const char *name;
	u32 min, max;
	bool zero;		/* is one as well */
	bool fixed;		/* cannot be set */
} numbers[] = {
	{ SND_HVSOCK_A_CARD_CID, "cid", 0, U32_MAX - 1 },
	{ SND_HVSOCK_A_CARD_PORT, "port", 1, U32_MAX },
	{ SND_HVSOCK_A_CARD_RATE, "rate", 8000, 192000, true },
	{ SND_HVSOCK_A_CARD_RATE_MIN, "rate-min", 8000, 192000 },
	{ SND_HVSOCK_A_CARD_RATE_MAX, "rate-max", 8000, 192000 },
	{ SND_HVSOCK_A_CARD_CHANNELS, "channels", 0, 8 },
	{ SND_HVSOCK_A_CARD_LATENCY_US, "latency-us", 1000, 2000000, true },
	{ SND_HVSOCK_A_CARD_CONNECT_TIMEOUT_MS, "connect-timeout-ms", 10,
	  10000 },
	{ SND_HVSOCK_A_CARD_PLAYBACK_STREAMS, "playback-streams", 0, 64, false,
	  true },
	{ SND_HVSOCK_A_CARD_CAPTURE_STREAMS, "capture-streams", 0, 64, false,
	  true },
	{ SND_HVSOCK_A_CARD_IDLE_RETRY_S, "idle-retry-s", 0, 3600 },
	{ SND_HVSOCK_A_CARD_PROTOCOL, "protocol", 0, 2, false, true },
	{ SND_HVSOCK_A_CARD_ON_LOST, "on-lost", 0, 1 },
	{ SND_HVSOCK_A_CARD_NAME_STREAMS, "name-streams", 0, 1 },
	{ SND_HVSOCK_A_CARD_MIC, "mic", 0, 1 },
};

static struct nlattr *reported(struct kunit *test, int attr)
{
	struct nlattr *tb[SND_HVSOCK_A_CARD_MAX + 1];

	expect_taken(test, request_plain(test, GET, "Netlink"), "get");
	parse(test, test->priv, tb, SND_HVSOCK_A_CARD_MAX);
	KUNIT_ASSERT_NOT_NULL(test, tb[attr]);
	return tb[attr];
}

static void add_with(struct kunit *test, int attr, const char *name, u32 value)
{
	expect_taken(test, request_u32(test, ADD, attr, value), name);
	KUNIT_EXPECT_EQ(test, nla_get_u32(reported(test, attr)), value);
	del_card(test);
}

static void test_numbers_added(struct kunit *test)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		u32 min = numbers[i].min, max = numbers[i].max;
		const char *name = numbers[i].name;
		int attr = numbers[i].attr;

		add_with(test, attr, name, min);
		add_with(test, attr, name, max);
		if (numbers[i].zero)
			add_with(test, attr, name, 0);
		if (max < U32_MAX) {
			ret = request_u32(test, ADD, attr, max + 1);
			expect_refused(test, ret, attr, name);
			ret = request_u32(test, ADD, attr, U32_MAX);
			expect_refused(test, ret, attr, name);
		}
		if (min) {
			ret = request_u32(test, ADD, attr, min - 1);
			expect_refused(test, ret, attr, name);
		}
		KUNIT_EXPECT_NULL(test, rig_find("Netlink"));
	}
}

static void test_numbers_set(struct kunit *test)
{
	unsigned int i;
	u32 was, value;
	int ret;

	add_card(test);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		const char *name = numbers[i].name;
		int attr = numbers[i].attr;

		was = nla_get_u32(reported(test, attr));
		value = was == numbers[i].max ? numbers[i].min : numbers[i].max;
		ret = request_u32(test, SET, attr, value);
		if (numbers[i].fixed) {
			expect_refused(test, ret, attr, name);
			value = was;
		} else {
			expect_taken(test, ret, name);
		}
		KUNIT_EXPECT_EQ(test, nla_get_u32(reported(test, attr)), value);
		/* What it is already it may be set to. */
		expect_taken(test, request_u32(test, SET, attr, value), name);
		if (numbers[i].max < U32_MAX) {
			ret = request_u32(test, SET, attr, numbers[i].max + 1);
			expect_refused(test, ret, attr, name);
		}
		expect_taken(test, request_u32(test, SET, attr, was), name);
	}
}

static void test_format(struct kunit *test)
{
	static const char * const good[] = { "any", "S16_LE", "S24_3BE",
					     "FLOAT_BE" };
	static const char * const bad[] = { "", "x", "Any", "S8", "U8 ",
					    "FLOAT64_LE", "longer than any" };
	int attr = SND_HVSOCK_A_CARD_FORMAT;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ret = request_string(test, ADD, attr, good[i]);
		expect_taken(test, ret, "format");
		KUNIT_EXPECT_STREQ(test, nla_data(reported(test, attr)),
				   good[i]);
		ret = request_string(test, SET, attr, good[0]);
		expect_taken(test, ret, "format");
		del_card(test);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ret = request_string(test, ADD, attr, bad[i]);
		expect_refused(test, ret, attr, "format");
	}
}

static void test_role_and_index(struct kunit *test)
{
	int role = SND_HVSOCK_A_CARD_ROLE, ret;

	add_with(test, role, "role", SND_HVSOCK_ROLE_LISTEN);
	ret = request_u32(test, ADD, role, SND_HVSOCK_ROLE_LISTEN + 1);
	expect_refused(test, ret, role, "role");
	add_with(test, role, "role", SND_HVSOCK_ROLE_CONNECT);
	add_with(test, SND_HVSOCK_A_CARD_INDEX, "index", SNDRV_CARDS - 1);
	ret = request_u32(test, ADD, SND_HVSOCK_A_CARD_INDEX, SNDRV_CARDS);
	expect_refused(test, ret, SND_HVSOCK_A_CARD_INDEX, "index");
	ret = request_u32(test, ADD, SND_HVSOCK_A_CARD_INDEX, U32_MAX);
	expect_refused(test, ret, SND_HVSOCK_A_CARD_INDEX, "index");
}

/* One attribute with so many bytes: refused by the policy, which names it. */
static void expect_wrong(struct kunit *test, u8 cmd, int attr, int len)
{
	static const u8 bytes[16] = "not its end";
	struct client *c = test->priv;
	int ret;

	ret = request_with(test, cmd, NULL, attr, bytes, len);
	KUNIT_EXPECT_TRUE_MSG(test, ret == -EINVAL || ret == -ERANGE,
			      "command %u, %d, %d bytes: %d", cmd, attr, len,
			      ret);
	KUNIT_EXPECT_EQ_MSG(test, c->attr, attr, "command %u, %d bytes: %s",
			    cmd, len, c->why);
}

/* Each attribute of each command in a wrong size; no handler is called. */
static void test_types(struct kunit *test)
{
	unsigned int i;
	int attr, len;

	for (i = 0; i < ARRAY_SIZE(snd_hvsock_nl_ops); i++) {
		const struct genl_ops *op = &snd_hvsock_nl_ops[i];

		KUNIT_ASSERT_NOT_NULL(test, op->policy);
		for (attr = 1; attr <= op->maxattr; attr++) {
			switch (op->policy[attr].type) {
			case NLA_U32:
				for (len = 0; len <= 8; len++)
					if (len != 4)
						expect_wrong(test, op->cmd,
							     attr, len);
				break;
			case NLA_NUL_STRING:
				/* Without anything, and without its end */
				expect_wrong(test, op->cmd, attr, 0);
				expect_wrong(test, op->cmd, attr, 3);
				break;
			case NLA_UNSPEC:
				/* What is answered only is not taken. */
				expect_wrong(test, op->cmd, attr, 4);
				break;
			default:
				/* Any length: its handler looks. */
				KUNIT_EXPECT_EQ(test, op->policy[attr].type,
						NLA_BINARY);
				KUNIT_EXPECT_EQ(test, attr,
						SND_HVSOCK_A_CARD_COOKIE);
			}
		}
		/* Beyond what the command knows. */
		expect_wrong(test, op->cmd, op->maxattr + 1, 4);
	}
}

static void test_names_needed(struct kunit *test)
{
	static const u8 commands[] = {
		DEL, SET, GET, SND_HVSOCK_CMD_RECONNECT,
	};
	struct client *c = test->priv;
	unsigned int i;
	int ret;

	KUNIT_EXPECT_EQ(test, -EINVAL, request_plain(test, ADD, NULL));
	KUNIT_EXPECT_STREQ(test, c->why,
			   "name: missing. Give a name for the new card");
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		ret = request_plain(test, commands[i], NULL);
		KUNIT_EXPECT_EQ(test, ret, -EINVAL);
		KUNIT_EXPECT_STREQ(test, c->why,
				   "name: missing. Give the name of a card");
		ret = request_plain(test, commands[i], "Nobody");
		KUNIT_EXPECT_EQ(test, ret, -ENODEV);
		KUNIT_EXPECT_EQ(test, c->attr, SND_HVSOCK_A_CARD_NAME);
	}
	ret = request_plain(test, ADD, "SixteenLetters16");
	expect_refused(test, ret, SND_HVSOCK_A_CARD_NAME, "name");
}

/* 256 bytes, or none */
static void test_cookie(struct kunit *test)
{
	static const u8 cookie[SND_HVSOCK_COOKIE_SIZE + 1];
	int len, ret;

	add_card(test);
	for (len = 0; len <= SND_HVSOCK_COOKIE_SIZE + 1; len++) {
		ret = request_with(test, SND_HVSOCK_CMD_COOKIE_SET, "Netlink",
				   SND_HVSOCK_A_CARD_COOKIE, cookie, len);
		if (!len || len == SND_HVSOCK_COOKIE_SIZE)
			expect_taken(test, ret, "cookie");
		else
			expect_refused(test, ret, SND_HVSOCK_A_CARD_COOKIE,
				       "cookie");
	}
	ret = request_with(test, SND_HVSOCK_CMD_COOKIE_SET, "Netlink",
			   SND_HVSOCK_A_CARD_COOKIE, cookie,
			   SND_HVSOCK_COOKIE_SIZE);
	expect_taken(test, ret, "cookie");
	/* Told is only that there is one. */
	reported(test, SND_HVSOCK_A_CARD_HAS_COOKIE);
	ret = request_with(test, SND_HVSOCK_CMD_COOKIE_SET, "Nobody",
			   SND_HVSOCK_A_CARD_COOKIE, cookie,
			   SND_HVSOCK_COOKIE_SIZE);
	KUNIT_EXPECT_EQ(test, ret, -ENODEV);
	ret = request_plain(test, SND_HVSOCK_CMD_COOKIE_SET, "Netlink");
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
}

/* Who may do what: everything but the two that only read needs the right. */
static void test_rights(struct kunit *test)
{
	struct client *c = test->priv;
	const struct cred *old;
	struct cred *cred;
	unsigned int i;

	cred = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_lower(cred->cap_effective, CAP_NET_ADMIN);
	for (i = 0; i < ARRAY_SIZE(snd_hvsock_nl_ops); i++) {
		const struct genl_ops *op = &snd_hvsock_nl_ops[i];
		bool reads = op->cmd == GET ||
			     op->cmd == SND_HVSOCK_CMD_STREAM_GET;
		struct sk_buff *skb = request(test, op->cmd, NULL);
		int ret;

		old = override_creds(cred);
		ret = exchange(test, c, skb);
		revert_creds(old);
		KUNIT_EXPECT_EQ_MSG(test, ret, reads ? -EINVAL : -EPERM,
				    "command %u", op->cmd);
	}
	put_cred(cred);
}

/* ------------------------------------------------------------------------ */

static int netlink_init(struct kunit *test)
{
	static const int on = 1;
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct client *c;
	struct sk_buff *skb;
	int err;

	c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->events = rig_hear(test);
	err = sock_create_kern(&init_net, AF_NETLINK, SOCK_RAW,
			       NETLINK_GENERIC, &c->sock);
	if (err)
		return err;
	/* From here on the socket is the file's. */
	c->file = sock_alloc_file(c->sock, 0, NULL);
	if (IS_ERR(c->file))
		return PTR_ERR(c->file);
	test->priv = c;
	err = c->sock->ops->setsockopt(c->sock, SOL_NETLINK, NETLINK_EXT_ACK,
				       KERNEL_SOCKPTR((void *)&on), sizeof(on));
	if (!err)
		err = c->sock->ops->setsockopt(c->sock, SOL_NETLINK,
					       NETLINK_CAP_ACK,
					       KERNEL_SOCKPTR((void *)&on),
					       sizeof(on));
	if (err)
		return err;
	skb = message(c, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	if (!skb || nla_put_string(skb, CTRL_ATTR_FAMILY_NAME,
				   SND_HVSOCK_FAMILY_NAME))
		return -ENOMEM;
	err = exchange(test, c, skb);
	if (err)
		return err;
	parse(test, c, tb, CTRL_ATTR_MAX);
	c->family = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

static void netlink_exit(struct kunit *test)
{
	struct client *c = test->priv;

	rig_del_all(test);
	if (c)
		fput(c->file);
}

/* One that was closed is not mistaken for the next one. */
static void test_streams(struct kunit *test)
{
	struct rig_program p;
	struct sk_buff *skb;
	u32 id;
	int ret;

	add_card(test);
	rig_open(test, &p, rig_find("Netlink"), SNDRV_PCM_STREAM_PLAYBACK);
	rig_set_params(test, &p);
	rig_set_params(test, &p);
	for (id = 0; id < 4; id++) {
		skb = request(test, SND_HVSOCK_CMD_STREAM_GET, NULL);
		nla_put_string(skb, SND_HVSOCK_A_STREAM_CARD, "Netlink");
		nla_put_u32(skb, SND_HVSOCK_A_STREAM_ID, id);
		ret = exchange(test, test->priv, skb);
		KUNIT_EXPECT_EQ_MSG(test, ret, id == 2 ? 0 : -ENOENT, "%u", id);
	}
	rig_close(&p);
}

/* Each change is told once, after it was made; what is refused is not. */
static void test_events(struct kunit *test)
{
	struct client *c = test->priv;

	add_card(test);
	KUNIT_EXPECT_EQ(test, rig_event(c->events),
			SND_HVSOCK_CMD_CARD_ADD_NTF);
	request_plain(test, ADD, "Netlink");
	KUNIT_EXPECT_EQ(test, rig_event(c->events), 0);
	expect_taken(test, request_u32(test, SET, SND_HVSOCK_A_CARD_PORT, 4714),
		     "port");
	KUNIT_EXPECT_EQ(test, rig_event(c->events),
			SND_HVSOCK_CMD_CARD_SET_NTF);
	request_u32(test, SET, SND_HVSOCK_A_CARD_RATE, 44100);
	KUNIT_EXPECT_EQ(test, rig_event(c->events),
			SND_HVSOCK_CMD_CARD_SET_NTF);
	/* Each value is possible, but not both. */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			request_u32(test, SET, SND_HVSOCK_A_CARD_RATE_MIN,
				    48000));
	KUNIT_EXPECT_EQ(test, rig_event(c->events), 0);
	del_card(test);
	KUNIT_EXPECT_EQ(test, rig_event(c->events),
			SND_HVSOCK_CMD_CARD_DEL_NTF);
	KUNIT_EXPECT_EQ(test, rig_event(c->events), 0);
}

static void report_streams(unsigned int n)
{
	struct hvsnd_stream_info info = { .card = "Many",
					  .format = SNDRV_PCM_FORMAT_S16_LE };

	while (n--) {
		info.id++;
		hvsnd_notify_stream(SND_HVSOCK_CMD_STREAM_OPEN_NTF, &info);
	}
}

/*
 * They come in their order. A queue that is full loses the last ones, and says
 * so by an error of the socket, once.
 */
static void test_queue(struct kunit *test)
{
	struct client *c = test->priv;
	u32 n, id, round, lost;

	/* All must wait there. */
	c->events->sk->sk_rcvbuf = 16 << 20;
	for (round = 0; round < 3; round++) {
		lost = round == 1;
		/* The work item would run on this processor. */
		preempt_disable();
		report_streams(HVSND_NOTIFY_MAX + 3 * lost);
		preempt_enable();
		hvsnd_notify_flush();
		KUNIT_EXPECT_EQ(test, rig_error(c->events),
				lost ? -ENOBUFS : 0);
		for (n = 1; (id = rig_stream_event(c->events)); n++)
			KUNIT_ASSERT_EQ(test, id, n);
		KUNIT_EXPECT_EQ(test, n, HVSND_NOTIFY_MAX + 1);
		KUNIT_EXPECT_EQ(test, rig_error(c->events), 0);
	}
}

static struct kunit_case netlink_cases[] = {
	KUNIT_CASE(test_streams),
	KUNIT_CASE(test_events),
	KUNIT_CASE(test_queue),
	KUNIT_CASE(test_numbers_added),
	KUNIT_CASE(test_numbers_set),
	KUNIT_CASE(test_format),
	KUNIT_CASE(test_role_and_index),
	KUNIT_CASE(test_types),
	KUNIT_CASE(test_names_needed),
	KUNIT_CASE(test_cookie),
	KUNIT_CASE(test_rights),
	{ }
};

static struct kunit_suite netlink_suite = {
	.name = "netlink",
	.init = netlink_init,
	.exit = netlink_exit,
	.test_cases = netlink_cases,
};

kunit_test_suite(netlink_suite);
