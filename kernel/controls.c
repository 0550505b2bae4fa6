// SPDX-License-Identifier: GPL-2.0
/*
 * The card's mixer elements.
 *
 * The guest's scale is the host's mixers' own: percent of the volume at which
 * nothing is changed. What the host amplifies shows as 100 and stays as it is
 * until that channel is set.
 *
 * The host's volume stays as it is until a program in the guest changes the
 * card's. Two writes at boot are no such change. alsactl's generic
 * initialisation sets the elements that /usr/share/alsa/init/default lists to
 * -20 dB: the names of these elements are standard (control-names.rst) but
 * not in that list. alsactl's restore of a state that was saved while no
 * program had set a volume writes the value that is there already: before the
 * host has reported a volume, that is passed over.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <sound/control.h>
#include <sound/core.h>
#include <sound/tlv.h>

#include "card.h"
#include "controls.h"
#include "netlink.h"
#include "stream.h"

#define HVSND_PERCENT	100

/*
 * 60 dB * log10(percent / 100), right within 0.26 dB, and 0.43 dB below 6 %.
 * Ten pieces are what alsa-lib takes.
 */
static const DECLARE_TLV_DB_RANGE(hvsnd_db,
	0, 0, TLV_DB_SCALE_ITEM(TLV_DB_GAIN_MUTE, 0, 1),
	1, 2, TLV_DB_MINMAX_ITEM(-12000, -10194),
	3, 5, TLV_DB_MINMAX_ITEM(-9095, -7764),
	6, 9, TLV_DB_MINMAX_ITEM(-7306, -6250),
	10, 14, TLV_DB_MINMAX_ITEM(-5982, -5105),
	15, 22, TLV_DB_MINMAX_ITEM(-4920, -3922),
	23, 33, TLV_DB_MINMAX_ITEM(-3809, -2868),
	34, 50, TLV_DB_MINMAX_ITEM(-2787, -1782),
	51, 75, TLV_DB_MINMAX_ITEM(-1730, -725),
	76, 100, TLV_DB_MINMAX_ITEM(-715, 0)
);

static u32 hvsnd_percent(u32 level)
{
	if (level >= HVSND_VOLUME_NORM)
		return HVSND_PERCENT;
	return DIV_ROUND_CLOSEST(level * HVSND_PERCENT, HVSND_VOLUME_NORM);
}

static u32 hvsnd_level(u32 percent)
{
	return DIV_ROUND_CLOSEST(percent * HVSND_VOLUME_NORM, HVSND_PERCENT);
}

static void hvsnd_controls_notify(struct hvsnd_card *card, int direction,
				  enum hvsnd_element element)
{
	struct snd_ctl_elem_id *id =
		&card->controls.direction[direction].id[element];

	if (id->numid)
		snd_ctl_notify(card->card, SNDRV_CTL_EVENT_MASK_VALUE, id);
}

static int hvsnd_volume_info(struct snd_kcontrol *kctl,
			     struct snd_ctl_elem_info *info)
{
	info->type = SNDRV_CTL_ELEM_TYPE_INTEGER;
	info->count = HVSND_CHANNELS;
	info->value.integer.max = HVSND_PERCENT;
	return 0;
}

static int hvsnd_volume_get(struct snd_kcontrol *kctl,
			    struct snd_ctl_elem_value *value)
{
	struct hvsnd_card *card = snd_kcontrol_chip(kctl);
	struct hvsnd_controls *c = &card->controls;
	struct hvsnd_volume *v = &c->direction[kctl->private_value].volume;
	unsigned int i;

	spin_lock(&c->lock);
	for (i = 0; i < HVSND_CHANNELS; i++)
		value->value.integer.value[i] = hvsnd_percent(v->level[i]);
	spin_unlock(&c->lock);
	return 0;
}

static int hvsnd_volume_put(struct snd_kcontrol *kctl,
			    struct snd_ctl_elem_value *value)
{
	struct hvsnd_card *card = snd_kcontrol_chip(kctl);
	struct hvsnd_controls *c = &card->controls;
	struct hvsnd_volume *v = &c->direction[kctl->private_value].volume;
	u32 *count = &c->direction[kctl->private_value].count.level;
	long *percent = value->value.integer.value;
	bool changed = false, set, reported;
	unsigned int i;

	for (i = 0; i < HVSND_CHANNELS; i++) {
		if (percent[i] < 0 || percent[i] > HVSND_PERCENT)
			return -EINVAL;
	}
	spin_lock(&c->lock);
	reported = c->direction[kctl->private_value].reported;
	for (i = 0; i < HVSND_CHANNELS; i++) {
		if (hvsnd_percent(v->level[i]) == percent[i])
			continue;
		v->level[i] = hvsnd_level(percent[i]);
		changed = true;
	}
	set = changed || (reported && !*count);
	if (set)
		++*count;
	spin_unlock(&c->lock);
	if (set)
		hvsnd_streams_wake(card);
	return changed;
}

static int hvsnd_switch_get(struct snd_kcontrol *kctl,
			    struct snd_ctl_elem_value *value)
{
	struct hvsnd_card *card = snd_kcontrol_chip(kctl);
	struct hvsnd_controls *c = &card->controls;

	spin_lock(&c->lock);
	value->value.integer.value[0] =
		!c->direction[kctl->private_value].volume.mute;
	spin_unlock(&c->lock);
	return 0;
}

static int hvsnd_switch_put(struct snd_kcontrol *kctl,
			    struct snd_ctl_elem_value *value)
{
	struct hvsnd_card *card = snd_kcontrol_chip(kctl);
	struct hvsnd_controls *c = &card->controls;
	struct hvsnd_volume *v = &c->direction[kctl->private_value].volume;
	u32 *count = &c->direction[kctl->private_value].count.mute;
	long on = value->value.integer.value[0];
	bool changed, set, reported;

	if (on < 0 || on > 1)
		return -EINVAL;
	spin_lock(&c->lock);
	reported = c->direction[kctl->private_value].reported;
	changed = v->mute == on;
	v->mute = !on;
	set = changed || (reported && !*count);
	if (set)
		++*count;
	spin_unlock(&c->lock);
	if (set)
		hvsnd_streams_wake(card);
	return changed;
}

static const struct snd_kcontrol_new hvsnd_elements[HVSND_ELEMENTS] = {
	[HVSND_ELEMENT_VOLUME] = {
		.iface = SNDRV_CTL_ELEM_IFACE_MIXER,
		.access = SNDRV_CTL_ELEM_ACCESS_READWRITE |
			  SNDRV_CTL_ELEM_ACCESS_TLV_READ,
		.info = hvsnd_volume_info,
		.get = hvsnd_volume_get,
		.put = hvsnd_volume_put,
		.tlv.p = hvsnd_db,
	},
	[HVSND_ELEMENT_SWITCH] = {
		.iface = SNDRV_CTL_ELEM_IFACE_MIXER,
		.info = snd_ctl_boolean_mono_info,
		.get = hvsnd_switch_get,
		.put = hvsnd_switch_put,
	},
};

static const char * const hvsnd_names[2][HVSND_ELEMENTS] = {
	{
		"Hardware Master Playback Volume",
		"Hardware Master Playback Switch",
	}, {
		"Mic Capture Volume",
		"Mic Capture Switch",
	},
};

/**
 * hvsnd_controls_create - give a card its mixer elements and jacks
 * @card: the card, with no stream yet
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int hvsnd_controls_create(struct hvsnd_card *card)
{
	const u32 streams[2] = {
		card->config.playback_streams, card->config.capture_streams,
	};
	struct hvsnd_controls *c = &card->controls;
	struct snd_kcontrol_new element;
	struct snd_kcontrol *kctl;
	unsigned int d, i;
	int err;

	spin_lock_init(&c->lock);
	for (d = 0; d < 2; d++) {
		for (i = 0; i < HVSND_CHANNELS; i++)
			c->direction[d].volume.level[i] = HVSND_VOLUME_NORM;
		for (i = 0; streams[d] && i < HVSND_ELEMENTS; i++) {
			element = hvsnd_elements[i];
			element.name = hvsnd_names[d][i];
			element.private_value = d;
			kctl = snd_ctl_new1(&element, card);
			if (!kctl)
				return -ENOMEM;
			err = snd_ctl_add(card->card, kctl);
			if (err < 0)
				return err;
			c->direction[d].id[i] = kctl->id;
		}
		err = streams[d] ? hvsnd_host_create_jack(&card->host, d) : 0;
		if (err < 0)
			return err;
	}
	return 0;
}

/**
 * hvsnd_controls_get_volume - what the guest has set and a stream does not know
 * @card: the card
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @seen: up to where the stream knows it, brought up to date; zeros before its
 *        connection begins
 * @v: set to the volume and the mute, with the new ones marked as set
 *
 * Context: process, the stream's worker.
 * Return: whether anything is new.
 */
bool hvsnd_controls_get_volume(struct hvsnd_card *card, int direction,
			       struct hvsnd_volume_count *seen,
			       struct hvsnd_volume *v)
{
	struct hvsnd_controls *c = &card->controls;
	const struct hvsnd_volume_count *count = &c->direction[direction].count;

	spin_lock(&c->lock);
	*v = c->direction[direction].volume;
	v->level_set = seen->level != count->level;
	v->mute_set = seen->mute != count->mute;
	*seen = *count;
	spin_unlock(&c->lock);
	return v->level_set || v->mute_set;
}

/**
 * hvsnd_controls_report - what the host has
 * @card: the card
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @seen: up to where the stream knew what the guest has set
 * @channels: of the stream
 * @v: its volume and mute on the host
 *
 * What the guest has set since wins. Where a channel has changed, those that
 * the stream lacks change as well, in turn: what a stereo stream's left has,
 * all even ones get.
 *
 * Context: process, the stream's worker.
 */
void hvsnd_controls_report(struct hvsnd_card *card, int direction,
			   const struct hvsnd_volume_count *seen, u32 channels,
			   const struct hvsnd_volume *v)
{
	struct hvsnd_controls *c = &card->controls;
	const struct hvsnd_volume_count *count = &c->direction[direction].count;
	struct hvsnd_volume *ours = &c->direction[direction].volume;
	bool level = false, mute = false, same;
	struct hvsnd_volume now;
	u32 i, k;

	spin_lock(&c->lock);
	c->direction[direction].reported = true;
	for (i = 0; i < min_t(u32, channels, HVSND_CHANNELS); i++) {
		if (seen->level != count->level)
			break;
		same = hvsnd_percent(v->level[i]) ==
		       hvsnd_percent(ours->level[i]);
		level |= !same;
		for (k = i; k < HVSND_CHANNELS;
		     k += same ? HVSND_CHANNELS : channels)
			ours->level[k] = v->level[i];
	}
	if (seen->mute == count->mute) {
		mute = ours->mute != v->mute;
		ours->mute = v->mute;
	}
	now = *ours;
	spin_unlock(&c->lock);

	if (level)
		hvsnd_controls_notify(card, direction, HVSND_ELEMENT_VOLUME);
	if (mute)
		hvsnd_controls_notify(card, direction, HVSND_ELEMENT_SWITCH);
	if (level || mute)
		hvsnd_netlink_volume(card, direction, &now);
}
