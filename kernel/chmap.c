// SPDX-License-Identifier: GPL-2.0
/*
 * Channel maps: the speaker, or direction, of each channel of a substream.
 *
 * A substream has ALSA's default map unless a program sets another one, which
 * is possible between hw_params and START. The host gets the map when it
 * creates the stream.
 *
 * A substream without hw_params has no channels, and its element is inactive,
 * as ALSA marks elements of streams that are not open. So alsactl neither
 * restores the element nor reports an error.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <sound/control.h>
#include <sound/core.h>
#include <sound/pcm.h>
#include <sound/tlv.h>

#include "card.h"
#include "chmap.h"
#include "state.h"

/* There is no common order of seven channels. */
static const struct snd_pcm_chmap_elem hvsnd_chmaps[] = {
	{ 1, { SNDRV_CHMAP_MONO } },
	{ 2, { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR } },
	{ 3, { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR, SNDRV_CHMAP_FC } },
	{ 4, { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR, SNDRV_CHMAP_RL,
	       SNDRV_CHMAP_RR } },
	{ 5, { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR, SNDRV_CHMAP_RL, SNDRV_CHMAP_RR,
	       SNDRV_CHMAP_FC } },
	{ 6, { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR, SNDRV_CHMAP_RL, SNDRV_CHMAP_RR,
	       SNDRV_CHMAP_FC, SNDRV_CHMAP_LFE } },
	{ 7, { SNDRV_CHMAP_UNKNOWN, } },
	{ 8, { SNDRV_CHMAP_FL, SNDRV_CHMAP_FR, SNDRV_CHMAP_RL, SNDRV_CHMAP_RR,
	       SNDRV_CHMAP_FC, SNDRV_CHMAP_LFE, SNDRV_CHMAP_SL,
	       SNDRV_CHMAP_SR } },
	{ }
};

/**
 * hvsnd_chmap_default() - Default channel map
 * @map: set to the map, HVSND_CHANNELS positions, SNDRV_CHMAP_*
 * @channels: number of channels, 1 to HVSND_CHANNELS
 *
 * Context: Any.
 */
void hvsnd_chmap_default(u8 *map, u32 channels)
{
	memcpy(map, hvsnd_chmaps[channels - 1].map, HVSND_CHANNELS);
}

/* The card's lock keeps the stream attached to its substream. */
static struct hvsnd_stream *hvsnd_chmap_stream(struct snd_kcontrol *kctl,
					       struct snd_ctl_elem_value *value)
{
	struct snd_pcm_chmap *info = snd_kcontrol_chip(kctl);
	struct hvsnd_card *card = info->pcm->private_data;
	unsigned int number = snd_ctl_get_ioffidx(kctl, &value->id);
	struct hvsnd_stream *st;

	lockdep_assert_held(&card->lock);
	list_for_each_entry(st, &card->streams, entry) {
		if (st->substream && st->substream->number == number &&
		    st->params.direction == info->stream)
			return st;
	}
	return NULL;
}

static int hvsnd_chmap_get(struct snd_kcontrol *kctl,
			   struct snd_ctl_elem_value *value)
{
	struct snd_pcm_chmap *info = snd_kcontrol_chip(kctl);
	struct hvsnd_card *card = info->pcm->private_data;
	struct hvsnd_stream *st;
	u32 i;

	/* Zeros for channels that the substream does not have. */
	memset(value->value.integer.value, 0,
	       HVSND_CHANNELS * sizeof(value->value.integer.value[0]));
	mutex_lock(&card->lock);
	st = hvsnd_chmap_stream(kctl, value);
	for (i = 0; st && i < st->params.channels; i++)
		value->value.integer.value[i] = READ_ONCE(st->params.map[i]);
	mutex_unlock(&card->lock);
	return 0;
}

static int hvsnd_chmap_set(struct hvsnd_stream *st, const long *positions)
{
	u8 map[HVSND_CHANNELS] = { };
	u32 i;

	lockdep_assert_held(&st->work_lock);
	for (i = 0; i < st->params.channels; i++) {
		if (positions[i] < 0 || positions[i] > SNDRV_CHMAP_LAST)
			return -EINVAL;
		map[i] = positions[i];
	}
	if (!memcmp(st->params.map, map, st->params.channels))
		return 0;
	if (!hvsnd_stream_is_idle(st))
		return -EBUSY;
	memcpy(st->params.map, map, sizeof(map));
	/* The host may have created the stream with another map already. */
	if (hvsnd_channel_is_open(&st->conn.channel) && !st->params.wait)
		set_bit(HVSND_REQUEST_REMAKE, &st->conn.requests);
	return 1;
}

static int hvsnd_chmap_put(struct snd_kcontrol *kctl,
			   struct snd_ctl_elem_value *value)
{
	struct snd_pcm_chmap *info = snd_kcontrol_chip(kctl);
	struct hvsnd_card *card = info->pcm->private_data;
	struct hvsnd_stream *st;
	int ret = -EBADFD;

	mutex_lock(&card->lock);
	st = hvsnd_chmap_stream(kctl, value);
	if (st) {
		mutex_lock(&st->work_lock);
		ret = hvsnd_chmap_set(st, value->value.integer.value);
		mutex_unlock(&st->work_lock);
		if (ret > 0)
			hvsnd_stream_wake(st);
	}
	mutex_unlock(&card->lock);
	return ret;
}

static int hvsnd_chmap_tlv(struct snd_kcontrol *kctl, int op_flag,
			   unsigned int size, unsigned int __user *tlv)
{
	const struct snd_pcm_chmap_elem *elem;
	u32 buf[64], n = 2, i;

	for (elem = hvsnd_chmaps; elem->channels; elem++) {
		buf[n++] = SNDRV_CTL_TLVT_CHMAP_VAR;
		buf[n++] = elem->channels * sizeof(u32);
		for (i = 0; i < elem->channels; i++)
			buf[n++] = elem->map[i];
	}
	buf[SNDRV_CTL_TLVO_TYPE] = SNDRV_CTL_TLVT_CONTAINER;
	buf[SNDRV_CTL_TLVO_LEN] = (n - 2) * sizeof(u32);
	if (size < n * sizeof(u32))
		return -ENOMEM;
	return copy_to_user(tlv, buf, n * sizeof(u32)) ? -EFAULT : 0;
}

/**
 * hvsnd_chmap_set_active() - Mark a channel map element active or inactive
 * @substream: the substream
 * @active: whether the substream has hw_params
 *
 * Context: Process.
 */
void hvsnd_chmap_set_active(struct snd_pcm_substream *substream, bool active)
{
	struct snd_kcontrol *kctl = substream->pstr->chmap_kctl;
	struct snd_ctl_elem_id id;

	if (!kctl)
		return;
	snd_ctl_build_ioff(&id, kctl, substream->number);
	snd_ctl_activate_id(substream->pcm->card, &id, active);
}

/**
 * hvsnd_chmap_create() - Create the channel map element of one direction
 * @pcm: the PCM, of a struct hvsnd_card
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 *
 * Context: Process.
 * Return: 0 or a negative errno.
 */
int hvsnd_chmap_create(struct snd_pcm *pcm, int direction)
{
	struct snd_pcm_chmap *info;
	struct snd_kcontrol *kctl;
	unsigned int i;
	int err;

	if (!pcm->streams[direction].substream_count)
		return 0;
	err = snd_pcm_add_chmap_ctls(pcm, direction, hvsnd_chmaps,
				     HVSND_CHANNELS, 0, &info);
	if (err < 0)
		return err;
	kctl = info->kctl;
	kctl->get = hvsnd_chmap_get;
	kctl->put = hvsnd_chmap_put;
	kctl->tlv.c = hvsnd_chmap_tlv;
	for (i = 0; i < kctl->count; i++)
		kctl->vd[i].access |= SNDRV_CTL_ELEM_ACCESS_WRITE |
				      SNDRV_CTL_ELEM_ACCESS_INACTIVE;
	return 0;
}
