// SPDX-License-Identifier: GPL-2.0
/* What the kernel log says of a card's host. */
#include <linux/device.h>
#include <linux/ratelimit.h>

#include "core/reason.h"
#include "host.h"

/**
 * hvsnd_host_warn() - Warn that a stream has no connection
 * @host: the host
 * @err: cause, a negative errno
 * @reason: cause in words
 * @application: name of the program whose stream it is
 *
 * Context: Process.
 */
void hvsnd_host_warn(struct hvsnd_host *host, int err, const char *reason,
		     const char *application)
{
	int cause = hvsnd_reason_cause(reason);

	if (__ratelimit(&host->complaints))
		dev_warn(host->dev,
			 "vsock:%u:%u: %.*s (error %d)%s. %.15s continues in silence\n",
			 READ_ONCE(host->cid), READ_ONCE(host->port), cause,
			 reason, err, reason + cause, application);
}

/**
 * hvsnd_host_warn_other() - Warn that a connection from elsewhere was refused
 * @host: the host
 * @cid: context id of the machine that connected
 *
 * Context: Process.
 */
void hvsnd_host_warn_other(struct hvsnd_host *host, u32 cid)
{
	if (__ratelimit(&host->complaints))
		dev_warn(host->dev,
			 "connection from CID %u refused: the card's host is CID %u. If it is the host, set cid to %u\n",
			 cid, READ_ONCE(host->cid), cid);
}

/**
 * hvsnd_host_warn_closed() - Warn that a connection of the host was closed
 * @host: the host
 * @reason: cause in words
 *
 * Context: Process.
 */
void hvsnd_host_warn_closed(struct hvsnd_host *host, const char *reason)
{
	if (__ratelimit(&host->complaints))
		dev_warn(host->dev, "vsock:%u:%u: connection closed: %s\n",
			 READ_ONCE(host->cid), READ_ONCE(host->port), reason);
}

/**
 * hvsnd_host_note_back() - Log that a stream that was warned of is connected
 * @host: the host
 *
 * Context: Process.
 */
void hvsnd_host_note_back(struct hvsnd_host *host)
{
	dev_info(host->dev, "vsock:%u:%u: connected again\n",
		 READ_ONCE(host->cid), READ_ONCE(host->port));
}

/**
 * hvsnd_host_note_terminated() - Log that the host ended a stream
 * @host: the host
 * @reason: cause in words
 * @application: name of the program whose stream it is
 *
 * Context: Process.
 */
void hvsnd_host_note_terminated(struct hvsnd_host *host, const char *reason,
				const char *application)
{
	dev_info(host->dev,
		 "vsock:%u:%u: %s. %.15s continues in silence\n",
		 READ_ONCE(host->cid), READ_ONCE(host->port),
		 reason, application);
}
