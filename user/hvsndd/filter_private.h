/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the filter share. */
#ifndef HVSNDD_FILTER_PRIVATE_H
#define HVSNDD_FILTER_PRIVATE_H

#include <errno.h>
#include <sys/types.h>

#include "core/proto/tagstruct.h"
#include "filter.h"
#include "pulse_command.h"

#define FILTER_CONTROL_CHANNEL 0xffffffffU
#define FILTER_NONE 0xffffffffU
#define FILTER_VERSION_MASK 0xffffU
/*
 * Version 12 and older do not negotiate shared memory, and have no property
 * lists. Versions after 35 may have commands that the filter does not know.
 */
#define FILTER_VERSION_MIN 13
#define FILTER_VERSION_MAX 35
#define FILTER_ERROR_SIZE (FILTER_DESC_SIZE + 15) /* an error reply */

static inline int filter_fail(struct filter *f, const char *reason)
{
	f->reason = reason;
	return -EPROTO;
}

static inline size_t filter_room(const struct filter_path *p)
{
	return sizeof(p->out) - p->out_len;
}

/* Append to the data to send. The caller has checked filter_room(). */
static inline void filter_put(struct filter_path *p, const u8 *buf, size_t len)
{
	memcpy(p->out + p->out_len, buf, len);
	p->out_len += len;
}

/* Write the descriptor of a control message. */
static inline void filter_put_desc(u8 *p, u32 length)
{
	memset(p, 0, FILTER_DESC_SIZE);
	hvsnd_put_be32(p, length);
	hvsnd_put_be32(p + 4, FILTER_CONTROL_CHANNEL);
}

/* Whether a frame was sent in part: nothing else may be sent before its end. */
static inline bool filter_in_frame(const struct filter_path *p)
{
	return p->state == FILTER_RX_AUDIO || p->state == FILTER_RX_REST;
}

/* Streams and pending requests (filter_track.c) */

void filter_add_stream(struct filter_streams *s, u32 channel, u32 index);
void filter_remove_stream(struct filter_streams *s, u32 channel);
bool filter_has_stream(const struct filter_streams *s, u32 index);

/* Number of pending requests with this command. */
unsigned int filter_count_pending(const struct filter *f, u32 command);
void filter_add_pending(struct filter *f, u32 tag, u32 command);

/* Remove a pending request. Returns its command, or FILTER_NONE. */
u32 filter_take_pending(struct filter *f, u32 tag);

/* Own replies and held requests (filter_queue.c) */

void filter_refuse(struct filter *f, u32 command, u32 tag, u32 error);

/*
 * Remove the message at offset @from of the data to the server, and hold it.
 * Returns false if there is no room for it.
 */
bool filter_hold(struct filter *f, size_t from, u32 tag);

/* Send what is queued, if a frame can be inserted now. */
void filter_flush(struct filter *f, enum filter_dir dir);

/* Rewriting of commands (filter_rewrite.c) */

/*
 * Append the received message to the data to the server, with changed values.
 * Returns 0 or -EPROTO.
 */
int filter_rewrite(struct filter *f, u32 command);

/* Decisions (filter_command.c) */

/* A whole message from the guest was received. Returns 0 or -EPROTO. */
int filter_command(struct filter *f);

/*
 * The header of a message from the server was received. Returns 1 if the
 * message is passed on, 0 if not, or -EPROTO.
 */
int filter_server_message(struct filter *f);

#endif /* HVSNDD_FILTER_PRIVATE_H */
