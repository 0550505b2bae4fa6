/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream's connection to the host: one of its own, or its part in the one
 * that all of a card's streams share.
 *
 * They share where the protocol has one pair of connections for the whole
 * card (qubes), and wherever the host calls the guest (role=listen): such
 * connections are there before a stream is, and stay when it ends. Of each
 * direction one stream at a time takes part, the others wait in line.
 */
#ifndef HVSOCK_PEER_H
#define HVSOCK_PEER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "link.h"
#include "core/proto/qubes.h"

struct hvsnd_card;
struct hvsnd_card_config;
struct hvsnd_peer;

#define HVSND_PEER_LINKS	2
#define HVSND_PEER_WASTE	1024

/**
 * struct hvsnd_line - a stream's connection, or none
 * @peer: the card's, if it is shared, set by the owner
 * @wake: set by the owner, as in struct hvsnd_link
 * @link: the connection, if it is not shared
 * @direction: SNDRV_PCM_STREAM_*
 * @entry: in the peer's @lines, guarded by its @lock
 * @epoch: which of the peer's connections it takes part in, 0 for none
 * @wanted: the host was told that it is wanted
 * @busy_ns: when a host that tells nothing of time will have played all that
 *           it was sent
 *
 * All but @entry belong to the owner's one work item.
 */
struct hvsnd_line {
	struct hvsnd_peer *peer;
	void (*wake)(struct hvsnd_line *line);
	struct hvsnd_link link;
	int direction;
	struct list_head entry;
	u32 epoch;
	bool wanted;
	u64 busy_ns;
};

/**
 * struct hvsnd_peer_link - one of a peer's
 * @link: the connection
 * @listener: where the host calls
 * @peer: whose it is
 */
struct hvsnd_peer_link {
	struct hvsnd_link link;
	struct hvsnd_link listener;
	struct hvsnd_peer *peer;
};

/**
 * struct hvsnd_peer - the connections that a card's streams share
 * @links: how many there are, 0 if each stream has its own
 * @listens: the host calls
 * @work: accepts, tells codes, throws away what nobody wants to hear
 * @lock: guards what follows; inside of a stream's @work_lock, with nothing
 *        but the sockets' own inside of it
 * @epoch: counts the connections
 * @error: why the last one ended
 * @up: all of them are connected
 * @stale: why they are to end as soon as none is connecting, or 0
 * @ended: the card goes
 * @held: there may be sockets, whose callbacks need the card
 * @received: bytes that came on the last of them
 * @busy_ns: as in struct hvsnd_line
 * @lines: the streams, by direction, the first of which takes part
 * @codes: what the host is told, if there are two links
 * @link: the connections
 * @waste: for what is thrown away
 */
struct hvsnd_peer {
	u32 links;
	bool listens;
	struct work_struct work;
	struct mutex lock;	/* all that follows */
	u32 epoch;
	int error;
	int stale;
	bool up;
	bool ended;
	bool held;
	u64 received;
	u64 busy_ns;
	struct list_head lines[2];
	struct hvsnd_qubes codes;
	struct hvsnd_peer_link link[HVSND_PEER_LINKS];
	u8 waste[HVSND_PEER_WASTE];
};

void hvsnd_line_init(struct hvsnd_line *line, struct hvsnd_card *card,
		     int direction);
int hvsnd_line_connect(struct hvsnd_line *line,
		       const struct hvsnd_card_config *config,
		       unsigned int timeout_ms);
bool hvsnd_line_is_open(const struct hvsnd_line *line);
bool hvsnd_line_may_close(struct hvsnd_line *line);
int hvsnd_line_state(struct hvsnd_line *line);
bool hvsnd_line_is_awaited(struct hvsnd_line *line);
void hvsnd_line_want(struct hvsnd_line *line, bool wanted);
int hvsnd_line_send(struct hvsnd_line *line, struct kvec *vec, size_t n,
		    size_t len);
int hvsnd_line_receive(struct hvsnd_line *line, void *buf, size_t len);
u64 hvsnd_line_received(struct hvsnd_line *line);
void hvsnd_line_close(struct hvsnd_line *line, bool good);

void hvsnd_peer_init(struct hvsnd_card *card);
int hvsnd_peer_listen(struct hvsnd_card *card, u32 port);
void hvsnd_peer_reset(struct hvsnd_card *card);
void hvsnd_peer_end(struct hvsnd_card *card);

#endif /* HVSOCK_PEER_H */
