/* SPDX-License-Identifier: GPL-2.0 */
/* One AF_VSOCK connection to the host, which never blocks. */
#ifndef HVSOCK_TRANSPORT_VSOCK_H
#define HVSOCK_TRANSPORT_VSOCK_H

#include <linux/hrtimer.h>
#include <linux/types.h>
#include <linux/uio.h>

struct sock;
struct socket;

/**
 * struct hvsnd_vsock - a connection, or none
 * @sock: the socket, NULL if there is neither a connection nor an attempt
 * @wake: set by the owner before the first use; called when the state, data or
 *	room may have changed. Any context, also with the socket's lock held:
 *	may only queue work.
 * @want_space: the last send found no room; room leads to a wake
 * @rest: wakes the owner when the connection has rested
 * @resting: the host sends too much: nothing is received now
 * @window_ns: begin of the window in which @busy_ns counts
 * @busy_ns: time that the owner spent on received data
 * @taken_ns: time of the last receive, 0 if it received nothing
 * @data_ready: the socket's own callback, restored before it is released
 * @write_space: likewise
 * @state_change: likewise
 * @error_report: likewise
 *
 * Everything but @wake and @rest runs in the owner's single work item. A
 * connection is reused for the next attempt; a socket never is.
 */
struct hvsnd_vsock {
	struct socket *sock;
	void (*wake)(struct hvsnd_vsock *vsock);
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

int hvsnd_vsock_connect(struct hvsnd_vsock *vsock, u32 cid, u32 port,
			unsigned int timeout_ms);
int hvsnd_vsock_listen(struct hvsnd_vsock *vsock, u32 port, int backlog);
int hvsnd_vsock_accept(struct hvsnd_vsock *listener, struct hvsnd_vsock *vsock,
		       u32 *cid);
void hvsnd_vsock_move(struct hvsnd_vsock *to, struct hvsnd_vsock *from);
int hvsnd_vsock_state(struct hvsnd_vsock *vsock);
int hvsnd_vsock_send(struct hvsnd_vsock *vsock, struct kvec *vec, size_t n,
		     size_t len);
int hvsnd_vsock_receive(struct hvsnd_vsock *vsock, void *buf, size_t len);
void hvsnd_vsock_close(struct hvsnd_vsock *vsock);

#endif /* HVSOCK_TRANSPORT_VSOCK_H */
