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
#include "shake.h"

#define CONNECT_MS 2000
#define TALK_MS 5000
#define RATE 48000
#define FRAME_BYTES 4

struct talk {
	struct hvsnd_session session;
	struct shake *result;
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
	struct talk *talk = (struct talk *)session;

	if (ev->type == HVSND_EVENT_READY) {
		talk->result->stage = SHAKE_READY;
		talk->result->latency_us = ev->latency_us;
	}
}

static void stop(struct shake *s, int err, const char *reason)
{
	s->err = err;
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
}

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Returns whether the talk goes on. */
static bool step(struct talk *talk, int fd)
{
	struct hvsnd_session *session = &talk->session;
	unsigned char buf[4096];
	ssize_t n;
	int err;

	if (session->tx_len) {
		n = send(fd, session->tx, session->tx_len, MSG_NOSIGNAL);
		if (n > 0)
			hvsnd_session_sent(session, n);
		/* What the host said before it closed may tell why. */
	}
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0 && again())
		return true;
	if (n <= 0) {
		stop(talk->result, -ECONNRESET,
		     "it closes the connection: see the log of its audio server, or check the port");
		return false;
	}
	err = session->ops->receive(session, buf, n);
	if (err)
		stop(talk->result, err,
		     session->reason ? session->reason : strerror(-err));
	return !err && talk->result->stage != SHAKE_READY;
}

static void talk_with(struct talk *talk, int fd)
{
	struct pollfd poll_fd = { .fd = fd };
	unsigned int begin = now_ms(), gone;

	for (;;) {
		gone = now_ms() - begin;
		poll_fd.events = POLLIN | (talk->session.tx_len ? POLLOUT : 0);
		if (gone >= TALK_MS || !poll(&poll_fd, 1, TALK_MS - gone)) {
			stop(talk->result, -ETIMEDOUT,
			     "it takes the connection but does not answer: what listens there is no PulseAudio, or hangs");
			return;
		}
		if (!step(talk, fd))
			break;
	}
	talk->result->ready_ms = now_ms() - begin;
}

static int dial(struct shake *s, const struct address *a)
{
	unsigned int begin = now_ms();
	int fd;

	memset(s, 0, sizeof(*s));
	fd = endpoint_connect(a, CONNECT_MS);
	s->connect_ms = now_ms() - begin;
	if (fd >= 0) {
		s->stage = SHAKE_TALK;
		return fd;
	}
	s->err = fd;
	endpoint_hint(a, fd, s->reason);
	return fd;
}

void shake_connect(struct shake *s, const struct address *a)
{
	int fd = dial(s, a);

	if (fd >= 0)
		close(fd);
}

void shake_pulse(struct shake *s, const struct address *a,
		 const unsigned char *cookie, bool capture)
{
	static const unsigned char none[HVSND_COOKIE_SIZE];
	struct talk talk = { .session = { .ops = &hvsnd_pulse_ops,
					  .event = on_event },
			     .result = s };
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
		.cookie = cookie ? cookie : none,
	};
	struct utsname names;
	int fd = dial(s, a), err;

	if (fd < 0)
		return;
	if (!uname(&names))
		snprintf(params.node, sizeof(params.node), "%.*s",
			 HVSND_NAME_MAX - 1, names.nodename);
	err = talk.session.ops->open(&talk.session, &params);
	if (err)
		stop(s, err, strerror(-err));
	else
		talk_with(&talk, fd);
	explicit_bzero(&talk, sizeof(talk));
	close(fd);
}
