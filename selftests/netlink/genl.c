// SPDX-License-Identifier: GPL-2.0
/* Generic netlink by bare sockets. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "genl.h"

#define WAIT_S	10	/* for an answer, which always comes at once */

int genl_family;
uint32_t genl_group;
char genl_text[256];
uint32_t genl_offset;

/* Messages of one recv() that genl_next() has not returned; of one socket. */
static char pending[65536] __attribute__((aligned(8)));
static size_t pending_size, pending_at;
static int pending_sock = -1;

int genl_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	struct timeval wait = { .tv_sec = WAIT_S };
	int on = 1, sock;

	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0)
		return -errno;
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(sock);
		return -errno;
	}
	return sock;
}

static void begin(struct genl *m, uint16_t type, uint8_t cmd, uint8_t version,
		  uint16_t flags)
{
	static uint32_t seq;
	struct genlmsghdr *g = NLMSG_DATA(&m->head);

	memset(m, 0, NLMSG_LENGTH(GENL_HDRLEN));
	m->head.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->head.nlmsg_type = type;
	m->head.nlmsg_flags = NLM_F_REQUEST | flags;
	m->head.nlmsg_seq = ++seq;
	g->cmd = cmd;
	g->version = version;
}

void genl_begin(struct genl *m, uint8_t cmd, uint16_t flags)
{
	begin(m, genl_family, cmd, SND_HVSOCK_FAMILY_VERSION, flags);
}

struct nlattr *genl_put(struct genl *m, uint16_t type, const void *data,
			size_t size)
{
	struct nlattr *a = (void *)(m->bytes + NLMSG_ALIGN(m->head.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + size;
	memset(a + 1, 0, NLA_ALIGN(size));
	if (size)
		memcpy(a + 1, data, size);
	m->head.nlmsg_len =
		NLMSG_ALIGN(m->head.nlmsg_len) + NLA_HDRLEN + NLA_ALIGN(size);
	return a;
}

void genl_put_u32(struct genl *m, uint16_t type, uint32_t value)
{
	genl_put(m, type, &value, sizeof(value));
}

void genl_put_text(struct genl *m, uint16_t type, const char *text)
{
	genl_put(m, type, text, strlen(text) + 1);
}

static const struct nlattr *find(const char *from, const char *end,
				 uint16_t type)
{
	while (from + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const void *)from;

		if (a->nla_len < NLA_HDRLEN || from + a->nla_len > end)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		from += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

const struct nlattr *genl_attr(const struct genl *m, uint16_t type)
{
	return find(m->bytes + NLMSG_LENGTH(GENL_HDRLEN),
		    m->bytes + m->head.nlmsg_len, type);
}

uint32_t genl_u32(const struct genl *m, uint16_t type)
{
	const struct nlattr *a = genl_attr(m, type);

	return a ? *(const uint32_t *)(a + 1) : 0;
}

const char *genl_string(const struct genl *m, uint16_t type)
{
	const struct nlattr *a = genl_attr(m, type);

	return a ? (const char *)(a + 1) : "";
}

uint8_t genl_cmd(const struct genl *m)
{
	return ((const struct genlmsghdr *)NLMSG_DATA(&m->head))->cmd;
}

static int refusal(const struct genl *m)
{
	const struct nlmsgerr *e = NLMSG_DATA(&m->head);
	const char *attrs = (const char *)(e + 1),
		   *end = m->bytes + m->head.nlmsg_len;
	const struct nlattr *a;

	genl_text[0] = '\0';
	genl_offset = 0;
	if (!(m->head.nlmsg_flags & NLM_F_ACK_TLVS))
		return e->error;
	if (!(m->head.nlmsg_flags & NLM_F_CAPPED))
		attrs += e->msg.nlmsg_len - sizeof(e->msg);
	a = find(attrs, end, NLMSGERR_ATTR_MSG);
	if (a)
		strncpy(genl_text, (const char *)(a + 1),
			sizeof(genl_text) - 1);
	a = find(attrs, end, NLMSGERR_ATTR_OFFS);
	if (a)
		genl_offset = *(const uint32_t *)(a + 1);
	return e->error;
}

int genl_next(int sock, struct genl *m)
{
	const struct nlmsghdr *head;
	ssize_t got;

	if (pending_sock != sock || pending_at >= pending_size) {
		got = recv(sock, pending, sizeof(pending), 0);
		if (got < 0)
			return -errno;
		pending_sock = sock;
		pending_size = got;
		pending_at = 0;
	}
	head = (const void *)(pending + pending_at);
	if (!NLMSG_OK(head, pending_size - pending_at) ||
	    head->nlmsg_len > sizeof(m->bytes))
		return -EBADMSG;
	memcpy(m->bytes, head, head->nlmsg_len);
	pending_at += NLMSG_ALIGN(head->nlmsg_len);
	if (head->nlmsg_type == NLMSG_DONE)
		return 0;
	if (head->nlmsg_type == NLMSG_ERROR)
		return refusal(m);
	return 1;
}

int genl_ask(int sock, struct genl *m, struct genl *answer)
{
	static struct genl got;
	int ret;

	if (answer)
		answer->head.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->head.nlmsg_flags |= NLM_F_ACK;
	pending_size = 0;
	if (send(sock, m, m->head.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ret = genl_next(sock, &got);
		if (ret <= 0)
			return ret;
		if (got.head.nlmsg_seq == m->head.nlmsg_seq && answer)
			memcpy(answer, &got, got.head.nlmsg_len);
	}
}

int genl_resolve(const char *name)
{
	const struct nlattr *groups, *group, *id;
	struct genl m, answer;
	int sock = genl_socket(), err;

	if (sock < 0)
		return sock;
	begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	genl_put_text(&m, CTRL_ATTR_FAMILY_NAME, name);
	err = genl_ask(sock, &m, &answer);
	close(sock);
	if (err)
		return err;
	id = genl_attr(&answer, CTRL_ATTR_FAMILY_ID);
	genl_family = *(const uint16_t *)(id + 1);
	groups = genl_attr(&answer, CTRL_ATTR_MCAST_GROUPS);
	if (!groups)
		return 0;
	group = groups + 1;
	id = find((const char *)(group + 1),
		  (const char *)group + group->nla_len, CTRL_ATTR_MCAST_GRP_ID);
	if (id)
		genl_group = *(const uint32_t *)(id + 1);
	return 0;
}
