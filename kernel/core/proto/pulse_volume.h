/* SPDX-License-Identifier: GPL-2.0 */
/* Volume and mute of a PulseAudio stream, in both directions. */
#ifndef HVSOCK_PROTO_PULSE_VOLUME_H
#define HVSOCK_PROTO_PULSE_VOLUME_H

#include "session.h"
#include "tagstruct.h"

void hvsnd_pulse_volume_reset(struct hvsnd_session *s);
void hvsnd_pulse_volume_begin(struct hvsnd_session *s);
void hvsnd_pulse_volume_set(struct hvsnd_session *s,
			    const struct hvsnd_volume *v);
void hvsnd_pulse_volume_sync(struct hvsnd_session *s);
int hvsnd_pulse_volume_answer(struct hvsnd_session *s, u32 tag, bool refused,
			      struct hvsnd_tag_reader *r);
int hvsnd_pulse_volume_changed(struct hvsnd_session *s,
			       struct hvsnd_tag_reader *r);

#endif /* HVSOCK_PROTO_PULSE_VOLUME_H */
