// SPDX-License-Identifier: GPL-2.0
/*
 * The messages of PulseAudio's native protocol. The layouts are those of
 * PulseAudio's src/pulsecore/protocol-native.c; each function names the one
 * that reads its message there, or writes it.
 */

#include "pulse_wire.h"

#define PULSE_AUX0		12

static const struct {
	snd_pcm_format_t alsa;
	u8 pulse;
	u8 bytes;
} pulse_formats[] = {
	{ SNDRV_PCM_FORMAT_U8, 0, 1 },
	{ SNDRV_PCM_FORMAT_A_LAW, 1, 1 },
	{ SNDRV_PCM_FORMAT_MU_LAW, 2, 1 },
	{ SNDRV_PCM_FORMAT_S16_LE, 3, 2 },
	{ SNDRV_PCM_FORMAT_S16_BE, 4, 2 },
	{ SNDRV_PCM_FORMAT_FLOAT_LE, 5, 4 },
	{ SNDRV_PCM_FORMAT_FLOAT_BE, 6, 4 },
	{ SNDRV_PCM_FORMAT_S32_LE, 7, 4 },
	{ SNDRV_PCM_FORMAT_S32_BE, 8, 4 },
	{ SNDRV_PCM_FORMAT_S24_3LE, 9, 3 },
	{ SNDRV_PCM_FORMAT_S24_3BE, 10, 3 },
	{ SNDRV_PCM_FORMAT_S24_LE, 11, 4 },
	{ SNDRV_PCM_FORMAT_S24_BE, 12, 4 },
};

/* enum pa_channel_position; 0, mono, where PulseAudio has no such position */
static const u8 pulse_positions[] = {
	[SNDRV_CHMAP_FL] = 1,
	[SNDRV_CHMAP_FR] = 2,
	[SNDRV_CHMAP_RL] = 5,
	[SNDRV_CHMAP_RR] = 6,
	[SNDRV_CHMAP_FC] = 3,
	[SNDRV_CHMAP_LFE] = 7,
	[SNDRV_CHMAP_SL] = 10,
	[SNDRV_CHMAP_SR] = 11,
	[SNDRV_CHMAP_RC] = 4,
	[SNDRV_CHMAP_FLC] = 8,
	[SNDRV_CHMAP_FRC] = 9,
	[SNDRV_CHMAP_TC] = 44,
	[SNDRV_CHMAP_TFL] = 45,
	[SNDRV_CHMAP_TFR] = 46,
	[SNDRV_CHMAP_TFC] = 47,
	[SNDRV_CHMAP_TRL] = 48,
	[SNDRV_CHMAP_TRR] = 49,
	[SNDRV_CHMAP_TRC] = 50,
};

/**
 * hvsnd_pulse_format() - PulseAudio's number of a sample format
 * @format: ALSA's sample format
 * @sample_bytes: bytes per sample
 *
 * Context: Any.
 * Return: The number, or -EINVAL if PulseAudio has no such format or a sample
 * of it has another size.
 */
int hvsnd_pulse_format(snd_pcm_format_t format, u32 sample_bytes)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pulse_formats); i++) {
		if (pulse_formats[i].alsa == format &&
		    pulse_formats[i].bytes == sample_bytes)
			return pulse_formats[i].pulse;
	}
	return -EINVAL;
}

/**
 * hvsnd_pulse_put_descriptor() - Write the descriptor of a message
 * @p: PULSE_DESC_SIZE bytes
 * @length: bytes that follow the descriptor
 * @channel: the stream's channel, or PULSE_CONTROL
 *
 * Context: Any.
 */
void hvsnd_pulse_put_descriptor(u8 *p, u32 length, u32 channel)
{
	memset(p, 0, PULSE_DESC_SIZE);
	hvsnd_put_be32(p, length);
	hvsnd_put_be32(p + 4, channel);
}

/**
 * hvsnd_pulse_begin() - Begin a control message
 * @s: the session
 * @w: set up for what follows the command and the tag
 * @command: enum pulse_command
 *
 * Context: Any, serialised by the owner.
 * Return: The message's tag.
 */
u32 hvsnd_pulse_begin(struct hvsnd_session *s, struct hvsnd_tag_writer *w,
		      u32 command)
{
	size_t room = sizeof(s->tx) - s->tx_len;
	u32 tag = s->pulse.next_tag++;

	if (s->pulse.next_tag == PULSE_NONE)
		s->pulse.next_tag = 0;
	if (room > PULSE_DESC_SIZE)
		hvsnd_tag_writer_init(w, s->tx + s->tx_len + PULSE_DESC_SIZE,
				      room - PULSE_DESC_SIZE);
	else
		hvsnd_tag_writer_init(w, s->tx, 0);
	hvsnd_tag_put_u32(w, command);
	hvsnd_tag_put_u32(w, tag);
	return tag;
}

/**
 * hvsnd_pulse_end() - Queue a control message, the whole of it or nothing
 * @s: the session; @s->failed if the message did not fit
 * @w: the message
 *
 * Context: Any, serialised by the owner.
 */
void hvsnd_pulse_end(struct hvsnd_session *s, struct hvsnd_tag_writer *w)
{
	/* After a message that was dropped, the next would mislead the host. */
	if (w->overflow || s->failed) {
		s->failed = true;
		return;
	}
	hvsnd_pulse_put_descriptor(s->tx + s->tx_len, w->len, PULSE_CONTROL);
	s->tx_len += PULSE_DESC_SIZE + w->len;
}

/* PulseAudio drops clients whose properties are not valid UTF-8. */
static void pulse_printable(char *out, const char *in, const char *otherwise)
{
	size_t i;

	for (i = 0; i < HVSND_NAME_MAX - 1 && in[i]; i++)
		out[i] = in[i] >= ' ' && in[i] <= '~' ? in[i] : '?';
	out[i] = 0;
	if (!i)
		memcpy(out, otherwise, strlen(otherwise) + 1);
}

/**
 * hvsnd_pulse_send_auth() - Send the version and the cookie
 * @s: the session
 * @cookie: HVSND_COOKIE_SIZE bytes, the one length that command_auth() takes;
 *          NULL for zeros
 *
 * Context: Any, serialised by the owner.
 * Return: The tag of the answer.
 */
u32 hvsnd_pulse_send_auth(struct hvsnd_session *s, const u8 *cookie)
{
	struct hvsnd_tag_writer w;
	u32 tag = hvsnd_pulse_begin(s, &w, PULSE_AUTH);

	/* The bits above the version would offer shared memory. */
	hvsnd_tag_put_u32(&w, PULSE_VERSION);
	hvsnd_tag_put_arbitrary(&w, cookie, HVSND_COOKIE_SIZE);
	hvsnd_pulse_end(s, &w);
	return tag;
}

/**
 * hvsnd_pulse_send_name() - Send the client's properties
 * @s: the session
 *
 * For command_set_client_name(). pipewire-pulse accepts no other command
 * before this one.
 *
 * Context: Any, serialised by the owner.
 * Return: The tag of the answer.
 */
u32 hvsnd_pulse_send_name(struct hvsnd_session *s)
{
	struct hvsnd_tag_writer w;
	char text[HVSND_NAME_MAX];
	u32 tag = hvsnd_pulse_begin(s, &w, PULSE_SET_CLIENT_NAME);

	hvsnd_tag_begin_proplist(&w);
	pulse_printable(text, s->params.application, "ALSA");
	hvsnd_tag_put_prop(&w, "application.name", text);
	hvsnd_tag_put_prop(&w, "application.process.binary", text);
	snprintf(text, sizeof(text), "%u", s->params.pid);
	hvsnd_tag_put_prop(&w, "application.process.id", text);
	pulse_printable(text, s->params.node, "VM");
	hvsnd_tag_put_prop(&w, "application.process.host", text);
	hvsnd_tag_end_proplist(&w);
	hvsnd_pulse_end(s, &w);
	return tag;
}

/**
 * hvsnd_pulse_put_volume() - Write a volume of any number of channels
 * @w: the writer
 * @level: as in struct hvsnd_volume
 * @channels: number of channels; those from the ninth on have the volume of the
 *            eighth
 *
 * Context: Any.
 */
void hvsnd_pulse_put_volume(struct hvsnd_tag_writer *w, const u32 *level,
			    u32 channels)
{
	u32 volume[HVSND_TAG_CHANNELS_MAX], i;

	for (i = 0; i < channels; i++)
		volume[i] = level[i < HVSND_CHANNELS ? i : HVSND_CHANNELS - 1];
	hvsnd_tag_put_cvolume(w, volume, channels);
}

/* The volume that the stream is created with. */
static void pulse_put_first_volume(struct hvsnd_tag_writer *w,
				   const struct hvsnd_session_params *p)
{
	u32 level[HVSND_CHANNELS], i;

	for (i = 0; i < HVSND_CHANNELS; i++)
		level[i] = p->volume.level_set ? p->volume.level[i] :
						 HVSND_VOLUME_NORM;
	hvsnd_pulse_put_volume(w, level, p->channels);
}

static void pulse_put_map(struct hvsnd_tag_writer *w,
			  const struct hvsnd_session_params *p)
{
	u8 map[HVSND_TAG_CHANNELS_MAX];
	u32 i;

	for (i = 0; i < p->channels; i++) {
		u8 at = i < HVSND_CHANNELS ? p->map[i] : SNDRV_CHMAP_UNKNOWN;

		map[i] = at < ARRAY_SIZE(pulse_positions) ?
			 pulse_positions[at] : 0;
		if (!map[i] && at != SNDRV_CHMAP_MONO)
			map[i] = PULSE_AUX0 + i;
	}
	hvsnd_tag_put_channel_map(w, map, p->channels);
}

static void pulse_put_bools(struct hvsnd_tag_writer *w, u32 n)
{
	while (n--)
		hvsnd_tag_put_bool(w, false);
}

/* tlength, prebuf, minreq, syncid and the volume */
static void pulse_put_queue(struct hvsnd_tag_writer *w,
			    const struct hvsnd_session_params *p)
{
	u32 request = p->queue / 2 - min_t(u32, p->queue / 2, p->chunk);

	request -= request % p->frame_bytes;
	hvsnd_tag_put_u32(w, p->queue);
	/*
	 * Without a prebuffer an empty stream would run on, and the host would
	 * grant credit for silence. A prebuffer of one frame stops it.
	 */
	hvsnd_tag_put_u32(w, p->prebuf ? p->prebuf : p->frame_bytes);
	hvsnd_tag_put_u32(w, request);
	/* syncid links streams of one connection, which has only one here. */
	hvsnd_tag_put_u32(w, 0);
	pulse_put_first_volume(w, p);
}

/*
 * Mixers show it behind the program's name. On a desktop this is the sound
 * server's, in every virtual machine the same.
 */
static void pulse_put_media_name(struct hvsnd_tag_writer *w,
				 const struct hvsnd_session_params *p)
{
	char card[HVSND_NAME_MAX], node[HVSND_NAME_MAX];
	char text[sizeof(card) + sizeof(node) + 4];

	pulse_printable(card, p->card, "ALSA");
	pulse_printable(node, p->node, "VM");
	snprintf(text, sizeof(text), "%s on %s", card, node);
	hvsnd_tag_put_prop(w, "media.name", text);
}

static void pulse_put_playback_end(struct hvsnd_tag_writer *w,
				   const struct hvsnd_volume *v)
{
	/* Without volume_set the host takes the volume that it remembers. */
	hvsnd_tag_put_bool(w, v->level_set);
	hvsnd_tag_put_bool(w, false);		/* early_requests */
	hvsnd_tag_put_bool(w, v->mute_set);
	pulse_put_bools(w, 4);	/* dont_inhibit_auto_suspend to passthrough */
	hvsnd_tag_put_u8(w, 0);			/* n_formats */
}

static void pulse_put_capture_end(struct hvsnd_tag_writer *w,
				  const struct hvsnd_session_params *p)
{
	const struct hvsnd_volume *v = &p->volume;

	hvsnd_tag_put_u32(w, PULSE_NONE);	/* direct_on_input */
	hvsnd_tag_put_bool(w, true);		/* early_requests */
	pulse_put_bools(w, 2);	/* dont_inhibit_auto_suspend, fail_on_suspend */
	hvsnd_tag_put_u8(w, 0);			/* n_formats */
	pulse_put_first_volume(w, p);
	hvsnd_tag_put_bool(w, v->mute_set && v->mute);
	hvsnd_tag_put_bool(w, v->level_set);
	hvsnd_tag_put_bool(w, v->mute_set);
	pulse_put_bools(w, 2);	/* relative_volume, passthrough */
}

/**
 * hvsnd_pulse_send_create() - Ask the host to create the stream
 * @s: the session; the stream is as @s->params says
 *
 * For command_create_playback_stream() and command_create_record_stream().
 *
 * Playback uses adjust_latency: the sink plays half of what the queue has
 * beyond two requests, so requests can be large and few. Early requests without
 * adjusted latency are delivered more evenly, but force the host to request as
 * little at a time as its sink plays.
 *
 * Context: Any, serialised by the owner.
 * Return: The tag of the answer.
 */
u32 hvsnd_pulse_send_create(struct hvsnd_session *s)
{
	const struct hvsnd_session_params *p = &s->params;
	bool mute = p->volume.mute_set && p->volume.mute;
	bool playback = hvsnd_pulse_is_playback(s);
	struct hvsnd_tag_writer w;
	u32 tag;

	tag = hvsnd_pulse_begin(s, &w, playback ? PULSE_CREATE_PLAYBACK_STREAM :
					    PULSE_CREATE_RECORD_STREAM);
	hvsnd_tag_put_sample_spec(&w, s->pulse.format, p->channels, p->rate);
	pulse_put_map(&w, p);
	hvsnd_tag_put_u32(&w, PULSE_NONE);	/* sink or source: default */
	hvsnd_tag_put_string(&w, NULL);		/* and its name */
	hvsnd_tag_put_u32(&w, PULSE_NONE);	/* maxlength: the host's */
	hvsnd_tag_put_bool(&w, true);		/* corked */
	if (playback)
		pulse_put_queue(&w, p);
	else
		hvsnd_tag_put_u32(&w, p->chunk);	/* fragsize */
	pulse_put_bools(&w, 7);			/* no_remap to variable_rate */
	/* Playback: muted; capture: peak_detect */
	hvsnd_tag_put_bool(&w, playback && mute);
	hvsnd_tag_put_bool(&w, playback);	/* adjust_latency */
	hvsnd_tag_begin_proplist(&w);
	pulse_put_media_name(&w, p);
	hvsnd_tag_end_proplist(&w);
	if (playback)
		pulse_put_playback_end(&w, &p->volume);
	else
		pulse_put_capture_end(&w, p);
	hvsnd_pulse_end(s, &w);
	return tag;
}

/**
 * hvsnd_pulse_send_command() - Send a command that takes the channel only
 * @s: the session
 * @command: enum pulse_command
 *
 * Context: Any, serialised by the owner.
 * Return: The tag of the answer.
 */
u32 hvsnd_pulse_send_command(struct hvsnd_session *s, u32 command)
{
	struct hvsnd_tag_writer w;
	u32 tag = hvsnd_pulse_begin(s, &w, command);

	hvsnd_tag_put_u32(&w, s->pulse.channel);
	hvsnd_pulse_end(s, &w);
	return tag;
}

/**
 * hvsnd_pulse_send_cork() - Pause or resume the stream
 * @s: the session
 * @cork: pause
 *
 * Context: Any, serialised by the owner.
 */
void hvsnd_pulse_send_cork(struct hvsnd_session *s, bool cork)
{
	struct hvsnd_tag_writer w;

	hvsnd_pulse_begin(s, &w, hvsnd_pulse_is_playback(s) ?
		    PULSE_CORK_PLAYBACK_STREAM : PULSE_CORK_RECORD_STREAM);
	hvsnd_tag_put_u32(&w, s->pulse.channel);
	hvsnd_tag_put_bool(&w, cork);
	hvsnd_pulse_end(s, &w);
}

/**
 * hvsnd_pulse_send_timing() - Request a timing report
 * @s: the session
 *
 * Context: Any, serialised by the owner.
 * Return: The tag of the answer.
 */
u32 hvsnd_pulse_send_timing(struct hvsnd_session *s)
{
	struct hvsnd_tag_writer w;
	u32 tag = hvsnd_pulse_begin(s, &w, hvsnd_pulse_is_playback(s) ?
			      PULSE_GET_PLAYBACK_LATENCY :
			      PULSE_GET_RECORD_LATENCY);

	hvsnd_tag_put_u32(&w, s->pulse.channel);
	/* The host echoes it, which the owner, with a clock, does not need. */
	hvsnd_tag_put_timeval(&w, 0, 0);
	hvsnd_pulse_end(s, &w);
	return tag;
}

/**
 * hvsnd_pulse_read_attr() - Read the buffer sizes that the host chose
 * @s: the session; takes the sizes if all of them are there
 * @r: before maxlength, tlength, prebuf and minreq, or maxlength and fragsize
 *
 * Context: Any, serialised by the owner.
 */
void hvsnd_pulse_read_attr(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	u32 maxlength = hvsnd_tag_get_u32(r);
	u32 tlength = hvsnd_tag_get_u32(r);

	if (hvsnd_pulse_is_playback(s)) {
		hvsnd_tag_get_u32(r);
		hvsnd_tag_get_u32(r);
	}
	if (r->bad || r->cut)
		return;
	s->pulse.maxlength = maxlength;
	s->pulse.tlength = tlength;
}
