// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow.h"

#define SEND_MAX 16384

static bool is_socket(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

void flow_init(struct flow *f, int from, int to)
{
	f->from = from;
	f->to = to;
	f->to_socket = is_socket(to);
}

static bool is_temporary(int err)
{
	return err == EAGAIN || err == EINTR;
}

static int flow_read(struct flow *f)
{
	ssize_t n;

	if (f->head && f->head + f->len == FLOW_BUFFER_SIZE) {
		memmove(f->buf, f->buf + f->head, f->len);
		f->head = 0;
	}
	n = read(f->from, f->buf + f->head + f->len,
		 FLOW_BUFFER_SIZE - f->head - f->len);
	if (n > 0) {
		f->len += n;
		return 0;
	}
	if (n < 0 && is_temporary(errno))
		return 0;
	f->eof = true;
	/* Some kernels report the end of a hv_sock as EIO. */
	return n && errno != EIO ? -errno : 0;
}

static int flow_write(struct flow *f)
{
	const char *buf = f->buf + f->head;
	ssize_t n;

	/*
	 * Linux 6.12 splits a longer packet over several descriptors, of
	 * which common virtio devices lose all but the first. On a pipe,
	 * poll() promises room for PIPE_BUF bytes; a longer write can block.
	 */
	if (f->to_socket)
		n = send(f->to, buf, f->len < SEND_MAX ? f->len : SEND_MAX,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	else
		n = write(f->to, buf, f->len < PIPE_BUF ? f->len : PIPE_BUF);
	if (n < 0)
		return is_temporary(errno) ? 0 : -errno;
	f->head += n;
	f->len -= n;
	if (!f->len)
		f->head = 0;
	return 0;
}

void flow_break(struct flow *f)
{
	f->done = true;
	f->len = 0;
}

/* All data was written: pass on the end. */
static void flow_finish(struct flow *f)
{
	f->done = true;
	if (f->to_socket)
		shutdown(f->to, SHUT_WR);
	else
		close(f->to);
}

bool flow_peer_is_closed(const struct flow *f)
{
	return f->to_socket &&
	       send(f->to, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	       !is_temporary(errno);
}

int flow_step(struct flow *f, short from_events, short to_events)
{
	int err = 0, ret;

	if (f->done)
		return 0;
	if (from_events)
		err = flow_read(f);
	if (to_events) {
		ret = flow_write(f);
		if (ret) {
			flow_break(f);
			return ret;
		}
	}
	if (f->eof && !f->len)
		flow_finish(f);
	return err;
}
