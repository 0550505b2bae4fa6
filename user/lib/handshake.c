// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/proto/session.h"
#include "core/reason.h"
#include "handshake.h"

#define CONNECT_TIMEOUT_MS 2000
#define HANDSHAKE_TIMEOUT_MS 5000
#define RATE 48000
#define FRAME_BYTES 4

/**
 * struct attempt - a handshake under way
 * @session: the protocol, must be the first member
 * @result: the result
 */
struct attempt {
	struct hvsnd_session session;
	struct handshake *result;
};

static unsigned int now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_event(struct hvsnd_session *session,
		     const struct hvsnd_event *ev)
{
	struct attempt *a = (struct attempt *)session;

	if (ev->type == HVSND_EVENT_READY) {
		a->result->stage = HANDSHAKE_READY;
		a->result->latency_us = ev->latency_us;
	}
}

static void set_failure(struct handshake *h, int err, const char *reason)
{
	h->err = err;
	snprintf(h->reason, sizeof(h->reason), "%s", reason);
}

static bool is_temporary(int err)
{
	return err == EAGAIN || err == EINTR;
}

/* Send and receive. Returns whether the handshake continues. */
static bool step(struct attempt *a, int fd)
{
	struct hvsnd_session *session = &a->session;
	unsigned char buf[4096];
	ssize_t n;
	int err;

	if (session->tx_len) {
		n = send(fd, session->tx, session->tx_len, MSG_NOSIGNAL);
		if (n > 0)
			hvsnd_session_sent(session, n);
		/* On failure, receive: the server may have sent the reason. */
	}
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0 && is_temporary(errno))
		return true;
	if (n <= 0) {
		set_failure(a->result, -ECONNRESET, HVSND_REASON_LOST);
		return false;
	}
	err = session->ops->receive(session, buf, n);
	if (err)
		set_failure(a->result, err,
			    session->reason ? session->reason : strerror(-err));
	return !err && a->result->stage != HANDSHAKE_READY;
}

static void run(struct attempt *a, int fd)
{
	struct pollfd poll_fd = { .fd = fd };
	unsigned int begin = now_ms(), elapsed;

	for (;;) {
		elapsed = now_ms() - begin;
		poll_fd.events = POLLIN | (a->session.tx_len ? POLLOUT : 0);
		if (elapsed >= HANDSHAKE_TIMEOUT_MS ||
		    !poll(&poll_fd, 1, HANDSHAKE_TIMEOUT_MS - elapsed)) {
			set_failure(a->result, -ETIMEDOUT, HVSND_REASON_SILENT);
			return;
		}
		if (!step(a, fd))
			break;
	}
	a->result->ready_ms = now_ms() - begin;
}

/* Returns a connected socket or a negative errno. */
static int connect_to(struct handshake *h, const struct address *a)
{
	unsigned int begin = now_ms();
	int fd;

	memset(h, 0, sizeof(*h));
	fd = endpoint_connect(a, CONNECT_TIMEOUT_MS);
	h->connect_ms = now_ms() - begin;
	if (fd >= 0) {
		h->stage = HANDSHAKE_NEGOTIATE;
		return fd;
	}
	h->err = fd;
	endpoint_hint(a, fd, h->reason);
	return fd;
}

void handshake_connect(struct handshake *h, const struct address *a)
{
	int fd = connect_to(h, a);

	if (fd >= 0)
		close(fd);
}

void handshake_pulse(struct handshake *h, const struct address *a,
		     const unsigned char *cookie, bool capture)
{
	static const unsigned char no_cookie[HVSND_COOKIE_SIZE];
	struct attempt attempt = {
		.session = { .ops = &hvsnd_pulse_ops, .event = on_event },
		.result = h,
	};
	struct hvsnd_session_params params = {
		.direction = capture ? SNDRV_PCM_STREAM_CAPTURE :
				       SNDRV_PCM_STREAM_PLAYBACK,
		.format = SNDRV_PCM_FORMAT_S16_LE,
		.rate = RATE,
		.channels = 2,
		.map = { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR },
		.frame_bytes = FRAME_BYTES,
		.queue = RATE / 20 * FRAME_BYTES,
		.prebuf = RATE / 50 * FRAME_BYTES,
		.chunk = RATE / 100 * FRAME_BYTES,
		.pid = getpid(),
		.application = "hvsnd",
		.cookie = cookie ? cookie : no_cookie,
	};
	struct utsname names;
	int fd = connect_to(h, a), err;

	if (fd < 0)
		return;
	if (!uname(&names))
		snprintf(params.node, sizeof(params.node), "%.*s",
			 HVSND_NAME_MAX - 1, names.nodename);
	err = attempt.session.ops->open(&attempt.session, &params);
	if (err)
		set_failure(h, err, strerror(-err));
	else
		run(&attempt, fd);
	explicit_bzero(&attempt, sizeof(attempt));
	close(fd);
}
