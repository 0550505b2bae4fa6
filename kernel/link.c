// SPDX-License-Identifier: GPL-2.0
/*
 * One AF_VSOCK connection to the host, never blocking.
 *
 * The transports call a socket's callbacks from wherever they are: hv_sock
 * from softirq without the socket's lock, virtio from a worker that holds it,
 * a transport reset under a spinlock. So ours take the callback lock, look
 * whether there still is an owner, and let it queue its work.
 */
#include <linux/fcntl.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/sockptr.h>
#include <linux/time64.h>
#include <linux/vm_sockets.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "compat/hrtimer.h"
#include "compat/socket.h"
#include "link.h"

#define HVSND_LINK_MOST	16384
#define HVSND_LINK_BACKLOG	1
#define HVSND_LINK_WINDOW_NS	(5 * NSEC_PER_MSEC)
#define HVSND_LINK_BUSY_NS	(250 * NSEC_PER_USEC)	/* of each window */
#define HVSND_LINK_TAKE_NS	(50 * NSEC_PER_USEC)	/* of one receive */

static bool hvsnd_link_wants_data(const struct hvsnd_link *link)
{
	return !READ_ONCE(link->resting);
}

static bool hvsnd_link_wants_space(const struct hvsnd_link *link)
{
	return READ_ONCE(link->want_space);
}

static void hvsnd_link_wake(struct sock *sk,
			    bool (*is_wanted)(const struct hvsnd_link *link))
{
	struct hvsnd_link *link;

	read_lock_bh(&sk->sk_callback_lock);
	link = sk->sk_user_data;
	if (link && (!is_wanted || is_wanted(link)))
		link->wake(link);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void hvsnd_link_data_ready(struct sock *sk)
{
	hvsnd_link_wake(sk, hvsnd_link_wants_data);
}

static void hvsnd_link_write_space(struct sock *sk)
{
	hvsnd_link_wake(sk, hvsnd_link_wants_space);
}

static void hvsnd_link_state_change(struct sock *sk)
{
	hvsnd_link_wake(sk, NULL);
}

static void hvsnd_link_error_report(struct sock *sk)
{
	hvsnd_link_wake(sk, NULL);
}

static enum hrtimer_restart hvsnd_link_rested(struct hrtimer *timer)
{
	struct hvsnd_link *link = container_of(timer, struct hvsnd_link, rest);

	WRITE_ONCE(link->resting, false);
	link->wake(link);
	return HRTIMER_NORESTART;
}

static void hvsnd_link_hook(struct hvsnd_link *link, struct sock *sk)
{
	link->want_space = false;
	link->resting = false;
	link->taken_ns = 0;
	hrtimer_setup(&link->rest, hvsnd_link_rested, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
	write_lock_bh(&sk->sk_callback_lock);
	link->data_ready = sk->sk_data_ready;
	link->write_space = sk->sk_write_space;
	link->state_change = sk->sk_state_change;
	link->error_report = sk->sk_error_report;
	sk->sk_user_data = link;
	/* The transports read them without a lock. */
	WRITE_ONCE(sk->sk_data_ready, hvsnd_link_data_ready);
	WRITE_ONCE(sk->sk_write_space, hvsnd_link_write_space);
	WRITE_ONCE(sk->sk_state_change, hvsnd_link_state_change);
	WRITE_ONCE(sk->sk_error_report, hvsnd_link_error_report);
	write_unlock_bh(&sk->sk_callback_lock);
}

static void hvsnd_link_unhook(struct hvsnd_link *link, struct sock *sk)
{
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	WRITE_ONCE(sk->sk_data_ready, link->data_ready);
	WRITE_ONCE(sk->sk_write_space, link->write_space);
	WRITE_ONCE(sk->sk_state_change, link->state_change);
	WRITE_ONCE(sk->sk_error_report, link->error_report);
	write_unlock_bh(&sk->sk_callback_lock);
}

static int hvsnd_link_open(struct hvsnd_link *link)
{
	/* Not the opener's namespace: a card belongs to the machine. */
	int err = sock_create_kern(&init_net, AF_VSOCK, SOCK_STREAM, 0,
				   &link->sock);

	if (err)
		return err;
	hvsnd_link_hook(link, link->sock->sk);
	return 0;
}

/**
 * hvsnd_link_connect - begin a connection to the host
 * @link: a link without one
 * @cid: the host's context id
 * @port: vsock port there
 * @timeout_ms: how long the host may take, in milliseconds
 *
 * Does not wait: @link->wake comes when hvsnd_link_state() has news.
 *
 * Context: process.
 * Return: 0, or why no attempt could be begun: -ENODEV or -EAFNOSUPPORT
 * without a vsock transport, -ENETUNREACH for a CID that the transport does
 * not reach, -ENOMEM.
 */
int hvsnd_link_connect(struct hvsnd_link *link, u32 cid, u32 port,
		       unsigned int timeout_ms)
{
	struct __kernel_old_timeval timeout = {
		.tv_sec = timeout_ms / MSEC_PER_SEC,
		.tv_usec = timeout_ms % MSEC_PER_SEC * USEC_PER_MSEC,
	};
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = cid,
		.svm_port = port,
	};
	int err = hvsnd_link_open(link);

	if (err)
		return err;
	/* Of no consequence if it fails: then the default of 2 s holds. */
	link->sock->ops->setsockopt(link->sock, AF_VSOCK,
				    SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD,
				    KERNEL_SOCKPTR(&timeout), sizeof(timeout));
	err = kernel_connect(link->sock, (struct sockaddr_unsized *)&addr,
			     sizeof(addr), O_NONBLOCK);
	if (err && err != -EINPROGRESS) {
		hvsnd_link_close(link);
		return err;
	}
	return 0;
}

/**
 * hvsnd_link_listen - be there for the host to call
 * @link: a link without a socket; it carries nothing, but @link->wake comes
 *        when hvsnd_link_accept() has something
 * @port: vsock port of this machine
 *
 * Context: process.
 * Return: 0, -EADDRINUSE if somebody listens there, -EACCES for a port that
 * only root may have, or another negative errno.
 */
int hvsnd_link_listen(struct hvsnd_link *link, u32 port)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = port,
	};
	int err = hvsnd_link_open(link);

	if (err)
		return err;
	err = kernel_bind(link->sock, (struct sockaddr_unsized *)&addr,
			  sizeof(addr));
	if (!err)
		err = kernel_listen(link->sock, HVSND_LINK_BACKLOG);
	if (err)
		hvsnd_link_close(link);
	return err;
}

/**
 * hvsnd_link_accept - take the next call
 * @listener: after hvsnd_link_listen()
 * @link: a link without a socket, connected afterwards
 * @cid: set to who calls, also if it is an error
 *
 * Context: process; does not wait for one.
 * Return: 0, -EAGAIN if nobody has called, or another negative errno.
 */
int hvsnd_link_accept(struct hvsnd_link *listener, struct hvsnd_link *link,
		      u32 *cid)
{
	struct sockaddr_vm addr = { .svm_cid = VMADDR_CID_ANY };
	struct socket *sock;
	int err;

	err = kernel_accept(listener->sock, &sock, O_NONBLOCK);
	if (err)
		return err;
	err = kernel_getpeername(sock, (struct sockaddr *)&addr);
	*cid = addr.svm_cid;
	if (err < 0) {
		sock_release(sock);
		return err;
	}
	link->sock = sock;
	hvsnd_link_hook(link, sock->sk);
	return 0;
}

/**
 * hvsnd_link_state - what became of the attempt
 * @link: a link after hvsnd_link_connect()
 *
 * Context: process.
 * Return: 1 when connected, 0 while connecting, or why not: -ECONNRESET where
 * nobody listens (virtio, loopback), -ETIMEDOUT where nobody listens, the
 * service is not registered or the host listens for other machines (hv_sock
 * tells no difference), or another negative errno.
 */
int hvsnd_link_state(struct hvsnd_link *link)
{
	struct sock *sk = link->sock->sk;
	int err;

	switch (READ_ONCE(sk->sk_state)) {
	case TCP_ESTABLISHED:
	case TCP_CLOSING:	/* the peer is gone, its last bytes are not */
		return 1;
	case TCP_SYN_SENT:
		return 0;
	}
	err = sock_error(sk);
	return err ? err : -ECONNRESET;
}

/**
 * hvsnd_link_send - send what fits
 * @link: a connected link
 * @vec: the pieces, in order; changed by the call
 * @n: how many
 * @len: bytes in all of them
 *
 * Context: process; does not wait for room.
 * Return: bytes taken, from 1 to @len; -EAGAIN when there is no room now
 * (@link->wake comes when there is), or a negative errno: the connection is
 * lost.
 */
int hvsnd_link_send(struct hvsnd_link *link, struct kvec *vec, size_t n,
		    size_t len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	int ret;

	/*
	 * Newer kernels (6.12.y) spread a larger message over descriptors,
	 * which common virtio devices lose, all of it and silently.
	 */
	len = min_t(size_t, len, HVSND_LINK_MOST);

	/*
	 * The wish comes before the attempt, so that room which the host makes
	 * in between is noticed. hv_sock reads the room without a lock: hence
	 * the barrier.
	 */
	smp_store_mb(link->want_space, true);
	ret = kernel_sendmsg(link->sock, &msg, vec, n, len);
	if (ret == 0)
		ret = -EAGAIN;
	if (ret == (int)len)
		WRITE_ONCE(link->want_space, false);
	return ret;
}

/*
 * Counts the time that the owner took for what came last. The owner's worker
 * has a high priority, and a host may send without end: a link that has used
 * its share of the window rests until the end of it, and what comes does not
 * wake the owner. Returns whether it rests.
 */
static bool hvsnd_link_count_time(struct hvsnd_link *link, u64 now)
{
	if (now - link->window_ns >= HVSND_LINK_WINDOW_NS) {
		link->window_ns = now;
		link->busy_ns = 0;
	} else if (link->taken_ns) {
		/* The owner may have done other things since, or waited. */
		link->busy_ns += min_t(u64, now - link->taken_ns,
				       HVSND_LINK_TAKE_NS);
	}
	link->taken_ns = 0;
	if (link->busy_ns < HVSND_LINK_BUSY_NS)
		return false;
	WRITE_ONCE(link->resting, true);
	hrtimer_start(&link->rest,
		      ns_to_ktime(link->window_ns + HVSND_LINK_WINDOW_NS),
		      HRTIMER_MODE_ABS_SOFT);
	return true;
}

/**
 * hvsnd_link_receive - take what has come
 * @link: a connected link
 * @buf: where to
 * @len: bytes that fit there
 *
 * Context: process; does not wait for data.
 * Return: bytes received, from 1 to @len; -EAGAIN for none now, or if the host
 * sends too much at a time (@link->wake comes when there are), -ECONNRESET at
 * the end of the stream, or another negative errno: the connection is lost.
 */
int hvsnd_link_receive(struct hvsnd_link *link, void *buf, size_t len)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	u64 now = ktime_get_ns();
	int ret;

	if (READ_ONCE(link->resting) || hvsnd_link_count_time(link, now))
		return -EAGAIN;
	ret = kernel_recvmsg(link->sock, &msg, &vec, 1, len,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
	if (ret > 0)
		link->taken_ns = now;
	return ret ? ret : -ECONNRESET;
}

/**
 * hvsnd_link_close - end the connection, if there is one
 * @link: the link
 *
 * Must not be called while hvsnd_link_state() is 0: hv_sock opens its channel
 * without asking whether the socket is still there. @link->wake is not called
 * any more when this returns.
 *
 * Context: process.
 */
void hvsnd_link_close(struct hvsnd_link *link)
{
	if (!link->sock)
		return;
	hvsnd_link_unhook(link, link->sock->sk);
	hrtimer_cancel(&link->rest);
	sock_release(link->sock);
	link->sock = NULL;
}
