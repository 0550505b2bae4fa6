// SPDX-License-Identifier: GPL-2.0
/* One connection, with vsock_loopback and a host in this very machine. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/vm_sockets.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "transport/vsock.h"
#include "rig.h"

#define WAIT_MS	1000

/* Who would look again when woken. */
struct owner {
	struct hvsnd_vsock vsock;
	struct completion woken;
	unsigned int wakes;
};

static void wake(struct hvsnd_vsock *vsock)
{
	struct owner *o = container_of(vsock, struct owner, vsock);

	o->wakes++;
	complete(&o->woken);
}

static void owner_init(struct owner *o)
{
	memset(o, 0, sizeof(*o));
	init_completion(&o->woken);
	o->vsock.wake = wake;
}

/* Whether news come; the ones from before do not count. */
static bool wait_wake(struct owner *o)
{
	return wait_for_completion_timeout(&o->woken,
					   msecs_to_jiffies(WAIT_MS));
}

/* What becomes of an attempt. */
static int settle(struct owner *o)
{
	int ret;

	while (!(ret = hvsnd_vsock_state(&o->vsock)))
		if (!wait_wake(o))
			return 0;
	return ret;
}

static int send_bytes(struct owner *o, const void *buf, size_t len)
{
	struct kvec vec = { .iov_base = (void *)buf, .iov_len = len };

	return hvsnd_vsock_send(&o->vsock, &vec, 1, len);
}

/* Waits for what a host has sent, or for the end. */
static int receive(struct owner *o, void *buf, size_t len)
{
	int ret;

	while ((ret = hvsnd_vsock_receive(&o->vsock, buf, len)) == -EAGAIN)
		if (!wait_wake(o))
			return -EAGAIN;
	return ret;
}

static void test_refused(struct kunit *test)
{
	static struct owner o;
	int i;

	owner_init(&o);
	/* The connection is used again, the socket is not. */
	for (i = 0; i < 5; i++) {
		KUNIT_ASSERT_EQ(test, 0,
				hvsnd_vsock_connect(&o.vsock, 2, RIG_PORT,
						    WAIT_MS));
		KUNIT_EXPECT_EQ(test, -ECONNRESET, settle(&o));
		/* An error stays, as that of a host which does not answer. */
		WRITE_ONCE(o.vsock.sock->sk->sk_err, ETIMEDOUT);
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, settle(&o));
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, settle(&o));
		hvsnd_vsock_close(&o.vsock);
		KUNIT_EXPECT_NULL(test, o.vsock.sock);
	}
	/* Twice is once. */
	hvsnd_vsock_close(&o.vsock);
	KUNIT_EXPECT_LT(test, 0, -hvsnd_vsock_connect(&o.vsock, 77, RIG_PORT,
						      WAIT_MS));
	KUNIT_EXPECT_NULL(test, o.vsock.sock);
}

/* Connects; the host's end of the connection. */
static struct socket *meet(struct kunit *test, struct owner *o)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;

	owner_init(o);
	KUNIT_ASSERT_EQ(test, 0, hvsnd_vsock_connect(&o->vsock, 2, RIG_PORT,
						     WAIT_MS));
	KUNIT_ASSERT_EQ(test, 1, settle(o));
	host = rig_accept(listener, WAIT_MS);
	KUNIT_ASSERT_NOT_NULL(test, host);
	return host;
}

static void test_talk(struct kunit *test)
{
	struct socket *host;
	static struct owner o;
	char buf[16];

	host = meet(test, &o);
	KUNIT_EXPECT_EQ(test, -EAGAIN, hvsnd_vsock_receive(&o.vsock, buf, 16));
	KUNIT_EXPECT_EQ(test, 4, send_bytes(&o, "ping", 4));
	KUNIT_EXPECT_EQ(test, 4, rig_receive(host, buf, 4, WAIT_MS));
	KUNIT_EXPECT_MEMEQ(test, buf, "ping", 4);
	KUNIT_EXPECT_EQ(test, 4, rig_send(host, "pong", 4));
	KUNIT_EXPECT_EQ(test, 4, receive(&o, buf, 16));
	KUNIT_EXPECT_MEMEQ(test, buf, "pong", 4);

	/* The last bytes of a host that ends come before its end. */
	KUNIT_EXPECT_EQ(test, 4, rig_send(host, "last", 4));
	sock_release(host);
	msleep(50);
	KUNIT_EXPECT_EQ(test, 4, receive(&o, buf, 16));
	KUNIT_EXPECT_EQ(test, -ECONNRESET, receive(&o, buf, 16));
	KUNIT_EXPECT_LT(test, send_bytes(&o, "more", 4), 0);
	KUNIT_EXPECT_NE(test, -EAGAIN, send_bytes(&o, "more", 4));
	hvsnd_vsock_close(&o.vsock);
}

/* One that hangs up at once has been there; then comes the end. */
static void test_hung_up(struct kunit *test)
{
	struct socket *host;
	static struct owner o;
	char buf[4];

	host = meet(test, &o);
	sock_release(host);
	msleep(50);
	KUNIT_EXPECT_EQ(test, TCP_CLOSING, o.vsock.sock->sk->sk_state);
	KUNIT_EXPECT_EQ(test, 1, hvsnd_vsock_state(&o.vsock));
	KUNIT_EXPECT_EQ(test, -ECONNRESET, receive(&o, buf, 4));
	hvsnd_vsock_close(&o.vsock);
}

/* A host that does not read: no wait, and a wake as soon as it does. */
static void test_full(struct kunit *test)
{
	struct socket *host;
	size_t sent = 0, got = 0;
	unsigned int wakes;
	static struct owner o;
	u8 *buf;
	int ret;

	buf = kunit_kzalloc(test, 65536, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	host = meet(test, &o);
	while ((ret = send_bytes(&o, buf, 65536)) > 0) {
		/* No more in one message than devices are known to keep. */
		KUNIT_EXPECT_LE(test, ret, 16384);
		sent += ret;
		KUNIT_ASSERT_LT(test, sent, 64 << 20);
	}
	KUNIT_EXPECT_EQ(test, ret, -EAGAIN);
	KUNIT_EXPECT_TRUE(test, o.vsock.want_space);
	msleep(50);
	wakes = o.wakes;
	while (got < sent && (ret = rig_receive(host, buf, 4096, 100)) > 0)
		got += ret;
	KUNIT_EXPECT_EQ(test, got, sent);
	KUNIT_EXPECT_TRUE(test, rig_wait(o.wakes > wakes, WAIT_MS));
	KUNIT_EXPECT_EQ(test, 100, send_bytes(&o, buf, 100));
	KUNIT_EXPECT_FALSE(test, o.vsock.want_space);
	/* Now room is not worth a wake. */
	msleep(50);
	wakes = o.wakes;
	KUNIT_EXPECT_EQ(test, 100, rig_receive(host, buf, 100, WAIT_MS));
	msleep(50);
	KUNIT_EXPECT_EQ(test, o.wakes, wakes);
	sock_release(host);
	hvsnd_vsock_close(&o.vsock);
}

/* Nobody is called back after the close, whatever the host does then. */
static void test_callbacks(struct kunit *test)
{
	struct socket *listener = rig_listen(test, RIG_PORT), *host;
	void (*data_ready)(struct sock *sk) = listener->sk->sk_data_ready;
	struct owner *o = kmalloc(sizeof(*o), GFP_KERNEL);
	struct sock *sk;

	KUNIT_ASSERT_NOT_NULL(test, o);
	owner_init(o);
	KUNIT_ASSERT_EQ(test, 0, hvsnd_vsock_connect(&o->vsock, 2, RIG_PORT,
						     WAIT_MS));
	KUNIT_ASSERT_EQ(test, 1, settle(o));
	host = rig_accept(listener, WAIT_MS);
	KUNIT_ASSERT_NOT_NULL(test, host);
	sk = o->vsock.sock->sk;
	sock_hold(sk);
	KUNIT_EXPECT_PTR_EQ(test, sk->sk_user_data, (void *)&o->vsock);
	KUNIT_EXPECT_PTR_NE(test, sk->sk_data_ready, data_ready);
	hvsnd_vsock_close(&o->vsock);
	kfree(o);
	KUNIT_EXPECT_NULL(test, sk->sk_user_data);
	KUNIT_EXPECT_PTR_EQ(test, sk->sk_data_ready, data_ready);
	rig_send(host, "late", 4);
	sk->sk_data_ready(sk);
	sk->sk_state_change(sk);
	sk->sk_write_space(sk);
	sk->sk_error_report(sk);
	msleep(50);
	sock_put(sk);
	sock_release(host);
}

static void test_called(struct kunit *test)
{
	static struct owner listener, other, o;
	struct socket *host;
	char buf[4];
	u32 cid;

	owner_init(&listener);
	owner_init(&other);
	owner_init(&o);
	KUNIT_ASSERT_EQ(test, 0,
			hvsnd_vsock_listen(&listener.vsock, RIG_PORT, 1));
	KUNIT_EXPECT_EQ(test, -EADDRINUSE,
			hvsnd_vsock_listen(&other.vsock, RIG_PORT, 1));
	KUNIT_EXPECT_NULL(test, other.vsock.sock);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			hvsnd_vsock_accept(&listener.vsock, &o.vsock, &cid));
	KUNIT_EXPECT_NULL(test, o.vsock.sock);

	host = rig_call(RIG_PORT);
	KUNIT_ASSERT_NOT_NULL(test, host);
	KUNIT_EXPECT_TRUE(test, wait_wake(&listener));
	KUNIT_ASSERT_EQ(test, 0, hvsnd_vsock_accept(&listener.vsock, &o.vsock,
						    &cid));
	KUNIT_EXPECT_EQ(test, cid, VMADDR_CID_LOCAL);
	KUNIT_EXPECT_EQ(test, 1, hvsnd_vsock_state(&o.vsock));
	KUNIT_EXPECT_EQ(test, 4, rig_send(host, "call", 4));
	KUNIT_EXPECT_EQ(test, 4, receive(&o, buf, 4));
	KUNIT_EXPECT_EQ(test, 4, send_bytes(&o, "take", 4));
	KUNIT_EXPECT_EQ(test, 4, rig_receive(host, buf, 4, WAIT_MS));
	/* One who has called, and is not accepted, goes with the listener. */
	sock_release(host);
	host = rig_call(RIG_PORT);
	hvsnd_vsock_close(&listener.vsock);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, receive(&o, buf, 4));
	hvsnd_vsock_close(&o.vsock);
	if (host)
		sock_release(host);
	KUNIT_EXPECT_NULL(test, rig_call(RIG_PORT));
}

/* A connection that goes to another owner: that one is woken from then on. */
static void test_moved(struct kunit *test)
{
	static struct owner o, other;
	struct socket *host;
	char buf[4];

	host = meet(test, &o);
	owner_init(&other);
	hvsnd_vsock_move(&other.vsock, &o.vsock);
	KUNIT_EXPECT_NULL(test, o.vsock.sock);
	KUNIT_EXPECT_EQ(test, 1, hvsnd_vsock_state(&other.vsock));
	o.wakes = 0;
	KUNIT_EXPECT_EQ(test, 4, rig_send(host, "ping", 4));
	KUNIT_EXPECT_EQ(test, 4, receive(&other, buf, 4));
	KUNIT_EXPECT_EQ(test, 4, send_bytes(&other, "pong", 4));
	KUNIT_EXPECT_EQ(test, 4, rig_receive(host, buf, 4, WAIT_MS));
	KUNIT_EXPECT_EQ(test, o.wakes, 0);
	hvsnd_vsock_close(&o.vsock);
	sock_release(host);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, receive(&other, buf, 4));
	hvsnd_vsock_close(&other.vsock);
}

static struct kunit_case link_cases[] = {
	KUNIT_CASE(test_refused),
	KUNIT_CASE(test_talk),
	KUNIT_CASE(test_hung_up),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_callbacks),
	KUNIT_CASE(test_called),
	KUNIT_CASE(test_moved),
	{ }
};

static struct kunit_suite link_suite = {
	.name = "vsock",
	.test_cases = link_cases,
};

kunit_test_suite(link_suite);
