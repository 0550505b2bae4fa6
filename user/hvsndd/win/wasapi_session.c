// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "wasapi_session.h"

#define SLOTS 256 /* sessions of a guest */

/* FNV-1a */
static uint64_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325ULL;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3ULL;
	return value;
}

static bool is_used(const GUID *id, const struct wasapi_stream *streams)
{
	for (; streams; streams = streams->next) {
		if (IsEqualGUID(&streams->session, id))
			return true;
	}
	return false;
}

/*
 * The same program of the same guest gets the same id the next time: Windows
 * keeps the volume of each id. Whatever a guest's programs are called, it has a
 * limited number of ids.
 */
void wasapi_session_init(struct wasapi_stream *p,
			 const struct wasapi_stream *streams)
{
	GUID id = { 0x8d1c2a35, 0x6f0b, 0, { 0 } };
	uint64_t guest = hash(p->stream.guest->name);
	uint64_t slot = hash(wasapi_session_name(p));
	unsigned int i;

	memcpy(id.Data4, &guest, sizeof(guest));
	for (i = 0; i < SLOTS; i++) {
		id.Data3 = (slot + i) % SLOTS;
		if (!is_used(&id, streams))
			break;
	}
	p->session = id;
}

const char *wasapi_session_name(const struct wasapi_stream *p)
{
	return *p->stream.name ? p->stream.name : p->stream.guest->name;
}

void wasapi_session_join(struct wasapi_stream *p)
{
	struct stream *s = &p->stream;
	struct stream_volume own = s->volume;

	/* Raw PCM has no volume: that of the mixer is the only one. */
	if (s->record || !s->on_volume)
		return;
	audio_session_volume(&p->client.session, &own.gain, &own.mute);
	if (!p->keeps_volume && !s->gives_gain)
		s->volume.gain = own.gain;
	if (!p->keeps_volume && !s->gives_mute)
		s->volume.mute = own.mute;
	wasapi_session_set_volume(p);
	s->on_volume(s->data, &s->volume);
}

void wasapi_session_set_volume(struct wasapi_stream *p)
{
	p->keeps_volume = true;
	audio_session_set_volume(&p->client.session, p->stream.volume.gain,
				 p->stream.volume.mute);
}

void wasapi_session_on_volume(void *data)
{
	struct wasapi_stream *p = data;
	struct stream *s = &p->stream;

	if (!s->record && !p->closing && s->on_volume &&
	    audio_session_volume(&p->client.session, &s->volume.gain,
				 &s->volume.mute))
		s->on_volume(s->data, &s->volume);
}
