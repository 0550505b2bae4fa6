// SPDX-License-Identifier: GPL-2.0
/*
 * A card's volume and mute.
 *
 * The elements have the scale of the host's mixers: percent of the volume at
 * which audio passes unchanged. A volume above that shows as 100 and stays as
 * it is until the guest sets that channel.
 *
 * The host's volume stays as it is until a program in the guest changes the
 * card's. Two writes at boot must not count as changes. alsactl's generic
 * initialisation sets the elements listed in /usr/share/alsa/init/default to
 * -20 dB: the names used here are standard (control-names.rst) but not in that
 * list. alsactl restores a state that was saved before any program had set a
 * volume by writing the present value: such a write is ignored until the host
 * has reported a volume.
 */
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <sound/control.h>
#include <sound/core.h>
#include <sound/tlv.h>

#include "mixer.h"

#define HVSND_PERCENT	100

/*
 * 60 dB * log10(percent / 100), within 0.26 dB, and within 0.43 dB below 6 %.
 * alsa-lib accepts no more than ten ranges.
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

/* ------------------------------------------------------------------------ */
/* The elements' callbacks                                                  */

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
	struct hvsnd_mixer *mixer = snd_kcontrol_chip(kctl);
	const struct hvsnd_mixer_direction *d =
		&mixer->direction[kctl->private_value];
	unsigned int i;

	spin_lock(&mixer->lock);
	for (i = 0; i < HVSND_CHANNELS; i++)
		value->value.integer.value[i] =
			hvsnd_percent(d->volume.level[i]);
	spin_unlock(&mixer->lock);
	return 0;
}

/* Returns whether the write of a value is to be counted. */
static bool hvsnd_mixer_is_set(const struct hvsnd_mixer *mixer,
			       const struct hvsnd_mixer_direction *d,
			       bool changed, u32 count)
{
	lockdep_assert_held(&mixer->lock);
	return changed || (d->reported && !count);
}

static int hvsnd_volume_put(struct snd_kcontrol *kctl,
			    struct snd_ctl_elem_value *value)
{
	struct hvsnd_mixer *mixer = snd_kcontrol_chip(kctl);
	struct hvsnd_mixer_direction *d =
		&mixer->direction[kctl->private_value];
	const long *percent = value->value.integer.value;
	u32 *level = d->volume.level;
	bool changed = false, set;
	unsigned int i;

	for (i = 0; i < HVSND_CHANNELS; i++) {
		if (percent[i] < 0 || percent[i] > HVSND_PERCENT)
			return -EINVAL;
	}
	spin_lock(&mixer->lock);
	for (i = 0; i < HVSND_CHANNELS; i++) {
		if (hvsnd_percent(level[i]) == percent[i])
			continue;
		level[i] = hvsnd_level(percent[i]);
		changed = true;
	}
	set = hvsnd_mixer_is_set(mixer, d, changed, d->count.level);
	d->count.level += set;
	spin_unlock(&mixer->lock);
	if (set)
		mixer->ops->set(mixer);
	return changed;
}

static int hvsnd_switch_get(struct snd_kcontrol *kctl,
			    struct snd_ctl_elem_value *value)
{
	struct hvsnd_mixer *mixer = snd_kcontrol_chip(kctl);

	spin_lock(&mixer->lock);
	value->value.integer.value[0] =
		!mixer->direction[kctl->private_value].volume.mute;
	spin_unlock(&mixer->lock);
	return 0;
}

static int hvsnd_switch_put(struct snd_kcontrol *kctl,
			    struct snd_ctl_elem_value *value)
{
	struct hvsnd_mixer *mixer = snd_kcontrol_chip(kctl);
	struct hvsnd_mixer_direction *d =
		&mixer->direction[kctl->private_value];
	long on = value->value.integer.value[0];
	bool changed, set;

	if (on < 0 || on > 1)
		return -EINVAL;
	spin_lock(&mixer->lock);
	changed = d->volume.mute == on;
	d->volume.mute = !on;
	set = hvsnd_mixer_is_set(mixer, d, changed, d->count.mute);
	d->count.mute += set;
	spin_unlock(&mixer->lock);
	if (set)
		mixer->ops->set(mixer);
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

/* ------------------------------------------------------------------------ */
/* For the card and its streams                                             */

/**
 * hvsnd_mixer_init() - Initialise a card's volume and mute
 * @mixer: the mixer, zeroed
 * @card: the card
 * @ops: what the owner does
 *
 * Context: Any.
 */
void hvsnd_mixer_init(struct hvsnd_mixer *mixer, struct snd_card *card,
		      const struct hvsnd_mixer_ops *ops)
{
	unsigned int d, i;

	mixer->card = card;
	mixer->ops = ops;
	spin_lock_init(&mixer->lock);
	for (d = 0; d < 2; d++) {
		for (i = 0; i < HVSND_CHANNELS; i++)
			mixer->direction[d].volume.level[i] = HVSND_VOLUME_NORM;
	}
}

/**
 * hvsnd_mixer_create() - Add the elements of one direction to the card
 * @mixer: the mixer
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 *
 * Context: Process.
 * Return: 0 or a negative errno.
 */
int hvsnd_mixer_create(struct hvsnd_mixer *mixer, int direction)
{
	struct snd_kcontrol_new element;
	struct snd_kcontrol *kctl;
	unsigned int i;
	int err;

	for (i = 0; i < HVSND_ELEMENTS; i++) {
		element = hvsnd_elements[i];
		element.name = hvsnd_names[direction][i];
		element.private_value = direction;
		kctl = snd_ctl_new1(&element, mixer);
		if (!kctl)
			return -ENOMEM;
		err = snd_ctl_add(mixer->card, kctl);
		if (err < 0)
			return err;
		mixer->direction[direction].id[i] = kctl->id;
	}
	return 0;
}

/**
 * hvsnd_mixer_get_volume() - Volume and mute that a stream has to tell the host
 * @mixer: the mixer
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @told: up to which count the stream has told the host, which is updated;
 *	zeros for a new connection
 * @v: set to the volume and the mute; what the host must get is marked as set
 *
 * Context: Process, the stream's worker.
 * Return: Whether there is anything to tell.
 */
bool hvsnd_mixer_get_volume(struct hvsnd_mixer *mixer, int direction,
			    struct hvsnd_volume_count *told,
			    struct hvsnd_volume *v)
{
	const struct hvsnd_mixer_direction *d = &mixer->direction[direction];

	spin_lock(&mixer->lock);
	*v = d->volume;
	v->level_set = told->level != d->count.level;
	v->mute_set = told->mute != d->count.mute;
	*told = d->count;
	spin_unlock(&mixer->lock);
	return v->level_set || v->mute_set;
}

/*
 * A stream may have fewer channels than the mixer. If one of them changed, the
 * channels that the stream lacks change as well, in turn: the even ones get
 * the left channel of a stereo stream. Returns whether the elements show a
 * difference.
 */
static bool hvsnd_mixer_set_levels(struct hvsnd_mixer *mixer, u32 *level,
				   const u32 *reported, u32 channels)
{
	bool changed = false, same;
	u32 i, k;

	lockdep_assert_held(&mixer->lock);
	for (i = 0; i < min_t(u32, channels, HVSND_CHANNELS); i++) {
		same = hvsnd_percent(reported[i]) == hvsnd_percent(level[i]);
		changed |= !same;
		for (k = i; k < HVSND_CHANNELS;
		     k += same ? HVSND_CHANNELS : channels)
			level[k] = reported[i];
	}
	return changed;
}

static void hvsnd_mixer_notify(struct hvsnd_mixer *mixer, int direction,
			       enum hvsnd_element element)
{
	struct snd_ctl_elem_id *id = &mixer->direction[direction].id[element];

	if (id->numid)
		snd_ctl_notify(mixer->card, SNDRV_CTL_EVENT_MASK_VALUE, id);
}

/**
 * hvsnd_mixer_report() - Take over a stream's volume and mute on the host
 * @mixer: the mixer
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @told: up to which count the stream has told the host
 * @channels: number of the stream's channels
 * @v: volume and mute that the host reported
 *
 * A change by the guest that the host has not been told yet takes precedence.
 *
 * Context: Process, the stream's worker.
 */
void hvsnd_mixer_report(struct hvsnd_mixer *mixer, int direction,
			const struct hvsnd_volume_count *told, u32 channels,
			const struct hvsnd_volume *v)
{
	struct hvsnd_mixer_direction *d = &mixer->direction[direction];
	bool level = false, mute = false;
	struct hvsnd_volume now;

	spin_lock(&mixer->lock);
	d->reported = true;
	if (told->level == d->count.level)
		level = hvsnd_mixer_set_levels(mixer, d->volume.level, v->level,
					       channels);
	if (told->mute == d->count.mute) {
		mute = d->volume.mute != v->mute;
		d->volume.mute = v->mute;
	}
	now = d->volume;
	spin_unlock(&mixer->lock);

	if (level)
		hvsnd_mixer_notify(mixer, direction, HVSND_ELEMENT_VOLUME);
	if (mute)
		hvsnd_mixer_notify(mixer, direction, HVSND_ELEMENT_SWITCH);
	if (level || mute)
		mixer->ops->reported(mixer, direction, &now);
}
