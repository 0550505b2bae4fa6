/* SPDX-License-Identifier: GPL-2.0 */
/* One AF_VSOCK connection to the host, never blocking. */
#ifndef HVSOCK_LINK_H
#define HVSOCK_LINK_H

#include <linux/hrtimer.h>
#include <linux/types.h>
#include <linux/uio.h>

struct sock;
struct socket;

/**
 * struct hvsnd_link - a connection, or none
 * @sock: the socket, NULL when there is no connection nor attempt
 * @wake: set by the owner before the first connect: called when it is worth
 *        looking again. Any context, also with the socket's lock held: may
 *        only queue work.
 * @want_space: the last send found no room, so that room is worth a wake
 * @rest: wakes the owner when the link has rested
 * @resting: the host sends too much: nothing is received now
 * @window_ns: since when @busy_ns counts
 * @busy_ns: how long the owner took for what it received
 * @taken_ns: when it began to receive, 0 if nothing came
 * @data_ready: the socket's own callback, put back before it is released
 * @write_space: likewise
 * @state_change: likewise
 * @error_report: likewise
 *
 * Everything but @wake and @rest runs in the owner's one work item. A link is
 * used again for the next attempt; the socket never is.
 */
struct hvsnd_link {
	struct socket *sock;
	void (*wake)(struct hvsnd_link *link);
	bool want_space;
	struct hrtimer rest;
	bool resting;
	u64 window_ns;
	u64 busy_ns;
	u64 taken_ns;
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	void (*state_change)(struct sock *sk);
	void (*error_report)(struct sock *sk);
};

int hvsnd_link_connect(struct hvsnd_link *link, u32 cid, u32 port,
		       unsigned int timeout_ms);
int hvsnd_link_listen(struct hvsnd_link *link, u32 port);
int hvsnd_link_accept(struct hvsnd_link *listener, struct hvsnd_link *link,
		      u32 *cid);
int hvsnd_link_state(struct hvsnd_link *link);
int hvsnd_link_send(struct hvsnd_link *link, struct kvec *vec, size_t n,
		    size_t len);
int hvsnd_link_receive(struct hvsnd_link *link, void *buf, size_t len);
void hvsnd_link_close(struct hvsnd_link *link);

#endif /* HVSOCK_LINK_H */
