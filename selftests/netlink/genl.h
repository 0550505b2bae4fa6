/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink by bare sockets: tests send what libraries do not. */
#ifndef HVSOCK_TEST_GENL_H
#define HVSOCK_TEST_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/snd_hvsock.h>

/* A message, to be sent or received. */
struct genl {
	union {
		struct nlmsghdr head;
		char bytes[16384];
	};
};

extern int genl_family;		/* 0 if there is none */
extern uint32_t genl_group;
extern char genl_text[256];	/* what the last refusal said, */
extern uint32_t genl_offset;	/* and where in the request it pointed */

/* Finds the family, by @name. Returns 0 or a negative errno. */
int genl_resolve(const char *name);
int genl_socket(void);

void genl_begin(struct genl *m, uint8_t cmd, uint16_t flags);
struct nlattr *genl_put(struct genl *m, uint16_t type, const void *data,
			size_t size);
void genl_put_u32(struct genl *m, uint16_t type, uint32_t value);
void genl_put_text(struct genl *m, uint16_t type, const char *text);

/*
 * Sends @m and waits for its acknowledgment. @answer, if not NULL, is set to
 * the reply that came before, or to a message without attributes. Returns 0 or
 * a negative errno.
 */
int genl_ask(int sock, struct genl *m, struct genl *answer);

/*
 * Receives one message of a dump or an event. Returns 1, 0 at the dump's end,
 * or a negative errno.
 */
int genl_next(int sock, struct genl *m);

const struct nlattr *genl_attr(const struct genl *m, uint16_t type);
/* An attribute's value, 0 or "" if it is not there */
uint32_t genl_u32(const struct genl *m, uint16_t type);
const char *genl_string(const struct genl *m, uint16_t type);
uint8_t genl_cmd(const struct genl *m);

#endif /* HVSOCK_TEST_GENL_H */
