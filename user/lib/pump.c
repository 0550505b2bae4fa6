// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endpoint.h"
#include "pump.h"

#define FLOW_SIZE 65536
#define SEND_MOST 16384
#define TICK_MS 1000
#define FIXED 2 /* poll's entries that are no flow's */

/* One direction. Either descriptor may be another flow's too. */
struct flow {
	int from;
	int to;
	bool eof; /* @from has ended */
	bool done; /* and @to knows, or takes no more */
	bool to_socket;
	size_t head;
	size_t len;
	char buf[FLOW_SIZE];
};

/**
 * struct pump_link - one connection: two flows, or one
 * @next: the next of them
 * @connecting: the second flow's @from is not connected yet
 * @owned: its descriptors are closed with it
 * @error: the first one, a negative errno
 * @n: how many flows
 * @flow: the flows
 */
struct pump_link {
	struct pump_link *next;
	bool connecting;
	bool owned;
	int error;
	int n;
	struct flow flow[2];
};

static bool is_socket(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

static void flow_set(struct flow *f, int from, int to)
{
	f->from = from;
	f->to = to;
	f->to_socket = is_socket(to);
}

static struct pump_link *add(struct pump *p, int from, int to, int back_from,
			     int back_to)
{
	struct pump_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	flow_set(&l->flow[0], from, to);
	l->n = 1;
	if (back_from >= 0) {
		flow_set(&l->flow[1], back_from, back_to);
		l->n = 2;
	}
	l->next = p->links;
	p->links = l;
	p->count++;
	return l;
}

bool pump_add(struct pump *p, int from, int to, int back_from, int back_to)
{
	return add(p, from, to, back_from, back_to);
}

static bool again(int err)
{
	return err == EAGAIN || err == EINTR;
}

static int flow_read(struct flow *f)
{
	ssize_t n;

	if (f->head && f->head + f->len == FLOW_SIZE) {
		memmove(f->buf, f->buf + f->head, f->len);
		f->head = 0;
	}
	n = read(f->from, f->buf + f->head + f->len,
		 FLOW_SIZE - f->head - f->len);
	if (n > 0) {
		f->len += n;
		return 0;
	}
	if (n < 0 && again(errno))
		return 0;
	f->eof = true;
	/* hv_sock has kernels that say EIO for the end. */
	return n && errno != EIO ? -errno : 0;
}

static int flow_write(struct flow *f)
{
	ssize_t n;

	if (f->to_socket)
		/* 6.12 spreads longer ones over descriptors, which common virtio devices lose. */
		n = send(f->to, f->buf + f->head,
			 f->len < SEND_MOST ? f->len : SEND_MOST,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	else /* What poll promises a pipe has room for, as it may block. */
		n = write(f->to, f->buf + f->head,
			  f->len < PIPE_BUF ? f->len : PIPE_BUF);
	if (n < 0)
		return again(errno) ? 0 : -errno;
	f->head += n;
	f->len -= n;
	if (!f->len)
		f->head = 0;
	return 0;
}

/* Nothing more can be written. */
static void flow_break(struct flow *f)
{
	f->done = true;
	f->len = 0;
}

static void flow_finish(struct flow *f)
{
	f->done = true;
	if (f->to_socket)
		shutdown(f->to, SHUT_WR);
	else
		close(f->to);
}

/* vsock tells of a peer that has closed, not only half, nothing but this. */
static bool peer_is_gone(const struct flow *f)
{
	return f->to_socket &&
	       send(f->to, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	       !again(errno);
}

static int flow_step(struct flow *f, short from, short to)
{
	int err = 0, ret;

	if (f->done)
		return 0;
	if (from)
		err = flow_read(f);
	if (to) {
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

/* The connection to the target is there, or has failed. */
static void link_connected(struct pump *p, struct pump_link *l)
{
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];
	int err = endpoint_result(l->flow[0].to);

	l->connecting = false;
	if (!err)
		return;
	fprintf(stderr, "hvsnd: %s: %s\n", address_text(p->target, text),
		endpoint_hint(p->target, err, hint));
	l->error = err;
	l->flow[0].done = true;
	l->flow[1].done = true;
}

static bool link_done(const struct pump_link *l)
{
	return l->flow[0].done && (l->n == 1 || l->flow[1].done);
}

/*
 * Those whose words go nowhere are told not to send, unless all is over: a
 * vsock that was shut down in two steps says nothing when it is closed, and
 * some hosts then hold it for 8 s more.
 */
static void link_refuse(struct pump_link *l)
{
	int i;

	for (i = 0; i < l->n && !link_done(l); i++) {
		if (l->flow[i].done && !l->flow[i].eof)
			shutdown(l->flow[i].from, SHUT_RD);
	}
}

static void link_step(struct pump *p, struct pump_link *l,
		      const struct pollfd *fds)
{
	int i, err;

	if (l->connecting) {
		if (fds[1].revents)
			link_connected(p, l);
		return;
	}
	for (i = 0; i < l->n; i++) {
		err = flow_step(&l->flow[i], fds[2 * i].revents,
				fds[2 * i + 1].revents);
		if (err && !l->error)
			l->error = err;
	}
	for (i = 0; i < l->n && l->n == 2; i++) {
		struct flow *f = &l->flow[i], *back = &l->flow[!i];

		if (!f->done && (back->eof || back->done) && peer_is_gone(f)) {
			if (f->len && !l->error)
				l->error = -EPIPE;
			flow_break(f);
		}
	}
	link_refuse(l);
}

static void link_poll(const struct pump_link *l, struct pollfd *fds)
{
	int i;

	for (i = 0; i < 2; i++) {
		const struct flow *f = &l->flow[i];
		bool live = i < l->n && !f->done && !l->connecting;

		/* Those who want nothing are left out: a hang-up would be said for ever. */
		fds[2 * i].fd =
			live && !f->eof && f->len < FLOW_SIZE ? f->from : -1;
		fds[2 * i].events = POLLIN;
		fds[2 * i + 1].fd = live && f->len ? f->to : -1;
		fds[2 * i + 1].events = POLLOUT;
	}
	if (l->connecting)
		fds[1].fd = l->flow[0].to;
}

static bool link_half_closed(const struct pump_link *l)
{
	return l->n == 2 && (l->flow[0].eof || l->flow[1].eof);
}

static void link_close(struct pump_link *l)
{
	if (l->owned) {
		close(l->flow[0].from);
		if (l->flow[0].to != l->flow[0].from)
			close(l->flow[0].to);
	}
	free(l);
}

static void take(struct pump *p, int fd)
{
	char hint[ENDPOINT_HINT_SIZE], text[ADDRESS_TEXT_SIZE];
	struct pump_link *l;
	int target = fd;

	if (p->target)
		target = endpoint_open(p->target, p->timeout_ms);
	if (target < 0) {
		fprintf(stderr, "hvsnd: %s: %s\n",
			address_text(p->target, text),
			endpoint_hint(p->target, target, hint));
		close(fd);
		return;
	}
	l = p->target ? add(p, fd, target, target, fd) : add(p, fd, fd, -1, -1);
	if (!l) {
		close(target);
		if (target != fd)
			close(fd);
		return;
	}
	l->owned = true;
	l->connecting = p->target;
}

/* Returns whether more may be taken at once. */
static bool accept_one(struct pump *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		take(p, fd);
		return true;
	}
	return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
}

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void more_descriptors(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Steps all links; those that are done go. */
static void step(struct pump *p, const struct pollfd *fds)
{
	struct pump_link **at = &p->links, *l;

	while ((l = *at)) {
		link_step(p, l, fds);
		fds += 4;
		if (!link_done(l)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		p->count--;
		p->error = l->error;
		link_close(l);
	}
}

int pump_run(struct pump *p)
{
	struct pollfd *fds = NULL, *more;
	struct pump_link *l;
	bool full = false;
	int timeout, err = 0;
	size_t n;

	more_descriptors();
	n = FIXED + 4 * p->count;
	fds = calloc(n, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	fds[0].fd = signals();
	fds[0].events = POLLIN;
	while (p->listener >= 0 || p->links) {
		n = FIXED + 4 * p->count;
		more = realloc(fds, n * sizeof(*fds));
		if (!more) {
			err = -ENOMEM;
			break;
		}
		fds = more;
		fds[1].fd = full ? -1 : p->listener;
		fds[1].events = POLLIN;
		timeout = full ? TICK_MS : -1;
		n = FIXED;
		for (l = p->links; l; l = l->next) {
			link_poll(l, &fds[n]);
			n += 4;
			if (link_half_closed(l))
				timeout = TICK_MS;
		}
		if (poll(fds, n, timeout) < 0) {
			if (errno == EINTR)
				continue;
			err = -errno;
			break;
		}
		if (fds[0].revents)
			break;
		full = false;
		step(p, fds + FIXED);
		/* After the step, which has no entries for a new one. */
		if (fds[1].revents)
			full = !accept_one(p);
	}
	close(fds[0].fd);
	free(fds);
	while ((l = p->links)) {
		p->links = l->next;
		link_close(l);
	}
	p->count = 0;
	return err;
}
