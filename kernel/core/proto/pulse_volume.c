// SPDX-License-Identifier: GPL-2.0
/*
 * Volume and mute of a PulseAudio stream, in both directions.
 *
 * The host and this side each may change them at any time. At most one request
 * of each kind (set volume, set mute, get both) is outstanding: a new value is
 * sent when the host has answered the last one, and the host's value is
 * requested when nothing remains to be sent. So a flood of changes on either
 * side does not fill @s->tx, and no answer is older than the last value that
 * was set.
 */

#include "pulse_volume.h"
#include "pulse_wire.h"

/* enum pa_subscription_mask, enum pa_subscription_event_type */
#define PULSE_SUBSCRIBE_INPUTS	4
#define PULSE_SUBSCRIBE_OUTPUTS	8
#define PULSE_INPUT_CHANGED	0x12
#define PULSE_OUTPUT_CHANGED	0x13

static u32 pulse_send_level(struct hvsnd_session *s, const u32 *level)
{
	struct hvsnd_tag_writer w;
	u32 tag = hvsnd_pulse_begin(s, &w, hvsnd_pulse_is_playback(s) ?
				    PULSE_SET_SINK_INPUT_VOLUME :
				    PULSE_SET_SOURCE_OUTPUT_VOLUME);

	hvsnd_tag_put_u32(&w, s->pulse.index);
	hvsnd_pulse_put_volume(&w, level, s->params.channels);
	hvsnd_pulse_end(s, &w);
	return tag;
}

static u32 pulse_send_mute(struct hvsnd_session *s, bool mute)
{
	struct hvsnd_tag_writer w;
	u32 tag = hvsnd_pulse_begin(s, &w, hvsnd_pulse_is_playback(s) ?
				    PULSE_SET_SINK_INPUT_MUTE :
				    PULSE_SET_SOURCE_OUTPUT_MUTE);

	hvsnd_tag_put_u32(&w, s->pulse.index);
	hvsnd_tag_put_bool(&w, mute);
	hvsnd_pulse_end(s, &w);
	return tag;
}

static u32 pulse_send_get_info(struct hvsnd_session *s)
{
	struct hvsnd_tag_writer w;
	u32 tag = hvsnd_pulse_begin(s, &w, hvsnd_pulse_is_playback(s) ?
				    PULSE_GET_SINK_INPUT_INFO :
				    PULSE_GET_SOURCE_OUTPUT_INFO);

	hvsnd_tag_put_u32(&w, s->pulse.index);
	hvsnd_pulse_end(s, &w);
	return tag;
}

/**
 * hvsnd_pulse_volume_reset() - Forget the volume and the outstanding requests
 * @s: the session
 *
 * Context: Any, serialised by the owner.
 */
void hvsnd_pulse_volume_reset(struct hvsnd_session *s)
{
	struct hvsnd_pulse_volume *p = &s->pulse.volume;

	memset(p, 0, sizeof(*p));
	p->level_tag = PULSE_NONE;
	p->mute_tag = PULSE_NONE;
	p->info_tag = PULSE_NONE;
}

/**
 * hvsnd_pulse_volume_sync() - Send what may be sent now
 * @s: the session, with a stream
 *
 * Context: Any, serialised by the owner.
 */
void hvsnd_pulse_volume_sync(struct hvsnd_session *s)
{
	struct hvsnd_pulse_volume *p = &s->pulse.volume;

	/* The answers to what waits in @s->tx lead here again. */
	if (s->tx_len > HVSND_TX_SIZE / 2)
		return;
	if (p->pending.level_set && p->level_tag == PULSE_NONE) {
		p->level_tag = pulse_send_level(s, p->pending.level);
		p->pending.level_set = false;
	}
	if (p->pending.mute_set && p->mute_tag == PULSE_NONE) {
		p->mute_tag = pulse_send_mute(s, p->pending.mute);
		p->pending.mute_set = false;
	}
	if (p->outdated && p->info_tag == PULSE_NONE &&
	    p->level_tag == PULSE_NONE && p->mute_tag == PULSE_NONE) {
		p->info_tag = pulse_send_get_info(s);
		p->outdated = false;
	}
}

/**
 * hvsnd_pulse_volume_set() - Give the host's stream a volume, mute or both
 * @s: the session, with a stream
 * @v: what to set
 *
 * Context: Any, serialised by the owner.
 */
void hvsnd_pulse_volume_set(struct hvsnd_session *s,
			    const struct hvsnd_volume *v)
{
	struct hvsnd_pulse_volume *p = &s->pulse.volume;

	if (v->level_set) {
		memcpy(p->pending.level, v->level, sizeof(v->level));
		memcpy(p->reported.level, v->level, sizeof(v->level));
		p->pending.level_set = true;
		p->reported.level_set = true;
	}
	if (v->mute_set) {
		p->pending.mute = v->mute;
		p->reported.mute = v->mute;
		p->pending.mute_set = true;
		p->reported.mute_set = true;
	}
	/* The outstanding answer may be older than @v: ignore it, ask again. */
	if (p->info_tag != PULSE_NONE) {
		p->info_tag = PULSE_NONE;
		p->outdated = true;
	}
	hvsnd_pulse_volume_sync(s);
}

/**
 * hvsnd_pulse_volume_begin() - Begin to follow the host's volume
 * @s: the session, whose stream the host has just created
 *
 * Context: Any, serialised by the owner.
 */
void hvsnd_pulse_volume_begin(struct hvsnd_session *s)
{
	const struct hvsnd_volume *v = &s->params.volume;
	struct hvsnd_tag_writer w;

	hvsnd_pulse_begin(s, &w, PULSE_SUBSCRIBE);
	hvsnd_tag_put_u32(&w, hvsnd_pulse_is_playback(s) ?
			  PULSE_SUBSCRIBE_INPUTS : PULSE_SUBSCRIBE_OUTPUTS);
	hvsnd_pulse_end(s, &w);
	s->pulse.volume.outdated = !v->level_set || !v->mute_set;
	/*
	 * The volume that the stream was created with is set again: WirePlumber
	 * replaces it by the volume that it remembers.
	 */
	hvsnd_pulse_volume_set(s, v);
}

static bool pulse_is_reported(const struct hvsnd_session *s,
			      const struct hvsnd_volume *v)
{
	const struct hvsnd_volume *last = &s->pulse.volume.reported;
	u32 i;

	for (i = 0; i < s->params.channels && i < HVSND_CHANNELS; i++) {
		if (v->level[i] != last->level[i])
			return false;
	}
	return last->level_set && last->mute_set && v->mute == last->mute;
}

/*
 * sink_input_fill_tagstruct() and source_output_fill_tagstruct(). Returns the
 * number of the volume's channels.
 */
static u8 pulse_read_info(const struct hvsnd_session *s,
			  struct hvsnd_tag_reader *r, struct hvsnd_volume *v)
{
	bool playback = hvsnd_pulse_is_playback(s);
	u8 format, channels, n = 0;
	u32 rate, i;

	hvsnd_tag_get_u32(r);		/* index */
	hvsnd_tag_skip_string(r);	/* name */
	for (i = 0; i < 3; i++)		/* module, client, sink or source */
		hvsnd_tag_get_u32(r);
	hvsnd_tag_get_sample_spec(r, &format, &channels, &rate);
	hvsnd_tag_skip_channel_map(r);
	if (playback)
		n = hvsnd_tag_get_cvolume(r, v->level, HVSND_CHANNELS);
	hvsnd_tag_get_usec(r);		/* latency of the buffer */
	hvsnd_tag_get_usec(r);		/* and of the device */
	hvsnd_tag_skip_string(r);	/* resampler */
	hvsnd_tag_skip_string(r);	/* driver */
	if (!playback) {
		hvsnd_tag_skip_proplist(r);
		hvsnd_tag_get_bool(r);	/* corked */
		n = hvsnd_tag_get_cvolume(r, v->level, HVSND_CHANNELS);
	}
	v->mute = hvsnd_tag_get_bool(r);
	return n;
}

static int pulse_got_info(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	struct hvsnd_volume v;
	struct hvsnd_event ev;
	u8 channels;
	u32 i;

	memset(&v, 0, sizeof(v));
	channels = pulse_read_info(s, r, &v);
	if (r->bad)
		return -EPROTO;
	/* Longer than @s->rx, or from before the stream had its format. */
	if (r->cut || channels != s->params.channels)
		return 0;

	for (i = 0; i < HVSND_CHANNELS; i++) {
		if (v.level[i] > HVSND_VOLUME_MAX)
			v.level[i] = HVSND_VOLUME_MAX;
	}
	v.level_set = true;
	v.mute_set = true;
	if (pulse_is_reported(s, &v))
		return 0;
	s->pulse.volume.reported = v;
	memset(&ev, 0, sizeof(ev));
	ev.type = HVSND_EVENT_VOLUME;
	ev.volume = &v;
	s->event(s, &ev);
	return 0;
}

/**
 * hvsnd_pulse_volume_answer() - Take the host's answer to one of the requests
 * @s: the session
 * @tag: the answer's tag; other tags are ignored
 * @refused: the answer is an error
 * @r: what follows the tag
 *
 * Context: Any, serialised by the owner.
 * Return: 0, or -EPROTO for a malformed answer.
 */
int hvsnd_pulse_volume_answer(struct hvsnd_session *s, u32 tag, bool refused,
			      struct hvsnd_tag_reader *r)
{
	struct hvsnd_pulse_volume *p = &s->pulse.volume;

	if (tag == p->level_tag) {
		p->level_tag = PULSE_NONE;
		p->outdated |= refused;
	} else if (tag == p->mute_tag) {
		p->mute_tag = PULSE_NONE;
		p->outdated |= refused;
	} else if (tag == p->info_tag) {
		p->info_tag = PULSE_NONE;
		if (!refused)
			return pulse_got_info(s, r);
	}
	return 0;
}

/**
 * hvsnd_pulse_volume_changed() - Take the host's notification of a change
 * @s: the session, with a stream
 * @r: the arguments of subscription_cb(): what happened to which object
 *
 * Context: Any, serialised by the owner.
 * Return: 0, or -EPROTO for a malformed notification.
 */
int hvsnd_pulse_volume_changed(struct hvsnd_session *s,
			       struct hvsnd_tag_reader *r)
{
	u32 what = hvsnd_tag_get_u32(r);
	u32 index = hvsnd_tag_get_u32(r);

	if (r->bad || r->cut)
		return -EPROTO;
	if (index == s->pulse.index &&
	    what == (hvsnd_pulse_is_playback(s) ? PULSE_INPUT_CHANGED :
						  PULSE_OUTPUT_CHANGED)) {
		s->pulse.volume.outdated = true;
		hvsnd_pulse_volume_sync(s);
	}
	return 0;
}
