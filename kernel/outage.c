// SPDX-License-Identifier: GPL-2.0
/*
 * A host that is away: what the kernel log says of it, and what the program
 * gets.
 */
#include <linux/wait.h>
#include <sound/pcm.h>

#include "card.h"
#include "core/reason.h"
#include "outage.h"

/**
 * hvsnd_stream_explain() - Reason why no connection could be made
 * @st: stream
 * @err: negative errno of the transport
 *
 * Context: Any.
 * Return: Cause and remedy, a constant string.
 */
const char *hvsnd_stream_explain(const struct hvsnd_stream *st, int err)
{
	/* The role of a card never changes. */
	return hvsnd_reason_connect(err,
				    hvsnd_config_listens(&st->card->config));
}

/**
 * hvsnd_stream_warn() - Warn once of a host that is away or does not answer
 * @st: stream
 * @err: negative errno
 * @reason: cause, a constant string
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_warn(struct hvsnd_stream *st, int err, const char *reason)
{
	lockdep_assert_held(&st->work_lock);
	if (!st->conn.warned)	/* once, however often it is tried again */
		hvsnd_host_warn(&st->card->host, err, reason,
				st->params.application);
	st->conn.warned = true;
}

/**
 * hvsnd_stream_may_fail() - Whether a lost host is an error for the program
 * @st: stream
 *
 * Context: Any.
 * Return: Whether on-lost=error is set; otherwise the program goes on in
 * silence.
 */
bool hvsnd_stream_may_fail(const struct hvsnd_stream *st)
{
	return READ_ONCE(st->card->config.on_lost) ==
	       SND_HVSOCK_ON_LOST_ERROR;
}

/**
 * hvsnd_stream_fail() - Disconnect the program's PCM if on-lost=error is set
 * @st: stream whose host was lost
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_fail(struct hvsnd_stream *st)
{
	struct snd_pcm_substream *substream = st->substream;
	unsigned long flags;

	lockdep_assert_held(&st->work_lock);
	if (!substream || !hvsnd_stream_may_fail(st))
		return;
	snd_pcm_stream_lock_irqsave(substream, flags);
	/*
	 * Linked streams stop together, but only this one is disconnected.
	 * snd_pcm_stop() on a stream that does not run would put the whole
	 * group into SETUP, also those that were disconnected before.
	 */
	if (snd_pcm_running(substream))
		snd_pcm_stop(substream, SNDRV_PCM_STATE_SETUP);
	__snd_pcm_set_state(substream->runtime, SNDRV_PCM_STATE_DISCONNECTED);
	wake_up(&substream->runtime->sleep);
	wake_up(&substream->runtime->tsleep);
	snd_pcm_stream_unlock_irqrestore(substream, flags);
}
