/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's generic netlink family. */
#ifndef HVSND_FAMILY_H
#define HVSND_FAMILY_H

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "card.h"
#include "output.h"

/**
 * struct family - the way to the module
 * @socket: libnl's
 * @id: the family's
 * @reason: after an error: what is wrong and what to do, one line
 * @attribute: after an error: SND_HVSOCK_A_* that the kernel refuses, 0 if it
 * names none
 */
struct family {
	struct nl_sock *socket;
	int id;
	char reason[REASON_SIZE];
	int attribute;
};

/**
 * family_open() - Find the module, which the kernel loads for it
 * @f: to be closed with family_close() in any case
 *
 * Return: 0 or a negative errno.
 */
int family_open(struct family *f);
void family_close(struct family *f);

/**
 * family_message() - Begin a request
 * @f: an open family
 * @command: SND_HVSOCK_CMD_*
 * @flags: NLM_F_DUMP or 0
 *
 * Return: The message, or NULL without memory.
 */
struct nl_msg *family_message(struct family *f, int command, int flags);

/**
 * family_put() - Add a card's keys to a request
 * @msg: the request
 * @card: those that are given are added, with its name
 */
void family_put(struct nl_msg *msg, const struct card *card);

/**
 * family_ask() - Send a request and take its answers
 * @f: an open family
 * @msg: from family_message(); released
 * @take: is given each answer as JSON, to keep or release; NULL if there is
 * none
 * @arg: for @take
 *
 * Return: 0 or a negative errno.
 */
int family_ask(struct family *f, struct nl_msg *msg,
	       void (*take)(struct json_object *o, void *arg), void *arg);

/**
 * family_dump() - All cards, or all streams
 * @f: an open family
 * @command: SND_HVSOCK_CMD_CARD_GET or SND_HVSOCK_CMD_STREAM_GET
 * @name: of one card, or NULL
 * @array: set to a new JSON array, as one moment had it
 *
 * Return: 0 or a negative errno.
 */
int family_dump(struct family *f, int command, const char *name,
		struct json_object **array);

/**
 * family_cookie() - Give a card its cookie
 * @f: an open family
 * @card: the card's name
 * @cookie: SND_HVSOCK_COOKIE_SIZE bytes, or NULL to forget it
 *
 * Return: 0 or a negative errno.
 */
int family_cookie(struct family *f, const char *card, const uint8_t *cookie);

/**
 * family_listen() - Take the family's events, for ever
 * @f: an open family
 * @take: is given each as JSON, to keep or release
 *
 * Return: A negative errno. After -ENOBUFS, events were lost: call it again.
 */
int family_listen(struct family *f, void (*take)(struct json_object *o));

#endif /* HVSND_FAMILY_H */
