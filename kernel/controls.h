/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The card's mixer elements.
 *
 * A card has one volume and mute for each direction, whatever number of
 * streams is open. The guest's programs change it through ALSA, and then all
 * streams are told; the host's user changes a stream's, and then the card's
 * follows. Each change by the guest is counted, and each stream knows up to
 * which count it has told the host, so that what the host says of an older
 * one is passed over.
 *
 * Locking: @lock is held for short, in process context, with nothing but
 * memory accesses under it. It is never held together with another lock.
 */
#ifndef HVSOCK_CONTROLS_H
#define HVSOCK_CONTROLS_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <sound/control.h>

#include "core/proto/session.h"

struct hvsnd_card;

/**
 * struct hvsnd_volume_count - changes by the guest's programs
 * @level: of the volume; 0 while none has touched it
 * @mute: of the mute, likewise
 */
struct hvsnd_volume_count {
	u32 level;
	u32 mute;
};

/* The elements of one direction. */
enum hvsnd_element {
	HVSND_ELEMENT_VOLUME,
	HVSND_ELEMENT_SWITCH,
	HVSND_ELEMENTS
};

/**
 * struct hvsnd_controls - what the elements show
 * @lock: guards @direction's values and counts
 * @direction: playback and capture
 * @direction.volume: on the host's scale, so that what the guest's cannot show
 *                    is not lost
 * @direction.count: changes by the guest
 * @direction.reported: the host has told a stream's volume
 * @direction.id: how to tell ALSA of the elements; copies, as streams may
 *                outlive the elements
 */
struct hvsnd_controls {
	spinlock_t lock; /* of the values and counts */
	struct {
		struct hvsnd_volume volume;
		struct hvsnd_volume_count count;
		bool reported;
		struct snd_ctl_elem_id id[HVSND_ELEMENTS];
	} direction[2];
};

int hvsnd_controls_create(struct hvsnd_card *card);
bool hvsnd_controls_get_volume(struct hvsnd_card *card, int direction,
			       struct hvsnd_volume_count *seen,
			       struct hvsnd_volume *v);
void hvsnd_controls_report(struct hvsnd_card *card, int direction,
			   const struct hvsnd_volume_count *seen, u32 channels,
			   const struct hvsnd_volume *v);

#endif /* HVSOCK_CONTROLS_H */
