// SPDX-License-Identifier: GPL-2.0
/*
 * PulseAudio's native protocol, version 32: the client of one stream on a
 * connection of its own.
 *
 * Every PulseAudio since 10 and every pipewire-pulse speaks version 32, so the
 * layout of a message never varies. PulseAudio's src/pulsecore/pstream.c and
 * protocol-native.c define the protocol.
 *
 * The host is not trusted. A message that cannot be right ends the connection;
 * a message that a newer host may send is skipped.
 */

#include "../reason.h"
#include "pulse_error.h"
#include "pulse_volume.h"
#include "pulse_wire.h"

#define PULSE_LENGTH_MAX	(16 << 20)	/* FRAME_SIZE_MAX_ALLOW */
#define PULSE_CONTROL_MIN	10		/* a command and a tag */
#define PULSE_FLAGS_SHM		0xff800000U
#define PULSE_BLOCK_MAX		65536		/* bytes of audio per message */
#define PULSE_CREDIT_MAX	(4 << 20)	/* largest queue of a host */
#define PULSE_INDEX_MAX		((s64)1 << 62)
#define PULSE_LATENCY_MAX	60000000U	/* us; more is an error */

static const char reason_other[] =
	"the server does not speak the PulseAudio protocol. Check port and protocol";
static const char reason_shm[] =
	"the host wants to share memory, which a VM cannot do. Report the version of its audio server";

/* The states that may follow each state, without HVSND_PULSE_CLOSED. */
#define PULSE_BIT(state)	(1U << HVSND_PULSE_##state)
static const u16 pulse_next[] = {
	[HVSND_PULSE_CLOSED] = PULSE_BIT(AUTHENTICATING),
	[HVSND_PULSE_AUTHENTICATING] = PULSE_BIT(NAMING),
	[HVSND_PULSE_NAMING] = PULSE_BIT(ADMITTED) | PULSE_BIT(CREATING),
	[HVSND_PULSE_ADMITTED] = PULSE_BIT(CREATING),
	[HVSND_PULSE_CREATING] = PULSE_BIT(CORKED),
	[HVSND_PULSE_CORKED] = PULSE_BIT(CORKED) | PULSE_BIT(RUNNING) |
			       PULSE_BIT(TERMINATED),
	[HVSND_PULSE_RUNNING] = PULSE_BIT(CORKED) | PULSE_BIT(RUNNING) |
				PULSE_BIT(TERMINATED),
	[HVSND_PULSE_TERMINATED] = 0,
};

static void pulse_set_state(struct hvsnd_session *s,
			    enum hvsnd_pulse_state state)
{
	HVSND_EXPECT(state == HVSND_PULSE_CLOSED ||
		     pulse_next[s->pulse.state] & 1U << state);
	s->pulse.state = state;
}

/* The host has a stream that takes commands and audio. */
static bool pulse_is_ready(const struct hvsnd_session *s)
{
	return s->pulse.state == HVSND_PULSE_CORKED ||
	       s->pulse.state == HVSND_PULSE_RUNNING;
}

static int pulse_fail(struct hvsnd_session *s, int err, const char *reason)
{
	pulse_set_state(s, HVSND_PULSE_CLOSED);
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
	ev.suspended = s->pulse.remote_suspended;
	s->event(s, &ev);
}

static void pulse_set_latency(struct hvsnd_session *s, u64 us)
{
	s->pulse.latency_us = us > PULSE_LATENCY_MAX ? PULSE_LATENCY_MAX : us;
}

static void pulse_cork(struct hvsnd_session *s, bool cork)
{
	pulse_set_state(s, cork ? HVSND_PULSE_CORKED : HVSND_PULSE_RUNNING);
	hvsnd_pulse_send_cork(s, cork);
}

static void pulse_send_create(struct hvsnd_session *s)
{
	s->pulse.pending_tag = hvsnd_pulse_send_create(s);
	pulse_set_state(s, HVSND_PULSE_CREATING);
}

static int pulse_open(struct hvsnd_session *s,
		      const struct hvsnd_session_params *p)
{
	int format;

	if (!p->rate || !p->channels || p->channels > HVSND_TAG_CHANNELS_MAX ||
	    p->frame_bytes % p->channels || !p->chunk)
		return -EINVAL;
	format = hvsnd_pulse_format(p->format, p->frame_bytes / p->channels);
	if (format < 0)
		return format;

	if (p != &s->params)
		s->params = *p;
	s->reason = NULL;
	s->tx_len = 0;
	s->failed = false;
	s->allow_unrequested = false;
	memset(&s->pulse, 0, sizeof(s->pulse));
	s->pulse.format = format;
	s->pulse.next_tag = 1;
	s->pulse.drain_tag = PULSE_NONE;
	s->pulse.timing_tag = PULSE_NONE;
	s->pulse.flush_tag = PULSE_NONE;
	hvsnd_pulse_volume_reset(s);
	s->pulse.pending_tag = hvsnd_pulse_send_auth(s, p->cookie);
	pulse_set_state(s, HVSND_PULSE_AUTHENTICATING);
	return 0;
}

static void pulse_create(struct hvsnd_session *s,
			 const struct hvsnd_session_params *p)
{
	if (s->pulse.state >= HVSND_PULSE_CREATING || !s->params.wait)
		return;
	s->params.wait = false;
	memcpy(s->params.map, p->map, sizeof(s->params.map));
	s->params.volume = p->volume;
	if (s->pulse.state == HVSND_PULSE_ADMITTED)
		pulse_send_create(s);
}

static int pulse_got_auth(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	u32 version = hvsnd_tag_get_u32(r);

	if (r->bad || r->cut)
		return pulse_fail(s, -EPROTO, reason_other);
	if ((version & 0xffff) < PULSE_VERSION)
		return pulse_fail(s, -EPROTO,
				  hvsnd_pulse_connection_reason(-EPROTO));
	s->pulse.pending_tag = hvsnd_pulse_send_name(s);
	pulse_set_state(s, HVSND_PULSE_NAMING);
	return 0;
}

static void pulse_got_name(struct hvsnd_session *s)
{
	if (!s->params.wait) {
		pulse_send_create(s);
		return;
	}
	pulse_set_state(s, HVSND_PULSE_ADMITTED);
	s->pulse.pending_tag = PULSE_NONE;
	pulse_event(s, HVSND_EVENT_ADMITTED);
}

static int pulse_got_stream(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	struct hvsnd_pulse *p = &s->pulse;
	u8 format, channels;
	u32 missing = 0, rate;
	u64 latency;
	bool suspended;

	p->channel = hvsnd_tag_get_u32(r);
	p->index = hvsnd_tag_get_u32(r);
	if (hvsnd_pulse_is_playback(s))
		missing = hvsnd_tag_get_u32(r);
	hvsnd_pulse_read_attr(s, r);
	hvsnd_tag_get_sample_spec(r, &format, &channels, &rate);
	if (r->bad || r->cut || p->channel == PULSE_CONTROL)
		return pulse_fail(s, -EPROTO, reason_other);
	/* Audio of another format would be played as noise. */
	if (format != p->format || channels != s->params.channels ||
	    rate != s->params.rate)
		return pulse_fail(s, -EPROTO,
				  "the host created a stream with another sample format. Choose another format or rate");

	hvsnd_tag_skip_channel_map(r);
	hvsnd_tag_get_u32(r);		/* sink or source */
	hvsnd_tag_skip_string(r);	/* its name */
	suspended = hvsnd_tag_get_bool(r);
	latency = hvsnd_tag_get_usec(r);
	if (r->bad)
		return pulse_fail(s, -EPROTO, reason_other);
	p->remote_suspended = suspended;
	pulse_set_latency(s, latency);
	p->credit = missing > PULSE_CREDIT_MAX ? PULSE_CREDIT_MAX : missing;
	pulse_set_state(s, HVSND_PULSE_CORKED);
	hvsnd_pulse_volume_begin(s);
	pulse_event(s, HVSND_EVENT_READY);
	return 0;
}

/*
 * Bytes that may be sent. Both PulseAudio and pipewire-pulse keep audio that
 * they did not request, up to maxlength.
 */
static u32 pulse_room(const struct hvsnd_session *s)
{
	const struct hvsnd_pulse *p = &s->pulse;
	u64 kept = p->maxlength > p->fill ? p->maxlength - p->fill : 0;

	return s->allow_unrequested && kept > p->credit ? kept : p->credit;
}

/*
 * A report says how many bytes the host holds. PulseAudio subtracts what was
 * sent beyond its requests from later requests; pipewire-pulse does not. In
 * both cases the credit is at most what is missing up to tlength.
 */
static void pulse_set_fill(struct hvsnd_session *s, s64 bytes)
{
	struct hvsnd_pulse *p = &s->pulse;

	p->fill = p->sent_since_report + (bytes > 0 ? bytes : 0);
	if (p->exceeded)
		p->credit = min_t(u64, p->credit, p->fill < p->tlength ?
						  p->tlength - p->fill : 0);
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

	/* A monitor delivers audio before its sink plays it: that much less. */
	if (!hvsnd_pulse_is_playback(s))
		first = second > first ? second - first : 0;
	else if (!s->pulse.report_outdated)
		pulse_set_fill(s, ev.timing.write_index - ev.timing.read_index);
	pulse_set_latency(s, first);
	ev.type = HVSND_EVENT_TIMING;
	ev.latency_us = s->pulse.latency_us;
	ev.suspended = s->pulse.remote_suspended;
	s->event(s, &ev);
	return 0;
}

static void pulse_got_drained(struct hvsnd_session *s)
{
	s->pulse.drain_tag = PULSE_NONE;
	pulse_event(s, HVSND_EVENT_DRAINED);
}

/* The host refuses a step of the handshake. */
static int pulse_got_refusal(struct hvsnd_session *s,
			     struct hvsnd_tag_reader *r)
{
	u32 code = hvsnd_tag_get_u32(r);
	int err = hvsnd_pulse_errno(code);

	if (r->bad || r->cut)
		return pulse_fail(s, -EPROTO, reason_other);
	if (s->pulse.state != HVSND_PULSE_CREATING)
		return pulse_fail(s, err, hvsnd_pulse_connection_reason(err));
	return pulse_fail(s, err,
			  hvsnd_pulse_stream_reason(err, s->params.direction));
}

/* A reply, or an error in its place, before the stream exists. */
static int pulse_handshake(struct hvsnd_session *s, u32 tag, bool refused,
			   struct hvsnd_tag_reader *r)
{
	struct hvsnd_pulse *p = &s->pulse;

	if (tag != p->pending_tag || tag == PULSE_NONE)
		return pulse_fail(s, -EPROTO, reason_other);
	if (refused)
		return pulse_got_refusal(s, r);
	switch (p->state) {
	case HVSND_PULSE_AUTHENTICATING:
		return pulse_got_auth(s, r);
	case HVSND_PULSE_NAMING:
		pulse_got_name(s);
		return 0;
	default:
		return pulse_got_stream(s, r);
	}
}

/* A reply, or an error in its place, to a command on the stream. */
static int pulse_answer(struct hvsnd_session *s, u32 tag, bool refused,
			struct hvsnd_tag_reader *r)
{
	struct hvsnd_pulse *p = &s->pulse;
	int ret = 0;

	/* Tags count up and wrap: refuse one that no command had. */
	if (tag == PULSE_NONE || (s32)(tag - p->next_tag) >= 0)
		return pulse_fail(s, -EPROTO, reason_other);
	/* The host executes commands in order. */
	if (p->flush_tag != PULSE_NONE && (s32)(tag - p->flush_tag) >= 0)
		p->flush_tag = PULSE_NONE;
	if (tag == p->drain_tag) {
		/* A refused drain is over as well: nothing more is played. */
		pulse_got_drained(s);
	} else if (tag == p->timing_tag) {
		if (refused)
			p->timing_tag = PULSE_NONE;
		else
			ret = pulse_got_timing(s, r);
	} else {
		ret = hvsnd_pulse_volume_answer(s, tag, refused, r);
		if (ret)
			return pulse_fail(s, ret, reason_other);
	}
	if (pulse_is_ready(s))
		hvsnd_pulse_volume_sync(s);
	return ret;
}

/* Whether the command is for a stream of this direction. */
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
		return hvsnd_pulse_is_playback(s);
	case PULSE_RECORD_STREAM_KILLED:
	case PULSE_RECORD_STREAM_SUSPENDED:
	case PULSE_RECORD_STREAM_MOVED:
		return !hvsnd_pulse_is_playback(s);
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
	s->pulse.remote_suspended = suspended;
	pulse_event(s, HVSND_EVENT_SUSPENDED);
	return 0;
}

/*
 * The end of several messages. It comes after a name of any length, so that it
 * may lie beyond what @s->rx keeps.
 */
static int pulse_got_metrics(struct hvsnd_session *s,
			     struct hvsnd_tag_reader *r)
{
	u64 latency;

	hvsnd_pulse_read_attr(s, r);
	latency = hvsnd_tag_get_usec(r);
	if (r->bad)
		return pulse_fail(s, -EPROTO, reason_other);
	if (!r->cut)
		pulse_set_latency(s, latency);
	return 0;
}

/* playback_stream_moved_cb() and the like */
static int pulse_got_moved(struct hvsnd_session *s, struct hvsnd_tag_reader *r)
{
	bool suspended;
	int ret;

	hvsnd_tag_get_u32(r);		/* sink or source */
	hvsnd_tag_skip_string(r);	/* its name */
	suspended = hvsnd_tag_get_bool(r);
	if (!r->bad && !r->cut)
		s->pulse.remote_suspended = suspended;
	ret = pulse_got_metrics(s, r);
	if (!ret)
		pulse_event(s, HVSND_EVENT_MOVED);
	return ret;
}

static int pulse_got_terminated(struct hvsnd_session *s)
{
	pulse_set_state(s, HVSND_PULSE_TERMINATED);
	s->pulse.timing_tag = PULSE_NONE;
	hvsnd_pulse_volume_reset(s);
	if (s->pulse.drain_tag != PULSE_NONE)
		pulse_got_drained(s);
	pulse_event(s, HVSND_EVENT_TERMINATED);
	return 0;
}

/* A message that is no answer: the callbacks of protocol-native.c's streams. */
static int pulse_message(struct hvsnd_session *s, u32 command,
			 struct hvsnd_tag_reader *r)
{
	struct hvsnd_pulse *p = &s->pulse;
	u32 channel;

	if (!pulse_is_ready(s))
		return 0;
	if (command == PULSE_SUBSCRIBE_EVENT) {
		if (hvsnd_pulse_volume_changed(s, r))
			return pulse_fail(s, -EPROTO, reason_other);
		return 0;
	}
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
		/* Also sent at the end of a drain and of a flush. */
		if (p->state == HVSND_PULSE_RUNNING && p->has_audio)
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
		/* The credit for a longer queue comes as a REQUEST. */
		return pulse_got_metrics(s, r);
	default:
		return pulse_got_terminated(s);
	}
}

/* @s->rx has the whole control message, or as much of it as fits. */
static int pulse_control(struct hvsnd_session *s)
{
	u32 len = s->pulse.rx.length;
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
		if (s->pulse.state < HVSND_PULSE_CORKED)
			return pulse_handshake(s, tag, command == PULSE_ERROR,
					       &r);
		return pulse_answer(s, tag, command == PULSE_ERROR, &r);
	case PULSE_ENABLE_SRBCHANNEL:
	case PULSE_DISABLE_SRBCHANNEL:
	case PULSE_REGISTER_MEMFD_SHMID:
		return pulse_fail(s, -EPROTO, reason_shm);
	default:
		return pulse_message(s, command, &r);
	}
}

/* pstream.c, do_read(): the descriptors that may come. */
static int pulse_descriptor(struct hvsnd_session *s)
{
	struct hvsnd_pulse_rx *rx = &s->pulse.rx;
	u32 flags = hvsnd_get_be32(rx->desc + 16);

	rx->length = hvsnd_get_be32(rx->desc);
	rx->channel = hvsnd_get_be32(rx->desc + 4);
	rx->payload_have = 0;
	/* A message of shared memory may be empty, but not of any length. */
	if ((flags & PULSE_FLAGS_SHM) && rx->length <= PULSE_LENGTH_MAX)
		return pulse_fail(s, -EPROTO, reason_shm);
	if ((flags & PULSE_FLAGS_SHM) || !rx->length ||
	    rx->length > PULSE_LENGTH_MAX)
		return pulse_fail(s, -EPROTO, reason_other);
	if (rx->channel == PULSE_CONTROL &&
	    (flags || rx->length < PULSE_CONTROL_MIN))
		return pulse_fail(s, -EPROTO, reason_other);
	return 0;
}

/*
 * Passes audio to the owner straight from the buffer that it was received in.
 * Audio for another channel, for a stream that does not exist yet, and for a
 * playback stream is skipped. Of what the host may have sent before it executed
 * a command, the owner gets the length only.
 */
static void pulse_data(struct hvsnd_session *s, const u8 *buf, size_t len)
{
	struct hvsnd_pulse *p = &s->pulse;
	struct hvsnd_event ev;

	if (!pulse_is_ready(s) || hvsnd_pulse_is_playback(s) ||
	    p->rx.channel != p->channel)
		return;
	memset(&ev, 0, sizeof(ev));
	ev.type = HVSND_EVENT_DATA;
	ev.latency_us = p->latency_us;
	if (p->state == HVSND_PULSE_RUNNING && p->flush_tag == PULSE_NONE)
		ev.data = buf;
	ev.len = len;
	s->event(s, &ev);
}

static int pulse_receive(struct hvsnd_session *s, const u8 *buf, size_t len)
{
	struct hvsnd_pulse *p = &s->pulse;
	struct hvsnd_pulse_rx *rx = &p->rx;
	size_t n, keep;
	int ret = 0;

	if (p->state == HVSND_PULSE_CLOSED)
		return p->error ? p->error : -ENOTCONN;

	while (len && !s->failed && !ret) {
		if (rx->desc_have < PULSE_DESC_SIZE) {
			n = min_t(size_t, PULSE_DESC_SIZE - rx->desc_have, len);
			memcpy(rx->desc + rx->desc_have, buf, n);
			rx->desc_have += n;
			if (rx->desc_have == PULSE_DESC_SIZE)
				ret = pulse_descriptor(s);
		} else {
			n = min_t(size_t, rx->length - rx->payload_have, len);
			if (rx->channel != PULSE_CONTROL) {
				pulse_data(s, buf, n);
			} else if (rx->payload_have < HVSND_RX_SIZE) {
				keep = HVSND_RX_SIZE - rx->payload_have;
				memcpy(s->rx + rx->payload_have, buf,
				       min_t(size_t, n, keep));
			}
			rx->payload_have += n;
			if (rx->payload_have == rx->length) {
				rx->desc_have = 0;
				if (rx->channel == PULSE_CONTROL)
					ret = pulse_control(s);
			}
		}
		buf += n;
		len -= n;
	}
	if (!ret && s->failed)
		ret = pulse_fail(s, -ENOBUFS, HVSND_REASON_FULL);
	return ret;
}

/*
 * A block is always of whole frames: PulseAudio drops other blocks, and
 * pipewire-pulse swaps the channels after them.
 */
static size_t pulse_frame(struct hvsnd_session *s, size_t bytes, u8 *head,
			  size_t *head_len)
{
	struct hvsnd_pulse *p = &s->pulse;
	u32 n = PULSE_BLOCK_MAX, room = pulse_room(s);

	if (!pulse_is_ready(s) || !hvsnd_pulse_is_playback(s))
		return 0;
	if (n > bytes)
		n = bytes;
	if (n > room)
		n = room;
	n -= n % s->params.frame_bytes;
	if (!n)
		return 0;
	hvsnd_pulse_put_descriptor(head, n, p->channel);
	*head_len = PULSE_DESC_SIZE;
	if (n > p->credit) {
		p->exceeded = true;
		s->unrequested_bytes += n - p->credit;
	}
	p->credit -= min_t(u32, n, p->credit);
	p->fill += n;
	p->sent_since_report += n;
	p->has_audio = true;
	return n;
}

static void pulse_start(struct hvsnd_session *s)
{
	if (pulse_is_ready(s))
		pulse_cork(s, false);
}

/* After a flush the host grants the credit of the discarded audio again. */
static void pulse_stop(struct hvsnd_session *s)
{
	if (!pulse_is_ready(s))
		return;
	pulse_cork(s, true);
	if (hvsnd_pulse_is_playback(s))
		hvsnd_pulse_send_command(s, PULSE_FLUSH_PLAYBACK_STREAM);
	else
		s->pulse.flush_tag =
			hvsnd_pulse_send_command(s, PULSE_FLUSH_RECORD_STREAM);
	s->pulse.drain_tag = PULSE_NONE;
	s->pulse.has_audio = false;
	s->pulse.fill = 0;
	s->pulse.sent_since_report = 0;
	s->pulse.report_outdated = true;
}

static void pulse_pause(struct hvsnd_session *s)
{
	if (pulse_is_ready(s))
		pulse_cork(s, true);
}

/* command_drain_playback_stream() answers when all audio has been played. */
static void pulse_drain(struct hvsnd_session *s)
{
	if (!pulse_is_ready(s) || !hvsnd_pulse_is_playback(s))
		return;
	s->pulse.drain_tag =
		hvsnd_pulse_send_command(s, PULSE_DRAIN_PLAYBACK_STREAM);
	s->pulse.has_audio = false;
}

static void pulse_timing(struct hvsnd_session *s)
{
	if (!pulse_is_ready(s) || s->pulse.timing_tag != PULSE_NONE)
		return;
	s->pulse.timing_tag = hvsnd_pulse_send_timing(s);
	s->pulse.sent_since_report = 0;
	s->pulse.report_outdated = false;
}

static void pulse_set_volume(struct hvsnd_session *s,
			     const struct hvsnd_volume *v)
{
	if (pulse_is_ready(s))
		hvsnd_pulse_volume_set(s, v);
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
