// SPDX-License-Identifier: GPL-2.0
/*
 * One AF_VSOCK connection to the host, which never blocks.
 *
 * Transports call a socket's callbacks in different contexts: hv_sock in
 * softirq without the socket's lock, virtio in a worker that holds it, a reset
 * of the transport under a spinlock. So the callbacks here only take the
 * callback lock, check whether the socket still has an owner, and have the
 * owner queue its work.
 */
#include <linux/fcntl.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/sockptr.h>
#include <linux/time64.h>
#include <linux/vm_sockets.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "vsock.h"

#define HVSND_VSOCK_SEND_MAX	16384
#define HVSND_VSOCK_WINDOW_NS	(5 * NSEC_PER_MSEC)
#define HVSND_VSOCK_BUSY_NS	(250 * NSEC_PER_USEC)	/* per window */
#define HVSND_VSOCK_TAKE_NS	(50 * NSEC_PER_USEC)	/* per receive */

static bool hvsnd_vsock_wants_data(const struct hvsnd_vsock *vsock)
{
	return !READ_ONCE(vsock->resting);
}

static bool hvsnd_vsock_wants_space(const struct hvsnd_vsock *vsock)
{
	return READ_ONCE(vsock->want_space);
}

static void hvsnd_vsock_wake(struct sock *sk,
			     bool (*is_wanted)(const struct hvsnd_vsock *vsock))
{
	struct hvsnd_vsock *vsock;

	read_lock_bh(&sk->sk_callback_lock);
	vsock = sk->sk_user_data;
	if (vsock && (!is_wanted || is_wanted(vsock)))
		vsock->wake(vsock);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void hvsnd_vsock_data_ready(struct sock *sk)
{
	hvsnd_vsock_wake(sk, hvsnd_vsock_wants_data);
}

static void hvsnd_vsock_write_space(struct sock *sk)
{
	hvsnd_vsock_wake(sk, hvsnd_vsock_wants_space);
}

static void hvsnd_vsock_state_change(struct sock *sk)
{
	hvsnd_vsock_wake(sk, NULL);
}

static void hvsnd_vsock_error_report(struct sock *sk)
{
	hvsnd_vsock_wake(sk, NULL);
}

static enum hrtimer_restart hvsnd_vsock_rested(struct hrtimer *timer)
{
	struct hvsnd_vsock *vsock =
		container_of(timer, struct hvsnd_vsock, rest);

	WRITE_ONCE(vsock->resting, false);
	vsock->wake(vsock);
	return HRTIMER_NORESTART;
}

static void hvsnd_vsock_hook(struct hvsnd_vsock *vsock, struct sock *sk)
{
	vsock->want_space = false;
	vsock->resting = false;
	vsock->taken_ns = 0;
	hrtimer_setup(&vsock->rest, hvsnd_vsock_rested, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
	write_lock_bh(&sk->sk_callback_lock);
	vsock->data_ready = sk->sk_data_ready;
	vsock->write_space = sk->sk_write_space;
	vsock->state_change = sk->sk_state_change;
	vsock->error_report = sk->sk_error_report;
	sk->sk_user_data = vsock;
	/* Transports read the callbacks without a lock. */
	WRITE_ONCE(sk->sk_data_ready, hvsnd_vsock_data_ready);
	WRITE_ONCE(sk->sk_write_space, hvsnd_vsock_write_space);
	WRITE_ONCE(sk->sk_state_change, hvsnd_vsock_state_change);
	WRITE_ONCE(sk->sk_error_report, hvsnd_vsock_error_report);
	write_unlock_bh(&sk->sk_callback_lock);
}

static void hvsnd_vsock_unhook(struct hvsnd_vsock *vsock, struct sock *sk)
{
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	WRITE_ONCE(sk->sk_data_ready, vsock->data_ready);
	WRITE_ONCE(sk->sk_write_space, vsock->write_space);
	WRITE_ONCE(sk->sk_state_change, vsock->state_change);
	WRITE_ONCE(sk->sk_error_report, vsock->error_report);
	write_unlock_bh(&sk->sk_callback_lock);
}

static int hvsnd_vsock_open(struct hvsnd_vsock *vsock)
{
	/* The initial namespace, as a card belongs to the machine. */
	int err = sock_create_kern(&init_net, AF_VSOCK, SOCK_STREAM, 0,
				   &vsock->sock);

	if (err)
		return err;
	hvsnd_vsock_hook(vsock, vsock->sock->sk);
	return 0;
}

/**
 * hvsnd_vsock_connect() - Begin to connect to the host
 * @vsock: a connection without a socket
 * @cid: the host's context id
 * @port: vsock port there
 * @timeout_ms: limit of the attempt in milliseconds
 *
 * Does not wait: @vsock->wake is called when hvsnd_vsock_state() may have
 * changed.
 *
 * Context: Process.
 * Return: 0, or an error that prevents the attempt: -ENODEV or -EAFNOSUPPORT
 * without a vsock transport, -ENETUNREACH for a CID that the transport does
 * not reach, -ENOMEM.
 */
int hvsnd_vsock_connect(struct hvsnd_vsock *vsock, u32 cid, u32 port,
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
	int err = hvsnd_vsock_open(vsock);

	if (err)
		return err;
	/* If this fails, the default of 2 s applies. */
	vsock->sock->ops->setsockopt(vsock->sock, AF_VSOCK,
				     SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD,
				     KERNEL_SOCKPTR(&timeout), sizeof(timeout));
	err = kernel_connect(vsock->sock, (struct sockaddr_unsized *)&addr,
			     sizeof(addr), O_NONBLOCK);
	if (err && err != -EINPROGRESS) {
		hvsnd_vsock_close(vsock);
		return err;
	}
	return 0;
}

/**
 * hvsnd_vsock_listen() - Listen for connections from the host
 * @vsock: a connection without a socket; it carries no data, but @vsock->wake
 *	is called when hvsnd_vsock_accept() can accept a connection
 * @port: vsock port of this machine
 * @backlog: number of connections that may wait for hvsnd_vsock_accept()
 *
 * Context: Process.
 * Return: 0, -EADDRINUSE if another socket listens there, -EACCES for a port
 * that only root may use, or another negative errno.
 */
int hvsnd_vsock_listen(struct hvsnd_vsock *vsock, u32 port, int backlog)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = port,
	};
	int err = hvsnd_vsock_open(vsock);

	if (err)
		return err;
	err = kernel_bind(vsock->sock, (struct sockaddr_unsized *)&addr,
			  sizeof(addr));
	if (!err)
		err = kernel_listen(vsock->sock, backlog);
	if (err)
		hvsnd_vsock_close(vsock);
	return err;
}

/**
 * hvsnd_vsock_accept() - Accept the next connection
 * @listener: a connection after hvsnd_vsock_listen()
 * @vsock: a connection without a socket; connected afterwards
 * @cid: set to the CID that has connected, also if the CID is not valid
 *
 * Context: Process; does not wait for a connection.
 * Return: 0, -EAGAIN if there is no connection, or another negative errno.
 */
int hvsnd_vsock_accept(struct hvsnd_vsock *listener, struct hvsnd_vsock *vsock,
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
	vsock->sock = sock;
	hvsnd_vsock_hook(vsock, sock->sk);
	return 0;
}

/**
 * hvsnd_vsock_move() - Hand a connection to another owner
 * @to: a connection without a socket; connected afterwards
 * @from: a connected connection; without a socket afterwards
 *
 * What happens in between wakes neither owner, so the new one must check the
 * connection afterwards.
 *
 * Context: Process, with both owners' locks.
 */
void hvsnd_vsock_move(struct hvsnd_vsock *to, struct hvsnd_vsock *from)
{
	hvsnd_vsock_unhook(from, from->sock->sk);
	hrtimer_cancel(&from->rest);
	to->sock = from->sock;
	from->sock = NULL;
	hvsnd_vsock_hook(to, to->sock->sk);
}

/**
 * hvsnd_vsock_state() - State of the connection
 * @vsock: a connection after hvsnd_vsock_connect()
 *
 * Context: Process.
 * Return: 1 when connected, 0 while connecting, or a negative errno:
 * -ECONNRESET if no program listens (virtio, loopback); -ETIMEDOUT if no
 * program listens, the service is not registered, or the host listens for other
 * machines (all the same error with hv_sock); or another one.
 */
int hvsnd_vsock_state(struct hvsnd_vsock *vsock)
{
	struct sock *sk = vsock->sock->sk;
	int err;

	switch (READ_ONCE(sk->sk_state)) {
	case TCP_ESTABLISHED:
	case TCP_CLOSING:	/* closed by the peer; its data may remain */
		return 1;
	case TCP_SYN_SENT:
		return 0;
	}
	/* sock_error() would answer so only once. */
	err = READ_ONCE(sk->sk_err);
	return err ? -err : -ECONNRESET;
}

/**
 * hvsnd_vsock_send() - Send as much as fits
 * @vsock: a connected connection
 * @vec: the pieces, in order; changed by the call
 * @n: number of pieces
 * @len: bytes in all of them
 *
 * Context: Process; does not wait for room.
 * Return: Bytes sent, from 1 to @len; -EAGAIN if there is no room now
 * (@vsock->wake is called when there is), or another negative errno: the
 * connection is lost.
 */
int hvsnd_vsock_send(struct hvsnd_vsock *vsock, struct kvec *vec, size_t n,
		     size_t len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	int ret;

	/*
	 * Newer kernels (6.12.y) spread a larger message over several
	 * descriptors. Common virtio devices drop such a message silently.
	 */
	len = min_t(size_t, len, HVSND_VSOCK_SEND_MAX);

	/*
	 * Set before the attempt, so that room which appears after the attempt
	 * leads to a wake. The barrier is for hv_sock, which reads the room
	 * without a lock.
	 */
	smp_store_mb(vsock->want_space, true);
	ret = kernel_sendmsg(vsock->sock, &msg, vec, n, len);
	if (ret == 0)
		ret = -EAGAIN;
	if (ret == (int)len)
		WRITE_ONCE(vsock->want_space, false);
	return ret;
}

/*
 * Adds the time that the owner spent on the last data. The owner's worker has a
 * high priority, and a host may send without end. So a connection that has used
 * its share of the window rests until the window ends: received data does not
 * wake the owner. Returns whether the connection rests.
 */
static bool hvsnd_vsock_count_time(struct hvsnd_vsock *vsock, u64 now)
{
	if (now - vsock->window_ns >= HVSND_VSOCK_WINDOW_NS) {
		vsock->window_ns = now;
		vsock->busy_ns = 0;
	} else if (vsock->taken_ns) {
		/* The owner may have done other work since, or waited. */
		vsock->busy_ns += min_t(u64, now - vsock->taken_ns,
					HVSND_VSOCK_TAKE_NS);
	}
	vsock->taken_ns = 0;
	if (vsock->busy_ns < HVSND_VSOCK_BUSY_NS)
		return false;
	WRITE_ONCE(vsock->resting, true);
	hrtimer_start(&vsock->rest,
		      ns_to_ktime(vsock->window_ns + HVSND_VSOCK_WINDOW_NS),
		      HRTIMER_MODE_ABS_SOFT);
	return true;
}

/**
 * hvsnd_vsock_receive() - Receive what has come
 * @vsock: a connected connection
 * @buf: destination
 * @len: size of @buf
 *
 * Context: Process; does not wait for data.
 * Return: Bytes received, from 1 to @len; -EAGAIN if there are none now, or the
 * host sends too much (@vsock->wake is called later); -ECONNRESET at the end of
 * the stream; or another negative errno: the connection is lost.
 */
int hvsnd_vsock_receive(struct hvsnd_vsock *vsock, void *buf, size_t len)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	u64 now = ktime_get_ns();
	int ret;

	if (READ_ONCE(vsock->resting) || hvsnd_vsock_count_time(vsock, now))
		return -EAGAIN;
	ret = kernel_recvmsg(vsock->sock, &msg, &vec, 1, len,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
	if (ret > 0)
		vsock->taken_ns = now;
	return ret ? ret : -ECONNRESET;
}

/**
 * hvsnd_vsock_close() - Close the connection, if it is open
 * @vsock: the connection
 *
 * Must not be called while hvsnd_vsock_state() is 0: hv_sock opens its channel
 * without checking whether the socket still exists. @vsock->wake is not called
 * after this function has returned.
 *
 * Context: Process.
 */
void hvsnd_vsock_close(struct hvsnd_vsock *vsock)
{
	if (!vsock->sock)
		return;
	hvsnd_vsock_unhook(vsock, vsock->sock->sk);
	hrtimer_cancel(&vsock->rest);
	sock_release(vsock->sock);
	vsock->sock = NULL;
}
