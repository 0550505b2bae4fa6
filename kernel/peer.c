// SPDX-License-Identifier: GPL-2.0
/* A stream's connection to the host, its own or shared by all of a card's. */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <sound/core.h>
#include <sound/pcm.h>
#include <uapi/linux/snd_hvsock.h>

#include "card.h"
#include "peer.h"
#include "stream.h"

#define HVSND_PEER_READS	16	/* then let others work */
#define HVSND_PEER_CALLS	8

static struct hvsnd_card *hvsnd_peer_card(struct hvsnd_peer *peer)
{
	return container_of(peer, struct hvsnd_card, peer);
}

/* A reference goes with the queued work, another with the sockets. */
static void hvsnd_peer_queue(struct hvsnd_peer *peer)
{
	struct hvsnd_card *card = hvsnd_peer_card(peer);

	hvsnd_card_get(card);
	if (!queue_work(hvsnd_workqueue, &peer->work))
		hvsnd_card_put(card);
}

static void hvsnd_peer_link_wake(struct hvsnd_link *link)
{
	hvsnd_peer_queue(
		container_of(link, struct hvsnd_peer_link, link)->peer);
}

static void hvsnd_peer_listener_wake(struct hvsnd_link *link)
{
	hvsnd_peer_queue(
		container_of(link, struct hvsnd_peer_link, listener)->peer);
}

/* ------------------------------------------------------------------------ */
/* Under peer->lock                                                         */

static void hvsnd_peer_hold(struct hvsnd_peer *peer)
{
	if (!peer->held)
		hvsnd_card_get(hvsnd_peer_card(peer));
	peer->held = true;
}

static void hvsnd_peer_wake_lines(struct hvsnd_peer *peer)
{
	struct hvsnd_line *line;
	int d;

	for (d = 0; d < 2; d++) {
		list_for_each_entry(line, &peer->lines[d], entry)
			line->wake(line);
	}
}

/* Ends the connections, of which none may be connecting. */
static void hvsnd_peer_drop(struct hvsnd_peer *peer, int err)
{
	u32 i;

	for (i = 0; i < peer->links; i++)
		hvsnd_link_close(&peer->link[i].link);
	peer->epoch += peer->epoch == U32_MAX ? 2 : 1;
	peer->error = err;
	peer->up = false;
	peer->stale = 0;
	peer->received = 0;
	peer->busy_ns = 0;
	hvsnd_peer_wake_lines(peer);
	/* The next one may have called already. */
	if (peer->listens && !peer->ended)
		hvsnd_peer_queue(peer);
}

/* Where the guest calls, only while a stream needs it. */
static bool hvsnd_peer_is_idle(const struct hvsnd_peer *peer)
{
	return !peer->listens && list_empty(&peer->lines[0]) &&
	       list_empty(&peer->lines[1]);
}

/* Brings @up up to date. */
static void hvsnd_peer_settle(struct hvsnd_peer *peer)
{
	int err = peer->stale;
	bool connecting = false;
	bool up = true;
	int state;
	u32 i;

	for (i = 0; i < peer->links; i++) {
		if (!peer->link[i].link.sock) {
			up = false;
			continue;
		}
		state = hvsnd_link_state(&peer->link[i].link);
		if (!state)
			connecting = true;
		else if (state < 0)
			err = state;
	}
	if (connecting)
		return;
	if (err || hvsnd_peer_is_idle(peer)) {
		hvsnd_peer_drop(peer, err);
	} else if (up && !peer->up) {
		peer->up = true;
		hvsnd_qubes_open(&peer->codes);
		hvsnd_peer_wake_lines(peer);
	}
}

/* Returns 0 when all is told, -EAGAIN for later, or why the link is lost. */
static int hvsnd_peer_tell(struct hvsnd_peer *peer)
{
	struct kvec vec;
	int ret;

	if (peer->links < 2)
		return 0;
	for (;;) {
		vec.iov_base = (void *)hvsnd_qubes_next(&peer->codes);
		if (!vec.iov_base)
			return 0;
		vec.iov_len = peer->codes.tx_len;
		ret = hvsnd_link_send(&peer->link[1].link, &vec, 1,
				      vec.iov_len);
		if (ret < 0)
			return ret;
		peer->codes.tx_len -= ret;
	}
}

/* A socket's error is that of all of them. */
static int hvsnd_peer_check(struct hvsnd_peer *peer, int ret)
{
	if (ret < 0 && ret != -EAGAIN) {
		peer->stale = ret;
		hvsnd_peer_settle(peer);
	}
	return ret;
}

static bool hvsnd_line_is_first(const struct hvsnd_line *line)
{
	return list_is_first(&line->entry,
			     &line->peer->lines[line->direction]);
}

/* Does the line take part in connections that are there? */
static int hvsnd_line_check(const struct hvsnd_line *line)
{
	const struct hvsnd_peer *peer = line->peer;

	if (line->epoch != peer->epoch)
		return peer->error ?: -ECONNRESET;
	return peer->up && hvsnd_line_is_first(line) ? 0 : -EAGAIN;
}

/* ------------------------------------------------------------------------ */
/* What a stream sees                                                       */

static void hvsnd_line_link_wake(struct hvsnd_link *link)
{
	struct hvsnd_line *line = container_of(link, struct hvsnd_line, link);

	line->wake(line);
}

/**
 * hvsnd_line_init - be ready for hvsnd_line_connect()
 * @line: the stream's, with @line->wake set
 * @card: its card, which outlives it
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 *
 * Context: any.
 */
void hvsnd_line_init(struct hvsnd_line *line, struct hvsnd_card *card,
		     int direction)
{
	line->peer = card->peer.links ? &card->peer : NULL;
	line->link.wake = hvsnd_line_link_wake;
	line->direction = direction;
	INIT_LIST_HEAD(&line->entry);
}

/**
 * hvsnd_line_connect - begin a connection to the host, or take part in one
 * @line: a line without one
 * @config: where the host is
 * @timeout_ms: how long it may take, in milliseconds
 *
 * Does not wait: @line->wake comes when hvsnd_line_state() has news.
 *
 * Context: process.
 * Return: 0, -ENOTCONN if the host is to call and has not, or what
 * hvsnd_link_connect() returns.
 */
int hvsnd_line_connect(struct hvsnd_line *line,
		       const struct hvsnd_card_config *config,
		       unsigned int timeout_ms)
{
	struct hvsnd_peer *peer = line->peer;
	int err = 0;
	u32 i;

	line->wanted = false;
	line->busy_ns = 0;
	if (!peer)
		return hvsnd_link_connect(&line->link, config->cid,
					  config->port, timeout_ms);
	mutex_lock(&peer->lock);
	if (!hvsnd_peer_is_idle(peer))
		hvsnd_peer_settle(peer);
	if (peer->ended)
		err = -ENODEV;
	else if (peer->listens)
		err = peer->up ? 0 : -ENOTCONN;
	/* A call that there was no memory to take does not come again. */
	if (err == -ENOTCONN)
		hvsnd_peer_queue(peer);
	for (i = 0; !err && !peer->listens && i < peer->links; i++) {
		hvsnd_peer_hold(peer);
		if (!peer->link[i].link.sock)
			err = hvsnd_link_connect(&peer->link[i].link,
						 config->cid, config->port + i,
						 timeout_ms);
		hvsnd_peer_check(peer, err);
	}
	if (!err) {
		line->epoch = peer->epoch;
		list_add_tail(&line->entry, &peer->lines[line->direction]);
		/* Who is before it in the line is to hurry up. */
		hvsnd_peer_wake_lines(peer);
	}
	mutex_unlock(&peer->lock);
	return err;
}

/**
 * hvsnd_line_is_open - whether there is a connection or an attempt
 * @line: the line
 *
 * Context: any.
 * Return: whether hvsnd_line_state() may be asked.
 */
bool hvsnd_line_is_open(const struct hvsnd_line *line)
{
	return line->peer ? line->epoch : !!line->link.sock;
}

/**
 * hvsnd_line_may_close - whether hvsnd_line_close() may be called
 * @line: the line
 *
 * Context: process.
 * Return: false while it is connecting; then @line->wake will come.
 */
bool hvsnd_line_may_close(struct hvsnd_line *line)
{
	return line->peer || !line->link.sock || hvsnd_link_state(&line->link);
}

/**
 * hvsnd_line_state - what became of the attempt
 * @line: a line after hvsnd_line_connect()
 *
 * Context: process.
 * Return: 1 when the line carries sound, 0 while it connects or waits for its
 * turn, or why not, as hvsnd_link_state() has it.
 */
int hvsnd_line_state(struct hvsnd_line *line)
{
	int ret;

	if (!line->peer)
		return hvsnd_link_state(&line->link);
	mutex_lock(&line->peer->lock);
	hvsnd_peer_settle(line->peer);
	ret = hvsnd_line_check(line);
	/* What the one before has sent is still to be heard. */
	if (!ret && !line->wanted)
		line->busy_ns = line->peer->busy_ns;
	mutex_unlock(&line->peer->lock);
	return ret == -EAGAIN ? 0 : ret ?: 1;
}

/**
 * hvsnd_line_is_awaited - whether another stream waits for this one to end
 * @line: the line
 *
 * Context: process.
 * Return: whether it does.
 */
bool hvsnd_line_is_awaited(struct hvsnd_line *line)
{
	struct hvsnd_peer *peer = line->peer;
	bool awaited;

	if (!peer)
		return false;
	mutex_lock(&peer->lock);
	awaited = !list_empty(&line->entry) &&
		  !list_is_last(&line->entry, &peer->lines[line->direction]);
	mutex_unlock(&peer->lock);
	return awaited;
}

/**
 * hvsnd_line_want - tell the host that its sound is wanted, or is going to come
 * @line: the line, connected
 * @wanted: whether it is
 *
 * Context: process. Does nothing where the protocol has no word for it.
 */
void hvsnd_line_want(struct hvsnd_line *line, bool wanted)
{
	struct hvsnd_peer *peer = line->peer;

	if (!peer || line->wanted == wanted)
		return;
	mutex_lock(&peer->lock);
	if (!hvsnd_line_check(line)) {
		line->wanted = wanted;
		peer->codes.wanted[line->direction] = wanted;
		hvsnd_peer_check(peer, hvsnd_peer_tell(peer));
	}
	mutex_unlock(&peer->lock);
}

/**
 * hvsnd_line_send - send what fits
 * @line: a connected line, of playback
 * @vec: the pieces, in order; changed by the call
 * @n: how many
 * @len: bytes in all of them
 *
 * Context: process; does not wait for room.
 * Return: as hvsnd_link_send().
 */
int hvsnd_line_send(struct hvsnd_line *line, struct kvec *vec, size_t n,
		    size_t len)
{
	struct hvsnd_peer *peer = line->peer;
	int ret;

	if (!peer)
		return hvsnd_link_send(&line->link, vec, n, len);
	mutex_lock(&peer->lock);
	ret = hvsnd_line_check(line);
	if (!ret) {
		/* A host that does not know of it yet may throw it away. */
		ret = hvsnd_peer_tell(peer);
		if (!ret)
			ret = hvsnd_link_send(&peer->link[0].link, vec, n, len);
		hvsnd_peer_check(peer, ret);
	}
	mutex_unlock(&peer->lock);
	return ret;
}

/**
 * hvsnd_line_receive - take what has come
 * @line: a connected line
 * @buf: where to
 * @len: bytes that fit there
 *
 * Context: process; does not wait for data.
 * Return: as hvsnd_link_receive(). A line of playback that is shared receives
 * nothing.
 */
int hvsnd_line_receive(struct hvsnd_line *line, void *buf, size_t len)
{
	struct hvsnd_peer *peer = line->peer;
	int ret;

	if (!peer)
		return hvsnd_link_receive(&line->link, buf, len);
	mutex_lock(&peer->lock);
	ret = hvsnd_line_check(line);
	if (!ret && line->direction == SNDRV_PCM_STREAM_PLAYBACK)
		ret = -EAGAIN;
	if (!ret) {
		ret = hvsnd_link_receive(&peer->link[peer->links - 1].link, buf,
					 len);
		if (ret > 0)
			peer->received += ret;
		hvsnd_peer_check(peer, ret);
	}
	mutex_unlock(&peer->lock);
	return ret;
}

/**
 * hvsnd_line_received - what others have received before
 * @line: a connected line, of capture
 *
 * Context: process.
 * Return: bytes since the connection began.
 */
u64 hvsnd_line_received(struct hvsnd_line *line)
{
	u64 received = 0;

	if (line->peer) {
		mutex_lock(&line->peer->lock);
		received = line->peer->received;
		mutex_unlock(&line->peer->lock);
	}
	return received;
}

/**
 * hvsnd_line_close - end the connection, or the part in it, if there is one
 * @line: the line, if hvsnd_line_may_close()
 * @good: another may go on with it: whole frames were sent, and the host
 *        takes them
 *
 * @line->wake may still be under way when this returns, if it is shared.
 *
 * Context: process.
 */
void hvsnd_line_close(struct hvsnd_line *line, bool good)
{
	struct hvsnd_peer *peer = line->peer;

	if (!peer) {
		hvsnd_link_close(&line->link);
		return;
	}
	if (!line->epoch)
		return;
	mutex_lock(&peer->lock);
	if (hvsnd_line_is_first(line))
		peer->codes.wanted[line->direction] = false;
	if (!hvsnd_line_check(line)) {
		peer->busy_ns = line->busy_ns;
		hvsnd_peer_tell(peer);
		if (!good)
			peer->stale = -ECONNRESET;
	}
	list_del_init(&line->entry);
	line->epoch = 0;
	hvsnd_peer_settle(peer);
	hvsnd_peer_wake_lines(peer);
	mutex_unlock(&peer->lock);
	hvsnd_peer_queue(peer);
}

/* ------------------------------------------------------------------------ */
/* The worker                                                               */

static void hvsnd_peer_accept(struct hvsnd_peer *peer,
			      struct hvsnd_peer_link *l)
{
	struct hvsnd_card *card = hvsnd_peer_card(peer);
	struct hvsnd_card_config config;
	int err, calls = HVSND_PEER_CALLS;
	u32 cid;

	hvsnd_card_get_config(card, &config);
	while (l->listener.sock && !l->link.sock && calls--) {
		err = hvsnd_link_accept(&l->listener, &l->link, &cid);
		if (err == -EAGAIN || (!err && cid == config.cid))
			return;
		if (err)
			continue;
		hvsnd_link_close(&l->link);
		if (__ratelimit(&card->complaints))
			dev_warn(card->dev,
				 "CID %u called and was refused, as only CID %u may; set cid= if that is the host\n",
				 cid, config.cid);
	}
}

/* Throws away what nobody wants to hear, and so hears of the end. */
static int hvsnd_peer_skip(struct hvsnd_peer *peer, u32 i)
{
	int budget = HVSND_PEER_READS;
	int ret;

	if (!peer->link[i].link.sock ||
	    !hvsnd_link_state(&peer->link[i].link))
		return 0;
	if (peer->up && i == peer->links - 1 &&
	    !list_empty(&peer->lines[SNDRV_PCM_STREAM_CAPTURE]))
		return 0;
	while (budget--) {
		ret = hvsnd_link_receive(&peer->link[i].link, peer->waste,
					 sizeof(peer->waste));
		if (ret < 0)
			return ret;
		if (i == peer->links - 1)
			peer->received += ret;
	}
	hvsnd_peer_queue(peer);
	return 0;
}

static void hvsnd_peer_look(struct hvsnd_peer *peer)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < peer->links && peer->listens; i++) {
		if (peer->ended)
			hvsnd_link_close(&peer->link[i].listener);
		else
			hvsnd_peer_accept(peer, &peer->link[i]);
	}
	if (peer->ended)
		peer->stale = -ENODEV;
	hvsnd_peer_settle(peer);
	for (i = 0; i < peer->links && (!ret || ret == -EAGAIN); i++)
		ret = hvsnd_peer_check(peer, hvsnd_peer_skip(peer, i));
	if (peer->up)
		hvsnd_peer_check(peer, hvsnd_peer_tell(peer));
	hvsnd_peer_wake_lines(peer);
}

/* Is anything left whose callback would need the card? */
static bool hvsnd_peer_is_over(const struct hvsnd_peer *peer)
{
	u32 i;

	for (i = 0; i < peer->links; i++) {
		if (peer->link[i].link.sock || peer->link[i].listener.sock)
			return false;
	}
	return peer->ended;
}

static void hvsnd_peer_work(struct work_struct *work)
{
	struct hvsnd_peer *peer = container_of(work, struct hvsnd_peer, work);
	struct hvsnd_card *card = hvsnd_peer_card(peer);
	bool was, is, ended, over;
	int err;

	mutex_lock(&peer->lock);
	was = READ_ONCE(card->link.state) == SND_HVSOCK_LINK_UP;
	hvsnd_peer_look(peer);
	is = peer->up;
	err = peer->error ?: -ECONNRESET;
	ended = peer->ended;
	over = peer->held && hvsnd_peer_is_over(peer);
	if (over)
		peer->held = false;
	mutex_unlock(&peer->lock);

	/* Where the host calls, that is when it is known. */
	if (peer->listens && was != is && !ended) {
		hvsnd_card_set_link(card, is ? 0 : err, "the host hung up");
		hvsnd_controls_set_host(card, is);
		if (is)
			hvsnd_streams_retry(card);
	}
	if (over)
		hvsnd_card_put(card);
	hvsnd_card_put(card);
}

/* ------------------------------------------------------------------------ */
/* What the card calls                                                      */

/**
 * hvsnd_peer_init - be ready for lines
 * @card: the card, configured
 *
 * Context: any.
 */
void hvsnd_peer_init(struct hvsnd_card *card)
{
	const struct hvsnd_card_config *config = &card->config;
	struct hvsnd_peer *peer = &card->peer;
	u32 i;

	if (config->listen || config->protocol->links > 1)
		peer->links = config->protocol->links;
	peer->listens = config->listen;
	peer->epoch = 1;
	mutex_init(&peer->lock);
	INIT_WORK(&peer->work, hvsnd_peer_work);
	for (i = 0; i < HVSND_PEER_LINKS; i++) {
		INIT_LIST_HEAD(&peer->lines[i]);
		peer->link[i].peer = peer;
		peer->link[i].link.wake = hvsnd_peer_link_wake;
		peer->link[i].listener.wake = hvsnd_peer_listener_wake;
	}
}

/**
 * hvsnd_peer_listen - be there for the host to call, if it is to
 * @card: the card
 * @port: vsock port, and the next one if the protocol has two links
 *
 * What there was before ends.
 *
 * Context: process.
 * Return: 0, or what hvsnd_link_listen() returns; then nobody can call.
 */
int hvsnd_peer_listen(struct hvsnd_card *card, u32 port)
{
	struct hvsnd_peer *peer = &card->peer;
	int err = 0;
	u32 i;

	if (!peer->listens)
		return 0;
	mutex_lock(&peer->lock);
	for (i = 0; i < peer->links; i++)
		hvsnd_link_close(&peer->link[i].listener);
	hvsnd_peer_drop(peer, -ECONNRESET);
	for (i = 0; i < peer->links && !err && !peer->ended; i++) {
		hvsnd_peer_hold(peer);
		err = hvsnd_link_listen(&peer->link[i].listener, port + i);
	}
	for (i = 0; i < peer->links && err; i++)
		hvsnd_link_close(&peer->link[i].listener);
	mutex_unlock(&peer->lock);
	hvsnd_peer_queue(peer);
	return err;
}

/**
 * hvsnd_peer_reset - end the connections; others may follow
 * @card: the card
 *
 * Context: process. Does not wait for the host.
 */
void hvsnd_peer_reset(struct hvsnd_card *card)
{
	struct hvsnd_peer *peer = &card->peer;

	if (!peer->links)
		return;
	mutex_lock(&peer->lock);
	peer->stale = -ECONNRESET;
	hvsnd_peer_settle(peer);
	mutex_unlock(&peer->lock);
	hvsnd_peer_queue(peer);
}

/**
 * hvsnd_peer_end - no more connections
 * @card: the card, which goes
 *
 * Context: process. Does not wait: an attempt under way holds the card until
 * it is over.
 */
void hvsnd_peer_end(struct hvsnd_card *card)
{
	struct hvsnd_peer *peer = &card->peer;

	if (!peer->links)
		return;
	mutex_lock(&peer->lock);
	peer->ended = true;
	mutex_unlock(&peer->lock);
	hvsnd_peer_queue(peer);
}
