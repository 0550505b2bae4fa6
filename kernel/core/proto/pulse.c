// SPDX-License-Identifier: GPL-2.0
/*
 * PulseAudio's native protocol, version 32, as the client of one stream on a
 * connection of its own.
 *
 * Version 32 is what every PulseAudio since 10 and every pipewire-pulse speaks,
 * so the layouts below never vary. The facts are those of PulseAudio's
 * src/pulsecore/protocol-native.c and pstream.c; see Documentation/ for them.
 *
 * Nothing the host says is trusted. What cannot be right ends the connection;
 * what a newer host may say is passed over.
 */

#include "session.h"
#include "tagstruct.h"

#define PULSE_VERSION		32
#define PULSE_DESC_SIZE		20
#define PULSE_CONTROL		0xffffffffU	/* channel of control messages */
#define PULSE_NONE		0xffffffffU	/* no index, no tag, default */
#define PULSE_LENGTH_MAX	(16 << 20)	/* pstream.c: FRAME_SIZE_MAX_ALLOW */
#define PULSE_CONTROL_MIN	10		/* a command and a tag */
#define PULSE_FLAGS_SHM		0xff800000U
#define PULSE_BLOCK_MAX		65536		/* of audio sent at once */
#define PULSE_CREDIT_MAX	(4 << 20)	/* a stream's queue is no longer */
#define PULSE_SUBSCRIBE_INPUTS	4
#define PULSE_SUBSCRIBE_OUTPUTS	8
#define PULSE_INPUT_CHANGED	0x12
#define PULSE_OUTPUT_CHANGED	0x13
#define PULSE_INDEX_MAX		((s64)1 << 62)
#define PULSE_LATENCY_MAX	60000000U	/* us; more is nonsense */

enum pulse_command {
	PULSE_ERROR = 0,
	PULSE_REPLY = 2,
	PULSE_CREATE_PLAYBACK_STREAM = 3,
	PULSE_CREATE_RECORD_STREAM = 5,
	PULSE_AUTH = 8,
	PULSE_SET_CLIENT_NAME = 9,
	PULSE_DRAIN_PLAYBACK_STREAM = 12,
	PULSE_GET_PLAYBACK_LATENCY = 14,
	PULSE_GET_SINK_INPUT_INFO = 29,
	PULSE_GET_SOURCE_OUTPUT_INFO = 31,
	PULSE_SUBSCRIBE = 35,
	PULSE_SET_SINK_INPUT_VOLUME = 37,
	PULSE_CORK_PLAYBACK_STREAM = 41,
	PULSE_FLUSH_PLAYBACK_STREAM = 42,
	PULSE_GET_RECORD_LATENCY = 57,
	PULSE_CORK_RECORD_STREAM = 58,
	PULSE_FLUSH_RECORD_STREAM = 59,
	PULSE_REQUEST = 61,
	PULSE_OVERFLOW = 62,
	PULSE_UNDERFLOW = 63,
	PULSE_PLAYBACK_STREAM_KILLED = 64,
	PULSE_RECORD_STREAM_KILLED = 65,
	PULSE_SUBSCRIBE_EVENT = 66,
	PULSE_SET_SINK_INPUT_MUTE = 69,
	PULSE_PLAYBACK_STREAM_SUSPENDED = 76,
	PULSE_RECORD_STREAM_SUSPENDED = 77,
	PULSE_PLAYBACK_STREAM_MOVED = 78,
	PULSE_RECORD_STREAM_MOVED = 79,
	PULSE_STARTED = 86,
	PULSE_PLAYBACK_BUFFER_ATTR_CHANGED = 94,
	PULSE_SET_SOURCE_OUTPUT_VOLUME = 98,
	PULSE_SET_SOURCE_OUTPUT_MUTE = 99,
	PULSE_ENABLE_SRBCHANNEL = 101,
	PULSE_DISABLE_SRBCHANNEL = 102,
	PULSE_REGISTER_MEMFD_SHMID = 103,
};

enum pulse_error {
	PULSE_ERR_ACCESS = 1,
	PULSE_ERR_INVALID = 3,
	PULSE_ERR_EXIST = 4,
	PULSE_ERR_NOENTITY = 5,
	PULSE_ERR_PROTOCOL = 7,
	PULSE_ERR_TIMEOUT = 8,
	PULSE_ERR_BADSTATE = 15,
	PULSE_ERR_VERSION = 17,
	PULSE_ERR_TOOLARGE = 18,
	PULSE_ERR_NOTSUPPORTED = 19,
	PULSE_ERR_BUSY = 26,
};

enum pulse_state {
	PULSE_CLOSED,		/* never opened, or failed */
	PULSE_AUTHENTICATING,
	PULSE_NAMING,
	PULSE_ADMITTED,		/* let in, no stream asked for yet */
	PULSE_CREATING,
	PULSE_READY,
	PULSE_KILLED,		/* the stream is gone, the connection is not */
};

static const char reason_other[] =
	"what answers does not speak the PulseAudio protocol: check the port and protocol=";
static const char reason_shm[] =
	"host wants to share memory, which a VM cannot: report its audio server's version";
static const char reason_tx[] =
	"host does not take what is sent to it: check that its audio server is alive";
static const char reason_cookie[] =
	"host refuses the PulseAudio cookie: give the card the host's (hvsnd cookie), or load its native-protocol module with auth-anonymous=1";
static const char reason_version[] =
	"host's PulseAudio is too old (protocol below 32): it needs PulseAudio 10 or newer";

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

/* enum pa_channel_position; 0, mono, for those which it does not have. */
#define PULSE_AUX0	12
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

static bool pulse_is_playback(const struct hvsnd_session *s)
{
	return s->params.direction == SNDRV_PCM_STREAM_PLAYBACK;
}

static int pulse_fail(struct hvsnd_session *s, int err, const char *reason)
{
	s->pulse.state = PULSE_CLOSED;
	s->pulse.error = err;
	s->reason = reason;
	return err;
}

static void pulse_event(struct hvsnd_session *s, enum hvsnd_event_type type)
{
	struct hvsnd_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.type = type;
	ev.latency_us = s->pulse.latency_us;
	ev.suspended = s->pulse.suspended;
	s->event(s, &ev);
}

static void pulse_set_latency(struct hvsnd_session *s, u64 us)
{
	s->pulse.latency_us = us > PULSE_LATENCY_MAX ? PULSE_LATENCY_MAX : us;
}

static void pulse_put_descriptor(u8 *p, u32 length, u32 channel)
{
	memset(p, 0, PULSE_DESC_SIZE);
	hvsnd_put_be32(p, length);
	hvsnd_put_be32(p + 4, channel);
}

/*
 * A control message goes behind those that wait in @s->tx, whole or not at
 * all. Returns its tag.
 */
static u32 pulse_begin(struct hvsnd_session *s, struct hvsnd_tag_writer *w,
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

static void pulse_end(struct hvsnd_session *s, struct hvsnd_tag_writer *w)
{
	/* After a message that was left out, the next would mislead the host. */
	if (w->overflow || s->failed) {
		s->failed = true;
		return;
	}
	pulse_put_descriptor(s->tx + s->tx_len, w->len, PULSE_CONTROL);
	s->tx_len += PULSE_DESC_SIZE + w->len;
}

/* A command on the stream that takes nothing but its channel. */
static u32 pulse_command(struct hvsnd_session *s, u32 command)
{
	struct hvsnd_tag_writer w;
	u32 tag = pulse_begin(s, &w, command);

	hvsnd_tag_put_u32(&w, s->pulse.channel);
	pulse_end(s, &w);
	return tag;
}

static void pulse_cork(struct hvsnd_session *s, bool cork)
{
	struct hvsnd_tag_writer w;

	s->pulse.running = !cork;
	pulse_begin(s, &w, pulse_is_playback(s) ? PULSE_CORK_PLAYBACK_STREAM :
						  PULSE_CORK_RECORD_STREAM);
	hvsnd_tag_put_u32(&w, s->pulse.channel);
	hvsnd_tag_put_bool(&w, cork);
	pulse_end(s, &w);
}

static void pulse_put_volume(const struct hvsnd_session *s,
			     struct hvsnd_tag_writer *w, const u32 *level)
{
	u32 volume[HVSND_TAG_CHANNELS_MAX], i;

	for (i = 0; i < s->params.channels; i++)
		volume[i] = level[i < HVSND_CHANNELS ? i : HVSND_CHANNELS - 1];
	hvsnd_tag_put_cvolume(w, volume, s->params.channels);
}

/*
 * Brings the host's volume and ours together, a step at a time: what is to be
 * set goes out when all before it was answered, and the host is asked for what
 * it has when nothing is to be set. So neither a flood of changes there nor
 * one here fills @s->tx, and no answer is older than what was set.
 */
static void pulse_step_volume(struct hvsnd_session *s)
{
	bool playback = pulse_is_playback(s);
	struct hvsnd_pulse *p = &s->pulse;
	struct hvsnd_tag_writer w;

	/* What waits to be sent will be answered, and this be called again. */
	if (p->state != PULSE_READY || s->tx_len > HVSND_TX_SIZE / 2)
		return;
	if (p->wanted.level_set && p->level_tag == PULSE_NONE) {
		p->level_tag = pulse_begin(s, &w, playback ?
					   PULSE_SET_SINK_INPUT_VOLUME :
					   PULSE_SET_SOURCE_OUTPUT_VOLUME);
		hvsnd_tag_put_u32(&w, p->index);
		pulse_put_volume(s, &w, p->wanted.level);
		pulse_end(s, &w);
		p->wanted.level_set = false;
	}
	if (p->wanted.mute_set && p->mute_tag == PULSE_NONE) {
		p->mute_tag = pulse_begin(s, &w, playback ?
					   PULSE_SET_SINK_INPUT_MUTE :
					   PULSE_SET_SOURCE_OUTPUT_MUTE);
		hvsnd_tag_put_u32(&w, p->index);
		hvsnd_tag_put_bool(&w, p->wanted.mute);
		pulse_end(s, &w);
		p->wanted.mute_set = false;
	}
	if (p->stale && p->info_tag == PULSE_NONE &&
	    p->level_tag == PULSE_NONE && p->mute_tag == PULSE_NONE) {
		p->info_tag = pulse_begin(s, &w, playback ?
					   PULSE_GET_SINK_INPUT_INFO :
					   PULSE_GET_SOURCE_OUTPUT_INFO);
		hvsnd_tag_put_u32(&w, p->index);
		pulse_end(s, &w);
		p->stale = false;
	}
}

static void pulse_want_volume(struct hvsnd_session *s,
			      const struct hvsnd_volume *v)
{
	struct hvsnd_pulse *p = &s->pulse;

	if (v->level_set) {
		memcpy(p->wanted.level, v->level, sizeof(v->level));
		memcpy(p->known.level, v->level, sizeof(v->level));
		p->wanted.level_set = true;
		p->known.level_set = true;
	}
	if (v->mute_set) {
		p->wanted.mute = v->mute;
		p->known.mute = v->mute;
		p->wanted.mute_set = true;
		p->known.mute_set = true;
	}
	/* An answer under way may be older. */
	if (p->info_tag != PULSE_NONE) {
		p->info_tag = PULSE_NONE;
		p->stale = true;
	}
	pulse_step_volume(s);
}

/*
 * command_subscribe(). What the stream was created with is set again, as
 * WirePlumber then gives it the volume that it remembers.
 */
static void pulse_begin_volume(struct hvsnd_session *s)
{
	const struct hvsnd_volume *v = &s->params.volume;
	struct hvsnd_tag_writer w;

	pulse_begin(s, &w, PULSE_SUBSCRIBE);
	hvsnd_tag_put_u32(&w, pulse_is_playback(s) ? PULSE_SUBSCRIBE_INPUTS :
						   PULSE_SUBSCRIBE_OUTPUTS);
	pulse_end(s, &w);
	s->pulse.stale = !v->level_set || !v->mute_set;
	pulse_want_volume(s, v);
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

static void pulse_decimal(char out[11], u32 v)
{
	char digits[10];
	size_t n = 0, i;

	do {
		digits[n++] = '0' + v % 10;
		v /= 10;
	} while (v);
	for (i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	out[n] = 0;
}

/* protocol-native.c, command_auth(): the cookie is always of one length. */
static void pulse_send_auth(struct hvsnd_session *s, const u8 *cookie)
{
	struct hvsnd_tag_writer w;

	s->pulse.pending_tag = pulse_begin(s, &w, PULSE_AUTH);
	/* The bits above the version would offer shared memory. */
	hvsnd_tag_put_u32(&w, PULSE_VERSION);
	hvsnd_tag_put_arbitrary(&w, cookie, HVSND_COOKIE_SIZE);
	pulse_end(s, &w);
	s->pulse.state = PULSE_AUTHENTICATING;
}

/* command_set_client_name(); pipewire-pulse takes nothing else before it. */
static void pulse_send_name(struct hvsnd_session *s)
{
	struct hvsnd_tag_writer w;
	char text[HVSND_NAME_MAX];

	s->pulse.pending_tag = pulse_begin(s, &w, PULSE_SET_CLIENT_NAME);
	hvsnd_tag_begin_proplist(&w);
	pulse_printable(text, s->params.application, "ALSA");
	hvsnd_tag_put_prop(&w, "application.name", text);
	hvsnd_tag_put_prop(&w, "application.process.binary", text);
	pulse_decimal(text, s->params.pid);
	hvsnd_tag_put_prop(&w, "application.process.id", text);
	pulse_printable(text, s->params.node, "VM");
	hvsnd_tag_put_prop(&w, "application.process.host", text);
	hvsnd_tag_end_proplist(&w);
	pulse_end(s, &w);
	s->pulse.state = PULSE_NAMING;
}

/*
 * command_create_playback_stream() and command_create_record_stream(). Early
 * requests without adjusted latency are the one mode in which the host delivers
 * evenly, but also the one in which it must ask for as little at a time as its
 * sink is to play. With adjusted latency the sink plays half of what the queue
 * has beyond two requests, so these can be large, and few.
 */
static void pulse_send_create(struct hvsnd_session *s)
{
	const struct hvsnd_session_params *p = &s->params;
	const struct hvsnd_volume *v = &p->volume;
	bool playback = pulse_is_playback(s);
	bool mute = v->mute_set && v->mute;
	u32 level[HVSND_CHANNELS], request, i;
	struct hvsnd_tag_writer w;
	u8 map[HVSND_TAG_CHANNELS_MAX];

	for (i = 0; i < HVSND_CHANNELS; i++)
		level[i] = v->level_set ? v->level[i] : HVSND_VOLUME_NORM;

	for (i = 0; i < p->channels; i++) {
		u8 at = i < HVSND_CHANNELS ? p->map[i] : SNDRV_CHMAP_UNKNOWN;

		map[i] = at < ARRAY_SIZE(pulse_positions) ?
			 pulse_positions[at] : 0;
		if (!map[i] && at != SNDRV_CHMAP_MONO)
			map[i] = PULSE_AUX0 + i;
	}

	s->pulse.pending_tag = pulse_begin(s, &w, playback ?
					   PULSE_CREATE_PLAYBACK_STREAM :
					   PULSE_CREATE_RECORD_STREAM);
	hvsnd_tag_put_sample_spec(&w, s->pulse.format, p->channels, p->rate);
	hvsnd_tag_put_channel_map(&w, map, p->channels);
	hvsnd_tag_put_u32(&w, PULSE_NONE);	/* sink or source: default */
	hvsnd_tag_put_string(&w, NULL);
	hvsnd_tag_put_u32(&w, PULSE_NONE);	/* maxlength: the host's */
	hvsnd_tag_put_bool(&w, true);		/* corked */
	if (playback) {
		request = p->queue / 2 - min_t(u32, p->queue / 2, p->chunk);
		request -= request % p->frame_bytes;
		hvsnd_tag_put_u32(&w, p->queue);
		/*
		 * Without a prebuffer the host would play on into nothing and
		 * grant credit for what it never plays; one frame holds it.
		 */
		hvsnd_tag_put_u32(&w, p->prebuf ? p->prebuf : p->frame_bytes);
		hvsnd_tag_put_u32(&w, request);
		/* Groups streams of one connection: here there is but one. */
		hvsnd_tag_put_u32(&w, 0);
		pulse_put_volume(s, &w, level);
	} else {
		hvsnd_tag_put_u32(&w, p->chunk);
	}
	for (i = 0; i < 7; i++)		/* no_remap to variable_rate */
		hvsnd_tag_put_bool(&w, false);
	hvsnd_tag_put_bool(&w, playback && mute); /* or peak_detect */
	hvsnd_tag_put_bool(&w, playback);	/* adjust_latency */
	hvsnd_tag_begin_proplist(&w);
	hvsnd_tag_put_prop(&w, "media.name",
			   playback ? "ALSA Playback" : "ALSA Capture");
	hvsnd_tag_end_proplist(&w);
	if (playback) {
		hvsnd_tag_put_bool(&w,
				   v->level_set); /* or the remembered one */
		hvsnd_tag_put_bool(&w, false);	/* early_requests */
		hvsnd_tag_put_bool(&w, v->mute_set);
		for (i = 0; i < 4; i++)		/* dont_inhibit... to passthrough */
			hvsnd_tag_put_bool(&w, false);
		hvsnd_tag_put_u8(&w, 0);	/* n_formats */
	} else {
		hvsnd_tag_put_u32(&w, PULSE_NONE); /* direct_on_input */
		hvsnd_tag_put_bool(&w, true);	/* early_requests */
		hvsnd_tag_put_bool(&w, false);	/* dont_inhibit_auto_suspend */
		hvsnd_tag_put_bool(&w, false);	/* fail_on_suspend */
		hvsnd_tag_put_u8(&w, 0);	/* n_formats */
		pulse_put_volume(s, &w, level);
		hvsnd_tag_put_bool(&w, mute);
		hvsnd_tag_put_bool(&w, v->level_set);
		hvsnd_tag_put_bool(&w, v->mute_set);
		hvsnd_tag_put_bool(&w, false);	/* relative_volume */
		hvsnd_tag_put_bool(&w, false);	/* passthrough */
	}
	pulse_end(s, &w);
	s->pulse.state = PULSE_CREATING;
}

static int pulse_open(struct hvsnd_session *s,
		      const struct hvsnd_session_params *p)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pulse_formats); i++) {
		if (pulse_formats[i].alsa == p->format)
			break;
	}
	if (i == ARRAY_SIZE(pulse_formats) || !p->rate || !p->channels ||
	    p->channels > HVSND_TAG_CHANNELS_MAX || !p->chunk ||
	    p->frame_bytes != pulse_formats[i].bytes * p->channels)
		return -EINVAL;

	if (p != &s->params)
		s->params = *p;
	s->reason = NULL;
	s->tx_len = 0;
	s->failed = false;
	s->unasked = false;
	memset(&s->pulse, 0, sizeof(s->pulse));
	s->pulse.format = pulse_formats[i].pulse;
	s->pulse.next_tag = 1;
	s->pulse.drain_tag = PULSE_NONE;
	s->pulse.timing_tag = PULSE_NONE;
	s->pulse.level_tag = PULSE_NONE;
	s->pulse.mute_tag = PULSE_NONE;
	s->pulse.info_tag = PULSE_NONE;
	pulse_send_auth(s, p->cookie);
	return 0;
}

static void pulse_create(struct hvsnd_session *s,
			 const struct hvsnd_session_params *p)
{
	if (s->pulse.state >= PULSE_CREATING || !s->params.wait)
		return;
	s->params.wait = false;
	memcpy(s->params.map, p->map, sizeof(s->params.map));
	s->params.volume = p->volume;
	if (s->pulse.state == PULSE_ADMITTED)
		pulse_send_create(s);
}

static int pulse_got_auth(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	u32 version = hvsnd_tag_get_u32(r);

	if (r->bad || r->cut)
		return pulse_fail(s, -EPROTO, reason_other);
	if ((version & 0xffff) < PULSE_VERSION)
		return pulse_fail(s, -EPROTO, reason_version);
	pulse_send_name(s);
	return 0;
}

/* maxlength, tlength, prebuf, minreq; or maxlength, fragsize */
static void pulse_get_attr(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	u32 maxlength = hvsnd_tag_get_u32(r);
	u32 tlength = hvsnd_tag_get_u32(r);

	if (pulse_is_playback(s)) {
		hvsnd_tag_get_u32(r);
		hvsnd_tag_get_u32(r);
	}
	if (r->bad || r->cut)
		return;
	s->pulse.maxlength = maxlength;
	s->pulse.tlength = tlength;
}

static int pulse_got_stream(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	struct hvsnd_pulse *p = &s->pulse;
	bool playback = pulse_is_playback(s);
	u8 format, channels;
	u32 missing = 0, rate;
	u64 latency;
	bool suspended;

	p->channel = hvsnd_tag_get_u32(r);
	p->index = hvsnd_tag_get_u32(r);
	if (playback)
		missing = hvsnd_tag_get_u32(r);
	pulse_get_attr(s, r);
	hvsnd_tag_get_sample_spec(r, &format, &channels, &rate);
	if (r->bad || r->cut || p->channel == PULSE_CONTROL)
		return pulse_fail(s, -EPROTO, reason_other);
	/* Anything else than was asked for would be played as noise. */
	if (format != p->format || channels != s->params.channels ||
	    rate != s->params.rate)
		return pulse_fail(s, -EPROTO,
				  "host made a stream of another sample format than asked for: choose another format or rate");

	hvsnd_tag_skip_channel_map(r);
	hvsnd_tag_get_u32(r);		/* sink or source */
	hvsnd_tag_skip_string(r);
	suspended = hvsnd_tag_get_bool(r);
	latency = hvsnd_tag_get_usec(r);
	if (r->bad)
		return pulse_fail(s, -EPROTO, reason_other);
	p->suspended = suspended;
	pulse_set_latency(s, latency);
	p->credit = missing > PULSE_CREDIT_MAX ? PULSE_CREDIT_MAX : missing;
	p->state = PULSE_READY;
	pulse_begin_volume(s);
	pulse_event(s, HVSND_EVENT_READY);
	return 0;
}

/* Both PulseAudio and pipewire-pulse keep what they did not ask for, up to maxlength. */
static u32 pulse_room(const struct hvsnd_session *s)
{
	const struct hvsnd_pulse *p = &s->pulse;
	u64 kept = p->maxlength > p->held ? p->maxlength - p->held : 0;

	return s->unasked && kept > p->credit ? kept : p->credit;
}

/*
 * What was sent unasked PulseAudio subtracts from what it will ask for, but
 * pipewire-pulse does not. With both the credit is at most what they still
 * need, and that is what it is set to.
 */
static void pulse_set_held(struct hvsnd_session *s, s64 bytes)
{
	struct hvsnd_pulse *p = &s->pulse;

	p->held = p->since + (bytes > 0 ? bytes : 0);
	if (p->beyond)
		p->credit = min_t(u64, p->credit, p->held < p->tlength ?
						  p->tlength - p->held : 0);
}

/* command_get_playback_latency(), command_get_record_latency() */
static int pulse_got_timing(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	u64 first, second;
	struct hvsnd_event ev;

	memset(&ev, 0, sizeof(ev));
	first = hvsnd_tag_get_usec(r);
	second = hvsnd_tag_get_usec(r);
	ev.timing.playing = hvsnd_tag_get_bool(r);
	hvsnd_tag_skip_timeval(r);
	hvsnd_tag_skip_timeval(r);
	ev.timing.write_index = hvsnd_tag_get_s64(r);
	ev.timing.read_index = hvsnd_tag_get_s64(r);
	if (r->bad || r->cut)
		return pulse_fail(s, -EPROTO, reason_other);
	s->pulse.timing_tag = PULSE_NONE;
	if (ev.timing.write_index < 0 || ev.timing.read_index < 0 ||
	    ev.timing.write_index > PULSE_INDEX_MAX ||
	    ev.timing.read_index > PULSE_INDEX_MAX)
		return 0;

	/* What a monitor delivers is still to be heard: it is that much early. */
	if (!pulse_is_playback(s))
		first = second > first ? second - first : 0;
	else if (!s->pulse.forgot)
		pulse_set_held(s, ev.timing.write_index - ev.timing.read_index);
	pulse_set_latency(s, first);
	ev.type = HVSND_EVENT_TIMING;
	ev.latency_us = s->pulse.latency_us;
	ev.suspended = s->pulse.suspended;
	s->event(s, &ev);
	return 0;
}

static bool pulse_is_known(const struct hvsnd_session *s,
			   const struct hvsnd_volume *v)
{
	const struct hvsnd_volume *known = &s->pulse.known;
	u32 i;

	for (i = 0; i < s->params.channels && i < HVSND_CHANNELS; i++) {
		if (v->level[i] != known->level[i])
			return false;
	}
	return known->level_set && known->mute_set && v->mute == known->mute;
}

/* sink_input_fill_tagstruct(), source_output_fill_tagstruct() */
static int pulse_got_info(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	bool playback = pulse_is_playback(s);
	u8 format, channels, n = 0;
	struct hvsnd_volume v;
	struct hvsnd_event ev;
	u32 rate, i;

	memset(&v, 0, sizeof(v));
	hvsnd_tag_get_u32(r);		/* index */
	hvsnd_tag_skip_string(r);
	for (i = 0; i < 3; i++)		/* module, client, sink or source */
		hvsnd_tag_get_u32(r);
	hvsnd_tag_get_sample_spec(r, &format, &channels, &rate);
	hvsnd_tag_skip_channel_map(r);
	if (playback)
		n = hvsnd_tag_get_cvolume(r, v.level, HVSND_CHANNELS);
	hvsnd_tag_get_usec(r);
	hvsnd_tag_get_usec(r);
	hvsnd_tag_skip_string(r);	/* resampler */
	hvsnd_tag_skip_string(r);	/* driver */
	if (!playback) {
		hvsnd_tag_skip_proplist(r);
		hvsnd_tag_get_bool(r);	/* corked */
		n = hvsnd_tag_get_cvolume(r, v.level, HVSND_CHANNELS);
	}
	v.mute = hvsnd_tag_get_bool(r);
	if (r->bad)
		return pulse_fail(s, -EPROTO, reason_other);
	/* Longer than what is kept of it, or not about the stream as it is. */
	if (r->cut || n != s->params.channels)
		return 0;

	for (i = 0; i < HVSND_CHANNELS; i++) {
		if (v.level[i] > HVSND_VOLUME_MAX)
			v.level[i] = HVSND_VOLUME_MAX;
	}
	v.level_set = true;
	v.mute_set = true;
	if (pulse_is_known(s, &v))
		return 0;
	s->pulse.known = v;
	memset(&ev, 0, sizeof(ev));
	ev.type = HVSND_EVENT_VOLUME;
	ev.volume = &v;
	s->event(s, &ev);
	return 0;
}

static void pulse_got_drained(struct hvsnd_session *s)
{
	s->pulse.drain_tag = PULSE_NONE;
	pulse_event(s, HVSND_EVENT_DRAINED);
}

static int pulse_refused(struct hvsnd_session *s, u32 code)
{
	int err;
	const char *reason;

	switch (code) {
	case PULSE_ERR_ACCESS:
		err = -EACCES;
		break;
	case PULSE_ERR_INVALID:
		err = -EINVAL;
		break;
	case PULSE_ERR_EXIST:
		err = -EEXIST;
		break;
	case PULSE_ERR_NOENTITY:
		err = -ENODEV;
		break;
	case PULSE_ERR_PROTOCOL:
	case PULSE_ERR_VERSION:
		err = -EPROTO;
		break;
	case PULSE_ERR_TIMEOUT:
		err = -ETIMEDOUT;
		break;
	case PULSE_ERR_BADSTATE:
		err = -EBADFD;
		break;
	case PULSE_ERR_TOOLARGE:
		err = -E2BIG;
		break;
	case PULSE_ERR_NOTSUPPORTED:
		err = -EOPNOTSUPP;
		break;
	case PULSE_ERR_BUSY:
		err = -EBUSY;
		break;
	default:
		err = -EIO;
	}

	if (s->pulse.state != PULSE_CREATING) {
		if (err == -EACCES)
			reason = reason_cookie;
		else if (err == -EPROTO)
			reason = reason_version;
		else
			reason = "host refuses the connection: see its audio server's log";
	} else if (err == -ENODEV) {
		if (pulse_is_playback(s))
			reason = "host has no sink: give it a sound device or module-null-sink";
		else
			reason = "host has no source: connect a microphone to it, or allow its use";
	} else if (err == -EACCES) {
		reason = "host does not allow this stream: check its session manager's settings";
	} else if (err == -EINVAL || err == -EOPNOTSUPP) {
		reason = "host refuses the sample format, rate or channels: choose others";
	} else if (err == -ETIMEDOUT) {
		reason = "host found no device for the stream in time: check its session manager";
	} else {
		reason = "host refuses the stream: see its audio server's log";
	}
	return pulse_fail(s, err, reason);
}

/* A reply, or an error in its place. */
static int pulse_answer(struct hvsnd_session *s, u32 tag, bool refused,
			struct hvsnd_tag_reader *r)
{
	struct hvsnd_pulse *p = &s->pulse;
	int ret = 0;
	u32 code;

	if (p->state < PULSE_READY) {
		if (tag != p->pending_tag || tag == PULSE_NONE)
			return pulse_fail(s, -EPROTO, reason_other);
		if (refused) {
			code = hvsnd_tag_get_u32(r);
			if (r->bad || r->cut)
				return pulse_fail(s, -EPROTO, reason_other);
			return pulse_refused(s, code);
		}
		switch (p->state) {
		case PULSE_AUTHENTICATING:
			return pulse_got_auth(s, r);
		case PULSE_NAMING:
			if (s->params.wait) {
				p->state = PULSE_ADMITTED;
				p->pending_tag = PULSE_NONE;
				pulse_event(s, HVSND_EVENT_ADMITTED);
			} else {
				pulse_send_create(s);
			}
			return 0;
		default:
			return pulse_got_stream(s, r);
		}
	}

	/* Was it ever asked? Tags count up, and may come round. */
	if (tag == PULSE_NONE || (s32)(tag - p->next_tag) >= 0)
		return pulse_fail(s, -EPROTO, reason_other);
	if (tag == p->drain_tag) {
		/* Refused: nothing of it can be played any more, so it is over. */
		pulse_got_drained(s);
	} else if (tag == p->timing_tag) {
		if (refused)
			p->timing_tag = PULSE_NONE;
		else
			ret = pulse_got_timing(s, r);
	} else if (tag == p->level_tag) {
		p->level_tag = PULSE_NONE;
		p->stale |= refused;
	} else if (tag == p->mute_tag) {
		p->mute_tag = PULSE_NONE;
		p->stale |= refused;
	} else if (tag == p->info_tag) {
		p->info_tag = PULSE_NONE;
		if (!refused)
			ret = pulse_got_info(s, r);
	}
	pulse_step_volume(s);
	return ret;
}

/* Is this a message that matters to a stream of our direction? */
static bool pulse_concerns(const struct hvsnd_session *s, u32 command)
{
	switch (command) {
	case PULSE_REQUEST:
	case PULSE_OVERFLOW:
	case PULSE_UNDERFLOW:
	case PULSE_STARTED:
	case PULSE_PLAYBACK_STREAM_KILLED:
	case PULSE_PLAYBACK_STREAM_SUSPENDED:
	case PULSE_PLAYBACK_STREAM_MOVED:
	case PULSE_PLAYBACK_BUFFER_ATTR_CHANGED:
		return pulse_is_playback(s);
	case PULSE_RECORD_STREAM_KILLED:
	case PULSE_RECORD_STREAM_SUSPENDED:
	case PULSE_RECORD_STREAM_MOVED:
		return !pulse_is_playback(s);
	default:
		return false;
	}
}

static int pulse_got_request(struct hvsnd_session *s,
			     struct hvsnd_tag_reader *r)
{
	u32 bytes = hvsnd_tag_get_u32(r);

	if (r->bad || r->cut)
		return pulse_fail(s, -EPROTO, reason_other);
	if (bytes > PULSE_CREDIT_MAX - s->pulse.credit)
		bytes = PULSE_CREDIT_MAX - s->pulse.credit;
	s->pulse.credit += bytes;
	return 0;
}

static int pulse_got_suspended(struct hvsnd_session *s,
			       struct hvsnd_tag_reader *r)
{
	bool suspended = hvsnd_tag_get_bool(r);

	if (r->bad || r->cut)
		return pulse_fail(s, -EPROTO, reason_other);
	s->pulse.suspended = suspended;
	pulse_event(s, HVSND_EVENT_SUSPENDED);
	return 0;
}

/* playback_stream_moved_cb() and its like: metrics follow a name of any length. */
static int pulse_got_moved(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	bool suspended;
	u64 latency;

	hvsnd_tag_get_u32(r);		/* sink or source */
	hvsnd_tag_skip_string(r);
	suspended = hvsnd_tag_get_bool(r);
	if (!r->bad && !r->cut)
		s->pulse.suspended = suspended;
	pulse_get_attr(s, r);
	latency = hvsnd_tag_get_usec(r);
	if (r->bad)
		return pulse_fail(s, -EPROTO, reason_other);
	if (!r->cut)
		pulse_set_latency(s, latency);
	pulse_event(s, HVSND_EVENT_MOVED);
	return 0;
}

/* The credit that goes with a longer queue comes as a REQUEST. */
static int pulse_got_attr(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	u64 latency;

	pulse_get_attr(s, r);
	latency = hvsnd_tag_get_usec(r);
	if (r->bad)
		return pulse_fail(s, -EPROTO, reason_other);
	if (!r->cut)
		pulse_set_latency(s, latency);
	return 0;
}

/* subscription_cb(): which sink input or source output came, changed or went. */
static int pulse_got_change(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	u32 what = hvsnd_tag_get_u32(r);
	u32 index = hvsnd_tag_get_u32(r);

	if (r->bad || r->cut)
		return pulse_fail(s, -EPROTO, reason_other);
	if (index == s->pulse.index &&
	    what == (pulse_is_playback(s) ? PULSE_INPUT_CHANGED :
					    PULSE_OUTPUT_CHANGED)) {
		s->pulse.stale = true;
		pulse_step_volume(s);
	}
	return 0;
}

/* What the host says unasked: protocol-native.c's callbacks of a stream. */
static int pulse_message(struct hvsnd_session *s, u32 command,
			 struct hvsnd_tag_reader *r)
{
	struct hvsnd_pulse *p = &s->pulse;
	u32 channel;

	if (p->state != PULSE_READY)
		return 0;
	if (command == PULSE_SUBSCRIBE_EVENT)
		return pulse_got_change(s, r);
	if (!pulse_concerns(s, command))
		return 0;
	channel = hvsnd_tag_get_u32(r);
	if (r->bad || r->cut)
		return pulse_fail(s, -EPROTO, reason_other);
	if (channel != p->channel)
		return 0;

	switch (command) {
	case PULSE_REQUEST:
		return pulse_got_request(s, r);
	case PULSE_OVERFLOW:
		pulse_event(s, HVSND_EVENT_OVERFLOW);
		return 0;
	case PULSE_UNDERFLOW:
		/* Also said at the end of a drain and of a flush. */
		if (p->running && p->fed)
			pulse_event(s, HVSND_EVENT_UNDERFLOW);
		return 0;
	case PULSE_STARTED:
		pulse_event(s, HVSND_EVENT_STARTED);
		return 0;
	case PULSE_PLAYBACK_STREAM_SUSPENDED:
	case PULSE_RECORD_STREAM_SUSPENDED:
		return pulse_got_suspended(s, r);
	case PULSE_PLAYBACK_STREAM_MOVED:
	case PULSE_RECORD_STREAM_MOVED:
		return pulse_got_moved(s, r);
	case PULSE_PLAYBACK_BUFFER_ATTR_CHANGED:
		return pulse_got_attr(s, r);
	default:			/* killed */
		p->state = PULSE_KILLED;
		p->timing_tag = PULSE_NONE;
		p->info_tag = PULSE_NONE;
		if (p->drain_tag != PULSE_NONE)
			pulse_got_drained(s);
		pulse_event(s, HVSND_EVENT_KILLED);
		return 0;
	}
}

/* The head of a control message, or all of it, is in @s->rx. */
static int pulse_control(struct hvsnd_session *s)
{
	u32 len = s->pulse.length;
	struct hvsnd_tag_reader r;
	u32 command, tag;

	hvsnd_tag_reader_init(&r, s->rx, min_t(u32, len, HVSND_RX_SIZE));
	command = hvsnd_tag_get_u32(&r);
	tag = hvsnd_tag_get_u32(&r);
	if (r.bad || r.cut)
		return pulse_fail(s, -EPROTO, reason_other);

	switch (command) {
	case PULSE_REPLY:
	case PULSE_ERROR:
		return pulse_answer(s, tag, command == PULSE_ERROR, &r);
	case PULSE_ENABLE_SRBCHANNEL:
	case PULSE_DISABLE_SRBCHANNEL:
	case PULSE_REGISTER_MEMFD_SHMID:
		return pulse_fail(s, -EPROTO, reason_shm);
	default:
		return pulse_message(s, command, &r);
	}
}

/* pstream.c, do_read(): what a descriptor may say. */
static int pulse_descriptor(struct hvsnd_session *s)
{
	struct hvsnd_pulse *p = &s->pulse;
	u32 flags = hvsnd_get_be32(p->desc + 16);

	p->length = hvsnd_get_be32(p->desc);
	p->rx_channel = hvsnd_get_be32(p->desc + 4);
	p->payload_have = 0;
	/* Releases of shared memory have no length: tell them from nonsense. */
	if ((flags & PULSE_FLAGS_SHM) && p->length <= PULSE_LENGTH_MAX)
		return pulse_fail(s, -EPROTO, reason_shm);
	if ((flags & PULSE_FLAGS_SHM) || !p->length ||
	    p->length > PULSE_LENGTH_MAX)
		return pulse_fail(s, -EPROTO, reason_other);
	if (p->rx_channel == PULSE_CONTROL &&
	    (flags || p->length < PULSE_CONTROL_MIN))
		return pulse_fail(s, -EPROTO, reason_other);
	return 0;
}

/*
 * Audio goes to the owner from where it was received. What was not asked for
 * (another channel, before the stream exists or while it is stopped, or to a
 * stream that plays) is passed over: it may be a straggler of the host's.
 */
static void pulse_data(struct hvsnd_session *s, const u8 *buf, size_t len)
{
	struct hvsnd_pulse *p = &s->pulse;
	struct hvsnd_event ev;

	if (p->state != PULSE_READY || pulse_is_playback(s) || !p->running ||
	    p->rx_channel != p->channel)
		return;
	memset(&ev, 0, sizeof(ev));
	ev.type = HVSND_EVENT_DATA;
	ev.latency_us = p->latency_us;
	ev.data = buf;
	ev.len = len;
	s->event(s, &ev);
}

static int pulse_receive(struct hvsnd_session *s, const u8 *buf, size_t len)
{
	struct hvsnd_pulse *p = &s->pulse;
	size_t n, keep;
	int ret = 0;

	if (p->state == PULSE_CLOSED)
		return p->error ? p->error : -ENOTCONN;

	while (len && !s->failed && !ret) {
		if (p->desc_have < PULSE_DESC_SIZE) {
			n = PULSE_DESC_SIZE - p->desc_have;
			if (n > len)
				n = len;
			memcpy(p->desc + p->desc_have, buf, n);
			p->desc_have += n;
			if (p->desc_have == PULSE_DESC_SIZE)
				ret = pulse_descriptor(s);
		} else {
			n = p->length - p->payload_have;
			if (n > len)
				n = len;
			if (p->rx_channel != PULSE_CONTROL) {
				pulse_data(s, buf, n);
			} else if (p->payload_have < HVSND_RX_SIZE) {
				keep = HVSND_RX_SIZE - p->payload_have;
				memcpy(s->rx + p->payload_have, buf,
				       min_t(size_t, n, keep));
			}
			p->payload_have += n;
			if (p->payload_have == p->length) {
				p->desc_have = 0;
				if (p->rx_channel == PULSE_CONTROL)
					ret = pulse_control(s);
			}
		}
		buf += n;
		len -= n;
	}
	if (!ret && s->failed)
		ret = pulse_fail(s, -ENOBUFS, reason_tx);
	return ret;
}

/*
 * PulseAudio drops a block that is not of whole frames, and pipewire-pulse
 * would swap channels after it; so no block is.
 */
static size_t pulse_frame(struct hvsnd_session *s, size_t bytes, u8 *head,
			  size_t *head_len)
{
	struct hvsnd_pulse *p = &s->pulse;
	u32 n = PULSE_BLOCK_MAX, room = pulse_room(s);

	if (p->state != PULSE_READY || !pulse_is_playback(s))
		return 0;
	if (n > bytes)
		n = bytes;
	if (n > room)
		n = room;
	n -= n % s->params.frame_bytes;
	if (!n)
		return 0;
	pulse_put_descriptor(head, n, p->channel);
	*head_len = PULSE_DESC_SIZE;
	if (n > p->credit) {
		p->beyond = true;
		s->beyond += n - p->credit;
	}
	p->credit -= min_t(u32, n, p->credit);
	p->held += n;
	p->since += n;
	p->fed = true;
	return n;
}

static void pulse_start(struct hvsnd_session *s)
{
	if (s->pulse.state == PULSE_READY)
		pulse_cork(s, false);
}

/* The flush gives back as a REQUEST the credit of what it threw away. */
static void pulse_stop(struct hvsnd_session *s)
{
	if (s->pulse.state != PULSE_READY)
		return;
	pulse_cork(s, true);
	pulse_command(s, pulse_is_playback(s) ? PULSE_FLUSH_PLAYBACK_STREAM :
						PULSE_FLUSH_RECORD_STREAM);
	s->pulse.drain_tag = PULSE_NONE;
	s->pulse.fed = false;
	s->pulse.held = 0;
	s->pulse.since = 0;
	s->pulse.forgot = true;
}

static void pulse_pause(struct hvsnd_session *s)
{
	if (s->pulse.state == PULSE_READY)
		pulse_cork(s, true);
}

/* command_drain_playback_stream(): answered once all was played. */
static void pulse_drain(struct hvsnd_session *s)
{
	if (s->pulse.state != PULSE_READY || !pulse_is_playback(s))
		return;
	s->pulse.drain_tag = pulse_command(s, PULSE_DRAIN_PLAYBACK_STREAM);
	s->pulse.fed = false;
}

static void pulse_timing(struct hvsnd_session *s)
{
	struct hvsnd_tag_writer w;

	if (s->pulse.state != PULSE_READY ||
	    s->pulse.timing_tag != PULSE_NONE)
		return;
	s->pulse.timing_tag = pulse_begin(s, &w, pulse_is_playback(s) ?
					  PULSE_GET_PLAYBACK_LATENCY :
					  PULSE_GET_RECORD_LATENCY);
	hvsnd_tag_put_u32(&w, s->pulse.channel);
	hvsnd_tag_put_timeval(&w, 0,
			      0); /* echoed; the owner has its own clock */
	pulse_end(s, &w);
	s->pulse.since = 0;
	s->pulse.forgot = false;
}

static void pulse_set_volume(struct hvsnd_session *s,
			     const struct hvsnd_volume *v)
{
	if (s->pulse.state == PULSE_READY)
		pulse_want_volume(s, v);
}

const struct hvsnd_session_ops hvsnd_pulse_ops = {
	.name = "pulse",
	.open = pulse_open,
	.create = pulse_create,
	.receive = pulse_receive,
	.frame = pulse_frame,
	.start = pulse_start,
	.stop = pulse_stop,
	.pause = pulse_pause,
	.drain = pulse_drain,
	.timing = pulse_timing,
	.set_volume = pulse_set_volume,
};
