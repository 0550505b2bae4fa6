// SPDX-License-Identifier: GPL-2.0
#include "pulse_client.h"

u8 message[16384];
u8 batch[1 << 20];

static __printf(2, 3) void say(struct client *c, const char *fmt, ...)
{
	size_t n = strlen(c->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->log + n, sizeof(c->log) - n, fmt, ap);
	va_end(ap);
}

void client_on_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
{
	struct client *c = (struct client *)s;
	size_t i;

	switch (ev->type) {
	case HVSND_EVENT_ADMITTED:
		say(c, "ADMITTED;");
		break;
	case HVSND_EVENT_READY:
		c->granted = s->pulse.credit;
		say(c, "READY %llu %d;", (unsigned long long)ev->latency_us,
		    ev->suspended);
		break;
	case HVSND_EVENT_STARTED:
		say(c, "STARTED;");
		break;
	case HVSND_EVENT_UNDERFLOW:
		say(c, "UNDERFLOW;");
		break;
	case HVSND_EVENT_OVERFLOW:
		say(c, "OVERFLOW;");
		break;
	case HVSND_EVENT_DRAINED:
		say(c, "DRAINED;");
		break;
	case HVSND_EVENT_SUSPENDED:
		say(c, "SUSPENDED %d;", ev->suspended);
		break;
	case HVSND_EVENT_MOVED:
		say(c, "MOVED %llu %d;", (unsigned long long)ev->latency_us,
		    ev->suspended);
		break;
	case HVSND_EVENT_DATA:
		if (!ev->data)
			break;
		/* Straight out of what was received. */
		assert_true(ev->len > 0 && ev->data >= c->fed &&
			    ev->data + ev->len <= c->fed_end);
		for (i = 0; i < ev->len; i++)
			c->data_hash = (c->data_hash ^ ev->data[i]) * 16777619;
		c->data_len += ev->len;
		break;
	case HVSND_EVENT_TIMING:
		assert_true(ev->timing.write_index >= 0 &&
			    ev->timing.read_index >= 0 &&
			    ev->timing.write_index <= 1LL << 62 &&
			    ev->timing.read_index <= 1LL << 62);
		say(c, "TIMING %llu %lld %lld %d;",
		    (unsigned long long)ev->latency_us,
		    (long long)ev->timing.write_index,
		    (long long)ev->timing.read_index, ev->timing.playing);
		break;
	case HVSND_EVENT_VOLUME:
		assert_true(ev->volume->level_set && ev->volume->mute_set);
		say(c, "VOLUME");
		for (i = 0; i < HVSND_CHANNELS && i < s->params.channels; i++) {
			assert_true(ev->volume->level[i] <= HVSND_VOLUME_MAX);
			say(c, " %u", ev->volume->level[i]);
		}
		say(c, " %d;", ev->volume->mute);
		break;
	case HVSND_EVENT_TERMINATED:
		say(c, "KILLED;");
		break;
	}
	if (c->on_event)
		c->on_event(c, ev);
}

bool client_is_ready(const struct client *c)
{
	return c->s.pulse.state == HVSND_PULSE_CORKED ||
	       c->s.pulse.state == HVSND_PULSE_RUNNING;
}

/* Each piece in memory of its own, so that ASan sees a byte too many. */
int client_feed(struct client *c, const u8 *buf, size_t len)
{
	size_t n, done;
	int ret = 0;
	u8 *piece;

	for (done = 0; len && !ret; done += n) {
		n = len;
		if (c->cut == BYTEWISE)
			n = UNIT_QUICK && done == ENDS && len > ENDS ?
				len - ENDS : 1;
		else if (c->cut != WHOLE)
			n = 1 + rnd(&c->cut) % (rnd(&c->cut) % 4 ? 40 : 3000);
		if (n > len)
			n = len;
		piece = malloc(n);
		memcpy(piece, buf, n);
		c->fed = piece;
		c->fed_end = piece + n;
		ret = c->s.ops->receive(&c->s, piece, n);
		free(piece);
		buf += n;
		len -= n;
	}
	return ret;
}

void client_params(struct hvsnd_session_params *p, int direction)
{
	memset(p, 0, sizeof(*p));
	p->direction = direction;
	p->format = SNDRV_PCM_FORMAT_S16_LE;
	p->rate = 48000;
	p->channels = 2;
	p->map[0] = SNDRV_CHMAP_FL;
	p->map[1] = SNDRV_CHMAP_FR;
	p->frame_bytes = 4;
	p->queue = 7680;
	p->prebuf = 3840;
	p->chunk = 1920;
	p->pid = 4294967295U;
	strcpy(p->application, "vector");
	strcpy(p->card, "HvSock");
	strcpy(p->node, "guest");
}

int client_open_params(struct client *c, const struct hvsnd_session_params *p)
{
	memset(c, 0xa5, sizeof(*c));
	c->s.ops = &hvsnd_pulse_ops;
	c->s.event = client_on_event;
	c->on_event = NULL;
	c->log[0] = 0;
	c->data_len = 0;
	c->data_hash = 2166136261U;
	c->cut = WHOLE;
	return c->s.ops->open(&c->s, p);
}

void client_open(struct client *c, int direction)
{
	struct hvsnd_session_params p;

	client_params(&p, direction);
	assert_int_equal(client_open_params(c, &p), 0);
}

size_t message_len(const u8 *p)
{
	return 20 + be32(p);
}

/* Takes the first of the queued control messages. */
size_t client_take(struct client *c, u8 *out)
{
	size_t n;

	assert_true(c->s.tx_len > 20);
	n = message_len(c->s.tx);
	assert_true(n <= c->s.tx_len);
	assert_int_equal(be32(c->s.tx + 4), NONE);
	assert_int_equal(be32(c->s.tx + 8), 0);
	assert_int_equal(be32(c->s.tx + 12), 0);
	assert_int_equal(be32(c->s.tx + 16), 0);
	assert_int_equal(c->s.tx[20], 'L');
	assert_int_equal(c->s.tx[25], 'L');
	memcpy(out, c->s.tx, n);
	hvsnd_session_sent(&c->s, n);
	return n;
}

u32 message_command(const u8 *frame)
{
	return be32(frame + 21);
}

u32 message_tag(const u8 *frame)
{
	return be32(frame + 26);
}

/* Takes a control message, which must have that command. Returns its tag. */
u32 client_take_command(struct client *c, u32 command)
{
	u8 frame[HVSND_TX_SIZE] = { 0 };

	client_take(c, frame);
	assert_int_equal(message_command(frame), command);
	return message_tag(frame);
}

/*
 * A control message: its values as type letters, with arguments for L (u32),
 * B (int), U and r (long long), T (u32), t (string), a (int, int, u32),
 * v (u32, u32: two channels); P is a list of one property.
 */
size_t message_build(u8 *out, const char *types, ...)
{
	u8 *p = out + 20;
	const char *text;
	long long v;
	va_list ap;

	va_start(ap, types);
	for (; *types; types++) {
		*p++ = *types;
		switch (*types) {
		case 'L':
			put32(p, va_arg(ap, u32));
			p += 4;
			break;
		case 'B':
			*p++ = va_arg(ap, int);
			break;
		case 'U':
		case 'r':
			v = va_arg(ap, long long);
			put32(p, (unsigned long long)v >> 32);
			put32(p + 4, v);
			p += 8;
			break;
		case 'T':
			put32(p, va_arg(ap, u32));
			put32(p + 4, 0);
			p += 8;
			break;
		case 't':
			text = va_arg(ap, const char *);
			strcpy((char *)p, text);
			p += strlen(text) + 1;
			break;
		case 'a':
			*p++ = va_arg(ap, int);
			*p++ = va_arg(ap, int);
			put32(p, va_arg(ap, u32));
			p += 4;
			break;
		case 'm':
			memcpy(p, "\2\1\2", 3);
			p += 3;
			break;
		case 'P':
			memcpy(p, "tkey\0L\0\0\0\3x\0\0\0\3vw\0N", 19);
			p += 19;
			break;
		case 'v':
			*p++ = 2;
			put32(p, va_arg(ap, u32));
			put32(p + 4, va_arg(ap, u32));
			p += 8;
			break;
		}
	}
	va_end(ap);
	memset(out, 0, 20);
	put32(out, p - out - 20);
	put32(out + 4, NONE);
	return p - out;
}

size_t message_audio(u8 *out, u32 channel, u32 len)
{
	u32 i;

	memset(out, 0, 20);
	put32(out, len);
	put32(out + 4, channel);
	for (i = 0; i < len; i++)
		out[20 + i] = i * 7;
	return 20 + len;
}

/* Accepts the client's AUTH and SET_CLIENT_NAME. */
void host_admit(struct client *c)
{
	assert_int_equal(HOST(c, "LLL", 2, client_take_command(c, 8), 35), 0);
	assert_int_equal(HOST(c, "LLL", 2, client_take_command(c, 9), 1), 0);
}

/* A reply without values. */
int host_accept(struct client *c, u32 tag)
{
	return HOST(c, "LL", 2, tag);
}

int host_refuse(struct client *c, u32 tag, u32 code)
{
	return HOST(c, "LLL", 0, tag, code);
}

int host_request(struct client *c, u32 bytes)
{
	return HOST(c, "LLLL", 61, NONE, CHANNEL, bytes);
}

int host_underflow(struct client *c, long long index)
{
	return HOST(c, "LLLr", 63, NONE, CHANNEL, index);
}

int host_started(struct client *c)
{
	return HOST(c, "LLL", 86, NONE, CHANNEL);
}

int host_send_audio(struct client *c, u32 channel, u32 len)
{
	u8 *out = malloc(20 + len);
	int ret = client_feed(c, out, message_audio(out, channel, len));

	free(out);
	return ret;
}

int host_create(struct client *c, u32 tag, u32 channel, u32 missing)
{
	if (c->s.params.direction == SNDRV_PCM_STREAM_PLAYBACK)
		return HOST(c, "LLLLLLLLLamLt0U", 2, tag, channel, 7, missing,
			    4194304, 7680, 3840, 1920, 3, 2, 48000, 0, "null0",
			    10000LL);
	return HOST(c, "LLLLLLamLt0U", 2, tag, channel, 7, 4194304, 1920,
		    3, 2, 48000, 0, "null0.monitor", 10000LL);
}

/* Does the handshake up to CREATE. Returns the tag of CREATE. */
u32 client_creating(struct client *c, int direction)
{
	bool playback = direction == SNDRV_PCM_STREAM_PLAYBACK;

	client_open(c, direction);
	host_admit(c);
	return client_take_command(c, playback ? 3 : 5);
}

/* Takes what follows READY. Returns the tag of the request for the volume. */
u32 client_take_question(struct client *c)
{
	bool playback = c->s.params.direction == SNDRV_PCM_STREAM_PLAYBACK;
	u8 frame[HVSND_TX_SIZE];

	client_take(c, frame);
	assert_int_equal(message_command(frame), 35);
	assert_int_equal(be32(frame + 31), playback ? 4 : 8);
	client_take(c, frame);
	assert_int_equal(message_command(frame), playback ? 29 : 31);
	assert_int_equal(be32(frame + 31), INDEX);
	return message_tag(frame);
}

void client_ready(struct client *c, int direction)
{
	u32 tag = client_creating(c, direction);

	assert_string_equal(c->log, "");
	assert_int_equal(host_create(c, tag, CHANNEL, 7680), 0);
	assert_string_equal(c->log, "READY 10000 0;");
	assert_int_equal(host_refuse(c, client_take_question(c), 5), 0);
	assert_int_equal(c->s.tx_len, 0);
	c->log[0] = 0;
}

void client_ready_playback(struct client *c)
{
	client_ready(c, SNDRV_PCM_STREAM_PLAYBACK);
}

void client_ready_capture(struct client *c)
{
	client_ready(c, SNDRV_PCM_STREAM_CAPTURE);
}

size_t client_frame(struct client *c, size_t bytes)
{
	u8 *head = malloc(HVSND_HEAD_MAX);
	size_t head_len = 999;
	size_t n = c->s.ops->frame(&c->s, bytes, head, &head_len);

	if (n) {
		assert_true(n <= bytes && n <= 65536);
		assert_int_equal(n % c->s.params.frame_bytes, 0);
		assert_int_equal(head_len, 20);
		assert_int_equal(be32(head), n);
		assert_int_equal(be32(head + 4), c->s.pulse.channel);
		assert_int_equal(be32(head + 8), 0);
		assert_int_equal(be32(head + 12), 0);
		assert_int_equal(be32(head + 16), 0);
	}
	free(head);
	return n;
}

/* Frames all audio that the host's credit allows. Returns the bytes. */
size_t client_send_all(struct client *c)
{
	size_t n, sum = 0;

	while (sum < 64 * MIB && (n = client_frame(c, 1 << 24)))
		sum += n;
	return sum;
}

void client_set_level(struct client *c, u32 left, u32 right)
{
	struct hvsnd_volume v = { .level = { left, right }, .level_set = true };

	c->s.ops->set_volume(&c->s, &v);
}

void client_set_mute(struct client *c, bool mute)
{
	struct hvsnd_volume v = { .mute = mute, .mute_set = true };

	c->s.ops->set_volume(&c->s, &v);
}

void client_start_when_ready(struct client *c, const struct hvsnd_event *ev)
{
	if (ev->type == HVSND_EVENT_READY)
		client_start(c);
}

/* One line per value: its type letter, then the value. */
char *message_decode(const u8 *frame, char *out)
{
	const u8 *p = frame + 20, *end = frame + message_len(frame);
	char *o = out;
	u32 i, n;

	while (p < end) {
		o += sprintf(o, "%c", *p);
		switch (*p++) {
		case 'L':
			o += sprintf(o, " %u", be32(p));
			p += 4;
			break;
		case 'B':
			o += sprintf(o, " %u", *p++);
			break;
		case 't':
			o += sprintf(o, " %s", p);
			p += strlen((const char *)p) + 1;
			break;
		case 'a':
			o += sprintf(o, " %u %u %u", p[0], p[1], be32(p + 2));
			p += 6;
			break;
		case 'm':
			for (n = *p++; n; n--)
				o += sprintf(o, " %u", *p++);
			break;
		case 'v':
			for (n = *p++; n; n--, p += 4)
				o += sprintf(o, " %u", be32(p));
			break;
		case 'x':
			n = be32(p);
			p += 4;
			for (i = 0; i < n; i++)
				o += sprintf(o, "%02x", p[i]);
			p += n;
			break;
		case 'P':
			while (*p != 'N') {
				assert_int_equal(*p, 't');
				o += sprintf(o, " %s=", p + 1);
				p += strlen((const char *)p) + 1;
				assert_int_equal(p[0], 'L');
				n = be32(p + 1);
				assert_int_equal(p[5], 'x');
				assert_int_equal(be32(p + 6), n);
				p += 10;
				assert_int_equal(strlen((const char *)p) + 1,
						 n);
				o += sprintf(o, "%s", p);
				p += n;
			}
			p++;
			break;
		case 'N':
		case '0':
		case '1':
			break;
		default:
			fail_msg("type %02x", p[-1]);
		}
		o += sprintf(o, "\n");
	}
	assert_true(p == end);
	return out;
}

void client_create_text(const struct hvsnd_session_params *p, char *name,
			char *create)
{
	u8 ours[HVSND_TX_SIZE];
	struct client c;

	assert_int_equal(client_open_params(&c, p), 0);
	HOST(&c, "LLL", 2, client_take_command(&c, 8), 35);
	client_take(&c, ours);
	message_decode(ours, name);
	HOST(&c, "LLL", 2, message_tag(ours), 12);
	client_take(&c, ours);
	message_decode(ours, create);
}

void client_start(struct client *c)
{
	c->s.ops->start(&c->s);
}

void client_stop(struct client *c)
{
	c->s.ops->stop(&c->s);
}

void client_pause(struct client *c)
{
	c->s.ops->pause(&c->s);
}

void client_drain(struct client *c)
{
	c->s.ops->drain(&c->s);
}

void client_timing(struct client *c)
{
	c->s.ops->timing(&c->s);
}

void client_random_op(struct client *c, u32 *x)
{
	switch (rnd(x) % 11) {
	case 0:
		client_start(c);
		break;
	case 1:
		client_stop(c);
		break;
	case 2:
		client_pause(c);
		break;
	case 3:
		client_drain(c);
		break;
	case 4:
		client_timing(c);
		break;
	case 5:
		client_frame(c, rnd(x) % 200000);
		break;
	case 6:
		client_set_level(c, rnd(x), rnd(x));
		break;
	case 7:
		client_set_mute(c, rnd(x) & 1);
		break;
	default:
		hvsnd_session_sent(&c->s, rnd(x) % (c->s.tx_len + 1));
	}
}
