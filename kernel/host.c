// SPDX-License-Identifier: GPL-2.0
/* Whether a card's host is reachable, and how the card shows it. */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <sound/control.h>
#include <sound/core.h>
#include <uapi/linux/snd_hvsock.h>

#include "card.h"
#include "host.h"
#include "netlink.h"

#define HVSND_PROBE_TIMEOUT_MS	500

static struct hvsnd_card *hvsnd_host_card(struct hvsnd_host *host)
{
	return container_of(host, struct hvsnd_card, host);
}

static u32 hvsnd_host_link(enum hvsnd_host_state state)
{
	switch (state) {
	case HVSND_HOST_UP:
		return SND_HVSOCK_LINK_UP;
	case HVSND_HOST_REFUSED:
	case HVSND_HOST_AWAY:
		return SND_HVSOCK_LINK_DOWN;
	default:
		return SND_HVSOCK_LINK_UNKNOWN;
	}
}

/* A host that has not been tried counts: most hosts are there at boot. */
static bool hvsnd_host_is_reachable(enum hvsnd_host_state state)
{
	return state != HVSND_HOST_NOT_FOUND && state != HVSND_HOST_AWAY;
}

static enum hvsnd_host_state hvsnd_host_state(struct hvsnd_host *host)
{
	return READ_ONCE(host->state);
}

/* ------------------------------------------------------------------------ */
/* Probes                                                                   */

/* The queued work holds a reference to the card, and so does a probe. */
static void hvsnd_host_queue_probe(struct hvsnd_host *host, unsigned long delay)
{
	struct hvsnd_card *card = hvsnd_host_card(host);
	bool queued;

	hvsnd_card_get(card);
	if (delay)
		queued = !queue_delayed_work(hvsnd_workqueue, &host->probe,
					     delay);
	else
		queued = mod_delayed_work(hvsnd_workqueue, &host->probe, 0);
	if (queued)
		hvsnd_card_put(card);
}

static void hvsnd_host_probe_later(struct hvsnd_host *host)
{
	const struct hvsnd_card_config *config = &hvsnd_host_card(host)->config;
	u32 seconds = READ_ONCE(config->retry_away_s);

	/* A host that connects to the guest is noticed when it does so. */
	if (!seconds || config->listen || READ_ONCE(host->ended))
		return;
	hvsnd_host_queue_probe(host, seconds * HZ);
	/* hvsnd_host_end() may have run between the check and the queueing. */
	if (READ_ONCE(host->ended))
		hvsnd_host_queue_probe(host, 0);
}

static void hvsnd_host_wake(struct hvsnd_vsock *vsock)
{
	hvsnd_host_queue_probe(container_of(vsock, struct hvsnd_host, vsock),
			       0);
}

/* ------------------------------------------------------------------------ */
/* The state                                                                */

static void hvsnd_host_set_state(struct hvsnd_host *host,
				 enum hvsnd_host_state state)
{
	lockdep_assert_held(&host->lock);
	WRITE_ONCE(host->state, state);
}

static void hvsnd_host_notify_jacks(struct hvsnd_host *host)
{
	int d;

	for (d = 0; d < 2; d++) {
		if (host->jack[d].numid)
			snd_ctl_notify(hvsnd_host_card(host)->card,
				       SNDRV_CTL_EVENT_MASK_VALUE,
				       &host->jack[d]);
	}
}

/* Without the lock: tell those who listen what changed since @before. */
static void hvsnd_host_show(struct hvsnd_host *host,
			    enum hvsnd_host_state before,
			    enum hvsnd_host_state now)
{
	if (hvsnd_host_link(now) != hvsnd_host_link(before))
		hvsnd_netlink_link(hvsnd_host_card(host));
	if (hvsnd_host_is_reachable(now) == hvsnd_host_is_reachable(before))
		return;
	hvsnd_host_notify_jacks(host);
	if (!hvsnd_host_is_reachable(now))
		hvsnd_host_probe_later(host);
}

/* What streams, shared connections and probes report. */
enum hvsnd_host_event {
	HVSND_HOST_EVENT_FOUND,
	HVSND_HOST_EVENT_NOT_FOUND,
	HVSND_HOST_EVENT_CONNECTED,
	HVSND_HOST_EVENT_REFUSED,
	HVSND_HOST_EVENT_FAILED,
};

static enum hvsnd_host_state hvsnd_host_next(const struct hvsnd_host *host,
					     enum hvsnd_host_event event)
{
	lockdep_assert_held(&host->lock);
	switch (event) {
	case HVSND_HOST_EVENT_FOUND:
	case HVSND_HOST_EVENT_CONNECTED:
		return HVSND_HOST_UP;
	case HVSND_HOST_EVENT_NOT_FOUND:
		/* What a stream has reported since is newer. */
		return host->state == HVSND_HOST_UNKNOWN ?
			HVSND_HOST_NOT_FOUND : host->state;
	case HVSND_HOST_EVENT_REFUSED:
		if (host->connected)
			return HVSND_HOST_UP;
		return hvsnd_host_is_reachable(host->state) ?
			HVSND_HOST_REFUSED : HVSND_HOST_AWAY;
	case HVSND_HOST_EVENT_FAILED:
		break;
	}
	/* One stream's connection was lost while others are served. */
	return host->connected ? HVSND_HOST_UP : HVSND_HOST_AWAY;
}

static void hvsnd_host_report(struct hvsnd_host *host,
			      enum hvsnd_host_event event, int err,
			      const char *reason)
{
	enum hvsnd_host_state before, now;

	spin_lock(&host->lock);
	if (event == HVSND_HOST_EVENT_CONNECTED)
		host->connected++;
	if (err) {
		host->error = err;
		host->reason = reason;
	}
	before = host->state;
	now = hvsnd_host_next(host, event);
	hvsnd_host_set_state(host, now);
	spin_unlock(&host->lock);
	hvsnd_host_show(host, before, now);
}

/**
 * hvsnd_host_found - report that the host took a connection without a stream
 * @host: the host
 *
 * Context: process.
 */
void hvsnd_host_found(struct hvsnd_host *host)
{
	hvsnd_host_report(host, HVSND_HOST_EVENT_FOUND, 0, NULL);
}

/**
 * hvsnd_host_connected - report that the host serves one more stream
 * @host: the host
 *
 * The host is reachable until hvsnd_host_disconnected() has been called for
 * each stream and a failure is reported.
 *
 * Context: process.
 */
void hvsnd_host_connected(struct hvsnd_host *host)
{
	hvsnd_host_report(host, HVSND_HOST_EVENT_CONNECTED, 0, NULL);
}

/**
 * hvsnd_host_disconnected - report that the host serves one stream less
 * @host: the host
 *
 * Nothing follows for the host: most streams end because their programs do.
 *
 * Context: process.
 */
void hvsnd_host_disconnected(struct hvsnd_host *host)
{
	spin_lock(&host->lock);
	host->connected--;
	spin_unlock(&host->lock);
}

/**
 * hvsnd_host_failed - report that a connection could not be made or was lost
 * @host: the host
 * @err: cause, a negative errno
 * @reason: cause in words, a constant string
 *
 * Context: process.
 */
void hvsnd_host_failed(struct hvsnd_host *host, int err, const char *reason)
{
	hvsnd_host_report(host, HVSND_HOST_EVENT_FAILED, err, reason);
}

/**
 * hvsnd_host_refused - report that the host took a connection, but refused the
 *	stream or did not answer
 * @host: the host
 * @err: cause, a negative errno
 * @reason: cause in words, a constant string
 *
 * Context: process.
 */
void hvsnd_host_refused(struct hvsnd_host *host, int err, const char *reason)
{
	hvsnd_host_report(host, HVSND_HOST_EVENT_REFUSED, err, reason);
}

/**
 * hvsnd_host_is_up - whether the host serves a stream or took the last
 *	connection
 * @host: the host
 *
 * Context: any.
 * Return: whether it does or did.
 */
bool hvsnd_host_is_up(struct hvsnd_host *host)
{
	return hvsnd_host_state(host) == HVSND_HOST_UP;
}

/**
 * hvsnd_host_get_info - what netlink reports of the host
 * @host: the host
 * @info: set to that
 *
 * Context: process.
 */
void hvsnd_host_get_info(struct hvsnd_host *host, struct hvsnd_host_info *info)
{
	spin_lock(&host->lock);
	info->link = hvsnd_host_link(host->state);
	info->error = -host->error;
	info->reason = host->reason;
	spin_unlock(&host->lock);
}

/* ------------------------------------------------------------------------ */
/* Probes                                                                   */

/* An open stream connects by itself. */
static bool hvsnd_host_needs_probe(struct hvsnd_host *host)
{
	enum hvsnd_host_state state = hvsnd_host_state(host);
	struct hvsnd_card *card = hvsnd_host_card(host);
	bool open;

	mutex_lock(&card->lock);
	open = !list_empty(&card->streams);
	mutex_unlock(&card->lock);
	return !open && !READ_ONCE(host->ended) &&
	       (state == HVSND_HOST_UNKNOWN || !hvsnd_host_is_reachable(state));
}

/* Returns whether a probe is under way. */
static bool hvsnd_host_start_probe(struct hvsnd_host *host)
{
	struct hvsnd_card *card = hvsnd_host_card(host);
	struct hvsnd_card_config config;

	hvsnd_card_get_config(card, &config);
	hvsnd_card_get(card);
	if (!hvsnd_vsock_connect(&host->vsock, config.cid, config.port,
				 HVSND_PROBE_TIMEOUT_MS))
		return true;
	hvsnd_card_put(card);
	hvsnd_host_report(host, HVSND_HOST_EVENT_NOT_FOUND, 0, NULL);
	return false;
}

/* Returns whether the probe is still under way. */
static bool hvsnd_host_finish_probe(struct hvsnd_host *host)
{
	int ret = hvsnd_vsock_state(&host->vsock);

	if (!ret)
		return true;
	hvsnd_vsock_close(&host->vsock);
	hvsnd_card_put(hvsnd_host_card(host));
	/* Without a host at boot, desktops are to choose another card. */
	hvsnd_host_report(host, ret > 0 ? HVSND_HOST_EVENT_FOUND :
					  HVSND_HOST_EVENT_NOT_FOUND, 0, NULL);
	return false;
}

static void hvsnd_host_work(struct work_struct *work)
{
	struct hvsnd_host *host = container_of(to_delayed_work(work),
					       struct hvsnd_host, probe);
	bool probing = false;

	if (host->vsock.sock)
		probing = hvsnd_host_finish_probe(host);
	else if (hvsnd_host_needs_probe(host))
		probing = hvsnd_host_start_probe(host);
	if (!probing && !hvsnd_host_is_reachable(hvsnd_host_state(host)))
		hvsnd_host_probe_later(host);
	hvsnd_card_put(hvsnd_host_card(host));
}

/**
 * hvsnd_host_probe - try to connect now, unless the host is known to be there
 * @host: the host of a card that is new or whose configuration has changed
 *
 * With raw PCM a connection is a stream on the host. Then a host that no
 * stream has tried is not probed.
 *
 * Context: process.
 */
void hvsnd_host_probe(struct hvsnd_host *host)
{
	const struct hvsnd_card_config *config = &hvsnd_host_card(host)->config;
	enum hvsnd_host_state state = hvsnd_host_state(host);

	if (config->listen)
		return;
	if (!hvsnd_host_is_reachable(state) ||
	    (state == HVSND_HOST_UNKNOWN && config->protocol->create))
		hvsnd_host_queue_probe(host, 0);
}

/* ------------------------------------------------------------------------ */
/* The kernel log                                                           */

/**
 * hvsnd_host_warn - warn that a stream has no connection
 * @host: the host
 * @err: cause, a negative errno
 * @reason: cause in words
 * @application: name of the program whose stream it is
 *
 * Context: process.
 */
void hvsnd_host_warn(struct hvsnd_host *host, int err, const char *reason,
		     const char *application)
{
	struct hvsnd_card *card = hvsnd_host_card(host);

	if (__ratelimit(&host->complaints))
		dev_warn(card->dev,
			 "vsock:%u:%u: %s (error %d); %.15s goes on in silence\n",
			 READ_ONCE(card->config.cid),
			 READ_ONCE(card->config.port), reason, err,
			 application);
}

/**
 * hvsnd_host_note_back - log that a stream that was warned of is connected
 * @host: the host
 *
 * Context: process.
 */
void hvsnd_host_note_back(struct hvsnd_host *host)
{
	struct hvsnd_card *card = hvsnd_host_card(host);

	dev_info(card->dev, "vsock:%u:%u: the host is there again\n",
		 READ_ONCE(card->config.cid), READ_ONCE(card->config.port));
}

/**
 * hvsnd_host_note_killed - log that the host ended a stream
 * @host: the host
 * @reason: cause in words
 * @application: name of the program whose stream it is
 *
 * Context: process.
 */
void hvsnd_host_note_killed(struct hvsnd_host *host, const char *reason,
			    const char *application)
{
	struct hvsnd_card *card = hvsnd_host_card(host);

	dev_info(card->dev,
		 "vsock:%u:%u: %s; %.15s is silent until it starts again\n",
		 READ_ONCE(card->config.cid), READ_ONCE(card->config.port),
		 reason, application);
}

/* ------------------------------------------------------------------------ */
/* The jacks, and the life of it all                                        */

static int hvsnd_jack_get(struct snd_kcontrol *kctl,
			  struct snd_ctl_elem_value *value)
{
	struct hvsnd_host *host = snd_kcontrol_chip(kctl);

	value->value.integer.value[0] =
		hvsnd_host_is_reachable(hvsnd_host_state(host));
	return 0;
}

/* As snd_kctl_jack_new() makes it, which depends on CONFIG_SND_JACK. */
static const struct snd_kcontrol_new hvsnd_jacks[2] = {
	{
		.iface = SNDRV_CTL_ELEM_IFACE_CARD,
		.name = "Line Out Jack",
		.access = SNDRV_CTL_ELEM_ACCESS_READ,
		.info = snd_ctl_boolean_mono_info,
		.get = hvsnd_jack_get,
	}, {
		.iface = SNDRV_CTL_ELEM_IFACE_CARD,
		.name = "Mic Jack",
		.access = SNDRV_CTL_ELEM_ACCESS_READ,
		.info = snd_ctl_boolean_mono_info,
		.get = hvsnd_jack_get,
	},
};

/**
 * hvsnd_host_create_jack - add the jack of one direction to the card
 * @host: the host
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int hvsnd_host_create_jack(struct hvsnd_host *host, int direction)
{
	struct snd_kcontrol *kctl = snd_ctl_new1(&hvsnd_jacks[direction], host);
	int err;

	if (!kctl)
		return -ENOMEM;
	err = snd_ctl_add(hvsnd_host_card(host)->card, kctl);
	if (!err)
		host->jack[direction] = kctl->id;
	return err;
}

/**
 * hvsnd_host_init - initialise a card's knowledge of its host
 * @host: the host, zeroed
 *
 * Context: process.
 */
void hvsnd_host_init(struct hvsnd_host *host)
{
	ratelimit_state_init(&host->complaints, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	spin_lock_init(&host->lock);
	INIT_DELAYED_WORK(&host->probe, hvsnd_host_work);
	host->vsock.wake = hvsnd_host_wake;
}

/**
 * hvsnd_host_end - stop the probes of a card that is being deleted
 * @host: the host
 *
 * Context: process. Does not wait: a probe that is under way keeps the card
 * for HVSND_PROBE_TIMEOUT_MS at most.
 */
void hvsnd_host_end(struct hvsnd_host *host)
{
	WRITE_ONCE(host->ended, true);
	hvsnd_host_queue_probe(host, 0);
}
