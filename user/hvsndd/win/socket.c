// SPDX-License-Identifier: GPL-2.0
/*
 * Watched sockets on Windows. AF_HYPERV must not be used with select(), so each
 * socket has one overlapped receive and one overlapped send. The socket is
 * readable while received data is buffered, and writable while no send is
 * under way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../socket.h"
#include "port.h"

#define BUFFER_SIZE 16384
/* A socket is closed at the latest so long after its last data was sent. */
#define LINGER_USEC USEC_PER_SEC

/**
 * struct io - the operations of a socket
 * @receive: the receive operation, must be the first member
 * @send: the send operation
 * @call: the message that makes the loop call watch.ready
 * @w: the watch; NULL after it was closed
 * @fd: the socket; INVALID_SOCKET after it was closed
 * @linger: closes the socket if its last data cannot be sent
 * @receiving: @receive is under way
 * @sending: @send is under way
 * @called: @call is under way
 * @ended: the other side has closed the connection
 * @error: negative errno of an operation that failed, or 0
 * @at: first byte in @in that was not taken yet
 * @have: number of bytes in @in
 * @in: received data
 * @out: data that is being sent
 */
struct io {
	struct port_event receive;
	struct port_event send;
	struct port_event call;
	struct watch *w;
	SOCKET fd;
	struct timer linger;
	bool receiving;
	bool sending;
	bool called;
	bool ended;
	int error;
	size_t at;
	size_t have;
	char in[BUFFER_SIZE];
	char out[BUFFER_SIZE];
};

#define io_of(event, member) \
	((struct io *)((char *)(event) - offsetof(struct io, member)))

static void close_now(struct io *io)
{
	if (io->fd != INVALID_SOCKET)
		closesocket(io->fd);
	io->fd = INVALID_SOCKET;
	timer_free(&io->linger);
}

/* Free the memory when Windows and the loop use it no more. */
static void free_unused(struct io *io)
{
	if (io->w || io->receiving || io->sending || io->called)
		return;
	close_now(io);
	free(io);
}

static bool is_readable(const struct io *io)
{
	return io->at < io->have || io->ended || io->error;
}

static bool is_writable(const struct io *io)
{
	return !io->sending || io->error;
}

static void call_later(struct io *io)
{
	if (io->called || !io->w ||
	    !((io->w->in && is_readable(io)) ||
	      (io->w->out && is_writable(io))))
		return;
	io->called = true;
	port_post(&io->call);
}

static void start_receive(struct io *io)
{
	WSABUF buf = { .len = BUFFER_SIZE, .buf = io->in };
	DWORD flags = 0;

	if (io->receiving || is_readable(io))
		return;
	io->receiving = true;
	memset(&io->receive.overlapped, 0, sizeof(io->receive.overlapped));
	if (!WSARecv(io->fd, &buf, 1, NULL, &flags, &io->receive.overlapped,
		     NULL) ||
	    WSAGetLastError() == WSA_IO_PENDING)
		return;
	io->receiving = false;
	io->error = port_errno(WSAGetLastError());
}

static void on_received(struct port_event *e, DWORD bytes, DWORD error)
{
	struct io *io = io_of(e, receive);

	io->receiving = false;
	io->at = 0;
	io->have = bytes;
	if (error)
		io->error = port_errno(error);
	/* A virtual machine that ends resets its connections. */
	if (io->error == -ECONNRESET || io->error == -ECONNABORTED)
		io->error = 0;
	if (!io->error && !bytes)
		io->ended = true;
	call_later(io);
	free_unused(io);
}

static void on_sent(struct port_event *e, DWORD bytes, DWORD error)
{
	struct io *io = io_of(e, send);

	(void)bytes;
	io->sending = false;
	if (error && !io->error)
		io->error = port_errno(error);
	if (!io->w)
		close_now(io);
	call_later(io);
	free_unused(io);
}

static void on_call(struct port_event *e, DWORD bytes, DWORD error)
{
	struct io *io = io_of(e, call);
	struct watch *w = io->w;
	bool in, out;

	(void)bytes;
	(void)error;
	if (w) {
		in = w->in && is_readable(io);
		out = w->out && is_writable(io);
		if (in || out)
			w->ready(w->data, in, out);
	}
	io->called = false;
	call_later(io);
	free_unused(io);
}

static void on_linger(void *data)
{
	close_now(data);
}

static struct io *io_new(struct watch *w)
{
	struct io *io = calloc(1, sizeof(*io));

	if (!io)
		return NULL;
	io->receive.done = on_received;
	io->send.done = on_sent;
	io->call.done = on_call;
	io->w = w;
	io->fd = (SOCKET)w->fd;
	if (timer_init(&io->linger, on_linger, io)) {
		free(io);
		return NULL;
	}
	if (!port_add((HANDLE)io->fd))
		io->error = port_errno(GetLastError());
	return io;
}

void watch_set(struct watch *w, bool in, bool out)
{
	struct io *io = w->event;

	w->in = in;
	w->out = out;
	if (!io && (in || out)) {
		io = io_new(w);
		w->event = io;
	}
	if (!io)
		return;
	if (in)
		start_receive(io);
	call_later(io);
}

int socket_receive(struct watch *w, void *buf, size_t len)
{
	struct io *io = w->event;
	size_t n = io->have - io->at;

	if (!n && io->error)
		return io->error;
	if (!n && io->ended)
		return 0;
	if (!n) {
		start_receive(io);
		return io->error ? io->error : -EAGAIN;
	}
	if (n > len)
		n = len;
	memcpy(buf, io->in + io->at, n);
	io->at += n;
	start_receive(io);
	return n;
}

int socket_send(struct watch *w, const void *buf, size_t len)
{
	struct io *io = w->event;
	WSABUF data;

	if (!io)
		return -EAGAIN;
	if (io->error)
		return io->error;
	if (io->sending)
		return -EAGAIN;
	if (len > BUFFER_SIZE)
		len = BUFFER_SIZE;
	memcpy(io->out, buf, len);
	data = (WSABUF){ .len = len, .buf = io->out };
	io->sending = true;
	memset(&io->send.overlapped, 0, sizeof(io->send.overlapped));
	if (WSASend(io->fd, &data, 1, NULL, 0, &io->send.overlapped, NULL) &&
	    WSAGetLastError() != WSA_IO_PENDING) {
		io->sending = false;
		io->error = port_errno(WSAGetLastError());
		return io->error;
	}
	return len;
}

size_t socket_backlog(struct watch *w)
{
	struct io *io = w->event;

	return io ? io->have - io->at : 0;
}

void socket_close(struct watch *w)
{
	struct io *io = w->event;

	if (!io) {
		closesocket((SOCKET)w->fd);
		return;
	}
	w->event = NULL;
	io->w = NULL;
	/* What was accepted for sending arrives before the end. */
	if (io->sending && !io->error)
		timer_set(&io->linger, LINGER_USEC);
	else
		close_now(io);
	free_unused(io);
}
