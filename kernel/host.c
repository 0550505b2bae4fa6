// SPDX-License-Identifier: GPL-2.0
/* Whether a card's host is reachable, and how the card shows it. */
#include <linux/device.h>
#include <linux/lockdep.h>
#include <sound/control.h>
#include <sound/core.h>
#include <uapi/linux/snd_hvsock.h>

#include "host.h"

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

static enum hvsnd_host_state hvsnd_host_state(struct hvsnd_host *host)
{
	return READ_ONCE(host->state);
}

/* ------------------------------------------------------------------------ */
/* The state                                                                */

static void hvsnd_host_probe_later(struct hvsnd_host *host)
{
	u32 seconds;

	spin_lock(&host->lock);
	seconds = host->retry_s;
	spin_unlock(&host->lock);
	if (seconds)
		hvsnd_probe_later(&host->probe, seconds);
}

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
			snd_ctl_notify(host->card, SNDRV_CTL_EVENT_MASK_VALUE,
				       &host->jack[d]);
	}
}

/* Without the lock: tell those who listen what changed since @before. */
static void hvsnd_host_show(struct hvsnd_host *host,
			    enum hvsnd_host_state before,
			    enum hvsnd_host_state now)
{
	if (hvsnd_host_link(now) != hvsnd_host_link(before))
		host->ops->link_changed(host);
	if (hvsnd_host_is_reachable(now) == hvsnd_host_is_reachable(before))
		return;
	hvsnd_host_notify_jacks(host);
	if (!hvsnd_host_is_reachable(now))
		hvsnd_host_probe_later(host);
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
	now = hvsnd_host_next_state(before, event, host->connected,
				    host->unused);
	hvsnd_host_set_state(host, now);
	spin_unlock(&host->lock);
	hvsnd_host_show(host, before, now);
}

/**
 * hvsnd_host_found() - Report that the host took a connection without a stream
 * @host: the host
 *
 * Context: Process.
 */
void hvsnd_host_found(struct hvsnd_host *host)
{
	hvsnd_host_report(host, HVSND_HOST_EVENT_FOUND, 0, NULL);
}

/**
 * hvsnd_host_set_unused() - Report whether a connection waits for a stream
 * @host: the host
 * @unused: the host has made a connection that no stream uses yet
 *
 * Nothing follows if there is none any more: the host may connect again.
 *
 * Context: Process.
 */
void hvsnd_host_set_unused(struct hvsnd_host *host, bool unused)
{
	spin_lock(&host->lock);
	host->unused = unused;
	spin_unlock(&host->lock);
	if (unused)
		hvsnd_host_report(host, HVSND_HOST_EVENT_UNUSED, 0, NULL);
}

/**
 * hvsnd_host_connected() - Report that the host serves one more stream
 * @host: the host
 *
 * The host is reachable until hvsnd_host_disconnected() has been called for
 * each stream and a failure is reported.
 *
 * Context: Process.
 */
void hvsnd_host_connected(struct hvsnd_host *host)
{
	hvsnd_host_report(host, HVSND_HOST_EVENT_CONNECTED, 0, NULL);
}

/**
 * hvsnd_host_disconnected() - Report that the host serves one stream less
 * @host: the host
 *
 * Nothing follows for the host: most streams end because their programs do.
 *
 * Context: Process.
 */
void hvsnd_host_disconnected(struct hvsnd_host *host)
{
	spin_lock(&host->lock);
	host->connected--;
	spin_unlock(&host->lock);
}

/**
 * hvsnd_host_failed() - Report that a connection could not be made or was lost
 * @host: the host
 * @err: cause, a negative errno
 * @reason: cause in words, a constant string
 *
 * Context: Process.
 */
void hvsnd_host_failed(struct hvsnd_host *host, int err, const char *reason)
{
	hvsnd_host_report(host, HVSND_HOST_EVENT_FAILED, err, reason);
}

/**
 * hvsnd_host_refused() - Report that the host serves no stream over its
 *	connection: it refused the stream, or does not answer
 * @host: the host
 * @err: cause, a negative errno
 * @reason: cause in words, a constant string
 *
 * Context: Process.
 */
void hvsnd_host_refused(struct hvsnd_host *host, int err, const char *reason)
{
	hvsnd_host_report(host, HVSND_HOST_EVENT_REFUSED, err, reason);
}

/**
 * hvsnd_host_is_up() - Whether the host serves a stream or took the last
 *	connection
 * @host: the host
 *
 * Context: Any.
 * Return: Whether it does or did.
 */
bool hvsnd_host_is_up(struct hvsnd_host *host)
{
	return hvsnd_host_state(host) == HVSND_HOST_UP;
}

/**
 * hvsnd_host_get_info() - What netlink reports of the host
 * @host: the host
 * @info: set to that
 *
 * Context: Process.
 */
void hvsnd_host_get_info(struct hvsnd_host *host, struct hvsnd_host_info *info)
{
	spin_lock(&host->lock);
	info->link = hvsnd_host_link(host->state);
	info->error = -host->error;
	info->reason = host->reason;
	spin_unlock(&host->lock);
}

/**
 * hvsnd_host_has_cid() - Whether a context id is the host's
 * @host: the host
 * @cid: the context id
 *
 * Context: Process.
 * Return: Whether it is.
 */
bool hvsnd_host_has_cid(struct hvsnd_host *host, u32 cid)
{
	bool same;

	spin_lock(&host->lock);
	same = host->cid == cid;
	spin_unlock(&host->lock);
	return same;
}

/* ------------------------------------------------------------------------ */
/* Probes                                                                   */

static bool hvsnd_host_may_probe(struct hvsnd_probe *probe, u32 *cid, u32 *port)
{
	struct hvsnd_host *host = container_of(probe, struct hvsnd_host, probe);
	bool wanted;

	spin_lock(&host->lock);
	wanted = hvsnd_host_needs_probe(host->state);
	*cid = host->cid;
	*port = host->port;
	spin_unlock(&host->lock);
	return wanted && host->ops->is_idle(host);
}

/* A desktop chooses another card at boot if the jacks are unplugged. */
static void hvsnd_host_probed(struct hvsnd_probe *probe, bool found)
{
	struct hvsnd_host *host = container_of(probe, struct hvsnd_host, probe);

	hvsnd_host_report(host, found ? HVSND_HOST_EVENT_FOUND :
					HVSND_HOST_EVENT_NOT_FOUND, 0, NULL);
}

static void hvsnd_host_probe_again(struct hvsnd_probe *probe)
{
	struct hvsnd_host *host = container_of(probe, struct hvsnd_host, probe);

	if (!hvsnd_host_is_reachable(hvsnd_host_state(host)))
		hvsnd_host_probe_later(host);
}

static const struct hvsnd_probe_ops hvsnd_host_probe_ops = {
	.may_start = hvsnd_host_may_probe,
	.result = hvsnd_host_probed,
	.idle = hvsnd_host_probe_again,
};

/**
 * hvsnd_host_probe() - Try to connect now to a host that is not reachable
 * @host: the host of a card that is new or whose configuration has changed
 * @also_unknown: try also if no attempt has ended yet
 *
 * Context: Process.
 */
void hvsnd_host_probe(struct hvsnd_host *host, bool also_unknown)
{
	enum hvsnd_host_state state = hvsnd_host_state(host);

	if (!hvsnd_host_is_reachable(state) ||
	    (state == HVSND_HOST_UNKNOWN && also_unknown))
		hvsnd_probe_now(&host->probe);
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
 * hvsnd_host_create_jack() - Add the jack of one direction to the card
 * @host: the host
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 *
 * Context: Process.
 * Return: 0 or a negative errno.
 */
int hvsnd_host_create_jack(struct hvsnd_host *host, int direction)
{
	struct snd_kcontrol *kctl = snd_ctl_new1(&hvsnd_jacks[direction], host);
	int err;

	if (!kctl)
		return -ENOMEM;
	err = snd_ctl_add(host->card, kctl);
	if (!err)
		host->jack[direction] = kctl->id;
	return err;
}

/**
 * hvsnd_host_init() - Initialise a card's knowledge of its host
 * @host: the host, zeroed, which must exist as long as @card
 * @card: the card
 * @dev: the card's platform device
 * @ops: what the card does
 *
 * Context: Any.
 */
void hvsnd_host_init(struct hvsnd_host *host, struct snd_card *card,
		     struct device *dev, const struct hvsnd_host_ops *ops)
{
	host->card = card;
	host->dev = dev;
	host->ops = ops;
	ratelimit_state_init(&host->complaints, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	hvsnd_probe_init(&host->probe, card, &hvsnd_host_probe_ops);
	spin_lock_init(&host->lock);
}

/**
 * hvsnd_host_set_address() - Set where the host is
 * @host: the host
 * @cid: its context id
 * @port: port to connect to
 * @retry_s: seconds between two probes of a host that is not reachable, 0 for
 *	no probes
 *
 * Context: Process.
 */
void hvsnd_host_set_address(struct hvsnd_host *host, u32 cid, u32 port,
			    u32 retry_s)
{
	spin_lock(&host->lock);
	WRITE_ONCE(host->cid, cid);
	WRITE_ONCE(host->port, port);
	host->retry_s = retry_s;
	spin_unlock(&host->lock);
}

/**
 * hvsnd_host_end() - Stop the probes of a card that is being deleted
 * @host: the host
 *
 * Context: Process. Does not wait.
 */
void hvsnd_host_end(struct hvsnd_host *host)
{
	hvsnd_probe_end(&host->probe);
}
