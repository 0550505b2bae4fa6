/* SPDX-License-Identifier: GPL-2.0 */
/* One direction of a forwarded connection, with its buffer. */
#ifndef HVSND_FLOW_H
#define HVSND_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#define FLOW_BUFFER_SIZE 65536

/**
 * struct flow - one direction of a connection
 * @from: descriptor that is read
 * @to: descriptor that is written
 * @eof: @from has ended
 * @done: the end was passed on to @to, or @to accepts no more data
 * @to_socket: @to is a socket
 * @head: offset of the first byte in @buf
 * @len: number of bytes in @buf
 * @buf: bytes that were read and not written
 */
struct flow {
	int from;
	int to;
	bool eof;
	bool done;
	bool to_socket;
	size_t head;
	size_t len;
	char buf[FLOW_BUFFER_SIZE];
};

/* Set the descriptors of a zeroed flow. */
void flow_init(struct flow *f, int from, int to);

/**
 * flow_step() - Read and write as much as is possible without blocking
 * @f: the flow
 * @from_events: whether poll() reported events of @f->from
 * @to_events: whether poll() reported events of @f->to
 *
 * Return: 0 or a negative errno.
 */
int flow_step(struct flow *f, short from_events, short to_events);

/* Nothing can be written any more: discard the data. */
void flow_break(struct flow *f);

/*
 * Whether the peer has closed both directions of @f->to, which AF_VSOCK reports
 * only in send().
 */
bool flow_peer_is_closed(const struct flow *f);

#endif /* HVSND_FLOW_H */
