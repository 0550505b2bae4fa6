// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <libkmod.h>
#include <netlink/genl/ctrl.h>

#include "attributes.h"
#include "family.h"
#include "translate.h"

#define INTERRUPTED    10 /* dumps in a row, before giving up */
#define RECEIVE_BUFFER (1 << 20)

static int explain(struct family *f, int err, const char *text)
{
	snprintf(f->reason, sizeof(f->reason), "%s", text);
	return err;
}

/*
 * Loading makes a card, so the kernel does not load the module for anyone who
 * looks up its family. What keeps root from loading it, hvsnd doctor says.
 */
static void load_module(void)
{
	struct kmod_ctx *kmod = kmod_new(NULL, NULL);
	struct kmod_module *module;

	if (!kmod)
		return;
	kmod_set_log_priority(kmod, LOG_CRIT);
	if (!kmod_module_new_from_name(kmod, SND_HVSOCK_FAMILY_NAME, &module)) {
		kmod_module_probe_insert_module(module, 0, NULL, NULL, NULL,
						NULL);
		kmod_module_unref(module);
	}
	kmod_unref(kmod);
}

int family_open(struct family *f)
{
	int one = 1, err;

	*f = (struct family){ .socket = nl_socket_alloc() };
	if (!f->socket)
		return explain(f, -ENOMEM, "no memory");
	err = genl_connect(f->socket);
	if (err) {
		snprintf(f->reason, sizeof(f->reason), "cannot open a netlink socket: %s",
			 nl_geterror(err));
		return -EIO;
	}
	f->id = genl_ctrl_resolve(f->socket, SND_HVSOCK_FAMILY_NAME);
	if (f->id < 0 && !geteuid() && access("/sys/module/snd_hvsock", F_OK)) {
		load_module();
		f->id = genl_ctrl_resolve(f->socket, SND_HVSOCK_FAMILY_NAME);
	}
	if (f->id < 0 && !access("/sys/module/snd_hvsock", F_OK))
		return explain(f, -ENOENT,
			       "snd-hvsock is not visible in this network namespace. Run hvsnd outside of the container");
	if (f->id < 0)
		return explain(f, -ENOENT,
			       "snd-hvsock is not loaded. Run sudo modprobe snd-hvsock, or hvsnd doctor");
	setsockopt(nl_socket_get_fd(f->socket), SOL_NETLINK, NETLINK_EXT_ACK,
		   &one, sizeof(one));
	return 0;
}

void family_close(struct family *f)
{
	if (f->socket)
		nl_socket_free(f->socket);
	f->socket = NULL;
}

struct nl_msg *family_message(struct family *f, int command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, f->id, 0, flags,
				command, SND_HVSOCK_FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

void family_put(struct nl_msg *msg, const struct card *card)
{
	size_t i;

	nla_put_string(msg, SND_HVSOCK_A_CARD_NAME, card->name);
	for (i = 0; i < CARD_KEYS; i++) {
		const struct card_key *key = &card_keys[i];
		const char *value = card->value[i];

		if (!*value)
			continue;
		if (key->type == CARD_TEXT)
			nla_put_string(msg, key->attribute, value);
		else
			nla_put_u32(msg, key->attribute,
				    card_key_number(key, value));
	}
}

struct ask {
	struct family *family;
	const struct nlmsghdr *request;
	void (*take)(struct json_object *o, void *arg);
	void *arg;
	bool done;
	bool interrupted;
	int err;
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct ask *ask = arg;
	struct json_object *o;

	o = ask->take ? translate_message(msg) : NULL;
	if (o)
		ask->take(o, ask->arg);
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct ask *ask = arg;

	(void)msg;
	ask->done = true;
	return NL_STOP;
}

/* A dump's end may be an error, too. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct ask *ask = arg;

	if (nlmsg_datalen(header) >= (int)sizeof(int))
		ask->err = *(int *)nlmsg_data(header);
	ask->done = true;
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct ask *ask = arg;

	(void)msg;
	ask->interrupted = true;
	return NL_OK;
}

/* Type of the attribute at that offset of the request. */
static int attribute_at(const struct nlmsghdr *request, uint32_t offset)
{
	struct nlattr *nla;
	int left;

	nlmsg_for_each_attr(nla, request, GENL_HDRLEN, left) {
		if ((uintptr_t)nla - (uintptr_t)request == offset)
			return nla_type(nla);
	}
	return 0;
}

/* Name the limits of an attribute, which the kernel returns with the error. */
static void explain_policy(struct family *f, struct nlattr *policy)
{
	struct nlattr *tb[NL_POLICY_TYPE_ATTR_MAX + 1] = {}, *min, *max;

	if (f->attribute >= card_attributes.count ||
	    !card_attributes.rows[f->attribute].name ||
	    nla_parse_nested(tb, NL_POLICY_TYPE_ATTR_MAX, policy, NULL))
		return;
	min = tb[NL_POLICY_TYPE_ATTR_MIN_VALUE_U];
	max = tb[NL_POLICY_TYPE_ATTR_MAX_VALUE_U];
	if (min && max && nla_len(min) >= 8 && nla_len(max) >= 8)
		snprintf(f->reason, sizeof(f->reason),
			 "%s: must be a number from %" PRIu64 " to %" PRIu64
			 " with this kernel",
			 card_attributes.rows[f->attribute].name,
			 nla_get_u64(min), nla_get_u64(max));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *arg)
{
	struct nlmsghdr *header = (struct nlmsghdr *)err - 1;
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = {}, *offset;
	struct ask *ask = arg;
	int skip = sizeof(*err);

	(void)from;
	ask->err = err->error;
	ask->done = true;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return NL_STOP;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - sizeof(err->msg);
	if (nlmsg_datalen(header) > skip)
		nla_parse(tb, NLMSGERR_ATTR_MAX,
			  (struct nlattr *)((char *)err + NLMSG_ALIGN(skip)),
			  nlmsg_datalen(header) - NLMSG_ALIGN(skip), NULL);
	if (tb[NLMSGERR_ATTR_MSG])
		snprintf(ask->family->reason, sizeof(ask->family->reason),
			 "%.*s", nla_len(tb[NLMSGERR_ATTR_MSG]),
			 (char *)nla_data(tb[NLMSGERR_ATTR_MSG]));
	offset = tb[NLMSGERR_ATTR_OFFS];
	if (offset && nla_len(offset) >= 4)
		ask->family->attribute =
			attribute_at(ask->request, nla_get_u32(offset));
	if (tb[NLMSGERR_ATTR_POLICY])
		explain_policy(ask->family, tb[NLMSGERR_ATTR_POLICY]);
	return NL_STOP;
}

static int ask_once(struct ask *ask, struct nl_msg *msg)
{
	struct nl_sock *socket = ask->family->socket;
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, ask);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, ask);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, ask);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, ask);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, ask);
	ask->request = nlmsg_hdr(msg);
	err = nl_send_auto(socket, msg);
	while (err >= 0 && !ask->done)
		err = nl_recvmsgs(socket, cb);
	nl_cb_put(cb);
	return ask->done ? ask->err : -EIO;
}

int family_ask(struct family *f, struct nl_msg *msg,
	       void (*take)(struct json_object *o, void *arg), void *arg)
{
	struct ask ask = { .family = f, .take = take, .arg = arg };
	int err;

	if (!msg)
		return explain(f, -ENOMEM, "no memory");
	*f->reason = '\0';
	f->attribute = 0;
	err = ask_once(&ask, msg);
	nlmsg_free(msg);
	if (!err && ask.interrupted)
		return -EAGAIN;
	if (err == -EPERM && !*f->reason)
		return explain(f, err,
			       "not permitted. Run it as root: sudo hvsnd ...");
	if (err && !*f->reason)
		explain(f, err, strerror(-err));
	return err;
}

static void take_element(struct json_object *o, void *arg)
{
	json_object_array_add(arg, o);
}

int family_dump(struct family *f, int command, const char *name,
		struct json_object **array)
{
	struct nl_msg *msg;
	int tries = INTERRUPTED, err;

	do {
		*array = json_object_new_array();
		msg = family_message(f, command, NLM_F_DUMP);
		if (msg && name)
			nla_put_string(msg,
				       command == SND_HVSOCK_CMD_CARD_GET
					       ? SND_HVSOCK_A_CARD_NAME
					       : SND_HVSOCK_A_STREAM_CARD,
				       name);
		err = family_ask(f, msg, take_element, *array);
		if (!err)
			return 0;
		json_object_put(*array);
		*array = NULL;
	} while (err == -EAGAIN && tries--);
	if (err == -EAGAIN)
		explain(f, err, "the cards changed during the request. Try again");
	return err;
}

int family_cookie(struct family *f, const char *card, const uint8_t *cookie)
{
	struct nl_msg *msg = family_message(f, SND_HVSOCK_CMD_COOKIE_SET, 0);

	if (msg) {
		nla_put_string(msg, SND_HVSOCK_A_CARD_NAME, card);
		nla_put(msg, SND_HVSOCK_A_CARD_COOKIE,
			cookie ? SND_HVSOCK_COOKIE_SIZE : 0, cookie);
	}
	return family_ask(f, msg, NULL, NULL);
}

static int on_event(struct nl_msg *msg, void *arg)
{
	void (*take)(struct json_object *o) = arg;
	struct json_object *o = translate_message(msg);

	if (o)
		take(o);
	return NL_OK;
}

int family_listen(struct family *f, void (*take)(struct json_object *o))
{
	int group = genl_ctrl_resolve_grp(f->socket, SND_HVSOCK_FAMILY_NAME,
					  SND_HVSOCK_MCGRP_EVENTS),
	    err;

	nl_socket_disable_seq_check(f->socket);
	nl_socket_set_buffer_size(f->socket, RECEIVE_BUFFER, 0);
	nl_socket_modify_cb(f->socket, NL_CB_VALID, NL_CB_CUSTOM, on_event,
			    take);
	if (group < 0 || nl_socket_add_membership(f->socket, group) < 0)
		return explain(f, -ENOENT, "the kernel sends no events. Update the module snd-hvsock");
	do {
		err = nl_recvmsgs_default(f->socket);
	} while (err >= 0);
	if (err == -NLE_NOMEM)
		return -ENOBUFS;
	snprintf(f->reason, sizeof(f->reason), "cannot receive events: %s",
		 nl_geterror(err));
	return -EIO;
}
