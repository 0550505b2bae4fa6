// SPDX-License-Identifier: GPL-2.0
/* Workarounds for ALSA's PCM core, each with what would make it unnecessary. */
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <sound/core.h>
#include <sound/pcm.h>

#include "quirks.h"

static void hvsnd_pcm_set_direction_class(struct snd_pcm_str *streams)
{
	static struct lock_class_key key;
	struct snd_pcm_substream *substream;

	for (substream = streams->substream; substream;
	     substream = substream->next)
		lockdep_set_class(&substream->self_group.lock, &key);
}

/**
 * hvsnd_pcm_set_lock_class() - Set a lock class for substream locks
 * @pcm: the PCM device
 *
 * snd_pcm_stream_group_ref() takes a substream's lock while it holds the lock
 * of a group of linked substreams. Both locks are in a struct snd_pcm_group and
 * thus of one class, so that lockdep reports one lock taken twice.
 *
 * Unnecessary when the core takes the inner lock as nested.
 *
 * Context: Process.
 */
void hvsnd_pcm_set_lock_class(struct snd_pcm *pcm)
{
	hvsnd_pcm_set_direction_class(&pcm->streams[SNDRV_PCM_STREAM_PLAYBACK]);
	hvsnd_pcm_set_direction_class(&pcm->streams[SNDRV_PCM_STREAM_CAPTURE]);
}

/**
 * hvsnd_pcm_unregister() - Unregister a device that may be registered in part
 * @pcm: the device of a card for which snd_card_register() failed
 *
 * If memory runs out for the second direction, snd_pcm_dev_register() leaves
 * the first direction registered (seen on 6.12). The core takes neither for
 * registered, and so snd_card_free() would wait for ever for the reference that
 * the first direction holds.
 *
 * Unnecessary when snd_pcm_dev_register() undoes what it did before it fails.
 *
 * Context: Process.
 */
void hvsnd_pcm_unregister(struct snd_pcm *pcm)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(pcm->streams); i++)
		snd_unregister_device(hvsnd_pcm_dev(&pcm->streams[i]));
}

/**
 * hvsnd_pcm_fix_jiffies() - Set the time of the last position to the present
 * @substream: the substream, which resumes after a pause
 *
 * On resume, the core sets hw_ptr_jiffies back by 1000 s. Without period
 * wakeups the core would then conclude that the hardware pointer has wrapped
 * around the buffer many times.
 *
 * Unnecessary when the core sets hw_ptr_jiffies to the present on resume.
 *
 * Context: Atomic, PCM stream lock held.
 */
void hvsnd_pcm_fix_jiffies(struct snd_pcm_substream *substream)
{
	substream->runtime->hw_ptr_jiffies = jiffies;
}

/**
 * hvsnd_pcm_max_advance() - Frames by which the position may be seen to advance
 * @substream: the substream
 *
 * On pause, the core reads the position of linked substreams under the lock of
 * their group. If the position shows an underrun or overrun, the core stops the
 * group and takes the same lock again. So only the timer, which does not hold
 * the group's lock, may see such a position of a linked substream.
 *
 * Unnecessary when the core does not update the position under the group's
 * lock, or stops without taking it.
 *
 * Context: Atomic, PCM stream lock held.
 * Return: The number of frames, U64_MAX for no limit.
 */
u64 hvsnd_pcm_max_advance(struct snd_pcm_substream *substream)
{
	struct snd_pcm_runtime *runtime = substream->runtime;
	snd_pcm_uframes_t avail = hvsnd_pcm_avail(substream);

	if (!snd_pcm_stream_linked(substream) || in_serving_softirq())
		return U64_MAX;
	if (avail >= runtime->stop_threshold)
		return 0;
	return min(runtime->stop_threshold - avail, runtime->buffer_size) - 1;
}
