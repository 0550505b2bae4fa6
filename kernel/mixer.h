/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A card's volume and mute.
 *
 * A card has one volume and one mute per direction, however many streams are
 * open. A program in the guest changes them through ALSA, and every stream of
 * that direction tells the host. The host's user changes the volume of one
 * stream, and the card's follows.
 *
 * Every change by the guest is counted. A stream remembers up to which count
 * it has told the host, so that a report of the host about an older volume can
 * be ignored.
 *
 * Locking: @lock is held briefly, in process context, and no other lock is
 * taken under it.
 */
#ifndef HVSOCK_MIXER_H
#define HVSOCK_MIXER_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <sound/control.h>

#include "core/proto/session.h"

struct hvsnd_mixer;
struct snd_card;

/**
 * struct hvsnd_volume_count - number of changes by programs in the guest
 * @level: changes of the volume; 0 until the first one
 * @mute: changes of the mute; 0 until the first one
 */
struct hvsnd_volume_count {
	u32 level;
	u32 mute;
};

/**
 * struct hvsnd_mixer_ops - what the mixer's owner does; process context
 * @set: a program in the guest has set a volume or a mute: let the streams
 *	tell the host
 * @reported: the host has changed a direction's volume or mute to @v
 */
struct hvsnd_mixer_ops {
	void (*set)(struct hvsnd_mixer *mixer);
	void (*reported)(struct hvsnd_mixer *mixer, int direction,
			 const struct hvsnd_volume *v);
};

/* The elements of one direction. */
enum hvsnd_element {
	HVSND_ELEMENT_VOLUME,
	HVSND_ELEMENT_SWITCH,
	HVSND_ELEMENTS
};

/**
 * struct hvsnd_mixer_direction - volume and mute of one direction
 * @volume: as the host counts, which the guest's scale cannot express exactly
 * @count: changes by the guest
 * @reported: the host has reported a volume
 * @id: ALSA's ids of the elements; copies, because streams may outlive the
 *	elements
 */
struct hvsnd_mixer_direction {
	struct hvsnd_volume volume;
	struct hvsnd_volume_count count;
	bool reported;
	struct snd_ctl_elem_id id[HVSND_ELEMENTS];
};

/**
 * struct hvsnd_mixer - a card's volume and mute
 * @card: the card that has the elements
 * @ops: what the owner does
 * @lock: guards @direction, except for the ids, which do not change
 * @direction: playback and capture
 */
struct hvsnd_mixer {
	struct snd_card *card;
	const struct hvsnd_mixer_ops *ops;
	spinlock_t lock;	/* @direction */
	struct hvsnd_mixer_direction direction[2];
};

void hvsnd_mixer_init(struct hvsnd_mixer *mixer, struct snd_card *card,
		      const struct hvsnd_mixer_ops *ops);
int hvsnd_mixer_create(struct hvsnd_mixer *mixer, int direction);
bool hvsnd_mixer_get_volume(struct hvsnd_mixer *mixer, int direction,
			    struct hvsnd_volume_count *told,
			    struct hvsnd_volume *v);
void hvsnd_mixer_report(struct hvsnd_mixer *mixer, int direction,
			const struct hvsnd_volume_count *told, u32 channels,
			const struct hvsnd_volume *v);

#endif /* HVSOCK_MIXER_H */
